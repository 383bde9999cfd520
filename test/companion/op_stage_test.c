/* op_stage_test.c: parts become the content of a file, which stays the one it was; what is wrong with them or with the
 * file leaves it as it was; and the parts are gone at every ending.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "companion/private.h"
#include "scratch.h"

#define ONE "parts-0123456789abcdef"
#define OTHER "parts-ffffffffffffffff"
#define HOUR_S ((time_t)3600)

static char parts[SBX_PATH_MAX];

/* The path of something in the private directory. Static. */
static const char *inner(const char *name)
{
    static char path[2 * SBX_PATH_MAX];
    struct sbx_span directory = private_directory();
    (void)snprintf(path, sizeof(path), "%.*s/%s", (int)directory.length, directory.data, name);
    return path;
}

/* Makes a directory of parts of these contents; its path is in `parts`. */
static void stage(const char *const *contents, size_t count)
{
    (void)snprintf(parts, sizeof(parts), "%s", inner(ONE));
    assert_int_equal(mkdir(parts, 0700), 0);
    for (size_t i = 0; i < count; i++) {
        char name[SBX_PATH_MAX + 32];
        (void)snprintf(name, sizeof(name), "%s/%zu", parts, i);
        scratch_put(name, contents[i]);
    }
}

#define STAGE(...) stage((const char *const[]){__VA_ARGS__}, COUNT(((const char *const[]){__VA_ARGS__})))

static enum sbx_status commit(const char *path, uint64_t length)
{
    return ASK(COMMIT, .path = P(path), .target = P(parts), .length = length);
}

/* Commits and insists on the status, and that the parts are gone. */
static void ends(const char *path, uint64_t length, enum sbx_status status)
{
    assert_true(scratch_is_there(parts));
    assert_status(commit(path, length), status);
    assert_false(scratch_is_there(parts));
}

static void test_keeps_the_file(void **state)
{
    (void)state;
    struct stat before;
    struct stat after;
    scratch_put("file", "a longer content than the one that comes");
    assert_int_equal(chmod("file", 0750), 0);
    assert_int_equal(link("file", "hard"), 0);
    assert_int_equal(symlink("file", "soft"), 0);
    assert_int_equal(stat("file", &before), 0);
    STAGE("one ", "", "two ", "three");
    ends("soft", 13, SBX_OK);
    scratch_has("hard", "one two three");
    assert_int_equal(stat("file", &after), 0);
    assert_true(before.st_ino == after.st_ino && before.st_mode == after.st_mode && after.st_nlink == 2);
}

/* Places and insists on the status, and that the parts are gone. */
static void places(const char *path, uint64_t offset, uint64_t length, enum sbx_status status)
{
    assert_true(scratch_is_there(parts));
    assert_status(ASK(PLACE, .path = P(path), .target = P(parts), .offset = offset, .length = length),
                  status);
    assert_false(scratch_is_there(parts));
}

static void test_into_a_range(void **state)
{
    (void)state;
    scratch_put("file", "0123456789");
    STAGE("a", "", "bc");
    places("file", 2, 3, SBX_OK);
    scratch_has("file", "01abc56789");
    STAGE("xyz");
    places("file", 9, 3, SBX_OK);
    scratch_has("file", "01abc5678xyz");
}

static void test_into_a_range_refuses(void **state)
{
    (void)state;
    scratch_put("file", "0123456789");
    assert_int_equal(mkdir("directory", 0755), 0);
    STAGE("abc");
    places("absent", 0, 3, SBX_ENOENT);
    assert_false(scratch_is_there("absent"));
    STAGE("abc");
    places("directory", 0, 3, SBX_EISDIR);
    STAGE("abc");
    places("file", 0, 4, SBX_ESTALE);
    STAGE("abc");
    places("file", INT64_MAX - 2, 3, SBX_EFBIG);
    STAGE("abc");
    places("file", UINT64_MAX, 3, SBX_EFBIG);
    scratch_has("file", "0123456789");
}

static void test_makes_the_file(void **state)
{
    (void)state;
    STAGE("content");
    ends("a/b/c", 7, SBX_OK);
    scratch_has("a/b/c", "content");
    stage(NULL, 0);
    ends("a/b/c", 0, SBX_OK);
    scratch_has("a/b/c", "");
}

/* More parts than have one digit, in their order. */
static void test_order(void **state)
{
    (void)state;
    STAGE("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m");
    ends("file", 13, SBX_OK);
    scratch_has("file", "abcdefghijklm");
}

static void test_large(void **state)
{
    (void)state;
    enum { LENGTH = 5000001, PART = 2 * 1024 * 1024 };
    char *content = pattern(LENGTH);
    stage(NULL, 0);
    for (size_t at = 0; at < LENGTH; at += PART) {
        char name[SBX_PATH_MAX + 32];
        size_t left = LENGTH - at;
        (void)snprintf(name, sizeof(name), "%s/%zu", parts, at / PART);
        FILE *file = fopen(name, "wbe");
        assert_non_null(file);
        assert_int_equal(fwrite(content + at, 1, left < PART ? left : PART, file), left < PART ? left : PART);
        assert_int_equal(fclose(file), 0);
    }
    ends("file", LENGTH, SBX_OK);
    char *got = malloc(LENGTH + 1);
    FILE *file = fopen("file", "rbe");
    assert_non_null(file);
    assert_int_equal(fread(got, 1, LENGTH + 1, file), LENGTH);
    assert_int_equal(fclose(file), 0);
    assert_memory_equal(got, content, LENGTH);
    free(got);
    free(content);
}

static void test_wrong_sum(void **state)
{
    (void)state;
    static const uint64_t lengths[] = {0, 6, 8, UINT64_MAX, 1ULL << 63};
    scratch_put("file", "old");
    for (size_t i = 0; i < COUNT(lengths); i++) {
        STAGE("con", "tent");
        ends("file", lengths[i], SBX_ESTALE);
        scratch_has("file", "old");
        STAGE("content");
        ends("new", lengths[i], SBX_ESTALE);
        assert_false(scratch_is_there("new"));
    }
}

/* What stands in the way of a part, or is none. The alarm ends a test that waits for a FIFO. */
static void test_parts_that_are_none(void **state)
{
    (void)state;
    char name[SBX_PATH_MAX + 32];
    scratch_put("file", "old");
    scratch_put("outside", "content");
    (void)alarm(20);
    for (int i = 0; i < 4; i++) {
        STAGE("a");
        (void)snprintf(name, sizeof(name), "%s/%d", parts, i == 3 ? 2 : 1);
        if (i == 0) {
            assert_int_equal(mkfifo(name, 0644), 0);
        } else if (i == 1) {
            assert_int_equal(symlink("../../../outside", name), 0);
        } else if (i == 2) {
            assert_int_equal(mkdir(name, 0755), 0);
            size_t length = strlen(name);
            (void)snprintf(name + length, sizeof(name) - length, "/deeper");
            scratch_put(name, "x");
        } else {
            scratch_put(name, "content"); /* the one before it is missing */
        }
        ends("file", 8, SBX_ESTALE);
        scratch_has("file", "old");
    }
    (void)alarm(0);
    scratch_has("outside", "content");
}

static void test_targets_that_refuse(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum sbx_status status;
    } cases[] = {
        {"dir", SBX_EISDIR},       {"new/", SBX_EISDIR}, {"file/x", SBX_ENOTDIR},
        {"loop", SBX_ELOOP},       {"", SBX_ENOENT},     {"fifo", SBX_ENXIO},
        {"/dev/null", SBX_EINVAL}, {"lost", SBX_ENOENT}, {"/proc/x", SBX_ENOENT},
    };
    scratch_put("file", "old");
    assert_int_equal(mkdir("dir", 0755), 0);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_int_equal(symlink("no/where", "lost"), 0);
    (void)alarm(20);
    for (size_t i = 0; i < COUNT(cases); i++) {
        STAGE("content");
        ends(cases[i].path, 7, cases[i].status);
    }
    (void)alarm(0);
    scratch_has("file", "old");
}

/* A disk that is full leaves the old content, and nothing of a file that was not there. */
static void test_no_space(void **state)
{
    (void)state;
    char content[40001] = {0};
    struct stat before;
    struct stat after;
    memset(content, 'x', sizeof(content) - 1);
    assert_int_equal(mkdir("small", 0755), 0);
    if (mount("none", "small", "tmpfs", 0, "size=64k") != 0) {
        skip();
    }
    scratch_put("small/file", "old");
    assert_int_equal(stat("small/file", &before), 0);
    assert_int_equal(symlink("new", "small/dangling"), 0);
    STAGE(content, content);
    ends("small/file", 80000, SBX_ENOSPC);
    scratch_has("small/file", "old");
    assert_int_equal(stat("small/file", &after), 0);
    assert_memory_equal(&after.st_mtim, &before.st_mtim, sizeof(before.st_mtim));
    assert_int_equal(after.st_blocks, before.st_blocks);
    STAGE(content, content);
    ends("small/dangling", 80000, SBX_ENOSPC);
    assert_false(scratch_is_there("small/new"));
    assert_true(scratch_is_there("small/dangling"));
    STAGE(content);
    ends("small/dangling", 40000, SBX_OK);
    assert_int_equal(stat("small/new", &after), 0);
    assert_int_equal(after.st_size, 40000);
}

/* Only what is directly in the private directory, has the name and is no link. */
static void test_refuses(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",
        "parts-",
        "parts-0123456789abcde",
        "parts-0123456789abcdef0",
        "parts-0123456789abcdeg",
        "parts-0123456789ABCDEF",
        ONE "/",
        ONE "/.",
        ONE "/../" ONE,
        "../" ONE,
        "sub/" ONE,
        "parts-0123456789abcdef.x",
        "companion-0123456789abcdef",
    };
    char path[2 * SBX_PATH_MAX];
    STAGE("content");
    for (size_t i = 0; i < COUNT(names); i++) {
        (void)snprintf(path, sizeof(path), "%s", inner(names[i]));
        assert_status(ASK(COMMIT, .path = P("file"), .target = P(path), .length = 7), SBX_EPERM);
        assert_status(ASK(UNSTAGE, .target = P(path)), SBX_EPERM);
    }
    static const char *const others[] = {"", "/", ONE, "/" ONE, "./" ONE, "/tmp/" ONE, "/etc/" ONE};
    scratch_put(ONE, "");
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_status(ASK(COMMIT, .path = P("file"), .target = P(others[i]), .length = 7), SBX_EPERM);
        assert_status(ASK(UNSTAGE, .target = P(others[i])), SBX_EPERM);
    }
    assert_true(scratch_is_there(parts));
    assert_true(scratch_is_there(ONE));
    assert_false(scratch_is_there("file"));
}

static void test_links_and_strangers(void **state)
{
    (void)state;
    char name[SBX_PATH_MAX + 32];
    assert_int_equal(mkdir("precious", 0755), 0);
    scratch_put("precious/0", "content");
    (void)snprintf(parts, sizeof(parts), "%s", inner(ONE));
    (void)snprintf(name, sizeof(name), "%s", inner(OTHER));
    assert_int_equal(symlink("../../precious", parts), 0);
    assert_status(commit("file", 7), SBX_EPERM);
    assert_status(ASK(UNSTAGE, .target = P(parts)), SBX_EPERM);
    scratch_has("precious/0", "content");
    assert_int_equal(unlink(parts), 0);
    STAGE("content");
    (void)snprintf(name, sizeof(name), "%s", inner(""));
    if (geteuid() == 0) {
        assert_int_equal(chown(parts, 12345, 12345), 0);
        assert_status(commit("file", 7), SBX_EPERM);
        assert_status(ASK(UNSTAGE, .target = P(parts)), SBX_EPERM);
        assert_int_equal(chown(parts, 0, 0), 0);
    }
    ends("file", 7, SBX_OK);
}

/* What someone else may have changed is no content, and what they may have read goes all the same. A private directory
 * that others may look into goes with the last of it: the next one is made as it should be. */
static void test_parts_that_others_may_see(void **state)
{
    (void)state;
    static const struct {
        bool parts;
        mode_t mode;
    } cases[] = {{true, 0755}, {true, 0701}, {false, 0755}, {false, 0710}};
    char directory[2 * SBX_PATH_MAX];
    for (size_t i = 0; i < 2 * COUNT(cases); i++) {
        (void)snprintf(directory, sizeof(directory), "%s", inner(""));
        STAGE("content");
        assert_int_equal(chmod(cases[i / 2].parts ? parts : directory, cases[i / 2].mode), 0);
        if (i % 2 == 0) {
            ends("file", 7, SBX_ESTALE);
        } else {
            assert_status(ASK(UNSTAGE, .target = P(parts)), SBX_OK);
        }
        assert_false(scratch_is_there(parts));
        assert_false(scratch_is_there("file"));
        assert_int_equal(scratch_is_there(directory), cases[i / 2].parts);
    }
}

static void test_private_directory_of_a_stranger(void **state)
{
    (void)state;
    char directory[2 * SBX_PATH_MAX];
    (void)snprintf(directory, sizeof(directory), "%s", inner(""));
    STAGE("content");
    if (geteuid() != 0) {
        skip();
    }
    assert_int_equal(chown(directory, 12345, 12345), 0);
    ends("file", 7, SBX_ESTALE);
    assert_false(scratch_is_there("file"));
}

static void test_absent(void **state)
{
    (void)state;
    scratch_put("file", "old");
    (void)snprintf(parts, sizeof(parts), "%s", inner(ONE));
    assert_status(commit("file", 0), SBX_ESTALE);
    assert_status(ASK(UNSTAGE, .target = P(parts)), SBX_OK);
    scratch_has("file", "old");
    STAGE("content", "more");
    assert_status(ASK(UNSTAGE, .target = P(parts)), SBX_OK);
    assert_false(scratch_is_there(parts));
    assert_status(ASK(UNSTAGE, .target = P(parts)), SBX_OK);
    assert_int_equal(rmdir(inner("")), 0);
    assert_status(ASK(UNSTAGE, .target = P(parts)), SBX_OK);
}

static void make_aged(const char *name, time_t age_s)
{
    char file[2 * SBX_PATH_MAX];
    struct timespec times[2] = {{.tv_sec = time(NULL) - age_s}, {.tv_sec = time(NULL) - age_s}};
    const char *path = inner(name);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(file, sizeof(file), "%s/0", path);
    scratch_put(file, "");
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* Whatever becomes of a commit, what others left long ago goes; what may be in use stays, and what is not ours. */
static void test_sweeps(void **state)
{
    (void)state;
    make_aged("parts-1111111111111111", HOUR_S + 60);
    make_aged("parts-2222222222222222", HOUR_S - 60);
    make_aged("parts-3333", 10 * HOUR_S);
    make_aged("something", 10 * HOUR_S);
    make_aged(ONE, 10 * HOUR_S);
    scratch_put(inner("parts-4444444444444444"), "a file");
    struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    assert_int_equal(utimensat(AT_FDCWD, inner("parts-4444444444444444"), old, 0), 0);
    (void)snprintf(parts, sizeof(parts), "%s", inner(ONE));
    ends("file", 0, SBX_OK); /* as old as the others, but it is what was asked for */
    assert_true(scratch_is_there("file"));
    assert_false(scratch_is_there(inner("parts-1111111111111111")));
    assert_true(scratch_is_there(inner("parts-2222222222222222")));
    assert_true(scratch_is_there(inner("parts-3333")));
    assert_true(scratch_is_there(inner("something")));
    assert_true(scratch_is_there(inner("parts-4444444444444444")));
    make_aged("parts-1111111111111111", 2 * HOUR_S);
    STAGE("x");
    ends("file", 2, SBX_ESTALE);
    assert_false(scratch_is_there(inner("parts-1111111111111111")));
}

/* A greeting does the same: after a client that was ended while it wrote, no commit may ever come. */
static void test_greeting_sweeps(void **state)
{
    (void)state;
    struct server server = scratch_server(SBX_REPLIES_MAX);
    struct sbx_greeting greeting;
    make_aged("parts-1111111111111111", HOUR_S + 60);
    make_aged("claimed-3333333333333333", HOUR_S + 60);
    make_aged("parts-2222222222222222", HOUR_S - 60);
    make_aged("something", 10 * HOUR_S);
    server_greeting(&server, &greeting);
    assert_text(greeting.directory, private_directory().data);
    assert_false(scratch_is_there(inner("parts-1111111111111111")));
    assert_false(scratch_is_there(inner("claimed-3333333333333333")));
    assert_true(scratch_is_there(inner("parts-2222222222222222")));
    assert_true(scratch_is_there(inner("something")));
}

/* Whoever claimed them has them: a sweep that comes late takes nothing from under a commit. */
static void test_sweep_claims(void **state)
{
    (void)state;
    make_aged("parts-1111111111111111", 2 * HOUR_S);
    make_aged("claimed-1111111111111111", 0);
    make_aged("parts-2222222222222222", 2 * HOUR_S);
    STAGE("x");
    ends("file", 1, SBX_OK);
    assert_true(scratch_is_there(inner("parts-1111111111111111")));
    assert_true(scratch_is_there(inner("claimed-1111111111111111")));
    assert_false(scratch_is_there(inner("parts-2222222222222222")));
    assert_false(scratch_is_there(inner("claimed-2222222222222222")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_keeps_the_file),
        scratch_test(test_into_a_range),
        scratch_test(test_into_a_range_refuses),
        scratch_test(test_makes_the_file),
        scratch_test(test_order),
        scratch_test(test_large),
        scratch_test(test_wrong_sum),
        scratch_test(test_parts_that_are_none),
        scratch_test(test_targets_that_refuse),
        scratch_test(test_no_space),
        scratch_test(test_refuses),
        scratch_test(test_links_and_strangers),
        scratch_test(test_parts_that_others_may_see),
        scratch_test(test_private_directory_of_a_stranger),
        scratch_test(test_absent),
        scratch_test(test_sweeps),
        scratch_test(test_greeting_sweeps),
        scratch_test(test_sweep_claims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
