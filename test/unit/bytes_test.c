/* bytes_test.c: growing bytes hold what was appended, keep to their cap to the byte, and once failed stay failed
 * and empty.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/bytes.h"

#include "support.h"
#include "takeover.h"

static void test_appends_in_order(void **state)
{
    (void)state;
    struct sbx_bytes bytes;
    sbx_bytes_init(&bytes, 100);
    sbx_bytes_append_text(&bytes, "ab");
    sbx_bytes_append(&bytes, (struct sbx_span){"c\0d", 3});
    sbx_bytes_append(&bytes, (struct sbx_span){0});
    assert_status(bytes.status, SBX_OK);
    assert_int_equal(bytes.length, 5);
    assert_memory_equal(sbx_bytes_span(&bytes).data, "abc\0d", 5);
    sbx_bytes_clear(&bytes);
    assert_int_equal(sbx_bytes_span(&bytes).length, 0);
}

static void test_grows_by_doubling(void **state)
{
    (void)state;
    struct sbx_bytes bytes;
    char *content = pattern(1 << 20);
    size_t moves = 0;
    sbx_bytes_init(&bytes, 1 << 20);
    for (size_t i = 0; i < 1 << 20; i++) {
        size_t before = bytes.capacity;
        sbx_bytes_append(&bytes, (struct sbx_span){content + i, 1});
        moves += bytes.capacity != before;
    }
    assert_status(bytes.status, SBX_OK);
    assert_memory_equal(bytes.data, content, 1 << 20);
    assert_in_range(moves, 1, 40); /* one by one would be a million */
    sbx_bytes_clear(&bytes);
    free(content);
}

static void test_cap_is_exact(void **state)
{
    (void)state;
    struct sbx_bytes bytes;
    for (size_t max = 0; max < 1000; max += max < 20 ? 1 : 97) {
        char *content = pattern(max + 1);
        sbx_bytes_init(&bytes, max);
        sbx_bytes_append(&bytes, (struct sbx_span){content, max});
        assert_status(bytes.status, SBX_OK);
        assert_int_equal(bytes.length, max);
        assert_non_null(sbx_bytes_text(&bytes)); /* the NUL does not count */
        sbx_bytes_append_text(&bytes, "x");
        assert_status(bytes.status, SBX_EFBIG);
        sbx_bytes_clear(&bytes);
        sbx_bytes_append(&bytes, (struct sbx_span){content, max + 1});
        assert_status(bytes.status, SBX_EFBIG);
        sbx_bytes_clear(&bytes);
        free(content);
    }
}

static void test_largest_cap_is_no_failure(void **state)
{
    (void)state;
    struct sbx_bytes bytes;
    sbx_bytes_init(&bytes, SIZE_MAX);
    sbx_bytes_append_text(&bytes, "a");
    assert_status(bytes.status, SBX_OK);
    assert_text(sbx_bytes_span(&bytes), "a");
    sbx_bytes_clear(&bytes);
}

static void test_length_that_overflows(void **state)
{
    (void)state;
    struct sbx_bytes bytes;
    sbx_bytes_init(&bytes, SIZE_MAX - 1);
    sbx_bytes_append_text(&bytes, "abc");
    sbx_bytes_reserve(&bytes, SIZE_MAX - 2);
    assert_status(bytes.status, SBX_EFBIG);
    sbx_bytes_clear(&bytes);
}

static void test_failure_sticks(void **state)
{
    (void)state;
    struct sbx_bytes bytes;
    sbx_bytes_init(&bytes, 4);
    sbx_bytes_append_text(&bytes, "abc");
    sbx_bytes_append_text(&bytes, "de");
    sbx_bytes_append_text(&bytes, "f"); /* this one alone would fit */
    sbx_bytes_append_encoded(&bytes, SBX_SPAN("g"));
    sbx_bytes_reserve(&bytes, 1);
    assert_status(bytes.status, SBX_EFBIG);
    assert_int_equal(sbx_bytes_span(&bytes).length, 0);
    assert_null(bytes.data);
    assert_null(sbx_bytes_text(&bytes));
    sbx_bytes_clear(&bytes);
    sbx_bytes_append_text(&bytes, "new");
    assert_string_equal(sbx_bytes_text(&bytes), "new");
    sbx_bytes_clear(&bytes);
}

static void test_reserve_allocates_once(void **state)
{
    (void)state;
    struct sbx_bytes bytes;
    char *content = pattern(100000);
    sbx_bytes_init(&bytes, 100000);
    sbx_bytes_reserve(&bytes, 100000);
    const char *data = bytes.data;
    for (size_t i = 0; i < 100000; i += 100) {
        sbx_bytes_append(&bytes, (struct sbx_span){content + i, 100});
    }
    assert_ptr_equal(sbx_bytes_text(&bytes), data);
    assert_int_equal(bytes.length, 100000);
    sbx_bytes_clear(&bytes);
    free(content);
}

/* RFC 3986, 2.3: letters, digits, "-", ".", "_" and "~" are unreserved; "/" is kept by contract. */
static void test_encodes_all_but_unreserved(void **state)
{
    (void)state;
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    struct sbx_bytes bytes;
    for (unsigned byte = 0; byte < 256; byte++) {
        char c = (char)byte;
        char expected[4] = {c, '\0'};
        if (byte == 0 || strchr(plain, c) == NULL) {
            expected[0] = '%';
            expected[1] = "0123456789ABCDEF"[byte / 16];
            expected[2] = "0123456789ABCDEF"[byte % 16];
            expected[3] = '\0';
        }
        sbx_bytes_init(&bytes, 3);
        sbx_bytes_append_encoded(&bytes, (struct sbx_span){&c, 1});
        assert_text(sbx_bytes_span(&bytes), expected);
        sbx_bytes_clear(&bytes);
    }
}

static void test_text_of_nothing(void **state)
{
    (void)state;
    struct sbx_bytes bytes;
    sbx_bytes_init(&bytes, 0);
    assert_string_equal(sbx_bytes_text(&bytes), "");
    assert_int_equal(bytes.length, 0);
    sbx_bytes_clear(&bytes);
}

static void test_take_empties(void **state)
{
    (void)state;
    struct sbx_bytes bytes;
    sbx_bytes_init(&bytes, 8);
    sbx_bytes_append_text(&bytes, "first");
    struct sbx_buffer taken = sbx_bytes_take(&bytes);
    assert_int_equal(taken.length, 5);
    assert_memory_equal(taken.data, "first", 5);
    assert_int_equal(sbx_bytes_span(&bytes).length, 0);
    sbx_bytes_append_text(&bytes, "second"); /* the cap is still 8, not 8 less 5 */
    assert_string_equal(sbx_bytes_text(&bytes), "second");
    assert_memory_equal(taken.data, "first", 5);
    free(taken.data);
    sbx_bytes_clear(&bytes);
}

static enum sbx_status use_everything(void *user)
{
    (void)user;
    struct sbx_bytes bytes;
    sbx_bytes_init(&bytes, 10000);
    sbx_bytes_append_text(&bytes, "start");
    for (int i = 0; i < 100; i++) {
        sbx_bytes_append_encoded(&bytes, SBX_SPAN("a b/c"));
    }
    sbx_bytes_reserve(&bytes, 5000);
    enum sbx_status status = sbx_bytes_text(&bytes) == NULL ? bytes.status : SBX_OK;
    sbx_bytes_clear(&bytes);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_in_range(allocations_fail_each(use_everything, NULL), 3, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appends_in_order),
        cmocka_unit_test(test_grows_by_doubling),
        cmocka_unit_test(test_cap_is_exact),
        cmocka_unit_test(test_largest_cap_is_no_failure),
        cmocka_unit_test(test_length_that_overflows),
        cmocka_unit_test(test_failure_sticks),
        cmocka_unit_test(test_reserve_allocates_once),
        cmocka_unit_test(test_encodes_all_but_unreserved),
        cmocka_unit_test(test_text_of_nothing),
        cmocka_unit_test(test_take_empties),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
