/* op_patch_test.c: same and patch: a content is compared whole, and what is another one is not touched.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"

#define OLD .length = 6, .hash = sbx_hash_of(P("old\n12"))

static struct stat stat_of(const char *path)
{
    struct stat real;
    assert_int_equal(stat(path, &real), 0);
    return real;
}

static void test_same(void **state)
{
    (void)state;
    scratch_put("file", "old\n12");
    assert_status(ASK(SAME, .path = P("file"), OLD), SBX_OK);
    scratch_put("file", "old\n13");
    assert_status(ASK(SAME, .path = P("file"), OLD), SBX_ESTALE);
    scratch_put("file", "old\n123");
    assert_status(ASK(SAME, .path = P("file"), OLD), SBX_ESTALE);
    scratch_put("file", "");
    assert_status(ASK(SAME, .path = P("file"), OLD), SBX_ESTALE);
    assert_status(ASK(SAME, .path = P("file"), .length = 0, .hash = sbx_hash_of(P(""))), SBX_OK);
    assert_status(ASK(SAME, .path = P("none"), OLD), SBX_ENOENT);
    assert_status(ASK(SAME, .path = P("."), OLD), SBX_EISDIR);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_status(ASK(SAME, .path = P("fifo"), OLD), SBX_EINVAL);
}

/* Lengths around the pieces in which a file is read; a difference at either end and in between is seen. */
static void test_lengths(void **state)
{
    static const size_t around[] = {SBX_HASH_STRIPE, SBX_REPLY_CONTENT_MAX, 2 * SBX_REPLY_CONTENT_MAX};
    char *bytes = calloc(1, 2 * SBX_REPLY_CONTENT_MAX + 2);
    (void)state;
    assert_non_null(bytes);
    for (size_t i = 0; i < 3 * COUNT(around); i++) {
        size_t length = around[i / 3] + i % 3 - 1;
        const size_t places[] = {0, length / 2, length - 1};
        struct sbx_span whole = {bytes, length};
        int fd = open("file", O_WRONLY | O_CREAT | O_TRUNC, 0600);
        assert_int_equal(write(fd, bytes, length), (ssize_t)length);
        assert_int_equal(close(fd), 0);
        assert_status(ASK(SAME, .path = P("file"), .length = length, .hash = sbx_hash_of(whole)), SBX_OK);
        for (size_t k = 0; k < COUNT(places); k++) {
            bytes[places[k]] = 'x';
            assert_status(ASK(SAME, .path = P("file"), .length = length, .hash = sbx_hash_of(whole)),
                          SBX_ESTALE);
            bytes[places[k]] = '\0';
        }
    }
    free(bytes);
}

static void test_patch(void **state)
{
    (void)state;
    static const struct {
        uint64_t offset;
        const char *data;
        const char *now;
    } cases[] = {
        {0, "OLD", "OLD\n12"},      {3, "\t", "old\t12"}, {6, "345", "old\n12345"},
        {4, "three", "old\nthree"}, {6, "", "old\n12"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        scratch_put("file", "old\n12");
        assert_int_equal(chmod("file", 0750), 0);
        ino_t before = stat_of("file").st_ino;
        assert_status(ASK(PATCH, .path = P("file"), OLD, .offset = cases[i].offset, .data = P(cases[i].data)),
                      SBX_OK);
        scratch_has("file", cases[i].now);
        assert_true(stat_of("file").st_ino == before);
        assert_int_equal(stat_of("file").st_mode & 07777, 0750);
    }
}

static void test_patch_of_another_content(void **state)
{
    (void)state;
    static const char *const others[] = {"old\n13", "old\n123", "", "new"};
    for (size_t i = 0; i < COUNT(others); i++) {
        scratch_put("file", others[i]);
        assert_status(ASK(PATCH, .path = P("file"), OLD, .offset = 6, .data = P("345")), SBX_ESTALE);
        scratch_has("file", others[i]);
    }
    assert_status(ASK(PATCH, .path = P("none"), OLD, .offset = 6, .data = P("345")), SBX_ENOENT);
    assert_false(scratch_is_there("none"));
}

static void test_patch_refuses(void **state)
{
    (void)state;
    scratch_put("file", "old\n12");
    assert_status(ASK(PATCH, .path = P("file"), OLD, .offset = 7, .data = P("x")), SBX_EINVAL);
    assert_status(ASK(PATCH, .path = P("file"), .length = UINT64_MAX, .hash = 0, .offset = 0, .data = P("x")),
                  SBX_EINVAL);
    assert_status(ASK(PATCH, .path = P("."), OLD, .offset = 6, .data = P("x")), SBX_EISDIR);
    scratch_has("file", "old\n12");
}

/* Beside others it holds nobody up, and alone it waits. */
static void test_patch_takes_its_turn(void **state)
{
    (void)state;
    scratch_put("file", "old\n12");
    struct server server = scratch_server(SBX_REPLIES_MAX);
    int fd = open("file", O_RDONLY);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    server.alone = false;
    const struct sbx_args args = {.path = P("file"), OLD, .offset = 6, .data = P("3")};
    struct sbx_result result;
    assert_status(op_patch(&server, &args, &result), SBX_ENOBUFS);
    scratch_has("file", "old\n12");
    assert_int_equal(close(fd), 0);
    assert_status(op_patch(&server, &args, &result), SBX_OK);
    scratch_has("file", "old\n123");
}

static void test_who_may_not(void **state)
{
    (void)state;
    scratch_put("file", "old\n12");
    assert_int_equal(chmod("file", 0222), 0);
    scratch_become_nobody();
    enum sbx_status same = ASK(SAME, .path = P("file"), OLD);
    enum sbx_status patch = ASK(PATCH, .path = P("file"), OLD, .offset = 6, .data = P("3"));
    scratch_become_root();
    assert_status(same, SBX_EACCES);
    assert_status(patch, SBX_EACCES);
    scratch_has("file", "old\n12");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_same),          scratch_test(test_lengths),
        scratch_test(test_patch),         scratch_test(test_patch_of_another_content),
        scratch_test(test_patch_refuses), scratch_test(test_patch_takes_its_turn),
        scratch_test(test_who_may_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
