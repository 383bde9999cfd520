/* kernel.c: statx, for the time of birth, else fstatat; copy_file_range, else read and write; getrandom, else the
 * clock and the process; pidfd_open, else kill; memfd_create, else nothing.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "companion/output.h"
#include "companion/server.h"

#define OVERLAY_TYPE 0x794c7630 /* of statfs */

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

/* On an overlay a file has another time of birth once it was changed: that of its copy in the upper layer. */
static bool tells_birth(int fd)
{
    struct statfs fs;
    return fstatfs(fd, &fs) == 0 && fs.f_type != OVERLAY_TYPE;
}

enum sbx_status kernel_file(int fd, struct sbx_file *file)
{
    struct kernel_attributes newer = {0};
    struct stat older;
    if (newer_statx(fd, "", AT_EMPTY_PATH, &newer) == 0) {
        bool born = (newer.mask & WANTED_BIRTH) != 0 && tells_birth(fd);
        *file = (struct sbx_file){
            .dev = makedev(newer.dev_major, newer.dev_minor),
            .ino = newer.ino,
            .born_ns = born ? to_ns(newer.btime.seconds, newer.btime.ns) : 0,
        };
        return SBX_OK;
    }
    if (fstat(fd, &older) != 0) {
        return server_errno();
    }
    *file = (struct sbx_file){.dev = older.st_dev, .ino = older.st_ino};
    return SBX_OK;
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

static int newer_allocate(int fd, int mode, off_t start, off_t length)
{
#ifdef COMPANION_OLD_KERNEL
    (void)fd, (void)mode, (void)start, (void)length;
    errno = EOPNOTSUPP;
    return -1;
#else
    int failed = 0;
    do {
        failed = fallocate(fd, mode | FALLOC_FL_KEEP_SIZE, start, length);
    } while (failed != 0 && errno == EINTR);
    return failed;
#endif
}

enum sbx_status kernel_reserve(int fd, off_t start, off_t length)
{
    int failed = newer_allocate(fd, 0, start, length);
    if (failed != 0 && errno != ENOSPC && errno != EDQUOT && errno != EFBIG) {
        return SBX_ENOTSUP;
    }
    return server_status(failed);
}

enum sbx_status kernel_punch(int fd, off_t start, off_t length)
{
    return server_status(newer_allocate(fd, FALLOC_FL_PUNCH_HOLE, start, length));
}

static enum sbx_status write_by_hand(int to, const char *chunk, size_t length)
{
    for (size_t put = 0; put < length;) {
        ssize_t written = write(to, chunk + put, length - put);
        if (written < 0 && errno != EINTR) {
            return server_errno();
        }
        put += written > 0 ? (size_t)written : 0;
    }
    return SBX_OK;
}

static size_t least(uint64_t left, size_t most)
{
    return left < most ? (size_t)left : most;
}

static enum sbx_status copy_by_hand(int from, int to, uint64_t left)
{
    static char chunk[COPY_CHUNK];
    enum sbx_status status = SBX_OK;
    while (left > 0 && status == SBX_OK) {
        ssize_t got = read(from, chunk, least(left, sizeof(chunk)));
        if (got == 0) {
            return SBX_OK;
        }
        if (got < 0 && errno != EINTR) {
            return server_errno();
        }
        if (got > 0) {
            status = write_by_hand(to, chunk, (size_t)got);
            left -= (uint64_t)got;
        }
    }
    return status;
}

static bool is_refusal(int error)
{
    return error == ENOSYS || error == EPERM || error == EINVAL || error == EXDEV || error == EOPNOTSUPP;
}

enum sbx_status kernel_copy(int from, int to, uint64_t length)
{
    long copied = 0;
    do {
        copied = newer_copy_range(from, to, least(length, COPY_RANGE));
        length -= copied > 0 ? (uint64_t)copied : 0;
    } while ((copied > 0 && length > 0) || (copied < 0 && errno == EINTR));
    if (copied < 0 && !is_refusal(errno)) {
        return server_errno();
    }
    /* What is left: all of it after a refusal; files of /proc, of which it copies nothing and says so. */
    return copy_by_hand(from, to, length);
}

static bool newer_random(uint64_t *random)
{
#ifdef COMPANION_OLD_KERNEL
    (void)random;
    return false;
#else
    return getrandom(random, sizeof(*random), GRND_NONBLOCK) == (ssize_t)sizeof(*random);
#endif
}

uint64_t kernel_random(void)
{
    uint64_t random = 0;
    struct timespec now = {0};
    if (!newer_random(&random)) {
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        random = ((uint64_t)getpid() << 40) ^ ((uint64_t)now.tv_sec << 30) ^ (uint64_t)now.tv_nsec;
    }
    return random;
}

static int newer_memory_file(void)
{
#ifdef COMPANION_OLD_KERNEL
    errno = ENOSYS;
    return -1;
#else
    return memfd_create("agentos-replies", MFD_CLOEXEC);
#endif
}

int kernel_file_of(struct sbx_span bytes)
{
    int fd = newer_memory_file();
    if (fd >= 0 && !output_write(fd, bytes)) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}
