/* target.c: the lock is flock's, which goes with whoever has it. A file of the same name may be another one when
 * the lock is ours (who made it and failed has removed it): then it is opened again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "companion/kernel.h"
#include "companion/open.h"

/* ms: how long a lock is waited for. */
#ifndef TARGET_PATIENCE_MS
#define TARGET_PATIENCE_MS 20000
#endif

#define PAUSE_MAX_MS 16
#define NS_PER_MS 1000000L
#define LINKS_MAX 40   /* that Linux follows in a path */
#define OPENINGS_MAX 8 /* of a file that is never there when the lock is ours */
#define BLOCK 512U     /* bytes of a block, as stat counts them */

/* Opens it, or makes it: nobody else did then. */
static enum sbx_status open_or_make(struct target *target)
{
    target->made = true;
    enum sbx_status status = open_file(target->path, O_WRONLY | O_CREAT | O_EXCL, &target->fd, &target->stat);
    if (status == SBX_EEXIST) {
        target->made = access(target->path, F_OK) != 0; /* what a dangling link points to */
        status = open_file(target->path, O_WRONLY | O_CREAT, &target->fd, &target->stat);
    }
    return status;
}

/* A file system that knows no locks is written to without. */
enum sbx_status target_lock(int fd, int kind, bool alone)
{
    long pause_ms = 1;
    for (long waited_ms = 0; flock(fd, kind | LOCK_NB) != 0 && errno == EWOULDBLOCK;) {
        if (!alone) {
            return SBX_ENOBUFS;
        }
        if (waited_ms >= TARGET_PATIENCE_MS) {
            return SBX_EAGAIN;
        }
        const struct timespec pause = {.tv_nsec = pause_ms * NS_PER_MS};
        (void)nanosleep(&pause, NULL);
        waited_ms += pause_ms;
        pause_ms = pause_ms < PAUSE_MAX_MS ? 2 * pause_ms : PAUSE_MAX_MS;
    }
    return SBX_OK;
}

enum sbx_status target_open(struct target *target, const char *path, bool alone)
{
    *target = (struct target){.fd = -1, .path = path};
    for (int opening = 1;; opening++) {
        enum sbx_status status = open_or_make(target);
        if (status != SBX_OK) {
            return status;
        }
        status = target_lock(target->fd, LOCK_EX, alone);
        if (status == SBX_OK) {
            status = server_status(fstat(target->fd, &target->stat));
        }
        if (status != SBX_OK) {
            return open_close(target->fd, status);
        }
        if (target->stat.st_nlink > 0 || opening == OPENINGS_MAX) {
            target->made = target->made && target->stat.st_size == 0; /* else someone wrote to it before us */
            return SBX_OK;
        }
        (void)close(target->fd);
    }
}

enum sbx_status target_make(struct target *target, const char *path, bool alone)
{
    enum sbx_status status = target_open(target, path, alone);
    if (status == SBX_ENOENT) {
        status = open_make_parents(path);
        return status == SBX_OK ? target_open(target, path, alone) : status;
    }
    return status;
}

/* Bytes that the file lacks for a content of `length`. */
static uint64_t lacks(const struct stat *stat, uint64_t length)
{
    uint64_t has = (uint64_t)stat->st_blocks * BLOCK;
    return length > has ? length - has : 0;
}

/* Whether the file system of `fd` has so many bytes free, where it does not promise them. */
static enum sbx_status look_for_space(int fd, uint64_t bytes)
{
    struct statvfs fs;
    if (bytes == 0 || fstatvfs(fd, &fs) != 0 || fs.f_blocks == 0 || fs.f_frsize == 0) {
        return SBX_OK;
    }
    uint64_t available = geteuid() == 0 ? fs.f_bfree : fs.f_bavail;
    return (bytes - 1) / fs.f_frsize < available ? SBX_OK : SBX_ENOSPC;
}

/* What was reserved and not written counts as a hole; so holes that got space in the segment are holes again. */
static void punch_holes_of(const struct target *target, const struct segment *segment)
{
    off_t end = segment->start + segment->length;
    end = end < target->stat.st_size ? end : target->stat.st_size;
    for (off_t at = segment->start; at < end;) {
        off_t hole = lseek(target->fd, at, SEEK_HOLE);
        if (hole < 0 || hole >= end) {
            return;
        }
        at = lseek(target->fd, hole, SEEK_DATA);
        at = at < 0 || at > end ? end : at;
        if (kernel_punch(target->fd, hole, at - hole) != SBX_OK) {
            return;
        }
    }
}

/* Gives back what a reservation got before it failed, and the times that this changes. */
static void give_back(const struct target *target, const struct segments *segments)
{
    struct stat now;
    const struct timespec times[] = {target->stat.st_atim, target->stat.st_mtim};
    if (fstat(target->fd, &now) != 0 || now.st_blocks <= target->stat.st_blocks) {
        return;
    }
    for (size_t i = 0; i < segments->count; i++) {
        punch_holes_of(target, &segments->list[i]);
    }
    if (ftruncate(target->fd, target->stat.st_size) == 0) {
        (void)futimens(target->fd, times);
    }
}

/* Bytes that a file of ours may have. */
static uint64_t largest(void)
{
    struct rlimit limit;
    bool limited = getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < INT64_MAX;
    return limited ? limit.rlim_cur : INT64_MAX;
}

/* The last name of the path goes: what is left is the directory that it is in. */
static enum sbx_status go_up(char *path)
{
    char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    if (strlen(name) > NAME_MAX) {
        return SBX_ENAMETOOLONG;
    }
    if (strcmp(path, ".") == 0) {
        return SBX_ENOENT;
    }
    if (slash == NULL) {
        memcpy(path, ".", 2);
    } else {
        slash[slash == path ? 1 : 0] = '\0';
    }
    return SBX_OK;
}

/* Puts what a link says in place of its path; false: it is none, or says too much. */
static bool follow(char path[PATH_MAX])
{
    char link[PATH_MAX];
    ssize_t length = readlink(path, link, sizeof(link) - 1);
    if (length <= 0) {
        return false;
    }
    char *slash = strrchr(path, '/');
    char *name = slash == NULL || link[0] == '/' ? path : slash + 1;
    if (length >= path + PATH_MAX - name) {
        return false;
    }
    memcpy(name, link, (size_t)length);
    name[length] = '\0';
    return true;
}

static bool is_missing(const char *path)
{
    struct stat stat;
    return lstat(path, &stat) != 0 && errno == ENOENT;
}

/* The directory where a file that is not there would be made, or the first above it that is there. Above what a link
 * points to none is made. */
static enum sbx_status find_above(const char *path, char above[PATH_MAX])
{
    bool linked = false;
    enum sbx_status status = SBX_OK;
    size_t length = strnlen(path, PATH_MAX);
    if (length == 0 || length == PATH_MAX) {
        return length == 0 ? SBX_ENOENT : SBX_ENAMETOOLONG;
    }
    if (path[length - 1] == '/') {
        return SBX_EISDIR;
    }
    memcpy(above, path, length + 1);
    for (int links = 0; links < LINKS_MAX && follow(above); links++) {
        linked = true;
    }
    do {
        status = go_up(above);
    } while (status == SBX_OK && !linked && is_missing(above));
    return status;
}

/* Opens it, as a place alone: not every directory that may be written may be read. */
static enum sbx_status open_above(const char *path, int *fd, struct stat *stat)
{
    char above[PATH_MAX];
    enum sbx_status status = find_above(path, above);
    if (status != SBX_OK) {
        return status;
    }
    *fd = open(above, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0) {
        return server_errno();
    }
    if (faccessat(AT_FDCWD, above, W_OK | X_OK, AT_EACCESS) != 0 || fstat(*fd, stat) != 0) {
        return open_close(*fd, server_errno());
    }
    stat->st_blocks = 0; /* the directory's own are not the file's */
    return SBX_OK;
}

/* The parts and the file are both there in the end, on one file system mostly. */
static enum sbx_status look_for_both(int fd, const struct stat *stat, uint64_t length, bool in_place,
                                     int parts)
{
    struct stat of_parts;
    uint64_t more = in_place ? 0 : lacks(stat, length);
    if (length > largest()) {
        return SBX_EFBIG;
    }
    bool one = fstat(parts, &of_parts) == 0 && of_parts.st_dev == stat->st_dev;
    enum sbx_status status = look_for_space(parts, one ? length + more : length);
    return status == SBX_OK ? look_for_space(fd, more) : status;
}

enum sbx_status target_look(const char *path, uint64_t length, bool in_place, int parts)
{
    int fd = -1;
    struct stat stat;
    enum sbx_status status = open_file(path, O_WRONLY, &fd, &stat);
    if (status == SBX_ENOENT && !in_place) {
        status = open_above(path, &fd, &stat);
    }
    return status == SBX_OK ? open_close(fd, look_for_both(fd, &stat, length, in_place, parts)) : status;
}

static enum sbx_status reserve_segments(struct target *target, const struct segments *segments)
{
    enum sbx_status status = SBX_OK;
    for (size_t i = 0; i < segments->count && status == SBX_OK; i++) {
        status = kernel_reserve(target->fd, segments->list[i].start, segments->list[i].length);
    }
    target->promised = status == SBX_OK && segments->count > 0;
    if (status == SBX_ENOTSUP) {
        status = look_for_space(target->fd, lacks(&target->stat, segments_bytes(segments)));
    } else if (status != SBX_OK) {
        give_back(target, segments);
    }
    return status;
}

/* From here on the old content goes, but for what the segments replace. The first hole shows whether there can be any:
 * where it fails nothing has gone. What nobody has reserved a truncation may lose, and it leaves nothing but a hole. */
static bool make_holes(const struct target *target, const struct segments *segments)
{
    bool made = true;
    for (size_t i = 0; i <= segments->count && made; i++) {
        struct segment hole = segments_hole(segments, i);
        if (hole.length > 0 && !target->promised) {
            return ftruncate(target->fd, 0) == 0;
        }
        made = hole.length == 0 || kernel_punch(target->fd, hole.start, hole.length) == SBX_OK;
    }
    return made;
}

enum sbx_status target_reserve(struct target *target, struct segments *segments)
{
    if ((uint64_t)segments->size > largest()) {
        return SBX_EFBIG;
    }
    enum sbx_status status = reserve_segments(target, segments);
    if (status == SBX_OK && !make_holes(target, segments)) {
        segments_join(segments);
        status = reserve_segments(target, segments);
    }
    return status;
}

enum sbx_status target_reserve_whole(struct target *target, uint64_t length)
{
    if (length > INT64_MAX) {
        return SBX_EFBIG;
    }
    struct segment whole;
    struct segments segments = {.list = &whole, .size = (off_t)length};
    segments_join(&segments);
    return target_reserve(target, &segments);
}

/* The file at `name` in the directory, if it is ours still. Linux removes by name alone, never by inode: a file that
 * someone else moves there between these two calls goes instead. Between them nothing is looked up but the name. */
static void remove_from(const struct target *target, int directory, const char *name)
{
    struct stat there;
    if (fstatat(directory, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && there.st_dev == target->stat.st_dev &&
        there.st_ino == target->stat.st_ino) {
        (void)unlinkat(directory, name, 0);
    }
}

/* By the path without links: what a link points to is what was made. */
static void remove_made(const struct target *target)
{
    char path[PATH_MAX];
    char *slash = realpath(target->path, path) == NULL ? NULL : strrchr(path, '/');
    if (slash == NULL) {
        return;
    }
    *slash = '\0';
    int directory = open(slash == path ? "/" : path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory >= 0) {
        remove_from(target, directory, slash + 1);
        (void)close(directory);
    }
}

enum sbx_status target_end(struct target *target, enum sbx_status status, uint64_t length)
{
    if (status == SBX_OK) {
        status = server_status(ftruncate(target->fd, (off_t)length));
    }
    if (status != SBX_OK && target->made) {
        remove_made(target);
    }
    return open_close(target->fd, status);
}
