/* page.c: a page begins at the directory's own position (d_off), which stays good while entries come and go.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/page.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "companion/kernel.h"

#define NAME_BYTES ((size_t)2) /* of the length of a name, on the wire */

struct page page_begin(struct server *server, struct sbx_list *list, enum sbx_reply shape)
{
    bool brief = shape == SBX_REPLY_NAMES;
    size_t longest_entry = SBX_ENTRY_WIRE_MAX - (brief ? SBX_STAT_WIRE_MAX - SBX_BRIEF_WIRE : 0);
    *list = (struct sbx_list){.entries = (struct sbx_entry *)(void *)server->space};
    return (struct page){
        .list = list,
        .prefix = SBX_SPAN(""),
        .names = server->space + SERVER_SPACE,
        .room = server->room - (sbx_result_least(shape) - longest_entry),
        .brief = brief,
    };
}

bool page_is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Whether one entry more with a name of this length has its place, in the reply and in the space. */
static bool fits(const struct page *page, size_t length)
{
    const char *entries_end = (const char *)&page->list->entries[page->list->count + 1];
    size_t wire = (page->brief ? SBX_BRIEF_WIRE : SBX_STAT_WIRE_MAX) + NAME_BYTES + length;
    return wire <= page->room && entries_end <= page->names && (size_t)(page->names - entries_end) >= length;
}

static void add(struct page *page, const char *name, size_t length, const struct sbx_stat *stat)
{
    page->names -= length;
    memcpy(page->names, page->prefix.data, page->prefix.length);
    memcpy(page->names + page->prefix.length, name, length - page->prefix.length);
    page->list->entries[page->list->count++] =
        (struct sbx_entry){.name = {page->names, length}, .stat = *stat};
    page->room -= (page->brief ? SBX_BRIEF_WIRE : sbx_stat_wire(stat)) + NAME_BYTES + length;
}

/* What the page tells of an entry: all of it, or what stands in the directory, where the type does. */
static enum sbx_status look_at(const struct page *page, DIR *directory, const struct dirent *found,
                               struct sbx_stat *stat)
{
    bool brief = page->brief && kernel_tells_type(found);
    enum sbx_status status =
        brief ? SBX_EPERM : kernel_stat(dirfd(directory), found->d_name, AT_SYMLINK_NOFOLLOW, stat);
    if (status != SBX_OK) {
        *stat = (struct sbx_stat){.ino = found->d_ino, .mode = (uint32_t)found->d_type << SBX_TYPE_SHIFT};
    }
    return status;
}

enum sbx_status page_fill(struct page *page, DIR *directory, uint64_t start)
{
    size_t before = page->list->count;
    uint64_t position = start;
    if (start > 0) {
        seekdir(directory, (long)start);
    }
    for (;;) {
        errno = 0;
        const struct dirent *found = readdir(directory);
        if (found == NULL) {
            page->list->next = 0;
            return server_status(errno == 0 ? 0 : -1);
        }
        size_t length = page->prefix.length + strlen(found->d_name);
        if (!page_is_dots(found->d_name) && length <= SBX_PATH_MAX) {
            struct sbx_stat stat;
            if (!fits(page, length)) {
                page->list->next = position;
                return page->list->count > before ? SBX_OK : SBX_ENOBUFS;
            }
            if (look_at(page, directory, found, &stat) != SBX_ENOENT) {
                add(page, found->d_name, length, &stat);
            }
        }
        position = (uint64_t)found->d_off;
    }
}

DIR *page_open_directory(int fd, const char *path, int flags)
{
    int opened = openat(fd, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC | flags);
    DIR *directory = opened < 0 ? NULL : fdopendir(opened);
    if (opened >= 0 && directory == NULL) {
        int error = errno;
        (void)close(opened);
        errno = error;
    }
    return directory;
}
