/* op_copy_test.c: a copy is its source, holes and all; what was there before stays until the space is certain, and then
 * nothing of it does.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "companion/segments.h"
#include "scratch.h"

#define PIECE ((size_t)64 * 1024)
#define FAR ((off_t)1 << 30)

static struct stat stat_of(const char *path)
{
    struct stat real;
    assert_int_equal(stat(path, &real), 0);
    return real;
}

static void put_at(const char *path, off_t offset, char byte, size_t length)
{
    char *bytes = malloc(length);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    memset(bytes, byte, length);
    assert_true(pwrite(fd, bytes, length, offset) == (ssize_t)length);
    assert_int_equal(close(fd), 0);
    free(bytes);
}

/* All of these bytes of the file are `byte`. */
static void has_at(const char *path, off_t offset, char byte, size_t length)
{
    char *bytes = malloc(length);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(pread(fd, bytes, length, offset) == (ssize_t)length);
    assert_int_equal(close(fd), 0);
    for (size_t i = 0; i < length; i++) {
        assert_int_equal(bytes[i], byte);
    }
    free(bytes);
}

/* Three pieces of data and a hole at the end. */
static void put_sparse(const char *path, off_t size)
{
    put_at(path, 0, 'a', PIECE);
    put_at(path, size / 2, 'b', PIECE);
    put_at(path, size - 2 * (off_t)PIECE, 'c', PIECE);
    assert_int_equal(truncate(path, size), 0);
}

static void has_sparse(const char *path, off_t size)
{
    assert_true(stat_of(path).st_size == size);
    has_at(path, 0, 'a', PIECE);
    has_at(path, PIECE, 0, PIECE);
    has_at(path, size / 2 - (off_t)PIECE, 0, PIECE);
    has_at(path, size / 2, 'b', PIECE);
    has_at(path, size / 2 + (off_t)PIECE, 0, PIECE);
    has_at(path, size - 2 * (off_t)PIECE, 'c', PIECE);
    has_at(path, size - (off_t)PIECE, 0, PIECE);
}

static bool mount_small(const char *options)
{
    assert_int_equal(mkdir("small", 0755), 0);
    return mount("none", "small", "tmpfs", 0, options) == 0;
}

static void test_copy(void **state)
{
    (void)state;
    scratch_put("a", "content of a");
    scratch_put("b", "what b had, which is longer");
    assert_int_equal(chmod("a", 0711), 0);
    uint64_t inode = stat_of("b").st_ino;
    assert_status(ASK(COPY, .path = P("a"), .new_path = P("b")), SBX_OK);
    scratch_has("b", "content of a");
    assert_true(stat_of("b").st_ino == inode);
    assert_int_equal(stat_of("b").st_mode & 07777, 0711);
    assert_int_equal(link("a", "hard"), 0);
    assert_status(ASK(COPY, .path = P("a"), .new_path = P("hard")), SBX_OK); /* onto itself */
    assert_status(ASK(COPY, .path = P("a"), .new_path = P("a")), SBX_OK);
    scratch_has("a", "content of a");
    assert_status(ASK(COPY, .path = P("."), .new_path = P("c")), SBX_EISDIR);
    assert_status(ASK(COPY, .path = P("a"), .new_path = P(".")), SBX_EISDIR);
    assert_status(ASK(COPY, .path = P("absent"), .new_path = P("c")), SBX_ENOENT);
    assert_status(ASK(COPY, .path = P("a"), .new_path = P("absent/c")), SBX_ENOENT);
    assert_false(scratch_is_there("c"));
}

/* Their attributes say that they are empty, or longer than they are. */
#define SECRET_SIZE (64 * SBX_MIB)

/* In another process: whether the file could be read by others before it said otherwise in a pipe. */
static bool is_ever_open(const char *path, int until)
{
    struct stat stat;
    char end;
    while (read(until, &end, 1) < 0) {
        if (lstat(path, &stat) == 0 && (stat.st_mode & 077) != 0 && stat.st_size > 0) {
            return true;
        }
    }
    return false;
}

/* Nobody reads of a copy what they may not read of its source, not while it is made either. */
static void test_secret(void **state)
{
    (void)state;
    int until[2];
    int status = 0;
    struct stat stat;
    scratch_put("secret", "secret");
    assert_int_equal(chmod("secret", 0600), 0);
    assert_int_equal(truncate("secret", SECRET_SIZE), 0);
    int fd = open("secret", O_WRONLY);
    assert_int_equal(posix_fallocate(fd, 0, SECRET_SIZE), 0);
    (void)close(fd);
    assert_int_equal(pipe2(until, O_NONBLOCK), 0);
    pid_t pid = fork();
    if (pid == 0) {
        _exit(is_ever_open("copy", until[0]) ? 1 : 0);
    }
    assert_status(ASK(COPY, .path = P("secret"), .new_path = P("copy")), SBX_OK);
    assert_int_equal(write(until[1], "", 1), 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(lstat("copy", &stat), 0);
    assert_int_equal(stat.st_mode & 07777, 0600);
    (void)close(until[0]);
    (void)close(until[1]);
}

static void test_files_without_a_size(void **state)
{
    (void)state;
    assert_status(ASK(COPY, .path = P("/proc/self/comm"), .new_path = P("copy")), SBX_OK);
    scratch_has("copy", "op_copy_test\n");
    char content[4096];
    int fd = open("/sys/kernel/mm/transparent_hugepage/enabled", O_RDONLY | O_CLOEXEC);
    ssize_t length = read(fd, content, sizeof(content));
    if (length > 0) {
        assert_int_equal(close(fd), 0);
        assert_status(
            ASK(COPY, .path = P("/sys/kernel/mm/transparent_hugepage/enabled"), .new_path = P("copy")),
            SBX_OK);
        assert_true(stat_of("copy").st_size == length);
    }
}

static void test_holes_stay_holes(void **state)
{
    (void)state;
    static const char *const targets[] = {"new", "larger", "smaller"};
    put_sparse("sparse", FAR);
    put_at("larger", FAR / 2 - (off_t)PIECE, 'x', 4 * PIECE);
    put_at("larger", FAR - 2 * (off_t)PIECE, 'x', 4 * PIECE);
    put_at("smaller", 0, 'x', 3 * PIECE + 5);
    for (size_t i = 0; i < COUNT(targets); i++) {
        uint64_t inode = i > 0 ? stat_of(targets[i]).st_ino : 0;
        assert_status(ASK(COPY, .path = P("sparse"), .new_path = P(targets[i])), SBX_OK);
        has_sparse(targets[i], FAR);
        assert_true(stat_of(targets[i]).st_blocks <= stat_of("sparse").st_blocks + 64);
        assert_true(i == 0 || stat_of(targets[i]).st_ino == inode);
    }
}

/* Nothing but a hole, and nothing at all. */
static void test_no_data(void **state)
{
    (void)state;
    scratch_put("hole", "");
    assert_int_equal(truncate("hole", 100000), 0);
    put_at("file", 0, 'x', 200000);
    assert_status(ASK(COPY, .path = P("hole"), .new_path = P("file")), SBX_OK);
    assert_true(stat_of("file").st_size == 100000);
    has_at("file", 0, 0, 100000);
    assert_true(stat_of("file").st_blocks <= 64);
    scratch_put("empty", "");
    assert_status(ASK(COPY, .path = P("empty"), .new_path = P("file")), SBX_OK);
    assert_true(stat_of("file").st_size == 0);
}

/* Where there are more segments than are kept apart the last one goes on to the end. */
static void test_more_segments_than_room(void **state)
{
    (void)state;
    struct segment list[2];
    struct segments segments = {.list = list};
    put_sparse("sparse", FAR);
    int fd = open("sparse", O_RDONLY | O_CLOEXEC);
    segments_find(fd, FAR, COUNT(list), &segments);
    assert_int_equal(close(fd), 0);
    assert_int_equal(segments.count, 2);
    assert_true(list[0].start == 0 && list[0].length == (off_t)PIECE);
    assert_true(list[1].start == FAR / 2 && list[1].length == FAR / 2);
    assert_true(segments_hole(&segments, 1).start == (off_t)PIECE);
    assert_true(segments_hole(&segments, 2).length == 0);
}

/* A disk that is full leaves the old content, its holes and its times. */
static void test_no_space(void **state)
{
    (void)state;
    if (!mount_small("size=252k")) {
        skip();
    }
    put_at("small/other", 0, 'x', PIECE);
    put_sparse("sparse", FAR);
    put_at("small/file", 0, 'o', PIECE);
    put_at("small/file", FAR, 'p', PIECE / 2);
    struct stat before = stat_of("small/file");
    assert_status(ASK(COPY, .path = P("sparse"), .new_path = P("small/file")), SBX_ENOSPC);
    struct stat after = stat_of("small/file");
    assert_true(after.st_size == before.st_size && after.st_blocks == before.st_blocks);
    assert_memory_equal(&after.st_mtim, &before.st_mtim, sizeof(before.st_mtim));
    has_at("small/file", 0, 'o', PIECE);
    has_at("small/file", PIECE, 0, PIECE);
    has_at("small/file", FAR / 2, 0, PIECE);
    has_at("small/file", FAR, 'p', PIECE / 2);
    assert_status(ASK(COPY, .path = P("sparse"), .new_path = P("small/new")), SBX_ENOSPC);
    assert_false(scratch_is_there("small/new"));
}

/* The data fits, and that is enough; here they replace what lies elsewhere. */
static void test_space_for_the_data(void **state)
{
    (void)state;
    if (!mount_small("size=320k")) {
        skip();
    }
    put_sparse("sparse", FAR);
    put_at("small/file", 2 * (off_t)PIECE, 'o', PIECE);
    assert_status(ASK(COPY, .path = P("sparse"), .new_path = P("small/file")), SBX_OK);
    has_sparse("small/file", FAR);
}

/* Copies "sparse" in a process in which no hole can be punched. */
static enum sbx_status copy_without_holes(const char *to)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fallocate, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])), /* little-endian */
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, FALLOC_FL_PUNCH_HOLE, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = COUNT(filter), .filter = filter};
    int ended = 0;
    pid_t child = fork();
    if (child == 0) {
        bool good = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
        _exit(good ? (int)ASK(COPY, .path = P("sparse"), .new_path = P(to)) : 255);
    }
    assert_true(waitpid(child, &ended, 0) == child && WIFEXITED(ended));
    return (enum sbx_status)WEXITSTATUS(ended);
}

/* A file system that makes no holes gets zeros, and has to have the space for them. */
static void test_no_holes_there(void **state)
{
    (void)state;
    const off_t size = 16 * (off_t)PIECE;
    put_sparse("sparse", size);
    put_at("file", 0, 'x', 20 * PIECE);
    assert_status(copy_without_holes("file"), SBX_OK);
    has_sparse("file", size);
#ifndef COMPANION_OLD_KERNEL /* which reserves nothing, so it truncates */
    assert_true(stat_of("file").st_blocks >= 16 * (blkcnt_t)PIECE / 512);
    if (!mount_small("size=512k")) {
        skip();
    }
    put_at("small/file", 0, 'o', 2 * PIECE);
    blkcnt_t blocks = stat_of("small/file").st_blocks;
    assert_status(copy_without_holes("small/file"), SBX_ENOSPC);
    has_at("small/file", 0, 'o', 2 * PIECE);
    assert_true(stat_of("small/file").st_size == 2 * (off_t)PIECE);
    assert_true(stat_of("small/file").st_blocks == blocks);
#endif
}

/* A limit for files holds for the size, not for the data. */
static void test_largest_file(void **state)
{
    (void)state;
    const struct rlimit small = {.rlim_cur = (rlim_t)FAR - 1, .rlim_max = RLIM_INFINITY};
    const struct rlimit unlimited = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    (void)signal(SIGXFSZ, SIG_IGN);
    put_sparse("sparse", FAR);
    scratch_put("file", "old");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum sbx_status status = ASK(COPY, .path = P("sparse"), .new_path = P("file"));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
    assert_status(status, SBX_EFBIG);
    scratch_has("file", "old");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_copy),
        scratch_test(test_secret),
        scratch_test(test_files_without_a_size),
        scratch_test(test_holes_stay_holes),
        scratch_test(test_no_data),
        scratch_test(test_more_segments_than_room),
        scratch_test(test_no_space),
        scratch_test(test_space_for_the_data),
        scratch_test(test_no_holes_there),
        scratch_test(test_largest_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
