/* private_test.c: the private directory is nobody else's, and what is old in it goes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/private.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "companion/sweep.h"
#include "scratch.h"

#define HOUR_S ((time_t)3600)
#define WEEK_S ((time_t)7 * 24 * HOUR_S)
#define OWN "companion-0123456789abcdef"

static char here[PATH_MAX];

static void insist_on(const char *directory)
{
    char expected[2 * PATH_MAX];
    struct stat stat;
    (void)snprintf(expected, sizeof(expected), "%s/%s", here, directory);
    assert_text(private_directory(), expected);
    assert_int_equal(lstat(expected, &stat), 0);
    assert_int_equal(stat.st_mode, S_IFDIR | 0700);
}

static void test_first_place(void **state)
{
    (void)state;
    struct stat stat;
    assert_non_null(getcwd(here, sizeof(here)));
    insist_on(".cache/agentos-sandbox");
    assert_int_equal(lstat(".cache", &stat), 0);
    assert_int_equal(stat.st_mode, S_IFDIR | 0700);
    insist_on(".cache/agentos-sandbox"); /* it is there now */
}

/* What someone else could look into, or has put there, is none: the next place is taken. */
static void test_next_place(void **state)
{
    (void)state;
    assert_non_null(getcwd(here, sizeof(here)));
    assert_int_equal(mkdir(".cache", 0755), 0);
    assert_int_equal(mkdir(".cache/agentos-sandbox", 0710), 0);
    insist_on(".agentos-sandbox");
    assert_int_equal(rmdir(".cache/agentos-sandbox"), 0);
    assert_int_equal(mkdir("private", 0700), 0);
    assert_int_equal(symlink("../private", ".cache/agentos-sandbox"), 0);
    insist_on(".agentos-sandbox");
    assert_int_equal(unlink(".cache/agentos-sandbox"), 0);
    scratch_put(".cache/agentos-sandbox", "");
    insist_on(".agentos-sandbox");
    assert_int_equal(setenv("HOME", "relative", 1), 0);
    insist_on(".agentos-sandbox");
    assert_int_equal(unsetenv("HOME"), 0);
    insist_on(".agentos-sandbox");
    assert_false(scratch_is_there("relative"));
}

static void test_place_of_a_stranger(void **state)
{
    (void)state;
    assert_non_null(getcwd(here, sizeof(here)));
    insist_on(".cache/agentos-sandbox");
    assert_int_equal(chmod(".", 0777), 0);
    assert_int_equal(chmod(".cache", 0777), 0);
    scratch_become_nobody();
    insist_on(".agentos-sandbox");
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int kind; /* PRIVATE_KINDS: none */
    } cases[] = {
        {OWN, PRIVATE_PROGRAM},
        {OWN ".new-0123456789abcdef", PRIVATE_UPLOADED},
        {"parts-0123456789abcdef", PRIVATE_PARTS},
        {"box-0123456789abcdef", PRIVATE_BOX},
        {"run-0123456789abcdef", PRIVATE_RUN},
        {"run-0123456789abcde", PRIVATE_KINDS},
        {"", PRIVATE_KINDS},
        {"companion-", PRIVATE_KINDS},
        {"companion-0123456789abcde", PRIVATE_KINDS},
        {OWN "0", PRIVATE_KINDS},
        {OWN ".new-", PRIVATE_KINDS},
        {OWN ".new-0123456789abcdef0", PRIVATE_KINDS},
        {"parts-0123456789ABCDEF", PRIVATE_KINDS},
        {"parts-0123456789abcdef/", PRIVATE_KINDS},
        {"arts-0123456789abcdef", PRIVATE_KINDS},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (int kind = 0; kind < PRIVATE_KINDS; kind++) {
            assert_int_equal(private_is(cases[i].name, (enum private_kind)kind), kind == cases[i].kind);
        }
    }
}

static void put_aged(const char *name, time_t atime_age_s, time_t mtime_age_s)
{
    time_t now = time(NULL);
    const struct timespec times[] = {{.tv_sec = now - atime_age_s}, {.tv_sec = now - mtime_age_s}};
    scratch_put(name, "");
    assert_int_equal(utimensat(AT_FDCWD, name, times, 0), 0);
}

/* What is old in the current directory by then. */
static void sweep_at(time_t now)
{
    struct server server = scratch_server(SBX_REPLIES_MAX);
    int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    sweep_all(&server, fd, OWN, now);
    assert_int_equal(close(fd), 0);
}

static void test_old_programs(void **state)
{
    (void)state;
    const time_t old = WEEK_S + 60;
    const time_t young = WEEK_S - 60;
    put_aged(OWN, old, old);
    put_aged("companion-1111111111111111", old, old);
    put_aged("companion-2222222222222222", young, old);
    put_aged("companion-3333333333333333", old, young);
    put_aged("companion-of-mine", old, old);
    assert_int_equal(mkdir("companion-4444444444444444", 0700), 0);
    assert_int_equal(symlink("companion-of-mine", "companion-5555555555555555"), 0);
    sweep_at(time(NULL));
    assert_false(scratch_is_there("companion-1111111111111111"));
    sweep_at(time(NULL) - 240);
    assert_true(scratch_is_there(OWN));
    assert_true(scratch_is_there("companion-2222222222222222"));
    assert_true(scratch_is_there("companion-3333333333333333"));
    sweep_at(time(NULL) + 2 * WEEK_S);
    assert_false(scratch_is_there("companion-2222222222222222"));
    assert_false(scratch_is_there("companion-3333333333333333"));
    assert_true(scratch_is_there(OWN));
    assert_true(scratch_is_there("companion-of-mine"));
    assert_true(scratch_is_there("companion-4444444444444444"));
    assert_true(scratch_is_there("companion-5555555555555555"));
}

/* Of an upload no time counts but that of its coming: the archive sets the others. */
static void test_old_uploads(void **state)
{
    (void)state;
    static const char upload[] = "companion-1111111111111111.new-2222222222222222";
    put_aged(upload, 10 * WEEK_S, 10 * WEEK_S);
    sweep_at(time(NULL));
    sweep_at(time(NULL) + HOUR_S - 60);
    assert_true(scratch_is_there(upload));
    sweep_at(time(NULL) + HOUR_S + 60);
    assert_false(scratch_is_there(upload));
}

static void test_of_a_stranger(void **state)
{
    (void)state;
    put_aged("companion-1111111111111111", 2 * WEEK_S, 2 * WEEK_S);
    assert_int_equal(chmod(".", 0777), 0);
    scratch_become_nobody();
    sweep_at(time(NULL));
    assert_true(scratch_is_there("companion-1111111111111111"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_first_place),         scratch_test(test_next_place),
        scratch_test(test_place_of_a_stranger), scratch_test(test_names),
        scratch_test(test_old_programs),        scratch_test(test_old_uploads),
        scratch_test(test_of_a_stranger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
