/* frame_test.c: frames are cut where they were joined, wait for their last byte, and are refused when their
 * length cannot be one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/frame.h"

#include "support.h"

static void put(struct sbx_writer *writer, uint32_t id, uint16_t code, const char *payload)
{
    size_t start = sbx_frame_begin(writer, id, code);
    sbx_buf_put_bytes(writer, span_of(payload));
    assert_status(sbx_frame_end(writer, start), SBX_OK);
}

static void test_layout(void **state)
{
    (void)state;
    char bytes[32];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    put(&writer, 0x04030201, 0x0605, "hi");
    assert_int_equal(writer.length, SBX_FRAME_HEADER + 2);
    assert_memory_equal(bytes, "\10\0\0\0\1\2\3\4\5\6hi", 12);
}

static void test_cut_where_joined(void **state)
{
    (void)state;
    char bytes[200];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    put(&writer, 1, 2, "one");
    put(&writer, 0, 0, "");
    put(&writer, UINT32_MAX, UINT16_MAX, "three");
    struct sbx_reader reader = sbx_buf_reader(sbx_buf_written(&writer));
    struct sbx_frame frame;
    assert_status(sbx_frame_next(&reader, &frame), SBX_OK);
    assert_int_equal(frame.id, 1);
    assert_int_equal(frame.code, 2);
    assert_text(frame.payload, "one");
    assert_status(sbx_frame_next(&reader, &frame), SBX_OK);
    assert_int_equal(frame.id, 0);
    assert_text(frame.payload, "");
    assert_status(sbx_frame_next(&reader, &frame), SBX_OK);
    assert_true(frame.id == UINT32_MAX);
    assert_int_equal(frame.code, UINT16_MAX);
    assert_text(frame.payload, "three");
    assert_status(sbx_frame_next(&reader, &frame), SBX_EAGAIN);
    assert_int_equal(sbx_buf_left(&reader), 0);
}

static void test_waits_for_its_last_byte(void **state)
{
    (void)state;
    char bytes[100];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    put(&writer, 7, 8, "payload");
    for (size_t length = 0; length < writer.length; length++) {
        char *part = malloc(length + 1); /* its own, so that a byte too many is seen */
        memcpy(part, bytes, length);
        char *exact = length == 0 ? part : realloc(part, length);
        struct sbx_reader reader = sbx_buf_reader((struct sbx_span){exact, length});
        struct sbx_frame frame;
        assert_status(sbx_frame_next(&reader, &frame), SBX_EAGAIN);
        assert_int_equal(reader.at, 0);
        assert_false(reader.failed);
        free(exact);
    }
}

static void test_lengths_that_cannot_be(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {0, 5, SBX_FRAME_MAX - 3, 0x7fffffff, 0xffffffff};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        char bytes[64] = {0};
        struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
        sbx_buf_put(&writer, lengths[i], 4);
        struct sbx_reader reader = sbx_buf_reader((struct sbx_span){bytes, sizeof(bytes)});
        struct sbx_frame frame;
        assert_status(sbx_frame_next(&reader, &frame), SBX_EPROTO);
        assert_int_equal(reader.at, 0);
    }
}

static void test_what_does_not_fit_leaves_nothing(void **state)
{
    (void)state;
    char bytes[SBX_FRAME_HEADER + 15];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    put(&writer, 1, 1, "");
    size_t start = sbx_frame_begin(&writer, 2, 2);
    sbx_buf_put_bytes(&writer, SBX_SPAN("too long for it"));
    assert_status(sbx_frame_end(&writer, start), SBX_ENOBUFS);
    assert_false(writer.failed);
    assert_int_equal(writer.length, SBX_FRAME_HEADER);
    put(&writer, 3, 3, "fits");
    start = sbx_frame_begin(&writer, 4, 4); /* not even its header */
    assert_status(sbx_frame_end(&writer, start), SBX_ENOBUFS);
    assert_int_equal(writer.length, 2 * SBX_FRAME_HEADER + 4);
}

static void test_longest(void **state)
{
    (void)state;
    size_t size = SBX_FRAME_MAX + 1;
    char *content = pattern(size);
    char *bytes = malloc(size);
    struct sbx_writer writer = sbx_buf_writer(bytes, size);
    size_t start = sbx_frame_begin(&writer, 1, 1);
    sbx_buf_put_bytes(&writer, (struct sbx_span){content, SBX_FRAME_MAX - SBX_FRAME_HEADER});
    assert_status(sbx_frame_end(&writer, start), SBX_OK);
    struct sbx_reader reader = sbx_buf_reader(sbx_buf_written(&writer));
    struct sbx_frame frame;
    assert_status(sbx_frame_next(&reader, &frame), SBX_OK);
    assert_int_equal(frame.payload.length, SBX_FRAME_MAX - SBX_FRAME_HEADER);
    writer = sbx_buf_writer(bytes, size);
    start = sbx_frame_begin(&writer, 1, 1);
    sbx_buf_put_bytes(&writer, (struct sbx_span){content, SBX_FRAME_MAX - SBX_FRAME_HEADER + 1});
    assert_status(sbx_frame_end(&writer, start), SBX_ENOBUFS);
    free(bytes);
    free(content);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_cut_where_joined),
        cmocka_unit_test(test_waits_for_its_last_byte),
        cmocka_unit_test(test_lengths_that_cannot_be),
        cmocka_unit_test(test_what_does_not_fit_leaves_nothing),
        cmocka_unit_test(test_longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
