/* base64_test.c: base64 is what RFC 4648, section 4, says, in both directions; what is none is refused.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/base64.h"

#include "support.h"

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE64_VECTORS; i++) {
        char bytes[8];
        char text[8];
        struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
        assert_status(base64_decode(&writer, span_of(base64_vectors[i].text)), SBX_OK);
        assert_text(sbx_buf_written(&writer), base64_vectors[i].bytes);
        sbx_base64_encode(text, span_of(base64_vectors[i].bytes));
        assert_text(((struct sbx_span){text, SBX_BASE64_LENGTH(writer.length)}), base64_vectors[i].text);
    }
}

static void test_every_length(void **state)
{
    (void)state;
    char *content = pattern(1000);
    for (size_t length = 0; length <= 1000; length += length < 10 ? 1 : 33) {
        size_t characters = SBX_BASE64_LENGTH(length);
        char *text = malloc(characters + 1); /* their own size, so that a byte too many is seen */
        char *bytes = malloc(length + 1);
        struct sbx_writer writer = sbx_buf_writer(bytes, length);
        sbx_base64_encode(text, (struct sbx_span){content, length});
        assert_status(base64_decode(&writer, (struct sbx_span){text, characters}), SBX_OK);
        assert_true(sbx_span_equal(sbx_buf_written(&writer), (struct sbx_span){content, length}));
        free(text);
        free(bytes);
    }
    free(content);
}

static void test_refuses(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "Z",    "Zg",   "Zg=",      "Zm9vZ",    "====",      "=g==", "Z===", "Z=g=",       "Zg=v",
        "Zm9-", "Zm9_", "Zg==Zm9v", "Zm8=Zm9v", "Zm9v\nZg=", "Zm9 ", "@001", "Zm\xc3\xa4", "Zm9v====",
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        char bytes[32];
        struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
        if (base64_decode(&writer, span_of(wrong[i])) != SBX_EPROTO) {
            fail_msg("\"%s\" is no base64", wrong[i]);
        }
    }
}

static void test_no_room(void **state)
{
    (void)state;
    char bytes[5];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    assert_status(base64_decode(&writer, SBX_SPAN("Zm9vYmFy")), SBX_EFBIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
