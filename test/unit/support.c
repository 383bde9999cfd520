/* support.c: the small helpers of support.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "support.h"

struct sbx_span span_of(const char *text)
{
    return (struct sbx_span){text, strlen(text)};
}

void check_text(struct sbx_span actual, const char *expected, const char *file, int line)
{
    if (sbx_span_equal(actual, span_of(expected))) {
        return;
    }
    print_error("\"%.*s\" (%zu bytes) != \"%s\"\n", (int)actual.length, actual.length == 0 ? "" : actual.data,
                actual.length, expected);
    _fail(file, line);
}

char *pattern(size_t length)
{
    char *made = malloc(length + 1);
    assert_non_null(made);
    for (size_t i = 0; i < length; i++) {
        made[i] = (char)(i * 31 ^ i >> 8 ^ i >> 16);
    }
    return made;
}

const struct base64_vector base64_vectors[BASE64_VECTORS] = {
    {"", ""},
    {"Zg==", "f"},
    {"Zm8=", "fo"},
    {"Zm9v", "foo"},
    {"Zm9vYg==", "foob"},
    {"Zm9vYmE=", "fooba"},
    {"Zm9vYmFy", "foobar"},
};
