/* corpus_test.c: every file of test/fuzz/corpus/wire, whole and cut anywhere, through what the fuzzer calls.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <glob.h>
#include <stdio.h>

#include "support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LONGEST 65536

static void run_file(const char *path)
{
    static uint8_t content[LONGEST];
    FILE *file = fopen(path, "rbe");
    assert_non_null(file);
    size_t size = fread(content, 1, sizeof(content), file);
    assert_int_equal(fclose(file), 0);
    for (size_t length = size > 1000 ? size - 1000 : 0; length <= size; length++) {
        uint8_t *exact = malloc(length == 0 ? 1 : length); /* nothing stands behind it */
        memcpy(exact, content, length);
        (void)LLVMFuzzerTestOneInput(exact, length);
        free(exact);
    }
}

static void test_corpus(void **state)
{
    (void)state;
    glob_t found = {0};
    assert_int_equal(glob("test/fuzz/corpus/wire/*", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        run_file(found.gl_pathv[i]);
    }
    globfree(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_corpus)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
