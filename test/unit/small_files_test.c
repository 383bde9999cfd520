/* small_files_test.c: what was seen to be small is known, and forgotten when it is not any more.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/small_files.h"

#include <stdio.h>

#include "support.h"

static void test_a_small_file_is_known(void **state)
{
    static struct sbx_small_files files;
    (void)state;
    assert_false(sbx_small_files_has(&files, SBX_SPAN("/a")));
    sbx_small_files_note(&files, SBX_SPAN("/a"), 1);
    sbx_small_files_note(&files, SBX_SPAN("/b"), SBX_SMALL_FILE_MAX);
    assert_true(sbx_small_files_has(&files, SBX_SPAN("/a")));
    assert_true(sbx_small_files_has(&files, SBX_SPAN("/b")));
    assert_false(sbx_small_files_has(&files, SBX_SPAN("/ab")));
    assert_false(sbx_small_files_has(&files, SBX_SPAN("")));
}

static void test_one_that_is_not_small_is_not(void **state)
{
    static const uint64_t sizes[] = {0, SBX_SMALL_FILE_MAX + 1, UINT64_MAX};
    static struct sbx_small_files files;
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        sbx_small_files_note(&files, SBX_SPAN("/a"), sizes[i]);
        assert_false(sbx_small_files_has(&files, SBX_SPAN("/a")));
        sbx_small_files_note(&files, SBX_SPAN("/a"), 10);
        assert_true(sbx_small_files_has(&files, SBX_SPAN("/a")));
    }
}

static void test_more_than_it_has_places_for(void **state)
{
    static struct sbx_small_files files;
    char path[32];
    size_t known = 0;
    (void)state;
    for (size_t i = 0; i < 2 * SBX_SMALL_FILES; i++) {
        struct sbx_span span = {path, (size_t)snprintf(path, sizeof(path), "/f%zu", i)};
        sbx_small_files_note(&files, span, 100);
        assert_true(sbx_small_files_has(&files, span));
    }
    for (size_t i = 0; i < 2 * SBX_SMALL_FILES; i++) {
        struct sbx_span span = {path, (size_t)snprintf(path, sizeof(path), "/f%zu", i)};
        known += sbx_small_files_has(&files, span);
    }
    assert_true(known > SBX_SMALL_FILES / 2 && known <= SBX_SMALL_FILES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_small_file_is_known),
        cmocka_unit_test(test_one_that_is_not_small_is_not),
        cmocka_unit_test(test_more_than_it_has_places_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
