/* op_rm.c: rm, as Node's fs.rm has it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "companion/open.h"
#include "companion/page.h"
#include "companion/remove.h"
#include "companion/server.h"

/* A path cut into the directory that it is in and its last name, without the slashes behind it. */
struct cut {
    char directory[SBX_PATH_MAX + 1];
    char name[SBX_PATH_MAX + 1];
    bool slashed; /* there were some: it has to be a directory */
};

static enum sbx_status cut_path(struct sbx_span path, struct cut *cut)
{
    size_t end = path.length;
    while (end > 0 && path.data[end - 1] == '/') {
        end--;
    }
    if (end == 0) {
        return path.length == 0 ? SBX_ENOENT : SBX_EBUSY; /* all there is */
    }
    size_t start = end;
    while (start > 0 && path.data[start - 1] != '/') {
        start--;
    }
    memcpy(cut->directory, path.data, start);
    cut->directory[start] = '\0';
    memcpy(cut->name, path.data + start, end - start);
    cut->name[end - start] = '\0';
    cut->slashed = end < path.length;
    return page_is_dots(cut->name) ? SBX_EINVAL : SBX_OK;
}

/* `parent`: the directory that the name stands in. */
static enum sbx_status remove_in(struct server *server, int parent, const struct cut *cut, uint32_t flags)
{
    struct stat stat;
    if (fstatat(parent, cut->name, &stat, AT_SYMLINK_NOFOLLOW) != 0) {
        return server_errno();
    }
    if (cut->slashed && !S_ISDIR(stat.st_mode)) {
        return SBX_ENOTDIR;
    }
    if ((flags & SBX_RM_RECURSIVE) != 0) {
        return remove_tree(server, parent, cut->name);
    }
    return S_ISDIR(stat.st_mode) ? SBX_EISDIR : server_status(unlinkat(parent, cut->name, 0));
}

enum sbx_status op_rm(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)out;
    struct cut cut;
    enum sbx_status status = cut_path(in->path, &cut);
    if (status == SBX_OK) {
        const char *directory = cut.directory[0] == '\0' ? "." : cut.directory;
        int parent = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
        status = parent < 0 ? server_errno() : open_close(parent, remove_in(server, parent, &cut, in->flags));
    }
    return status == SBX_ENOENT && (in->flags & SBX_RM_FORCE) != 0 ? SBX_OK : status;
}
