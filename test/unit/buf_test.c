/* buf_test.c: a cursor never leaves its bytes, keeps its failure, and has numbers little-endian.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/buf.h"

#include "support.h"

static void test_numbers_are_little_endian(void **state)
{
    (void)state;
    char bytes[15];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    sbx_buf_put(&writer, 0x0807060504030201, 8);
    sbx_buf_put(&writer, 0xffff0c0b0a09, 4);
    sbx_buf_put(&writer, 0x0e0d, 2);
    sbx_buf_put(&writer, 0x0f, 1);
    assert_false(writer.failed);
    assert_memory_equal(bytes, "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", 15);
    struct sbx_reader reader = sbx_buf_reader(sbx_buf_written(&writer));
    assert_true(sbx_buf_get(&reader, 8) == 0x0807060504030201);
    assert_true(sbx_buf_get(&reader, 4) == 0x0c0b0a09);
    assert_true(sbx_buf_get(&reader, 2) == 0x0e0d);
    assert_true(sbx_buf_get(&reader, 1) == 0x0f);
    assert_int_equal(sbx_buf_left(&reader), 0);
    assert_false(reader.failed);
}

static void test_what_does_not_fit(void **state)
{
    (void)state;
    char bytes[5] = "....";
    struct sbx_writer writer = sbx_buf_writer(bytes, 3);
    sbx_buf_put(&writer, 1, 2);
    sbx_buf_put(&writer, 2, 2);
    assert_true(writer.failed);
    sbx_buf_put(&writer, 3, 1); /* would fit, but a failure stays */
    sbx_buf_put_bytes(&writer, SBX_SPAN("x"));
    assert_int_equal(writer.length, 2);
    assert_int_equal(sbx_buf_room(&writer), 0);
    assert_memory_equal(bytes, "\1\0..", 4);
}

static void test_what_is_not_there(void **state)
{
    (void)state;
    struct sbx_reader reader = sbx_buf_reader(SBX_SPAN("\1\2\3"));
    assert_int_equal(sbx_buf_get(&reader, 4), 0);
    assert_true(reader.failed);
    assert_int_equal(sbx_buf_get(&reader, 1), 0); /* is there, but a failure stays */
    assert_int_equal(sbx_buf_left(&reader), 0);
    reader = sbx_buf_reader(SBX_SPAN("abc"));
    assert_text(sbx_buf_get_bytes(&reader, 2), "ab");
    assert_text(sbx_buf_get_bytes(&reader, SIZE_MAX), "");
    assert_true(reader.failed);
}

static void test_widths(void **state)
{
    (void)state;
    char bytes[32];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    sbx_buf_put(&writer, 1, 0);
    assert_int_equal(writer.length, 0);
    sbx_buf_put(&writer, 1, 9);
    assert_true(writer.failed);
    struct sbx_reader reader = sbx_buf_reader(SBX_SPAN("0123456789"));
    assert_int_equal(sbx_buf_get(&reader, 9), 0);
    assert_true(reader.failed);
}

static void test_numbers_of_their_own_width(void **state)
{
    (void)state;
    static const struct {
        uint64_t number;
        struct sbx_span bytes;
    } rows[] = {
        {0, {"\0", 1}},
        {127, SBX_SPAN("\x7f")},
        {128, SBX_SPAN("\x80\1")},
        {16384, SBX_SPAN("\x80\x80\1")},
        {UINT32_MAX, SBX_SPAN("\xff\xff\xff\xff\x0f")},
        {UINT64_MAX, SBX_SPAN("\xff\xff\xff\xff\xff\xff\xff\xff\xff\1")},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char bytes[SBX_VARINT_MAX];
        struct sbx_writer writer = sbx_buf_writer(bytes, rows[i].bytes.length);
        sbx_buf_put_varint(&writer, rows[i].number);
        assert_int_equal(writer.length, rows[i].bytes.length);
        assert_memory_equal(bytes, rows[i].bytes.data, writer.length);
        struct sbx_reader reader = sbx_buf_reader(sbx_buf_written(&writer));
        assert_true(sbx_buf_get_varint(&reader, rows[i].number) == rows[i].number);
        assert_false(reader.failed);
        assert_int_equal(sbx_buf_left(&reader), 0);
        writer = sbx_buf_writer(bytes, rows[i].bytes.length - 1);
        sbx_buf_put_varint(&writer, rows[i].number);
        assert_true(writer.failed);
    }
}

/* Larger than it may be, larger than any number, longer than it has to be, or without its last byte. */
static void test_foreign_numbers(void **state)
{
    (void)state;
    static const struct {
        struct sbx_span bytes;
        uint64_t most;
    } rows[] = {
        {SBX_SPAN("\x80\1"), 127},
        {SBX_SPAN("\x81\1"), 128},
        {SBX_SPAN("\xff\xff\xff\xff\x1f"), UINT32_MAX},
        {SBX_SPAN("\xff\xff\xff\xff\xff\xff\xff\xff\xff\2"), UINT64_MAX},
        {SBX_SPAN("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\1"), UINT64_MAX},
        {{"\x80\0", 2}, UINT64_MAX},
        {{"\xff\x80\0", 3}, UINT64_MAX},
        {SBX_SPAN("\x80\x80"), UINT64_MAX},
        {SBX_SPAN(""), UINT64_MAX},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sbx_reader reader = sbx_buf_reader(rows[i].bytes);
        assert_true(sbx_buf_get_varint(&reader, rows[i].most) == 0);
        assert_true(reader.failed);
    }
}

static void test_poke(void **state)
{
    (void)state;
    char bytes[4];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    sbx_buf_put_bytes(&writer, SBX_SPAN("abcd"));
    sbx_buf_poke(&writer, 1, 0x5958, 2);
    assert_text(sbx_buf_written(&writer), "aXYd");
    sbx_buf_poke(&writer, 3, 0, 2);
    assert_true(writer.failed);
    writer.failed = false;
    sbx_buf_poke(&writer, SIZE_MAX, 0, 2);
    assert_true(writer.failed);
    assert_text(sbx_buf_written(&writer), "aXYd");
}

/* An absent span has no address. */
static void test_no_bytes(void **state)
{
    (void)state;
    struct sbx_writer writer = sbx_buf_writer(NULL, 0);
    sbx_buf_put_bytes(&writer, (struct sbx_span){NULL, 0});
    assert_false(writer.failed);
    struct sbx_reader reader = sbx_buf_reader((struct sbx_span){NULL, 0});
    assert_int_equal(sbx_buf_get_bytes(&reader, 0).length, 0);
    assert_false(reader.failed);
    assert_int_equal(sbx_buf_get(&reader, 1), 0);
    assert_true(reader.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_little_endian),
        cmocka_unit_test(test_what_does_not_fit),
        cmocka_unit_test(test_what_is_not_there),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_numbers_of_their_own_width),
        cmocka_unit_test(test_foreign_numbers),
        cmocka_unit_test(test_poke),
        cmocka_unit_test(test_no_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
