/* stage_test.c: a directory for parts is nobody else's and made whenever there is none; and what a commit would
 * refuse is refused before there are any parts, with what writing it says, and with nothing touched.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "companion/private.h"
#include "scratch.h"

static enum sbx_status stage(const char *path, uint64_t length)
{
    return ASK(STAGE, .path = P(path), .length = length);
}

static size_t count_of_parts(void)
{
    char every[2 * SBX_PATH_MAX];
    glob_t found = {0};
    struct sbx_span directory = private_directory();
    (void)snprintf(every, sizeof(every), "%.*s/*", (int)directory.length, directory.data);
    (void)glob(every, 0, NULL, &found);
    size_t count = found.gl_pathc;
    globfree(&found);
    return count;
}

/* The directory that was answered is new, ours alone, and in the private one. */
static void insist_on_stage(char path[SBX_PATH_MAX + 1])
{
    struct stat stat;
    struct sbx_span directory = private_directory();
    (void)snprintf(path, SBX_PATH_MAX + 1, "%.*s", (int)answer.bytes.length, answer.bytes.data);
    assert_int_equal(lstat(path, &stat), 0);
    assert_int_equal(stat.st_mode, S_IFDIR | 0700);
    assert_memory_equal(path, directory.data, directory.length);
    assert_int_equal(path[directory.length], '/');
    assert_true(private_is(path + directory.length + 1, PRIVATE_PARTS));
    assert_int_equal(rmdir(path), 0);
}

static void test_stage(void **state)
{
    (void)state;
    char one[SBX_PATH_MAX + 1];
    char other[SBX_PATH_MAX + 1];
    assert_status(stage("file", 7), SBX_OK);
    insist_on_stage(one);
    assert_status(stage("file", 7), SBX_OK);
    insist_on_stage(other);
    assert_string_not_equal(one, other);
}

/* What a place needs is there: it makes no file. */
static void test_in_place(void **state)
{
    (void)state;
    char path[SBX_PATH_MAX + 1];
    scratch_put("file", "content");
    assert_status(ASK(STAGE, .path = P("missing"), .length = 7, .flags = SBX_STAGE_IN_PLACE), SBX_ENOENT);
    assert_status(ASK(STAGE, .path = P("/proc/missing"), .length = 7, .flags = SBX_STAGE_IN_PLACE),
                  SBX_ENOENT);
    assert_int_equal(count_of_parts(), 0);
    assert_status(ASK(STAGE, .path = P("file"), .length = 7, .flags = SBX_STAGE_IN_PLACE), SBX_OK);
    insist_on_stage(path);
}

/* Where the private directory is gone it is made again; where others may look into it, it is another one. */
static void test_private_directory_is_made(void **state)
{
    (void)state;
    char path[SBX_PATH_MAX + 1];
    assert_status(stage("file", 7), SBX_OK);
    insist_on_stage(path);
    assert_int_equal(rmdir(".cache/agentos-sandbox"), 0);
    assert_status(stage("file", 7), SBX_OK);
    insist_on_stage(path);
    assert_non_null(strstr(path, "/.cache/agentos-sandbox/"));
    assert_int_equal(chmod(".cache/agentos-sandbox", 0755), 0);
    assert_status(stage("file", 7), SBX_OK);
    insist_on_stage(path);
    assert_non_null(strstr(path, "/.agentos-sandbox/"));
}

static void make_targets(void)
{
    scratch_put("file", "old");
    scratch_put("sealed", "old");
    assert_int_equal(chmod("sealed", 0444), 0);
    assert_int_equal(mkdir("dir", 0755), 0);
    assert_int_equal(mkdir("closed", 0555), 0);
    assert_int_equal(mkfifo("fifo", 0666), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_int_equal(symlink("no/where", "lost"), 0);
    assert_int_equal(symlink("closed/new", "dangling"), 0);
    assert_int_equal(symlink("dir/new", "fresh"), 0);
    assert_int_equal(symlink("file", "link"), 0);
}

/* Of each path what a small content is answered, by someone who may not write everywhere. */
static void test_says_what_a_write_says(void **state)
{
    (void)state;
    char too_long[300];
    char path[SBX_PATH_MAX + 1];
    const char *const refused[] = {
        "",           "dir",      "new/",     "file/x",     "file/x/y", "loop",        "loop/x",
        "lost",       "lost/x",   "fifo",     "/dev/null",  "sealed",   "sealed/x",    "closed/x",
        "closed/x/y", "dangling", "/etc/new", "/etc/new/x", "fifo/x",   "/dev/null/x", too_long,
    };
    static const char *const taken[] = {"file", "link",  "dir/new", "dir/a/b/c",
                                        "new",  "./new", "fresh",   "a//b"};
    memset(too_long, 'x', sizeof(too_long) - 1);
    too_long[sizeof(too_long) - 1] = '\0';
    make_targets();
    assert_int_equal(chmod(".", 0777), 0);
    assert_int_equal(chmod("dir", 0777), 0);
    assert_int_equal(chmod("file", 0666), 0);
    scratch_become_nobody();
    (void)alarm(20);
    for (size_t i = 0; i < COUNT(refused); i++) {
        enum sbx_status status = stage(refused[i], 3);
        assert_int_equal(count_of_parts(), 0);
        assert_int_not_equal(status, SBX_OK);
        assert_status(status, ASK(WRITE, .path = P(refused[i]), .data = P("new")));
    }
    for (size_t i = 0; i < COUNT(taken); i++) {
        assert_status(stage(taken[i], 3), SBX_OK);
        insist_on_stage(path);
        assert_status(ASK(WRITE, .path = P(taken[i]), .data = P("new")), SBX_OK);
    }
    (void)alarm(0);
}

/* A name that is too long below a directory that is not there. */
static void test_names_that_are_too_long(void **state)
{
    (void)state;
    char path[400] = "new/";
    memset(path + 4, 'x', 256);
    assert_status(stage(path, 3), SBX_ENAMETOOLONG);
    memcpy(path + 4 + 256, "/x", 3);
    assert_status(stage(path, 3), SBX_ENAMETOOLONG);
    assert_false(scratch_is_there("new"));
}

static void test_touches_nothing(void **state)
{
    (void)state;
    struct stat before;
    struct stat after;
    char path[SBX_PATH_MAX + 1];
    make_targets();
    assert_int_equal(stat("file", &before), 0);
    assert_status(stage("link", UINT64_C(1) << 20), SBX_OK);
    insist_on_stage(path);
    assert_int_equal(stat("file", &after), 0);
    assert_memory_equal(&before, &after, sizeof(before));
    scratch_has("file", "old");
    assert_status(stage("dir/a/b", 7), SBX_OK);
    insist_on_stage(path);
    assert_status(stage("fresh", 7), SBX_OK);
    insist_on_stage(path);
    assert_int_equal(rmdir("dir"), 0); /* it is empty */
}

/* A program that runs is not written. */
static void test_busy_text(void **state)
{
    (void)state;
    char path[SBX_PATH_MAX + 1];
    ssize_t length = readlink("/proc/self/exe", path, SBX_PATH_MAX);
    assert_true(length > 0);
    path[length] = '\0';
    assert_status(stage(path, 7), SBX_ETXTBSY);
    assert_int_equal(count_of_parts(), 0);
}

static void test_too_large(void **state)
{
    (void)state;
    const struct rlimit small = {.rlim_cur = 5, .rlim_max = RLIM_INFINITY};
    const struct rlimit unlimited = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    static const uint64_t lengths[] = {(UINT64_C(1) << 63), UINT64_MAX};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        assert_status(stage("file", lengths[i]), SBX_EFBIG);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum sbx_status above = stage("file", 6);
    enum sbx_status within = stage("file", 5);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
    assert_status(above, SBX_EFBIG);
    assert_status(within, SBX_OK);
    assert_int_equal(count_of_parts(), 1);
}

static void mount_small(const char *options)
{
    assert_int_equal(mkdir("small", 0755), 0);
    if (mount("none", "small", "tmpfs", 0, options) != 0) {
        skip();
    }
}

/* On the file's own file system, beside what the file has already; and on that of the parts, where both have to be. */
static void test_no_space(void **state)
{
    (void)state;
    char content[40001] = {0};
    memset(content, 'x', sizeof(content) - 1);
    mount_small("size=64k");
    assert_status(stage("small/file", 64 * SBX_KIB), SBX_OK);
    assert_status(stage("small/file", 64 * SBX_KIB + 1), SBX_ENOSPC);
    assert_status(stage("small/a/file", 64 * SBX_KIB + 1), SBX_ENOSPC);
    scratch_put("small/file", content);
    assert_status(stage("small/file", 64 * SBX_KIB), SBX_OK);
    assert_status(stage("small/other", 40000), SBX_ENOSPC);
}

static void test_no_space_for_both(void **state)
{
    (void)state;
    char home[SBX_PATH_MAX];
    mount_small("size=64k");
    assert_non_null(realpath("small", home));
    assert_int_equal(setenv("HOME", home, 1), 0);
    assert_status(stage("small/file", 32 * SBX_KIB), SBX_OK);
    assert_non_null(strstr(private_directory().data, "/small/"));
    assert_status(stage("small/file", 32 * SBX_KIB + 1), SBX_ENOSPC);
    assert_status(stage("file", 64 * SBX_KIB), SBX_OK);
    assert_status(stage("file", 64 * SBX_KIB + 1), SBX_ENOSPC);
}

static void test_read_only(void **state)
{
    (void)state;
    mount_small("size=64k");
    scratch_put("small/file", "old");
    assert_int_equal(mount("none", "small", NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    static const char *const paths[] = {"small/file", "small/new", "small/a/new"};
    for (size_t i = 0; i < COUNT(paths); i++) {
        assert_status(stage(paths[i], 3), SBX_EROFS);
        assert_status(ASK(WRITE, .path = P(paths[i]), .data = P("new")), SBX_EROFS);
    }
    assert_int_equal(count_of_parts(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_stage),
        scratch_test(test_in_place),
        scratch_test(test_private_directory_is_made),
        scratch_test(test_says_what_a_write_says),
        scratch_test(test_names_that_are_too_long),
        scratch_test(test_touches_nothing),
        scratch_test(test_busy_text),
        scratch_test(test_too_large),
        scratch_test(test_no_space),
        scratch_test(test_no_space_for_both),
        scratch_test(test_read_only),
    };
    (void)signal(SIGXFSZ, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
