/* greeting_test.c: a greeting comes back as it was put; one of another version is refused, one that says more
 * is not.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/greeting.h"

#include "support.h"

static struct sbx_greeting some(uint16_t version)
{
    struct sbx_greeting greeting = {
        .version = version,
        .architecture = SBX_ARCHITECTURE_ARM64,
        .cores = 8,
        .free_memory = 1ULL << 35,
        .program = SBX_SPAN("/home/user/.cache/companion"),
        .directory = SBX_SPAN("/home/user/.cache"),
    };
    sbx_greeting_set_codes(&greeting);
    return greeting;
}

static void test_round_trip(void **state)
{
    (void)state;
    char bytes[200] = {0};
    struct sbx_greeting put = some(SBX_WIRE_VERSION);
    struct sbx_greeting got;
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    sbx_greeting_encode(&put, &writer);
    assert_status(sbx_greeting_decode(sbx_buf_written(&writer), &got), SBX_OK);
    assert_int_equal(got.architecture, SBX_ARCHITECTURE_ARM64);
    assert_int_equal(got.cores, 8);
    assert_true(got.free_memory == 1ULL << 35);
    assert_memory_equal(got.codes, put.codes, sizeof(got.codes));
    assert_text(got.program, "/home/user/.cache/companion");
    assert_text(got.directory, "/home/user/.cache");
    assert_status(sbx_greeting_decode((struct sbx_span){bytes, writer.length + 1}, &got), SBX_OK);
    assert_status(sbx_greeting_decode((struct sbx_span){bytes, writer.length - 1}, &got), SBX_EPROTO);
}

static void test_other_versions(void **state)
{
    (void)state;
    char bytes[200];
    struct sbx_greeting put = some(SBX_WIRE_VERSION + 1);
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    sbx_greeting_encode(&put, &writer);
    assert_status(sbx_greeting_decode(sbx_buf_written(&writer), &put), SBX_EPROTO);
}

static enum sbx_status round_trip(struct sbx_span program, struct sbx_span directory)
{
    static char bytes[3 * SBX_PATH_MAX];
    struct sbx_greeting greeting = some(SBX_WIRE_VERSION);
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    greeting.program = program;
    greeting.directory = directory;
    sbx_greeting_encode(&greeting, &writer);
    enum sbx_status status = sbx_greeting_decode(sbx_buf_written(&writer), &greeting);
    assert_true(status != SBX_OK || sbx_span_equal(greeting.program, program));
    assert_true(status != SBX_OK || sbx_span_equal(greeting.directory, directory));
    return writer.failed ? SBX_ENOBUFS : status;
}

static void test_paths(void **state)
{
    (void)state;
    char *longest = pattern(SBX_PATH_MAX + 1);
    for (size_t i = 0; i <= SBX_PATH_MAX; i++) {
        longest[i] = '/';
    }
    const struct sbx_span most = {longest, SBX_PATH_MAX};
    assert_status(round_trip(SBX_SPAN(""), SBX_SPAN("")), SBX_OK);
    assert_status(round_trip(most, most), SBX_OK);
    assert_status(round_trip((struct sbx_span){longest, SBX_PATH_MAX + 1}, SBX_SPAN("")), SBX_ENOBUFS);
    assert_status(round_trip(SBX_SPAN("relative"), SBX_SPAN("")), SBX_EPROTO);
    assert_status(round_trip(SBX_SPAN("/a"), SBX_SPAN("b")), SBX_EPROTO);
    assert_status(round_trip((struct sbx_span){"/a\0b", 4}, SBX_SPAN("")), SBX_EPROTO);
    free(longest);
}

static void test_codes(void **state)
{
    (void)state;
    struct sbx_greeting greeting = some(SBX_WIRE_VERSION);
    for (unsigned code = 0; code < 300; code++) {
        assert_int_equal(sbx_greeting_knows(&greeting, code), sbx_op_row(code) != NULL);
    }
    assert_false(sbx_greeting_knows(&greeting, UINT32_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_other_versions),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
