/* corpus_test.c: every file of test/fuzz/corpus, whole and cut anywhere, through what its fuzzer calls.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <glob.h>
#include <stdio.h>

#include "support.h"

int wire_fuzz(const uint8_t *data, size_t size);
int batch_fuzz(const uint8_t *data, size_t size);

#define LONGEST 65536

static void run_file(const char *path, int (*fuzz)(const uint8_t *data, size_t size))
{
    static uint8_t content[LONGEST];
    FILE *file = fopen(path, "rbe");
    assert_non_null(file);
    size_t size = fread(content, 1, sizeof(content), file);
    assert_int_equal(fclose(file), 0);
    for (size_t length = size > 1000 ? size - 1000 : 0; length <= size; length++) {
        uint8_t *exact = malloc(length == 0 ? 1 : length); /* nothing stands behind it */
        memcpy(exact, content, length);
        (void)fuzz(exact, length);
        free(exact);
    }
}

static void run_files(const char *pattern_of_paths, int (*fuzz)(const uint8_t *data, size_t size))
{
    glob_t found = {0};
    assert_int_equal(glob(pattern_of_paths, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        run_file(found.gl_pathv[i], fuzz);
    }
    globfree(&found);
}

static void test_wire(void **state)
{
    (void)state;
    run_files("test/fuzz/corpus/wire/*", wire_fuzz);
}

static void test_batch(void **state)
{
    (void)state;
    run_files("test/fuzz/corpus/batch/*", batch_fuzz);
    run_files("test/fuzz/corpus/wire/frames*", batch_fuzz);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_wire), cmocka_unit_test(test_batch)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
