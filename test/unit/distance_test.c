/* distance_test.c: one quick answer makes a sandbox near, some slow ones far; what was long ago does not count.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion/distance.h"

#include "support.h"

static void add(struct sbx_answers *answers, unsigned count, uint64_t took_ms)
{
    for (unsigned i = 0; i < count; i++) {
        sbx_answers_add(answers, took_ms);
    }
}

static void test_unknown_at_first(void **state)
{
    (void)state;
    struct sbx_answers answers = sbx_answers_none();
    assert_int_equal(sbx_answers_distance(&answers), SBX_DISTANCE_UNKNOWN);
    add(&answers, SBX_FAR_ANSWERS - 1, SBX_NEAR_MS + 1);
    assert_int_equal(sbx_answers_distance(&answers), SBX_DISTANCE_UNKNOWN);
    add(&answers, 1, SBX_NEAR_MS + 1);
    assert_int_equal(sbx_answers_distance(&answers), SBX_FAR);
}

static void test_one_quick_answer(void **state)
{
    (void)state;
    struct sbx_answers answers = sbx_answers_none();
    add(&answers, 1, SBX_NEAR_MS);
    assert_int_equal(sbx_answers_distance(&answers), SBX_NEAR);
    add(&answers, SBX_ANSWERS_COUNTED, 10000);
    assert_int_equal(sbx_answers_distance(&answers), SBX_NEAR);
}

/* It went away: after twice as many answers as count it is not near any more, and at no time unknown. */
static void test_what_was_long_ago(void **state)
{
    (void)state;
    struct sbx_answers answers = sbx_answers_none();
    add(&answers, 1, 0);
    for (unsigned i = 0; i < 2 * SBX_ANSWERS_COUNTED; i++) {
        assert_int_equal(sbx_answers_distance(&answers), SBX_NEAR);
        add(&answers, 1, 100);
    }
    assert_int_equal(sbx_answers_distance(&answers), SBX_FAR);
    add(&answers, 5 * SBX_ANSWERS_COUNTED + 1, 100);
    assert_int_equal(sbx_answers_distance(&answers), SBX_FAR);
    add(&answers, 1, 1);
    assert_int_equal(sbx_answers_distance(&answers), SBX_NEAR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown_at_first),
        cmocka_unit_test(test_one_quick_answer),
        cmocka_unit_test(test_what_was_long_ago),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
