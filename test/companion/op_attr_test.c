/* op_attr_test.c: attributes are those that lstat(2) and stat(2) say, and are set as Linux sets them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "scratch.h"

#define NS INT64_C(1000000000)

static int64_t ns_of(struct timespec time)
{
    return time.tv_sec * NS + time.tv_nsec;
}

static void compare(const struct sbx_stat *got, const struct stat *real)
{
    assert_true(got->ino == real->st_ino);
    assert_true(got->size == (uint64_t)real->st_size);
    assert_true(got->blocks == (uint64_t)real->st_blocks);
    assert_true(got->dev == real->st_dev);
    assert_true(got->rdev == real->st_rdev);
    assert_int_equal(got->mode, real->st_mode);
    assert_int_equal(got->nlink, real->st_nlink);
    assert_int_equal(got->uid, real->st_uid);
    assert_int_equal(got->gid, real->st_gid);
    assert_true(got->atime_ns == ns_of(real->st_atim));
    assert_true(got->mtime_ns == ns_of(real->st_mtim));
    assert_true(got->ctime_ns == ns_of(real->st_ctim));
    assert_true(got->birthtime_ns != 0);
}

static void compare_both(const char *path)
{
    struct stat real;
    assert_int_equal(lstat(path, &real), 0);
    assert_status(ASK(LSTAT, .path = P(path)), SBX_OK);
    compare(&answer.stat, &real);
    assert_int_equal(stat(path, &real), 0);
    assert_status(ASK(STAT, .path = P(path)), SBX_OK);
    compare(&answer.stat, &real);
}

static void test_every_type(void **state)
{
    (void)state;
    scratch_put("file", "content");
    assert_int_equal(mkdir("dir", 01777), 0);
    assert_int_equal(symlink("file", "link"), 0);
    assert_int_equal(link("file", "hard"), 0);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    static const char *const paths[] = {"file", "dir",       "link",   "hard",         "fifo",
                                        ".",    "/dev/null", "/dev/.", "/proc/version"};
    for (size_t i = 0; i < COUNT(paths); i++) {
        compare_both(paths[i]);
    }
}

static void test_links(void **state)
{
    (void)state;
    assert_int_equal(symlink("nowhere", "dangling"), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_status(ASK(LSTAT, .path = P("dangling")), SBX_OK);
    assert_int_equal(answer.stat.mode & SBX_S_IFMT, SBX_S_IFLNK);
    assert_int_equal(answer.stat.size, 7);
    assert_status(ASK(STAT, .path = P("dangling")), SBX_ENOENT);
    assert_status(ASK(LSTAT, .path = P("loop")), SBX_OK);
    assert_status(ASK(STAT, .path = P("loop")), SBX_ELOOP);
    assert_status(ASK(ACCESS, .path = P("loop")), SBX_ELOOP);
    assert_status(ASK(ACCESS, .path = P("dangling")), SBX_ENOENT);
}

static void test_two_stats_are_equal(void **state)
{
    (void)state;
    scratch_put("file", "content");
    assert_status(ASK(STAT, .path = P("file")), SBX_OK);
    struct sbx_stat first = answer.stat;
    assert_status(ASK(STAT, .path = P("file")), SBX_OK);
    assert_memory_equal(&first, &answer.stat, sizeof(first));
}

static void test_errors_of_paths(void **state)
{
    (void)state;
    char name[300];
    memset(name, 'n', sizeof(name));
    name[256] = '\0';
    scratch_put("file", "");
    static const enum sbx_op_code codes[] = {SBX_OP_LSTAT, SBX_OP_STAT,   SBX_OP_ACCESS,
                                             SBX_OP_CHMOD, SBX_OP_UTIMES, SBX_OP_CHOWN};
    for (size_t i = 0; i < COUNT(codes); i++) {
        struct sbx_args args = {.path = P("absent")};
        assert_status(scratch_ask(codes[i], &args, &answer), SBX_ENOENT);
        args.path = P("file/below");
        assert_status(scratch_ask(codes[i], &args, &answer), SBX_ENOTDIR);
        args.path = P(name);
        assert_status(scratch_ask(codes[i], &args, &answer), SBX_ENAMETOOLONG);
        args.path = P("");
        assert_status(scratch_ask(codes[i], &args, &answer), SBX_ENOENT);
    }
}

static void test_chmod(void **state)
{
    (void)state;
    static const uint32_t modes[] = {0, 0777, 07777, 0644, 0100600};
    scratch_put("file", "");
    assert_int_equal(symlink("file", "link"), 0);
    for (size_t i = 0; i < COUNT(modes); i++) {
        struct stat real;
        assert_status(ASK(CHMOD, .path = P("link"), .mode = modes[i]), SBX_OK);
        assert_int_equal(stat("file", &real), 0);
        assert_int_equal(real.st_mode & 07777, modes[i] & 07777);
    }
}

static void test_chown(void **state)
{
    (void)state;
    struct stat real;
    scratch_put("file", "");
    if (geteuid() != 0) {
        skip();
    }
    assert_status(ASK(CHOWN, .path = P("file"), .uid = 12, .gid = 34), SBX_OK);
    assert_status(ASK(CHOWN, .path = P("file"), .uid = UINT32_MAX, .gid = 35), SBX_OK);
    assert_int_equal(stat("file", &real), 0);
    assert_int_equal(real.st_uid, 12);
    assert_int_equal(real.st_gid, 35);
    assert_int_equal(symlink("file", "link"), 0);
    assert_status(ASK(CHOWN, .path = P("link"), .uid = 56, .gid = 78, .flags = SBX_CHOWN_LINK), SBX_OK);
    assert_int_equal(stat("link", &real), 0);
    assert_int_equal(real.st_uid, 12);
    assert_int_equal(lstat("link", &real), 0);
    assert_int_equal(real.st_uid, 56);
    assert_int_equal(real.st_gid, 78);
    assert_status(ASK(CHOWN, .path = P("link"), .uid = 13, .gid = 35), SBX_OK);
    assert_int_equal(stat("file", &real), 0);
    assert_int_equal(real.st_uid, 13);
    scratch_become_nobody();
    assert_status(ASK(CHOWN, .path = P("file"), .uid = 1, .gid = 1), SBX_EPERM);
    assert_status(ASK(CHMOD, .path = P("file"), .mode = 0600), SBX_EPERM);
}

static void test_utimes(void **state)
{
    (void)state;
    static const int64_t times[] = {0, 1, -1, -NS, -NS - 1, 1234567890123456789, NS * 86400 * 365};
    scratch_put("file", "");
    for (size_t i = 0; i < COUNT(times); i++) {
        struct stat real;
        assert_status(ASK(UTIMES, .path = P("file"), .atime_ns = times[i], .mtime_ns = times[i] + 5), SBX_OK);
        assert_int_equal(stat("file", &real), 0);
        assert_true(ns_of(real.st_atim) == times[i]);
        assert_true(ns_of(real.st_mtim) == times[i] + 5);
        assert_status(ASK(STAT, .path = P("file")), SBX_OK);
        assert_true(answer.stat.mtime_ns == times[i] + 5);
    }
}

#define MS INT64_C(1000000)

static void assert_times(const char *path, int64_t atime_ns, int64_t mtime_ns)
{
    struct stat real;
    assert_int_equal(stat(path, &real), 0);
    assert_true(ns_of(real.st_atim) == atime_ns);
    assert_true(ns_of(real.st_mtim) == mtime_ns);
}

static void test_utimes_in_ms(void **state)
{
    (void)state;
    scratch_put("file", "");
    const int64_t at = 5 * NS + 123456789;
    const int64_t shown = 5 * NS + 123 * MS; /* what a stat in milliseconds shows of it */
    struct sbx_args args = {.path = P("file"), .atime_ns = at, .mtime_ns = at};
    assert_status(scratch_ask(SBX_OP_UTIMES, &args, &answer), SBX_OK);
    args.flags = SBX_UTIMES_MS;
    args.atime_ns = 7 * NS;
    args.mtime_ns = shown;
    assert_status(scratch_ask(SBX_OP_UTIMES, &args, &answer), SBX_OK);
    assert_times("file", 7 * NS, at);
    static const int64_t others[] = {MS, -MS, 1, -1, MS / 2};
    for (size_t i = 0; i < COUNT(others); i++) {
        args.mtime_ns = shown + others[i];
        assert_status(scratch_ask(SBX_OP_UTIMES, &args, &answer), SBX_OK);
        assert_times("file", 7 * NS, shown + others[i]);
    }
    args.flags = 0;
    args.mtime_ns = at;
    assert_status(scratch_ask(SBX_OP_UTIMES, &args, &answer), SBX_OK);
    args.mtime_ns = shown;
    assert_status(scratch_ask(SBX_OP_UTIMES, &args, &answer), SBX_OK);
    assert_times("file", 7 * NS, shown);
}

/* The time of access is nothing that someone has to permit, that of change is. */
static void test_utimes_of_another(void **state)
{
    (void)state;
    scratch_put("file", "");
    assert_int_equal(mkdir("private", 0700), 0);
    if (geteuid() != 0) {
        skip();
    }
    struct sbx_args args = {.path = P("file"), .atime_ns = 0, .mtime_ns = 3 * NS, .flags = SBX_UTIMES_MS};
    assert_status(scratch_ask(SBX_OP_UTIMES, &args, &answer), SBX_OK);
    scratch_become_nobody();
    args.atime_ns = 9 * NS;
    assert_status(scratch_ask(SBX_OP_UTIMES, &args, &answer), SBX_OK);
    assert_times("file", 0, 3 * NS);
    args.mtime_ns = 4 * NS;
    assert_status(scratch_ask(SBX_OP_UTIMES, &args, &answer), SBX_EPERM);
    args.mtime_ns = 3 * NS;
    args.flags = 0;
    assert_status(scratch_ask(SBX_OP_UTIMES, &args, &answer), SBX_EPERM);
    args.flags = SBX_UTIMES_MS;
    args.mtime_ns = 0;
    args.path = P("private/file");
    assert_status(scratch_ask(SBX_OP_UTIMES, &args, &answer), SBX_EACCES);
}

static void test_someone_else(void **state)
{
    (void)state;
    assert_int_equal(mkdir("private", 0700), 0);
    scratch_put("private/file", "");
    scratch_become_nobody();
    assert_status(ASK(STAT, .path = P("private/file")), SBX_EACCES);
    assert_status(ASK(STAT, .path = P("private")), SBX_OK);
}

static void test_statfs(void **state)
{
    (void)state;
    struct statfs real;
    scratch_put("file", "");
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_int_equal(statfs("file", &real), 0);
    assert_status(ASK(STATFS, .path = P("file")), SBX_OK);
    assert_true(answer.statfs.type == (uint64_t)real.f_type);
    assert_true(answer.statfs.bsize == (uint64_t)real.f_bsize);
    assert_true(answer.statfs.blocks == real.f_blocks);
    assert_true(answer.statfs.bfree <= answer.statfs.blocks && answer.statfs.bavail <= answer.statfs.bfree);
    assert_true(answer.statfs.files == real.f_files && answer.statfs.ffree <= real.f_files);
    assert_status(ASK(STATFS, .path = P("absent")), SBX_ENOENT);
    assert_status(ASK(STATFS, .path = P("file/x")), SBX_ENOTDIR);
    assert_status(ASK(STATFS, .path = P("loop")), SBX_ELOOP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_every_type),
        scratch_test(test_links),
        scratch_test(test_errors_of_paths),
        scratch_test(test_two_stats_are_equal),
        scratch_test(test_chmod),
        scratch_test(test_chown),
        scratch_test(test_utimes),
        scratch_test(test_someone_else),
        scratch_test(test_statfs),
        scratch_test(test_utimes_in_ms),
        scratch_test(test_utimes_of_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
