/* tool_shown_test.c: which process an id was shown for, and that the memory of it has its bounds.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/tool_shown.h"

#include "core/tool_calls.h"
#include "toolkit.h"

static json_t *process(const char *id, json_int_t created_ms, json_int_t pid, const char *status)
{
    json_t *made = json_pack("{s:s, s:I, s:s}", "id", id, "createdAtMs", created_ms, "status", status);
    assert_non_null(made);
    if (pid != 0) {
        assert_int_equal(json_object_set_new(made, "pid", json_integer(pid)), 0);
    }
    return made;
}

static void note(const struct toolkit_fixture *fixture, const char *id, json_int_t created_ms, json_int_t pid,
                 const char *status)
{
    json_t *made = process(id, created_ms, pid, status);
    sbx_shown_note(fixture->toolkit->shown, made);
    json_decref(made);
}

/* Whether a process is taken for the one that was shown. */
static bool is_same(const struct toolkit_fixture *fixture, const char *id, json_int_t created_ms,
                    json_int_t pid)
{
    struct sbx_op *op = tool_call(fixture->toolkit, fixture->endpoint, "stop-process", SBX_SPAN("{}"));
    json_t *made = process(id, created_ms, pid, "running");
    bool same = sbx_shown_need_meant(op, made) == SBX_STEP_NEXT;
    assert_status(op->result.status, same ? SBX_OK : SBX_ESRCH);
    json_decref(made);
    op->state = SBX_OP_IS_DONE;
    sbx_op_destroy(op);
    return same;
}

static void test_same(void **state)
{
    assert_true(is_same(*state, "proc_1", 5, 7)); /* it was never shown */
    note(*state, "proc_1", 5, 7, "running");
    assert_true(is_same(*state, "proc_1", 5, 7));
    assert_true(is_same(*state, "proc_1", 5, 0)); /* it has ended */
    assert_false(is_same(*state, "proc_1", 6, 7));
    assert_false(is_same(*state, "proc_1", 5, 8));
    assert_false(is_same(*state, "proc_1", 6, 0));
    assert_true(is_same(*state, "proc_2", 6, 8));
}

/* Of one that has ended the server has no pid any more; ours stays. */
static void test_pid_stays(void **state)
{
    note(*state, "proc_1", 5, 7, "running");
    note(*state, "proc_1", 5, 0, "exited");
    assert_false(is_same(*state, "proc_1", 5, 8));
    note(*state, "proc_1", 9, 0, "exited"); /* another one */
    assert_true(is_same(*state, "proc_1", 9, 8));
}

static void test_ended(void **state)
{
    const struct toolkit_fixture *fixture = *state;
    const struct sbx_shown *shown = fixture->toolkit->shown;
    assert_false(sbx_shown_has_ended(shown, "proc_1"));
    note(*state, "proc_1", 5, 7, "running");
    assert_false(sbx_shown_has_ended(shown, "proc_1"));
    note(*state, "proc_1", 5, 0, "exited");
    assert_true(sbx_shown_has_ended(shown, "proc_1"));
    note(*state, "proc_1", 9, 8, "running");
    assert_false(sbx_shown_has_ended(shown, "proc_1"));
}

static void test_bounds(void **state)
{
    char id[24];
    for (int i = 0; i <= SBX_SHOWN_MAX; i++) {
        (void)snprintf(id, sizeof(id), "proc_%d", i);
        note(*state, id, 5, 7, "running");
        note(*state, id, 5, 7, "running"); /* takes no other place */
    }
    assert_true(is_same(*state, "proc_0", 6, 7)); /* forgotten */
    assert_false(is_same(*state, "proc_1", 6, 7));
    assert_false(is_same(*state, id, 6, 7));
}

/* What the server never says. */
static void test_of_another_shape(void **state)
{
    const struct toolkit_fixture *fixture = *state;
    static const char *const wrong[] = {
        "[]",
        "7",
        "{}",
        "{\"id\":7,\"createdAtMs\":5}",
        "{\"id\":\"\",\"createdAtMs\":5}",
        "{\"id\":\"proc_1\"}",
        "{\"id\":\"proc_1\",\"createdAtMs\":\"5\"}",
        "{\"id\":\"a-name-of-more-than-thirty-one-bytes\",\"createdAtMs\":5}"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        json_t *made = json_loads(wrong[i], JSON_DECODE_ANY, NULL);
        assert_non_null(made);
        sbx_shown_note(fixture->toolkit->shown, made);
        sbx_shown_note_all(fixture->toolkit->shown, made);
        json_decref(made);
    }
    sbx_shown_note(fixture->toolkit->shown, NULL);
    assert_true(is_same(*state, "proc_1", 6, 7));
    assert_true(is_same(*state, "a-name-of-more-than-thirty-one-bytes", 6, 7));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, toolkit_set_up, toolkit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_same),   TEST(test_pid_stays),        TEST(test_ended),
        TEST(test_bounds), TEST(test_of_another_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
