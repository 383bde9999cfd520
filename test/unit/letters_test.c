/* letters_test.c: letters by their numbers: answered, whose request is over, whose batch nobody waits for, never sent.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion/letters.h"

#include "support.h"
#include "takeover.h"

static struct sbx_letters letters;
static struct sbx_batch batches[3];

static int begin(void **state)
{
    (void)state;
    sbx_letters_init(&letters);
    memset(batches, 0, sizeof(batches));
    batches[1].change = true;
    for (size_t i = 0; i < COUNT(batches); i++) {
        assert_non_null(sbx_letters_add(&letters, &batches[i]));
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    sbx_letters_clear(&letters);
    assert_int_equal(letters.count, 0);
    for (size_t i = 0; i < COUNT(batches); i++) {
        assert_null(batches[i].letter);
    }
    return 0;
}

/* Those that are not answered. */
static size_t count_waiting(void)
{
    size_t count = 0;
    for (uint32_t number = 1; number <= 3; number++) {
        count += sbx_letters_find(&letters, number) == NULL ? 0 : 1;
    }
    return count;
}

static void test_numbers(void **state)
{
    (void)state;
    for (uint32_t number = 1; number <= 3; number++) {
        const struct sbx_letter *letter = sbx_letters_find(&letters, number);
        assert_ptr_equal(letter, batches[number - 1].letter);
        assert_int_equal(letter->change, number == 2);
    }
    assert_null(sbx_letters_find(&letters, 4));
    assert_ptr_equal(sbx_letters_oldest(&letters), batches[0].letter);
    assert_int_equal(count_waiting(), 3);
}

/* One goes when it is answered and its request is over, whichever comes first. */
static void test_answered(void **state)
{
    (void)state;
    struct sbx_request *request = NULL;
    struct sbx_endpoint *endpoint = NULL;
    struct sbx_endpoint_options options = {.base_url = SBX_SPAN("http://h")};
    struct sbx_letter *first = batches[0].letter;
    assert_status(sbx_endpoint_create(&endpoint, &options), SBX_OK);
    assert_status(sbx_request_create(&request, endpoint, SBX_POST, "/x"), SBX_OK);
    sbx_endpoint_unref(endpoint);
    first->request = request;
    assert_ptr_equal(sbx_letter_answered(first), &batches[0]);
    assert_int_equal(letters.count, 3);
    assert_int_equal(count_waiting(), 2);
    assert_null(sbx_letters_find(&letters, 1));
    assert_ptr_equal(sbx_letters_oldest(&letters), batches[1].letter);
    assert_false(sbx_letter_posted(first));
    assert_int_equal(letters.count, 2);
    assert_true(sbx_letter_posted(batches[1].letter));
    assert_ptr_equal(sbx_letter_answered(batches[1].letter), &batches[1]);
    assert_int_equal(letters.count, 1);
}

/* It is here still: the companion has to have it. */
static void test_released(void **state)
{
    (void)state;
    struct sbx_letter *second = batches[1].letter;
    assert_ptr_equal(sbx_letter_release(second), &batches[1]);
    assert_null(sbx_letter_release(second));
    assert_ptr_equal(sbx_letters_find(&letters, 2), second);
    assert_int_equal(count_waiting(), 3);
    assert_null(sbx_letter_answered(second));
    assert_int_equal(letters.count, 2);
}

static void test_never_sent(void **state)
{
    (void)state;
    sbx_letters_take_back(batches[2].letter);
    assert_int_equal(letters.number, 2);
    assert_int_equal(count_waiting(), 2);
    assert_int_equal(sbx_letters_add(&letters, &batches[2])->number, 3);
}

static void test_no_memory(void **state)
{
    (void)state;
    allocations_fail(1, false);
    const struct sbx_letter *letter = sbx_letters_add(&letters, &batches[2]);
    assert_true(allocations_succeed());
    assert_null(letter);
    assert_int_equal(letters.number, 3);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_numbers),    TEST(test_answered),  TEST(test_released),
        TEST(test_never_sent), TEST(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
