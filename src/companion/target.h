/* target.h: a file that gets a whole new content. It stays the one it was (inode, mode, owner, links); one writer
 * comes after the other; and the old content is touched only when the space for the new one is there.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_TARGET_H
#define COMPANION_TARGET_H

#include <sys/stat.h>

#include "companion/segments.h"
#include "companion/server.h"

struct target {
    int fd;           /* owned; at its start */
    const char *path; /* borrowed */
    struct stat stat; /* as it was when we had the lock */
    bool made;        /* by us: it goes again where its content cannot be written */
    bool promised;    /* the file system has reserved the space */
};

/* Opens or makes the file for writing, and takes its lock. It waits for whoever has the lock where the frame is
 * alone in its batch, else: SBX_ENOBUFS. SBX_EAGAIN: it waited long enough. */
enum sbx_status target_open(struct target *target, const char *path, bool alone) SBX_CHECKED;

/* The same, and makes the directories above it. */
enum sbx_status target_make(struct target *target, const char *path, bool alone) SBX_CHECKED;

/* What target_make and target_reserve would say of a content of so many bytes whose parts wait in the directory `parts`
 * (borrowed) meanwhile, as far as that shows without changing or making anything; who watches the file sees it opened and
 * closed. `in_place`: the file has to be there, and has its space. */
enum sbx_status target_look(const char *path, uint64_t length, bool in_place, int parts) SBX_CHECKED;

/* Takes flock's LOCK_SH (what a copy reads, against writers) or LOCK_EX. SBX_ENOBUFS, SBX_EAGAIN: as for target_open. */
enum sbx_status target_lock(int fd, int kind, bool alone) SBX_CHECKED;

/* Gets the space for the segments of a content; then what lies between and behind them becomes holes, whatever was there
 * before. Where the file system makes no holes the segments are joined. */
enum sbx_status target_reserve(struct target *target, struct segments *segments) SBX_CHECKED;

/* Gets the space for a content of so many bytes without a hole; what was there before stays until it is written. */
enum sbx_status target_reserve_whole(struct target *target, uint64_t length) SBX_CHECKED;

/* Closes it. Where `status`, of what was written, is well, `length` is all it has then. */
enum sbx_status target_end(struct target *target, enum sbx_status status, uint64_t length) SBX_CHECKED;

#endif
