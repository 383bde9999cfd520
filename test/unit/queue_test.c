/* queue_test.c: first in, first out; an element leaves from anywhere; a queue moves whole.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/queue.h"

#include "support.h"

struct element {
    char name;
    struct sbx_link link;
};

struct queues {
    struct element elements[6]; /* "a" to "f", in no queue */
    struct sbx_queue first;
    struct sbx_queue second;
};

static int set_up(void **state)
{
    struct queues *queues = calloc(1, sizeof(*queues));
    for (size_t i = 0; i < COUNT(queues->elements); i++) {
        queues->elements[i].name = "abcdef"[i];
        sbx_link_init(&queues->elements[i].link);
    }
    sbx_queue_init(&queues->first);
    sbx_queue_init(&queues->second);
    *state = queues;
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

static void push(struct queues *queues, struct sbx_queue *queue, const char *names)
{
    for (; *names != '\0'; names++) {
        sbx_queue_push(queue, &queues->elements[*names - 'a'].link);
    }
}

/* Takes everything out; the names must be those, in that order. */
static void assert_holds(struct sbx_queue *queue, const char *names)
{
    char found[8] = "";
    size_t count = 0;
    struct sbx_link *link;
    while (count < 7 && (link = sbx_queue_pop(queue)) != NULL) {
        found[count++] = SBX_CONTAINER(link, struct element, link)->name;
    }
    assert_string_equal(found, names);
    assert_true(sbx_queue_empty(queue));
    assert_null(sbx_queue_pop(queue));
}

static void test_order(void **state)
{
    struct queues *queues = *state;
    assert_true(sbx_queue_empty(&queues->first));
    push(queues, &queues->first, "cab");
    assert_false(sbx_queue_empty(&queues->first));
    assert_holds(&queues->first, "cab");
    push(queues, &queues->first, "a"); /* what was taken can be queued again */
    assert_holds(&queues->first, "a");
}

static void test_removes_anywhere(void **state)
{
    struct queues *queues = *state;
    static const char *const left[] = {"bcd", "acd", "abd", "abc"};
    for (size_t i = 0; i < 4; i++) {
        push(queues, &queues->first, "abcd");
        sbx_link_remove(&queues->elements[i].link);
        sbx_link_remove(&queues->elements[i].link); /* the second time nothing happens */
        assert_holds(&queues->first, left[i]);
    }
    push(queues, &queues->first, "a");
    sbx_link_remove(&queues->elements[0].link);
    assert_true(sbx_queue_empty(&queues->first));
}

static void test_moves_whole(void **state)
{
    struct queues *queues = *state;
    push(queues, &queues->first, "ab");
    push(queues, &queues->second, "cd");
    sbx_queue_move(&queues->first, &queues->second);
    assert_true(sbx_queue_empty(&queues->first));
    push(queues, &queues->first, "e");
    push(queues, &queues->second, "f");
    assert_holds(&queues->second, "cdabf");
    assert_holds(&queues->first, "e");
}

static void test_moves_to_and_from_empty(void **state)
{
    struct queues *queues = *state;
    sbx_queue_move(&queues->first, &queues->second);
    assert_true(sbx_queue_empty(&queues->second));
    push(queues, &queues->first, "ab");
    sbx_queue_move(&queues->first, &queues->second);
    sbx_queue_move(&queues->first, &queues->second);
    sbx_link_remove(&queues->elements[0].link);
    assert_holds(&queues->second, "b");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_order),
        TEST(test_removes_anywhere),
        TEST(test_moves_whole),
        TEST(test_moves_to_and_from_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
