/* small_files_test.c: what was seen to be small is known, and forgotten when it is not any more.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/small_files.h"

#include <stdio.h>

#include "support.h"

#define NOW_MS ((uint64_t)5000000)

static void test_a_small_file_is_known(void **state)
{
    static struct sbx_small_files files;
    (void)state;
    assert_false(sbx_small_files_has(&files, SBX_SPAN("/a"), NOW_MS));
    sbx_small_files_note(&files, SBX_SPAN("/a"), 1, NOW_MS);
    sbx_small_files_note(&files, SBX_SPAN("/b"), SBX_SMALL_FILE_MAX, NOW_MS);
    assert_true(sbx_small_files_has(&files, SBX_SPAN("/a"), NOW_MS));
    assert_true(sbx_small_files_has(&files, SBX_SPAN("/b"), NOW_MS));
    assert_false(sbx_small_files_has(&files, SBX_SPAN("/ab"), NOW_MS));
    assert_false(sbx_small_files_has(&files, SBX_SPAN(""), NOW_MS));
}

static void test_one_that_is_not_small_is_not(void **state)
{
    static const uint64_t sizes[] = {0, SBX_SMALL_FILE_MAX + 1, UINT64_MAX};
    static struct sbx_small_files files;
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        sbx_small_files_note(&files, SBX_SPAN("/a"), sizes[i], NOW_MS);
        assert_false(sbx_small_files_has(&files, SBX_SPAN("/a"), NOW_MS));
        sbx_small_files_note(&files, SBX_SPAN("/a"), 10, NOW_MS);
        assert_true(sbx_small_files_has(&files, SBX_SPAN("/a"), NOW_MS));
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
        sbx_small_files_note(&files, span, 100, NOW_MS);
        assert_true(sbx_small_files_has(&files, span, NOW_MS));
    }
    for (size_t i = 0; i < 2 * SBX_SMALL_FILES; i++) {
        struct sbx_span span = {path, (size_t)snprintf(path, sizeof(path), "/f%zu", i)};
        known += sbx_small_files_has(&files, span, NOW_MS);
    }
    assert_true(known > SBX_SMALL_FILES / 2 && known <= SBX_SMALL_FILES);
}

static void test_it_is_known_for_a_moment(void **state)
{
    static struct sbx_small_files files;
    (void)state;
    for (uint64_t now_ms = 1; now_ms < UINT64_MAX / 1000; now_ms *= 7) {
        sbx_small_files_note(&files, SBX_SPAN("/a"), 10, now_ms);
        assert_true(sbx_small_files_has(&files, SBX_SPAN("/a"), now_ms + 1500));
        assert_false(sbx_small_files_has(&files, SBX_SPAN("/a"), now_ms + 2600));
        assert_false(sbx_small_files_has(&files, SBX_SPAN("/a"), now_ms + 3600000));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_small_file_is_known),
        cmocka_unit_test(test_one_that_is_not_small_is_not),
        cmocka_unit_test(test_more_than_it_has_places_for),
        cmocka_unit_test(test_it_is_known_for_a_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
