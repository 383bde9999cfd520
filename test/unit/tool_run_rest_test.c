/* tool_run_rest_test.c: what a call of run-command left is removed: the server's process where the id is still its own, and
 * the record.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/supervisor.h"
#include "core/tool_run.h"

#include "toolkit.h"

#define OURS "run-0123456789abcdef"
#define PROCESS(record)                                                                                      \
    "{\"id\":\"proc_7\",\"command\":\"/c\",\"args\":[\"supervise\",\"--record\",\"" record                   \
    "\",\"--spool\",\"9\",\"--\",\"true\"],\"status\":\"exited\",\"createdAtMs\":1}"
#define GET_PROCESS(status, reply)                                                                           \
    {                                                                                                        \
        "GET /v1/processes/proc_7", NULL, status, reply, 0                                                   \
    }
#define DELETE_PROCESS(status)                                                                               \
    {                                                                                                        \
        "DELETE /v1/processes/proc_7", NULL, status, "{}", 0                                                 \
    }
#define STOP_PROCESS                                                                                         \
    {                                                                                                        \
        "POST /v1/processes/proc_7/stop", NULL, "200 OK", "{}", 0                                            \
    }
#define DELETE_RECORD                                                                                        \
    {                                                                                                        \
        "DELETE /v1/fs/entry?path=/p/" OURS "&recursive=true", NULL, "200 OK", "{}", 0                       \
    }

static struct script script;

static int set_up(void **state)
{
    return world_start(state, script_answer, &script);
}

/* The op that is left of a call whose program has ended, with this id; the caller's, like the call. */
static struct sbx_op *rest_of(struct sbx_op *op, const char *id)
{
    op->run = sbx_run_create();
    assert_non_null(op->run);
    memcpy(op->run->record, OURS, SBX_RECORD_LENGTH);
    sbx_bytes_append_text(&op->run->id, id);
    sbx_bytes_append_text(&op->run->directory, "/p/" OURS);
    op->run->sent = true;
    struct sbx_op *rest = sbx_tool_op_rest(op);
    assert_non_null(rest);
    assert_null(op->run);
    return rest;
}

static void removes(struct world *world, const char *id, const struct exchange *exchanges)
{
    struct sbx_toolkit *toolkit = toolkit_with("", "");
    struct sbx_op *op = tool_call(toolkit, world->endpoint, "run-command", SBX_SPAN("{}"));
    struct sbx_op *rest = rest_of(op, id);
    script_begin(&script, exchanges);
    sbx_tool_submit(rest, world->engine);
    world_drive(world, 1);
    script_check(&script, exchanges[0].asks);
    assert_null(sbx_tool_op_rest(rest)); /* of that nothing is left */
    op->state = SBX_OP_IS_DONE;
    sbx_op_destroy(op);
    sbx_op_destroy(rest);
    sbx_toolkit_destroy(toolkit);
}

static void test_ours(void **state)
{
    removes(*state, "proc_7",
            (struct exchange[EXCHANGES_MAX]){GET_PROCESS("200 OK", PROCESS(OURS)),
                                             DELETE_PROCESS("204 No Content"), DELETE_RECORD});
}

/* The server was started again, and has given the id to another one. */
static void test_another(void **state)
{
    static const char *const others[] = {
        PROCESS("run-0123456789abcdee"),
        PROCESS("no"),
        "{\"id\":\"proc_7\",\"command\":\"sleep\",\"args\":[\"9\"],\"status\":\"running\"}",
        "[]",
        "no JSON",
    };
    for (size_t i = 0; i < COUNT(others); i++) {
        removes(*state, "proc_7",
                (struct exchange[EXCHANGES_MAX]){GET_PROCESS("200 OK", others[i]), DELETE_RECORD});
    }
    removes(*state, "proc_7",
            (struct exchange[EXCHANGES_MAX]){GET_PROCESS("404 Not Found", "{}"), DELETE_RECORD});
}

static void test_without_an_id(void **state)
{
    removes(*state, "", (struct exchange[EXCHANGES_MAX]){DELETE_RECORD});
}

/* The server did not yet see it end. */
static void test_busy(void **state)
{
    removes(*state, "proc_7",
            (struct exchange[EXCHANGES_MAX]){GET_PROCESS("200 OK", PROCESS(OURS)),
                                             DELETE_PROCESS("409 Conflict"),
                                             STOP_PROCESS,
                                             DELETE_PROCESS("204 No Content"),
                                             DELETE_RECORD,
                                             {0}});
    removes(*state, "proc_7",
            (struct exchange[EXCHANGES_MAX]){GET_PROCESS("200 OK", PROCESS(OURS)),
                                             DELETE_PROCESS("409 Conflict"),
                                             STOP_PROCESS,
                                             DELETE_PROCESS("409 Conflict"),
                                             DELETE_RECORD,
                                             {0}});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ours, set_up, world_end),
        cmocka_unit_test_setup_teardown(test_another, set_up, world_end),
        cmocka_unit_test_setup_teardown(test_without_an_id, set_up, world_end),
        cmocka_unit_test_setup_teardown(test_busy, set_up, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
