/* base64_test.c: base64 is what RFC 4648, section 4, says; what is none is refused whole.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/base64.h"

#include "support.h"
#include "takeover.h"
#include "wire/base64.h"

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE64_VECTORS; i++) {
        struct sbx_bytes bytes;
        sbx_bytes_init(&bytes, 100);
        assert_status(sbx_base64_decode(&bytes, span_of(base64_vectors[i].text)), SBX_OK);
        assert_text(sbx_bytes_span(&bytes), base64_vectors[i].bytes);
        sbx_bytes_clear(&bytes);
        char text[9] = {0};
        sbx_base64_encode(text, span_of(base64_vectors[i].bytes));
        assert_string_equal(text, base64_vectors[i].text);
        assert_int_equal(SBX_BASE64_LENGTH(strlen(base64_vectors[i].bytes)), strlen(base64_vectors[i].text));
    }
}

static void test_every_length_and_byte(void **state)
{
    (void)state;
    char *content = pattern(1000);
    char text[SBX_BASE64_LENGTH(1000)];
    for (size_t length = 0; length <= 1000; length += length < 10 ? 1 : 33) {
        struct sbx_bytes bytes;
        sbx_bytes_init(&bytes, length);
        sbx_base64_encode(text, (struct sbx_span){content, length});
        assert_status(sbx_base64_decode(&bytes, (struct sbx_span){text, SBX_BASE64_LENGTH(length)}), SBX_OK);
        assert_int_equal(bytes.length, length);
        if (length > 0) {
            assert_memory_equal(bytes.data, content, length);
        }
        sbx_bytes_clear(&bytes);
    }
    free(content);
}

static void test_appends(void **state)
{
    (void)state;
    struct sbx_bytes bytes;
    sbx_bytes_init(&bytes, 100);
    sbx_bytes_append_text(&bytes, "so ");
    assert_status(sbx_base64_decode(&bytes, SBX_SPAN("Zm9v")), SBX_OK);
    assert_text(sbx_bytes_span(&bytes), "so foo");
    sbx_bytes_clear(&bytes);
}

static void test_refuses(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "Z",        "Zg",       "Zg=",       "Zm9vZ", "====", "=g==", "Z===",       "Z=g=",     "Zg=v",
        "Zg==Zm9v", "Zm8=Zm9v", "Zm9v\nZg=", "Zm9 ",  "Zm9-", "Zm9_", "Zm\xc3\xa4", "Zm9v====",
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct sbx_bytes bytes;
        sbx_bytes_init(&bytes, 100);
        if (sbx_base64_decode(&bytes, span_of(wrong[i])) != SBX_EPROTO) {
            fail_msg("\"%s\" is no base64", wrong[i]);
        }
        sbx_bytes_clear(&bytes);
    }
}

/* What stands behind the span is not its own. */
static void test_cut_texts(void **state)
{
    (void)state;
    for (size_t length = 1; length < 8; length++) {
        struct sbx_bytes bytes;
        sbx_bytes_init(&bytes, 100);
        enum sbx_status status = sbx_base64_decode(&bytes, (struct sbx_span){"Zm9vZm9v", length});
        assert_status(status, length == 4 ? SBX_OK : SBX_EPROTO);
        sbx_bytes_clear(&bytes);
    }
}

static void test_cap(void **state)
{
    (void)state;
    struct sbx_bytes bytes;
    sbx_bytes_init(&bytes, 5);
    assert_status(sbx_base64_decode(&bytes, SBX_SPAN("Zm9vYmFy")), SBX_EFBIG);
    sbx_bytes_clear(&bytes);
}

static enum sbx_status decode(void *user)
{
    struct sbx_bytes bytes;
    sbx_bytes_init(&bytes, 2000);
    enum sbx_status status = sbx_base64_decode(&bytes, *(struct sbx_span *)user);
    sbx_bytes_clear(&bytes);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    char *content = pattern(1000);
    char text[SBX_BASE64_LENGTH(1000)];
    sbx_base64_encode(text, (struct sbx_span){content, 1000});
    struct sbx_span encoded = {text, sizeof(text)};
    assert_in_range(allocations_fail_each(decode, &encoded), 1, 5);
    free(content);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),   cmocka_unit_test(test_every_length_and_byte),
        cmocka_unit_test(test_appends),   cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_cut_texts), cmocka_unit_test(test_cap),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
