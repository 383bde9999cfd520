/* op_stage.c: commit and unstage of a content that came in parts.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/server.h"

enum sbx_status op_commit(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)server, (void)in, (void)out;
    return SBX_ENOSYS;
}

enum sbx_status op_unstage(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)server, (void)in, (void)out;
    return SBX_ENOSYS;
}
