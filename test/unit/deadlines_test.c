/* deadlines_test.c: the earliest deadline is known at once, whatever was added and removed before: held against
 * a plain search through all of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/deadlines.h"

#include "support.h"
#include "takeover.h"

#define MANY 300

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* The earliest time of those that are in the heap; UINT64_MAX where none is. */
static uint64_t earliest(const struct sbx_deadline *all)
{
    uint64_t at_ms = UINT64_MAX;
    for (size_t i = 0; i < MANY; i++) {
        at_ms = all[i].place != 0 && all[i].at_ms < at_ms ? all[i].at_ms : at_ms;
    }
    return at_ms;
}

static void assert_first(const struct sbx_deadlines *deadlines, const struct sbx_deadline *all)
{
    struct sbx_deadline *first = sbx_deadlines_first(deadlines);
    uint64_t expected = earliest(all);
    if (expected == UINT64_MAX) {
        assert_null(first);
    } else {
        assert_non_null(first);
        assert_int_equal(first->at_ms, expected);
    }
}

/* Every place in the heap holds the deadline that says so. */
static void assert_places(const struct sbx_deadlines *deadlines)
{
    for (size_t i = 0; i < deadlines->count; i++) {
        assert_int_equal(deadlines->heap[i]->place, i + 1);
    }
}

static void test_random_adds_and_removes(void **state)
{
    (void)state;
    static struct sbx_deadline all[MANY];
    struct sbx_deadlines deadlines;
    uint64_t seed = 20261125;
    sbx_deadlines_init(&deadlines);
    assert_first(&deadlines, all);
    for (int turn = 0; turn < 20000; turn++) {
        struct sbx_deadline *one = &all[next_random(&seed) % MANY];
        if (one->place == 0) {
            one->at_ms = next_random(&seed) % 50; /* so few that many are the same */
            assert_status(sbx_deadlines_add(&deadlines, one), SBX_OK);
        } else {
            sbx_deadlines_remove(&deadlines, one);
            assert_int_equal(one->place, 0);
        }
        assert_first(&deadlines, all);
    }
    assert_places(&deadlines);
    sbx_deadlines_clear(&deadlines);
}

static void test_leaves_in_order(void **state)
{
    (void)state;
    static struct sbx_deadline all[MANY];
    struct sbx_deadlines deadlines;
    uint64_t seed = 7;
    uint64_t last = 0;
    sbx_deadlines_init(&deadlines);
    for (size_t i = 0; i < MANY; i++) {
        all[i].at_ms = next_random(&seed);
        assert_status(sbx_deadlines_add(&deadlines, &all[i]), SBX_OK);
    }
    for (size_t i = 0; i < MANY; i++) {
        struct sbx_deadline *first = sbx_deadlines_first(&deadlines);
        assert_true(first->at_ms >= last);
        last = first->at_ms;
        sbx_deadlines_remove(&deadlines, first);
    }
    assert_null(sbx_deadlines_first(&deadlines));
    sbx_deadlines_clear(&deadlines);
}

static void test_removing_what_is_not_in_it(void **state)
{
    (void)state;
    struct sbx_deadline one = {.at_ms = 1};
    struct sbx_deadline other = {.at_ms = 2};
    struct sbx_deadlines deadlines;
    sbx_deadlines_init(&deadlines);
    sbx_deadlines_remove(&deadlines, &one);
    assert_status(sbx_deadlines_add(&deadlines, &one), SBX_OK);
    sbx_deadlines_remove(&deadlines, &other);
    assert_ptr_equal(sbx_deadlines_first(&deadlines), &one);
    sbx_deadlines_remove(&deadlines, &one);
    sbx_deadlines_remove(&deadlines, &one);
    assert_null(sbx_deadlines_first(&deadlines));
    sbx_deadlines_clear(&deadlines);
    assert_null(sbx_deadlines_first(&deadlines));
}

static void test_clock_never_goes_back(void **state)
{
    (void)state;
    uint64_t last = sbx_now_ms();
    for (int i = 0; i < 1000; i++) {
        uint64_t now = sbx_now_ms();
        assert_true(now >= last);
        last = now;
    }
}

static enum sbx_status add_many(void *user)
{
    struct sbx_deadline *all = user;
    struct sbx_deadlines deadlines;
    enum sbx_status status = SBX_OK;
    sbx_deadlines_init(&deadlines);
    for (size_t i = 0; i < MANY; i++) {
        all[i] = (struct sbx_deadline){.at_ms = MANY - i};
    }
    for (size_t i = 0; i < MANY && status == SBX_OK; i++) {
        status = sbx_deadlines_add(&deadlines, &all[i]);
        if (status != SBX_OK) {
            assert_int_equal(all[i].place, 0);
        }
    }
    /* What was there before the failure is there still. */
    assert_true(deadlines.count == 0 || sbx_deadlines_first(&deadlines)->at_ms == MANY + 1 - deadlines.count);
    assert_places(&deadlines);
    sbx_deadlines_clear(&deadlines);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    static struct sbx_deadline all[MANY];
    assert_in_range(allocations_fail_each(add_many, all), 2, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_adds_and_removes),
        cmocka_unit_test(test_leaves_in_order),
        cmocka_unit_test(test_removing_what_is_not_in_it),
        cmocka_unit_test(test_clock_never_goes_back),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
