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
        cmocka_unit_test(test_poke),
        cmocka_unit_test(test_no_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
