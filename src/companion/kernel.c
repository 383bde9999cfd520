/* kernel.c: statx, for the time of birth, else fstatat; copy_file_range, else read and write; pidfd_open, else kill.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "companion/server.h"

#define NS_PER_S INT64_C(1000000000)
#define COPY_RANGE ((size_t)1 << 30) /* bytes that one call is asked for */
#define COPY_CHUNK ((size_t)128 * 1024)

#define PIDFD_SEND_SIGNAL 424 /* on every machine */
#define PIDFD_OPEN 434

#define WANTED 0x0fffU      /* STATX_BASIC_STATS | STATX_BTIME */
#define WANTED_BIRTH 0x800U /* STATX_BTIME */

struct kernel_time {
    int64_t seconds;
    uint32_t ns;
    int32_t reserved;
};

/* What statx(2) fills: musl has no name for it. */
struct kernel_attributes {
    uint32_t mask;
    uint32_t block_size;
    uint64_t attributes;
    uint32_t nlink;
    uint32_t uid;
    uint32_t gid;
    uint16_t mode;
    uint16_t reserved;
    uint64_t ino;
    uint64_t size;
    uint64_t blocks;
    uint64_t attributes_mask;
    struct kernel_time atime;
    struct kernel_time btime;
    struct kernel_time ctime;
    struct kernel_time mtime;
    uint32_t rdev_major;
    uint32_t rdev_minor;
    uint32_t dev_major;
    uint32_t dev_minor;
    uint64_t spare[14];
};

_Static_assert(sizeof(struct kernel_attributes) == 256, "as the kernel has it");

static long newer_statx(int fd, const char *path, int flags, struct kernel_attributes *attributes)
{
#ifdef COMPANION_OLD_KERNEL
    (void)fd, (void)path, (void)flags, (void)attributes;
    errno = ENOSYS;
    return -1;
#else
    return syscall(SYS_statx, fd, path, flags, WANTED, attributes);
#endif
}

static long newer_copy_range(int from, int to, size_t length)
{
#ifdef COMPANION_OLD_KERNEL
    (void)from, (void)to, (void)length;
    errno = EPERM;
    return -1;
#else
    return syscall(SYS_copy_file_range, from, NULL, to, NULL, length, 0);
#endif
}

/* A time beyond the year 2262 does not fit and is cut to what does. */
static int64_t to_ns(int64_t seconds, int64_t ns)
{
    int64_t result = 0;
    if (__builtin_mul_overflow(seconds, NS_PER_S, &result) || __builtin_add_overflow(result, ns, &result)) {
        return seconds < 0 ? INT64_MIN : INT64_MAX;
    }
    return result;
}

static void from_statx(const struct kernel_attributes *from, struct sbx_stat *stat)
{
    *stat = (struct sbx_stat){
        .ino = from->ino,
        .size = from->size,
        .blocks = from->blocks,
        .dev = makedev(from->dev_major, from->dev_minor),
        .rdev = makedev(from->rdev_major, from->rdev_minor),
        .atime_ns = to_ns(from->atime.seconds, from->atime.ns),
        .mtime_ns = to_ns(from->mtime.seconds, from->mtime.ns),
        .ctime_ns = to_ns(from->ctime.seconds, from->ctime.ns),
        .birthtime_ns = to_ns(from->btime.seconds, from->btime.ns),
        .mode = from->mode,
        .nlink = from->nlink,
        .uid = from->uid,
        .gid = from->gid,
    };
    if ((from->mask & WANTED_BIRTH) == 0 || stat->birthtime_ns == 0) {
        stat->birthtime_ns = stat->ctime_ns; /* as Node has it where none is kept */
    }
}

static void from_stat(const struct stat *from, struct sbx_stat *stat)
{
    int64_t changed = to_ns(from->st_ctim.tv_sec, from->st_ctim.tv_nsec);
    *stat = (struct sbx_stat){
        .ino = from->st_ino,
        .size = (uint64_t)from->st_size,
        .blocks = (uint64_t)from->st_blocks,
        .dev = from->st_dev,
        .rdev = from->st_rdev,
        .atime_ns = to_ns(from->st_atim.tv_sec, from->st_atim.tv_nsec),
        .mtime_ns = to_ns(from->st_mtim.tv_sec, from->st_mtim.tv_nsec),
        .ctime_ns = changed,
        .birthtime_ns = changed,
        .mode = from->st_mode,
        .nlink = (uint32_t)from->st_nlink,
        .uid = from->st_uid,
        .gid = from->st_gid,
    };
}

enum sbx_status kernel_stat(int fd, const char *path, int flags, struct sbx_stat *stat)
{
    struct kernel_attributes newer = {0};
    struct stat older;
    if (newer_statx(fd, path, flags, &newer) == 0) {
        from_statx(&newer, stat);
        return SBX_OK;
    }
    if (errno != ENOSYS && errno != EPERM && errno != EINVAL) {
        return server_errno();
    }
    if (fstatat(fd, path, &older, flags) != 0) {
        return server_errno();
    }
    from_stat(&older, stat);
    return SBX_OK;
}

int kernel_process(pid_t pid)
{
#ifdef COMPANION_OLD_KERNEL
    (void)pid;
    return -1;
#else
    return (int)syscall(PIDFD_OPEN, pid, 0);
#endif
}

enum sbx_status kernel_signal(int process, pid_t pid, int signal)
{
    if (process < 0) {
        return server_status(kill(pid, signal));
    }
    return server_status(syscall(PIDFD_SEND_SIGNAL, process, signal, NULL, 0));
}

bool kernel_tells_type(const struct dirent *entry)
{
#ifdef COMPANION_OLD_KERNEL
    (void)entry;
    return false;
#else
    return entry->d_type != DT_UNKNOWN;
#endif
}

static int newer_allocate(int fd, off_t length)
{
#ifdef COMPANION_OLD_KERNEL
    (void)fd, (void)length;
    errno = EOPNOTSUPP;
    return -1;
#else
    return fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, length);
#endif
}

enum sbx_status kernel_reserve(int fd, off_t length)
{
    int failed = 0;
    do {
        failed = newer_allocate(fd, length);
    } while (failed != 0 && errno == EINTR);
    if (failed != 0 && errno != ENOSPC && errno != EDQUOT && errno != EFBIG) {
        return SBX_ENOTSUP;
    }
    return server_status(failed);
}

static enum sbx_status copy_by_hand(int from, int to)
{
    static char chunk[COPY_CHUNK];
    for (;;) {
        ssize_t got = read(from, chunk, sizeof(chunk));
        if (got == 0) {
            return SBX_OK;
        }
        if (got < 0 && errno != EINTR) {
            return server_errno();
        }
        for (ssize_t put = 0; put < got;) {
            ssize_t written = write(to, chunk + put, (size_t)(got - put));
            if (written < 0 && errno != EINTR) {
                return server_errno();
            }
            put += written > 0 ? written : 0;
        }
    }
}

static bool is_refusal(int error)
{
    return error == ENOSYS || error == EPERM || error == EINVAL || error == EXDEV || error == EOPNOTSUPP;
}

enum sbx_status kernel_copy(int from, int to)
{
    long copied = 0;
    do {
        copied = newer_copy_range(from, to, COPY_RANGE);
    } while (copied > 0 || (copied < 0 && errno == EINTR));
    if (copied < 0 && !is_refusal(errno)) {
        return server_errno();
    }
    /* What is left: all of it after a refusal; files of /proc, of which it copies nothing and says so. */
    return copy_by_hand(from, to);
}
