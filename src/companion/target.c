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
static enum sbx_status lock(int fd, bool alone)
{
    long pause_ms = 1;
    for (long waited_ms = 0; flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;) {
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
        status = lock(target->fd, alone);
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

/* What the file system has free, where it cannot promise any of it. */
static enum sbx_status look_for_space(const struct target *target, uint64_t length)
{
    struct statvfs fs;
    uint64_t has = (uint64_t)target->stat.st_blocks * BLOCK;
    if (length <= has || fstatvfs(target->fd, &fs) != 0 || fs.f_blocks == 0 || fs.f_frsize == 0) {
        return SBX_OK;
    }
    uint64_t available = geteuid() == 0 ? fs.f_bfree : fs.f_bavail;
    return (length - has - 1) / fs.f_frsize < available ? SBX_OK : SBX_ENOSPC;
}

/* Gives back what a reservation got before it failed, and the times that this changes. */
static void give_back(const struct target *target)
{
    struct stat now;
    const struct timespec times[] = {target->stat.st_atim, target->stat.st_mtim};
    if (fstat(target->fd, &now) == 0 && now.st_blocks > target->stat.st_blocks &&
        ftruncate(target->fd, target->stat.st_size) == 0) {
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

enum sbx_status target_reserve(const struct target *target, uint64_t length)
{
    if (length > largest()) {
        return SBX_EFBIG;
    }
    enum sbx_status status = length == 0 ? SBX_OK : kernel_reserve(target->fd, (off_t)length);
    if (status == SBX_ENOTSUP) {
        status = look_for_space(target, length);
    } else if (status != SBX_OK) {
        give_back(target);
    }
    return status;
}

/* By the path without links: what a link points to is what was made. */
static void remove_made(const struct target *target)
{
    char path[PATH_MAX];
    struct stat there;
    if (realpath(target->path, path) != NULL && lstat(path, &there) == 0 &&
        there.st_dev == target->stat.st_dev && there.st_ino == target->stat.st_ino) {
        (void)unlink(path);
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
