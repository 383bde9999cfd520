/* op_dir.c: readdir with the attributes of every entry, and names with its type alone, in pages.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>

#include "companion/page.h"
#include "companion/server.h"

static enum sbx_status list(struct server *server, const struct sbx_args *in, struct sbx_result *out,
                            enum sbx_reply shape)
{
    DIR *directory = page_open_directory(AT_FDCWD, in->path.data, 0);
    if (directory == NULL) {
        return server_errno();
    }
    struct page page = page_begin(server, &out->list, shape);
    enum sbx_status status = page_fill(&page, directory, in->offset);
    (void)closedir(directory);
    return status;
}

enum sbx_status op_readdir(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    return list(server, in, out, SBX_REPLY_LIST);
}

enum sbx_status op_names(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    return list(server, in, out, SBX_REPLY_NAMES);
}
