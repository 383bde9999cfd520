/* op_dir.c: readdir with the attributes of every entry, in pages.
 *
 * A page begins at the directory's own position (d_off), which stays good while entries come and go, and
 * ends where the reply is full. An entry that vanished meanwhile is left out; one whose attributes may not
 * be read is there with its type alone.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "companion/kernel.h"
#include "companion/server.h"

#define DIRECTORY_TYPE_SHIFT 12 /* d_type is what st_mode has above its permissions */

/* A page being filled: entries from the start of the space, names from its end downwards. */
struct page {
    struct sbx_list *list;
    char *names; /* borrowed; the lowest name */
    size_t room; /* bytes of the reply that are left */
};

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Whether one entry more with a name of this length has its place, in the reply and in the space. */
static bool fits(const struct page *page, size_t length)
{
    const char *entries_end = (const char *)&page->list->entries[page->list->count + 1];
    size_t wire = SBX_STAT_WIRE + 2 + length;
    return wire <= page->room && entries_end <= page->names && (size_t)(page->names - entries_end) >= length;
}

static void add(struct page *page, const struct dirent *found, size_t length, const struct sbx_stat *stat)
{
    page->names -= length;
    memcpy(page->names, found->d_name, length);
    page->list->entries[page->list->count++] =
        (struct sbx_entry){.name = {page->names, length}, .stat = *stat};
    page->room -= SBX_STAT_WIRE + 2 + length;
}

/* Fills the page until it is full or the directory at its end. */
static enum sbx_status fill(DIR *directory, struct page *page, uint64_t start)
{
    uint64_t position = start;
    for (;;) {
        errno = 0;
        const struct dirent *found = readdir(directory);
        if (found == NULL) {
            page->list->next = 0;
            return server_status(errno == 0 ? 0 : -1);
        }
        size_t length = strlen(found->d_name);
        if (!is_dots(found->d_name)) {
            struct sbx_stat stat = {0};
            if (!fits(page, length)) {
                page->list->next = position;
                return page->list->count > 0 ? SBX_OK : SBX_ENOBUFS;
            }
            enum sbx_status status = kernel_stat(dirfd(directory), found->d_name, AT_SYMLINK_NOFOLLOW, &stat);
            if (status != SBX_OK) {
                stat.ino = found->d_ino;
                stat.mode = (uint32_t)found->d_type << DIRECTORY_TYPE_SHIFT;
            }
            if (status != SBX_ENOENT) {
                add(page, found, length, &stat);
            }
        }
        position = (uint64_t)found->d_off;
    }
}

/* NULL, and errno, where it is none or may not be read. */
static DIR *open_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    if (fd >= 0 && directory == NULL) {
        int error = errno;
        (void)close(fd);
        errno = error;
    }
    return directory;
}

enum sbx_status op_readdir(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    DIR *directory = open_directory(in->path.data);
    if (directory == NULL) {
        return server_errno();
    }
    out->list = (struct sbx_list){.entries = (struct sbx_entry *)(void *)server->space};
    struct page page = {
        .list = &out->list,
        .names = server->space + SERVER_SPACE,
        .room = server->room - (sbx_result_least(SBX_REPLY_LIST) - SBX_ENTRY_WIRE),
    };
    if (in->offset > 0) {
        seekdir(directory, (long)in->offset);
    }
    enum sbx_status status = fill(directory, &page, in->offset);
    (void)closedir(directory);
    return status;
}
