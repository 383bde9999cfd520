/* page.h: entries of directories put into a reply, as long as there is room.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_PAGE_H
#define COMPANION_PAGE_H

#include <dirent.h>

#include "companion/server.h"

/* Entries from the start of the server's space, names from its end downwards. */
struct page {
    struct sbx_list *list;  /* borrowed */
    struct sbx_span prefix; /* borrowed; stands before every name: "" or "some/directory/" */
    char *names;            /* borrowed; the lowest name */
    size_t room;            /* bytes of the reply that are left */
    bool brief;             /* of names: of attributes the ino and the type alone */
};

/* Empties the list, which stands in the space, and makes a page of it for a reply of the shape. */
struct page page_begin(struct server *server, struct sbx_list *list, enum sbx_reply shape);

/* Adds the entries from `start` (the directory's own position) on, until there is no room or they are at their
 * end; list->next says where to go on, 0 for nowhere. An entry that vanished meanwhile is left out, and one that
 * no path is long enough for; one whose attributes may not be read is there with its ino and type alone.
 * SBX_ENOBUFS: not one has room. */
enum sbx_status page_fill(struct page *page, DIR *directory, uint64_t start) SBX_CHECKED;

/* Whether the name is `.` or `..`. */
bool page_is_dots(const char *name);

/* Opens a directory for it; below `fd` or AT_FDCWD, with `flags` (O_NOFOLLOW). NULL, and errno. */
DIR *page_open_directory(int fd, const char *path, int flags);

#endif
