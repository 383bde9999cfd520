/* op_dir.c: readdir with the attributes of every entry, and names with its type alone, in pages; few names with more,
 * where that is asked for.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>

#include "companion/page.h"
#include "companion/server.h"
#include "companion/walk.h"

static enum sbx_status fill(struct server *server, DIR *directory, uint64_t start, struct sbx_result *out,
                            enum sbx_reply shape)
{
    struct page page = page_begin(server, &out->list, shape);
    enum sbx_status status = page_fill(&page, directory, start);
    return status == SBX_OK && out->list.next > 0 && server->resident ? SBX_ENOBUFS : status;
}

enum sbx_status op_readdir(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    DIR *directory = page_open_directory(AT_FDCWD, in->path.data, 0);
    if (directory == NULL) {
        return server_errno();
    }
    enum sbx_status status = fill(server, directory, in->offset, out, SBX_REPLY_LIST);
    (void)closedir(directory);
    return status;
}

/* Whether the names, which are there, are all and few. */
static bool are_few(const struct sbx_args *in, const struct sbx_list *list)
{
    return in->offset == 0 && list->next == 0 && list->count <= SBX_AROUND_ENTRIES &&
           in->path.length <= SBX_AROUND_PATH_MAX;
}

/* How many they are shows only when they have been read: that costs little, their attributes do not. */
enum sbx_status op_names(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    DIR *directory = page_open_directory(AT_FDCWD, in->path.data, 0);
    if (directory == NULL) {
        return server_errno();
    }
    enum sbx_status status = fill(server, directory, in->offset, out, SBX_REPLY_NAMES);
    bool few = status == SBX_OK && are_few(in, &out->list);
    if (few && (in->flags & SBX_NAMES_AROUND) != 0) {
        rewinddir(directory);
        bool around = walk_around(server, directory, &out->list);
        if (!around && server->resident) {
            status = SBX_ENOBUFS;
        } else if (!around) {
            rewinddir(directory);
            status = fill(server, directory, 0, out, SBX_REPLY_NAMES);
        }
    } else if (!few && (status == SBX_OK || status == SBX_ENOBUFS) && (in->flags & SBX_NAMES_FEW) != 0) {
        status = SBX_EFBIG;
    }
    (void)closedir(directory);
    return status;
}
