/* op_walk.c: a directory and those below it, as much of them as one reply has room for. A directory below is listed
 * whole or not at all, those of the last one listed first; which they are stands in the reply, and whoever asks
 * goes on with the others. Links are not followed; a directory that may not be read, or is another one by now, has
 * no entries.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "companion/page.h"
#include "companion/server.h"

#define ENTRIES_MAX (SBX_REPLIES_MAX / SBX_STAT_WIRE)
#define MISSES_MAX 16 /* directories that are read in vain, because they do not fit */

struct walk {
    struct page page;
    int root;          /* borrowed */
    uint32_t *pending; /* borrowed; indexes of directories to list, the next one last */
    size_t pending_count;
    bool *is_listed; /* borrowed; of each entry */
};

/* Those among the entries from `start` on wait, the first of them for its turn. */
static void push_directories(struct walk *walk, size_t start)
{
    const struct sbx_list *list = walk->page.list;
    for (size_t i = list->count; i > start; i--) {
        walk->is_listed[i - 1] = false;
        if ((list->entries[i - 1].stat.mode & SBX_S_IFMT) == SBX_S_IFDIR) {
            walk->pending[walk->pending_count++] = (uint32_t)(i - 1);
        }
    }
}

/* NULL where it may not be read, has gone or is another one. `path`: from the root, without links. */
static DIR *open_entry(const struct walk *walk, const char *path, const struct sbx_stat *entry)
{
    struct stat stat;
    DIR *directory = page_open_directory(walk->root, path, O_NOFOLLOW);
    if (directory != NULL &&
        (fstat(dirfd(directory), &stat) != 0 || stat.st_ino != entry->ino || stat.st_dev != entry->dev)) {
        (void)closedir(directory);
        return NULL;
    }
    return directory;
}

/* Adds all entries of the directory, or none: false. */
static bool list_directory(struct walk *walk, const struct sbx_entry *entry)
{
    char path[SBX_PATH_MAX + 2];
    struct page *page = &walk->page;
    struct page before = *page;
    size_t count = page->list->count;
    if (page->room < SBX_LISTED_WIRE) {
        return false;
    }
    page->room -= SBX_LISTED_WIRE;
    memcpy(path, entry->name.data, entry->name.length);
    path[entry->name.length] = '\0';
    DIR *directory = open_entry(walk, path, &entry->stat);
    if (directory == NULL) {
        return true;
    }
    path[entry->name.length] = '/';
    page->prefix = (struct sbx_span){path, entry->name.length + 1};
    bool fits = page_fill(page, directory, 0) != SBX_ENOBUFS && page->list->next == 0;
    (void)closedir(directory);
    page->prefix = before.prefix;
    if (!fits) {
        *page = before;
        page->list->count = count;
        page->list->next = 0;
    }
    return fits;
}

static void descend(struct walk *walk)
{
    struct sbx_list *list = walk->page.list;
    int misses = 0;
    push_directories(walk, 0);
    while (walk->pending_count > 0 && misses < MISSES_MAX) {
        uint32_t index = walk->pending[--walk->pending_count];
        size_t count = list->count;
        if (list_directory(walk, &list->entries[index])) {
            walk->is_listed[index] = true;
            push_directories(walk, count);
        } else {
            misses++;
        }
    }
}

/* The indexes of what was listed, in their order. */
static void gather(const struct walk *walk)
{
    static uint32_t listed[ENTRIES_MAX];
    struct sbx_list *list = walk->page.list;
    list->listed = listed;
    for (size_t i = 0; i < list->count; i++) {
        if (walk->is_listed[i]) {
            listed[list->listed_count++] = (uint32_t)i;
        }
    }
}

enum sbx_status op_walk(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    static uint32_t pending[ENTRIES_MAX];
    static bool is_listed[ENTRIES_MAX];
    DIR *directory = page_open_directory(AT_FDCWD, in->path.data, 0);
    if (directory == NULL) {
        return server_errno();
    }
    struct walk walk = {
        .page = page_begin(server, &out->list, SBX_REPLY_TREE),
        .root = dirfd(directory),
        .pending = pending,
        .is_listed = is_listed,
    };
    enum sbx_status status = page_fill(&walk.page, directory, in->offset);
    if (status == SBX_OK && out->list.next == 0) {
        descend(&walk);
        gather(&walk);
    }
    (void)closedir(directory);
    return status;
}
