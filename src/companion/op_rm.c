/* op_rm.c: rm and walk.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/server.h"

enum sbx_status op_rm(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)server, (void)in, (void)out;
    return SBX_ENOSYS;
}

enum sbx_status op_walk(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)server, (void)in, (void)out;
    return SBX_ENOSYS;
}
