/* tool_run_on_test.c: a snapshot of what a program printed so far is read to the byte; what is none is refused.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/tool_run.h"

#include "support.h"

#define PRINTED "a\0\377wrong\n"
#define PRINTED_LENGTH 9

static struct sbx_supervised state;
static struct sbx_buffer streams[SBX_RUN_STREAMS];

static void forget(void)
{
    for (size_t i = 0; i < SBX_RUN_STREAMS; i++) {
        free(streams[i].data);
        streams[i] = (struct sbx_buffer){0};
    }
}

/* Puts one into `bytes` whose streams have these lengths, and gives its own. */
static size_t put(char *bytes, size_t size, uint64_t output, uint64_t errors)
{
    struct sbx_writer writer = sbx_buf_writer(bytes, size);
    const struct sbx_supervised written = {
        .state = SBX_SUPERVISED_RUNS, .pid = 7, .output = 5000, .errors = 6, .most = 1000};
    sbx_supervised_encode(&written, &writer);
    sbx_buf_put(&writer, output, 8);
    sbx_buf_put(&writer, errors, 8);
    memcpy(bytes + writer.length, PRINTED, PRINTED_LENGTH);
    return writer.length + PRINTED_LENGTH;
}

static void test_read(void **unused)
{
    (void)unused;
    char bytes[200];
    size_t length = put(bytes, sizeof(bytes), 3, 6);
    assert_int_equal(length, SBX_SNAPSHOT_HEAD + PRINTED_LENGTH);
    assert_status(sbx_run_read_snapshot((struct sbx_span){bytes, length}, &state, streams), SBX_OK);
    assert_int_equal(state.output, 5000);
    assert_int_equal(state.most, 1000);
    assert_int_equal(streams[0].length, 3);
    assert_memory_equal(streams[0].data, "a\0\377", 3);
    assert_int_equal(streams[1].length, 6);
    assert_memory_equal(streams[1].data, "wrong\n", 6);
    forget();
    length = put(bytes, sizeof(bytes), 0, 0);
    assert_status(sbx_run_read_snapshot((struct sbx_span){bytes, length}, &state, streams), SBX_OK);
    assert_int_equal(streams[0].length + streams[1].length, 0);
    forget();
}

static void test_refused(void **unused)
{
    (void)unused;
    static const uint64_t lengths[][2] = {
        {10, 0}, {3, 7}, {UINT64_MAX, 0}, {3, UINT64_MAX}, {UINT64_MAX, UINT64_MAX}};
    char bytes[200];
    state = (struct sbx_supervised){.pid = 99};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        size_t length = put(bytes, sizeof(bytes), lengths[i][0], lengths[i][1]);
        assert_status(sbx_run_read_snapshot((struct sbx_span){bytes, length}, &state, streams), SBX_EPROTO);
        forget();
    }
    size_t whole = put(bytes, sizeof(bytes), 3, 6);
    for (size_t length = 0; length < whole; length++) {
        char *exact = malloc(length == 0 ? 1 : length); /* the sanitizer sees a step behind its end */
        memcpy(exact, bytes, length);
        assert_status(sbx_run_read_snapshot((struct sbx_span){exact, length}, &state, streams), SBX_EPROTO);
        forget();
        free(exact);
    }
    bytes[0] = 77; /* no state */
    assert_status(sbx_run_read_snapshot((struct sbx_span){bytes, whole}, &state, streams), SBX_EPROTO);
    assert_int_equal(state.pid, 99);
    forget();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
