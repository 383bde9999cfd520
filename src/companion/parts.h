/* parts.h: a directory of parts in the private one, or a box: contents, or ranges of them, that wait there for another way than
 * frames, each a file of its own: "0", "1", …
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_PARTS_H
#define COMPANION_PARTS_H

#include "companion/private.h"
#include "companion/server.h"

#define PARTS_NUMBER_SIZE 24 /* bytes of the name of a part: its number, with a slash or its NUL */

struct parts {
    char parent[SBX_PATH_MAX + 1]; /* path of the private directory */
    int directory;                 /* owned; the private one */
    int fd;                        /* owned; theirs */
    const char *name;              /* borrowed; of theirs */
    bool alone;                    /* nobody else can have seen or changed them */
    size_t count;
    char claimed[PRIVATE_NAME_SIZE]; /* their name once they are claimed */
};

/* Opens the private directory; the caller's. SBX_ENOSYS: there is none, and so no place for parts. */
enum sbx_status parts_open_private(int *fd) SBX_CHECKED;

/* Makes a directory of parts in it, PRIVATE_PARTS or PRIVATE_BOX; its path is in the server's space. */
enum sbx_status parts_make(struct server *server, int directory, enum private_kind kind,
                           struct sbx_buffer *path) SBX_CHECKED;

/* Opens those of that path and kind. SBX_EPERM: it is no directory of parts in the private directory. SBX_ENOENT: it is not there. */
enum sbx_status parts_open(struct sbx_span target, enum private_kind kind, struct parts *parts) SBX_CHECKED;

/* Makes them nobody else's (private_claim). */
enum sbx_status parts_claim(struct parts *parts) SBX_CHECKED;

/* Removes the parts. A private directory that others may look into has been made by the server, with a part, where ours
 * was gone: it goes too, unless something else is in it, so that the next one is made as it should be. */
enum sbx_status parts_remove(struct server *server, const struct parts *parts) SBX_CHECKED;

void parts_close(const struct parts *parts);

#endif
