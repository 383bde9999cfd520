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
#include "companion/walk.h"

#define ENTRIES_MAX (SERVER_SPACE / sizeof(struct sbx_entry))
#define MISSES_MAX 16       /* directories that are read in vain, because they do not fit */
#define AROUND_MISSES_MAX 4 /* likewise, where nobody has asked for them */

struct walk {
    struct page page;
    int root;          /* borrowed */
    uint32_t *pending; /* borrowed; indexes of directories to list, the next one last */
    size_t pending_count;
    bool *is_listed; /* borrowed; of each entry */
    int misses_left;
    bool around;     /* it goes no further than is near, and what cannot be listed is not */
    uint64_t device; /* the one that it is near to */
};

static struct walk begin(struct server *server, DIR *directory, struct sbx_list *list)
{
    static uint32_t pending[ENTRIES_MAX];
    static bool is_listed[ENTRIES_MAX];
    return (struct walk){
        .page = page_begin(server, list, SBX_REPLY_TREE),
        .root = dirfd(directory),
        .pending = pending,
        .is_listed = is_listed,
        .misses_left = MISSES_MAX,
    };
}

static bool is_to_be_listed(const struct walk *walk, const struct sbx_entry *entry)
{
    bool near = entry->stat.dev == walk->device && entry->name.length <= SBX_AROUND_PATH_MAX;
    return sbx_stat_is(&entry->stat, SBX_S_IFDIR) && (near || !walk->around);
}

/* Those among the entries from `start` on wait, the first of them for its turn. */
static void push_directories(struct walk *walk, size_t start)
{
    const struct sbx_list *list = walk->page.list;
    for (size_t i = list->count; i > start; i--) {
        walk->is_listed[i - 1] = false;
        if (is_to_be_listed(walk, &list->entries[i - 1])) {
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

/* Adds the entries of the directory. SBX_ENOBUFS: there is no room for all of them. */
static enum sbx_status add_entries(struct walk *walk, const struct sbx_entry *entry)
{
    char path[SBX_PATH_MAX + 2];
    struct page *page = &walk->page;
    struct sbx_span prefix = page->prefix;
    memcpy(path, entry->name.data, entry->name.length);
    path[entry->name.length] = '\0';
    DIR *directory = open_entry(walk, path, &entry->stat);
    if (directory == NULL) {
        return SBX_ENOTDIR;
    }
    path[entry->name.length] = '/';
    page->prefix = (struct sbx_span){path, entry->name.length + 1};
    enum sbx_status status = page_fill(page, directory, 0);
    (void)closedir(directory);
    page->prefix = prefix;
    return page->list->next == 0 ? status : SBX_ENOBUFS;
}

/* Adds all entries of the directory, or none: false. */
static bool list_directory(struct walk *walk, const struct sbx_entry *entry)
{
    struct page *page = &walk->page;
    struct page before = *page;
    size_t count = page->list->count;
    if (page->room < SBX_LISTED_WIRE) {
        return false;
    }
    page->room -= SBX_LISTED_WIRE;
    enum sbx_status status = add_entries(walk, entry);
    bool added = walk->around ? status == SBX_OK : status != SBX_ENOBUFS;
    if (!added) {
        *page = before;
        page->list->count = count;
        page->list->next = 0;
    }
    return added;
}

static void descend(struct walk *walk)
{
    struct sbx_list *list = walk->page.list;
    push_directories(walk, 0);
    while (walk->pending_count > 0 && walk->misses_left > 0) {
        uint32_t index = walk->pending[--walk->pending_count];
        size_t count = list->count;
        if (list_directory(walk, &list->entries[index])) {
            walk->is_listed[index] = true;
            push_directories(walk, count);
        } else {
            walk->misses_left--;
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
    DIR *directory = page_open_directory(AT_FDCWD, in->path.data, 0);
    if (directory == NULL) {
        return server_errno();
    }
    struct walk walk = begin(server, directory, &out->list);
    enum sbx_status status = page_fill(&walk.page, directory, in->offset);
    if (status == SBX_OK && out->list.next == 0) {
        descend(&walk);
        gather(&walk);
    }
    (void)closedir(directory);
    return status;
}

bool walk_around(struct server *server, DIR *directory, struct sbx_list *list)
{
    struct stat stat;
    if (server->room <= sbx_result_least(SBX_REPLY_TREE) || fstat(dirfd(directory), &stat) != 0) {
        return false;
    }
    struct walk walk = begin(server, directory, list);
    walk.page.room--; /* for the byte that says that it is a tree */
    if (page_fill(&walk.page, directory, 0) != SBX_OK || list->next != 0) {
        return false;
    }
    walk.page.room = walk.page.room < SBX_AROUND_BYTES ? walk.page.room : SBX_AROUND_BYTES;
    walk.misses_left = AROUND_MISSES_MAX;
    walk.around = true;
    walk.device = stat.st_dev;
    descend(&walk);
    gather(&walk);
    list->attributes = true;
    return true;
}
