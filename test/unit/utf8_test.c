/* utf8_test.c: UTF-8 is what RFC 3629 says: the test builds every character from its code point and compares.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/utf8.h"

#include "support.h"

/* RFC 3629, section 3, from code point to bytes; surrogates and what is too large are encoded all the same. */
static size_t encode(uint32_t point, char out[4])
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    static const unsigned marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(marks[length] | point);
    return length;
}

static void test_every_code_point(void **state)
{
    (void)state;
    for (uint32_t point = 0; point < 0x1fffff; point++) {
        char bytes[4];
        size_t length = encode(point, bytes);
        bool surrogate = point >= 0xd800 && point <= 0xdfff;
        size_t expected = surrogate || point > 0x10ffff ? 0 : length;
        if (sbx_utf8_character((struct sbx_span){bytes, length}) != expected) {
            fail_msg("U+%04X: not %zu", point, expected);
        }
        if (expected > 1 && sbx_utf8_character((struct sbx_span){bytes, length - 1}) != 0) {
            fail_msg("U+%04X: cut short, and yet a character", point);
        }
    }
}

/* Of every character each beginning is unfinished, and the whole is not. */
static void test_unfinished(void **state)
{
    (void)state;
    for (uint32_t point = 0; point < 0x110000; point++) {
        char bytes[5] = "x";
        size_t length = encode(point, bytes + 1);
        bool surrogate = point >= 0xd800 && point <= 0xdfff;
        for (size_t part = 0; part <= length && !surrogate; part++) {
            size_t expected = part == length ? 0 : part;
            if (sbx_utf8_unfinished((struct sbx_span){bytes, 1 + part}) != expected) {
                fail_msg("U+%04X: %zu bytes of it", point, part);
            }
        }
    }
    static const char *const never[] = {"",         "\xff",     "\x80", "\xc0",     "\xe0\x80",
                                        "\xed\xa0", "\xf4\x90", "\xf5", "\xf0\x80", "\xe2\x82\x28"};
    for (size_t i = 0; i < COUNT(never); i++) {
        assert_int_equal(sbx_utf8_unfinished(span_of(never[i])), 0);
    }
}

/* Every pair of bytes: valid only as two ASCII characters or as one of two bytes. */
static void test_every_pair_of_bytes(void **state)
{
    (void)state;
    for (unsigned pair = 0; pair < 0x10000; pair++) {
        unsigned first = pair >> 8;
        unsigned second = pair & 0xff;
        char bytes[2] = {(char)first, (char)second};
        bool ascii = first < 0x80 && second < 0x80;
        bool two = first >= 0xc2 && first <= 0xdf && second >= 0x80 && second <= 0xbf;
        if (sbx_utf8_valid((struct sbx_span){bytes, 2}) != (ascii || two)) {
            fail_msg("%02x %02x", first, second);
        }
    }
}

static void test_overlong_forms(void **state)
{
    (void)state;
    static const struct sbx_span overlong[] = {
        SBX_SPAN("\xc0\x80"),     SBX_SPAN("\xc1\xbf"),         SBX_SPAN("\xe0\x80\x80"),
        SBX_SPAN("\xe0\x9f\xbf"), SBX_SPAN("\xf0\x80\x80\x80"), SBX_SPAN("\xf0\x8f\xbf\xbf"),
        SBX_SPAN("\xc0\xaf"), /* a slash in disguise */
    };
    for (size_t i = 0; i < COUNT(overlong); i++) {
        assert_int_equal(sbx_utf8_character(overlong[i]), 0);
        assert_false(sbx_utf8_valid(overlong[i]));
    }
}

static void test_sequences_that_go_wrong(void **state)
{
    (void)state;
    assert_true(sbx_utf8_valid((struct sbx_span){0}));
    assert_int_equal(sbx_utf8_character((struct sbx_span){0}), 0);
    assert_true(sbx_utf8_valid(SBX_SPAN("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z")));
    assert_true(sbx_utf8_valid(SBX_SPAN("NUL \0 is a character")));
    assert_false(sbx_utf8_valid(SBX_SPAN("\x80")));
    assert_false(sbx_utf8_valid(SBX_SPAN("\xe2\x82(")));
    assert_false(sbx_utf8_valid(SBX_SPAN("\xf0\x9f\x98 ")));
    assert_false(sbx_utf8_valid(SBX_SPAN("ok\xff")));
    assert_false(sbx_utf8_valid(SBX_SPAN("ok\xe2\x82")));
}

static void tidied(const char *before, const char *after)
{
    char text[64];
    size_t length = strlen(before);
    memcpy(text, before, length + 1);
    sbx_utf8_tidy(text, length);
    assert_string_equal(text, after);
}

static void test_tidy(void **state)
{
    (void)state;
    tidied("", "");
    tidied("a plain text, \xc3\xa4\xf0\x9f\x98\x80", "a plain text, \xc3\xa4\xf0\x9f\x98\x80");
    tidied("a\r\nb\tc\x1b[31m", "a  b c [31m");
    tidied("\xff\xfe", "??");
    tidied("\xed\xa0\x80", "???");    /* a surrogate */
    tidied("cut \xe2\x82", "cut ??"); /* a character without its end */
    tidied("\xe2\x82(", "??"
                        "(");
}

static void test_tidy_knows_every_control_character(void **state)
{
    (void)state;
    for (char c = 0; c < ' '; c++) {
        char text[1] = {c};
        sbx_utf8_tidy(text, 1);
        assert_int_equal(text[0], ' ');
    }
    tidied("a\x7f", "a ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_unfinished),
        cmocka_unit_test(test_every_pair_of_bytes),
        cmocka_unit_test(test_overlong_forms),
        cmocka_unit_test(test_sequences_that_go_wrong),
        cmocka_unit_test(test_tidy),
        cmocka_unit_test(test_tidy_knows_every_control_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
