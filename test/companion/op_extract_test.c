/* op_extract_test.c: a range of a file is a part of its own; the part before goes; and whose content it is, is told.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "companion/private.h"
#include "scratch.h"

static char parts[SBX_PATH_MAX]; /* the directory of the last part */

static enum sbx_status extract(const char *path, uint64_t offset, uint64_t length, const char *before)
{
    enum sbx_status status =
        ASK(EXTRACT, .path = P(path), .target = P(before), .offset = offset, .length = length);
    (void)snprintf(parts, sizeof(parts), "%.*s", status == SBX_OK ? (int)answer.bytes.length : 0,
                   answer.bytes.data);
    return status;
}

/* The last part has that content, for its owner alone. */
static void part_has(const char *content)
{
    char path[SBX_PATH_MAX + 8];
    struct stat stat_of;
    (void)snprintf(path, sizeof(path), "%s/0", parts);
    scratch_has(path, content);
    assert_int_equal(stat(path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0600);
    assert_int_equal(stat(parts, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0700);
}

static void test_parts_of_a_file(void **state)
{
    (void)state;
    struct stat real;
    char first[SBX_PATH_MAX];
    scratch_put("file", "0123456789");
    assert_int_equal(stat("file", &real), 0);
    assert_status(extract("file", 0, 4, ""), SBX_OK);
    part_has("0123");
    assert_true(answer.total == 10 && answer.file.ino == real.st_ino);
    (void)snprintf(first, sizeof(first), "%s", parts);
    assert_status(extract("file", 8, 4, first), SBX_OK);
    part_has("89");
    assert_false(scratch_is_there(first));
    assert_status(extract("file", 10, 4, parts), SBX_OK);
    part_has("");
    (void)snprintf(first, sizeof(first), "%s", parts);
    assert_status(extract("", 0, 0, first), SBX_OK);
    assert_string_equal(parts, "");
    assert_false(scratch_is_there(first));
    assert_status(extract("", 0, 0, first), SBX_OK); /* asked again */
    scratch_has("file", "0123456789");
}

static void test_the_files_own_words(void **state)
{
    (void)state;
    assert_int_equal(mkdir("directory", 0755), 0);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    scratch_put("file", "0123456789");
    assert_status(extract("none", 0, 4, ""), SBX_ENOENT);
    assert_status(extract("directory", 0, 4, ""), SBX_EISDIR);
    assert_status(extract("fifo", 0, 4, ""), SBX_EINVAL);
    assert_status(extract("file", INT64_MAX - 2, 4, ""), SBX_EFBIG);
    assert_status(extract("file", 0, UINT64_MAX, ""), SBX_EFBIG);
}

/* What is to go has to be a part: a path of somebody else's is not touched. */
static void test_nothing_else_goes(void **state)
{
    (void)state;
    char path[SBX_PATH_MAX];
    struct sbx_span directory = private_directory();
    scratch_put("file", "0123456789");
    assert_int_equal(mkdir("parts-0123456789abcdef", 0700), 0);
    assert_status(extract("file", 0, 4, "parts-0123456789abcdef"), SBX_EPERM);
    assert_status(extract("file", 0, 4, "file"), SBX_EPERM);
    (void)snprintf(path, sizeof(path), "%.*s/companion-0", (int)directory.length, directory.data);
    scratch_put(path, "a program");
    assert_status(extract("file", 0, 4, path), SBX_EPERM);
    assert_true(scratch_is_there("parts-0123456789abcdef") && scratch_is_there("file") &&
                scratch_is_there(path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_parts_of_a_file),
        scratch_test(test_the_files_own_words),
        scratch_test(test_nothing_else_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
