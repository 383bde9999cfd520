/* tool_answers_test.c: what a tool returns is what the server said, member by member. What the server never says is no answer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/tool_answers.h"

#include "core/tool_run.h"
#include "core/utf8.h"
#include "takeover.h"
#include "toolkit.h"

#define CAVEAT                                                                                               \
    "\"caveat\":\"No companion supervised it: what the command has started may go on after it, and after "   \
    "its "                                                                                                   \
    "limit.\""

/* An op whose request has come back with that reply. */
static struct sbx_op *answered(const struct toolkit_fixture *fixture, long http_status, struct sbx_span reply)
{
    struct sbx_op *op = tool_call(fixture->toolkit, fixture->endpoint, "run-command", SBX_SPAN("{}"));
    sbx_bytes_append_text(&op->subject, "run-command 'x'");
    op->run = sbx_run_create();
    assert_non_null(op->run);
    op->run->limit_ms = 700;
    assert_status(sbx_request_create(&op->request, fixture->endpoint, SBX_POST, "/"), SBX_OK);
    op->request->http_status = http_status;
    op->request->reply.max = SBX_JSON_MAX;
    sbx_bytes_append(&op->request->reply, reply);
    return op;
}

/* It ends the op, and so does this. */
static void finish(struct sbx_op *op)
{
    op->state = SBX_OP_IS_DONE;
    sbx_op_destroy(op);
}

static void gives(const struct toolkit_fixture *fixture, sbx_step_function step, const char *reply,
                  const char *answer)
{
    struct sbx_op *op = answered(fixture, 200, span_of(reply));
    assert_int_equal(step(op), SBX_STEP_END);
    assert_answer(op, answer);
    finish(op);
}

/* Whether the reply ends the op with EPROTO; says so if not. */
static bool is_refused(const struct toolkit_fixture *fixture, sbx_step_function step, const char *reply)
{
    struct sbx_op *op = answered(fixture, 200, span_of(reply));
    bool ended = step(op) == SBX_STEP_END;
    enum sbx_status status = op->result.status;
    if (!ended || status != SBX_EPROTO || sbx_op_detail(op)[0] == '\0') {
        print_error("%s: %s\n", sbx_status_name(status), reply);
    }
    finish(op);
    return ended && status == SBX_EPROTO;
}

static void all_refused(const struct toolkit_fixture *fixture, sbx_step_function step,
                        const char *const *replies)
{
    bool all = true;
    for (; *replies != NULL; replies++) {
        all = is_refused(fixture, step, *replies) && all;
    }
    assert_true(all);
}

/* No tool answers any of these. */
static const char *const never[] = {
    "", "null", "[]", "7", "\"x\"", "{", "{}", "<html></html>", "{\"a\":\"\xff\"}", NULL};

/* ---- Programs ------------------------------------------------------------------------------------------ */

static void test_run(void **state)
{
    gives(*state, sbx_tool_answer_run,
          "{\"exitCode\":3,\"timedOut\":false,\"stdout\":\"out\\u0000\\n\",\"stderr\":\"\\u00e4\","
          "\"stdoutTruncated\":false,\"stderrTruncated\":false,\"durationMs\":12}",
          "{\"exitCode\":3,\"timedOut\":false,\"stdout\":\"out\\u0000\\n\",\"stderr\":\"\\u00e4\","
          "\"durationMs\":12," CAVEAT "}");
    gives(
        *state, sbx_tool_answer_run, /* ended by a signal */
        "{\"exitCode\":null,\"timedOut\":true,\"stdout\":\"\",\"stderr\":\"\",\"durationMs\":1}",
        "{\"exitCode\":null,\"timedOut\":true,\"stdout\":\"\",\"stderr\":\"\",\"durationMs\":1,\"hint\":"
        "\"It was ended after 700 ms: without a companion no command goes on after its answer, and none has "
        "more than 18 s. For a program that runs longer use create-process.\"," CAVEAT "}");
    all_refused(*state, sbx_tool_answer_run, never);
    static const char *const wrong[] = {
        "{\"exitCode\":\"3\",\"timedOut\":false,\"stdout\":\"\",\"stderr\":\"\",\"durationMs\":1}",
        "{\"exitCode\":3,\"timedOut\":false,\"stdout\":7,\"stderr\":\"\",\"durationMs\":1}",
        "{\"exitCode\":3,\"timedOut\":false,\"stderr\":\"\",\"durationMs\":1}",
        "{\"exitCode\":3,\"timedOut\":\"no\",\"stdout\":\"\",\"stderr\":\"\",\"durationMs\":1}",
        NULL,
    };
    all_refused(*state, sbx_tool_answer_run, wrong);
}

static void test_create(void **state)
{
    gives(*state, sbx_tool_answer_create,
          "{\"id\":\"proc_1\",\"command\":\"npm\",\"args\":[\"run\",\"dev\"],\"tty\":false,\"interactive\":"
          "false,"
          "\"owner\":\"user\",\"status\":\"running\",\"pid\":88,\"createdAtMs\":1795574045076}",
          "{\"id\":\"proc_1\",\"command\":\"npm\",\"args\":[\"run\",\"dev\"],\"status\":\"running\",\"pid\":"
          "88," CAVEAT "}");
    all_refused(*state, sbx_tool_answer_create, never);
}

static void test_end(void **state)
{
    gives(*state, sbx_tool_answer_end,
          "{\"id\":\"proc_1\",\"command\":\"sleep\",\"args\":[],\"status\":\"exited\",\"exitCode\":0,"
          "\"exitedAtMs\":1}",
          "{\"id\":\"proc_1\",\"status\":\"exited\",\"exitCode\":0," CAVEAT "}");
    gives(*state, sbx_tool_answer_end, /* of one that a signal ended the server says no exit code */
          "{\"id\":\"proc_1\",\"command\":\"sleep\",\"args\":[],\"status\":\"exited\"}",
          "{\"id\":\"proc_1\",\"status\":\"exited\",\"exitCode\":null," CAVEAT "}");
    all_refused(*state, sbx_tool_answer_end, never);
}

static void test_list(void **state)
{
    gives(*state, sbx_tool_answer_list, "{\"processes\":[]}", "{\"processes\":[]}");
    gives(*state, sbx_tool_answer_list,
          "{\"processes\":[{\"id\":\"proc_1\",\"command\":\"a\",\"args\":[],\"status\":\"running\",\"pid\":7,"
          "\"owner\":\"user\"},{\"id\":\"proc_2\",\"command\":\"b\",\"args\":[\"x\"],\"status\":\"exited\","
          "\"exitCode\":1}]}",
          "{\"processes\":[{\"id\":\"proc_1\",\"command\":\"a\",\"args\":[],\"status\":\"running\",\"pid\":7,"
          "\"exitCode\":null},{\"id\":\"proc_2\",\"command\":\"b\",\"args\":[\"x\"],\"status\":\"exited\","
          "\"exitCode\":1,\"pid\":null}]}");
    all_refused(*state, sbx_tool_answer_list, never);
    static const char *const wrong[] = {"{\"processes\":{}}", "{\"processes\":[7]}", "{\"processes\":[{}]}",
                                        "{\"processes\":null}", NULL};
    all_refused(*state, sbx_tool_answer_list, wrong);
}

/* ---- Failures ------------------------------------------------------------------------------------------- */

static void test_problem(void **state)
{
    static const sbx_step_function steps[] = {
        sbx_tool_answer_run,
        sbx_tool_answer_create,
        sbx_tool_answer_list,
        sbx_tool_answer_end,
    };
    for (size_t i = 0; i < COUNT(steps); i++) {
        struct sbx_op *op = answered(*state, 502, SBX_SPAN("{\"detail\":\"no (os error 13)\"}"));
        assert_int_equal(steps[i](op), SBX_STEP_END);
        assert_status(op->result.status, SBX_EACCES);
        assert_string_equal(sbx_op_detail(op), "run-command 'x'; no (os error 13)");
        finish(op);
    }
}

/* A command of many lines does not push the server's words out of the error. */
static void test_problem_of_a_long_command(void **state)
{
    struct sbx_op *op = answered(*state, 502, SBX_SPAN("{\"detail\":\"no (os error 13)\"}"));
    for (int i = 0; i < 500; i++) {
        sbx_bytes_append_text(&op->subject, "another line \xe2\x82\xac;\n");
    }
    assert_int_equal(sbx_tool_answer_run(op), SBX_STEP_END);
    bool told = strstr(sbx_op_detail(op), "no (os error 13)") != NULL;
    bool utf8 = sbx_utf8_valid(span_of(sbx_op_detail(op)));
    finish(op);
    assert_true(told);
    assert_true(utf8);
}

/* Nothing is to be said of it where the supervisor has ended the tree; nor by a tool that starts and ends nothing. */
static void test_no_caveat(void **state)
{
    static const char *const ended = "{\"id\":\"proc_1\",\"status\":\"exited\"}";
    struct sbx_op *op = answered(*state, 200, span_of(ended));
    op->run->tree_ended = true;
    assert_int_equal(sbx_tool_answer_end(op), SBX_STEP_END);
    assert_answer(op, "{\"id\":\"proc_1\",\"status\":\"exited\",\"exitCode\":null}");
    finish(op);
    assert_null(tool_named("list-processes")->caveat);
}

/* ---- No memory ------------------------------------------------------------------------------------------- */

struct attempt {
    const struct toolkit_fixture *fixture;
    sbx_step_function step;
    const char *reply;
};

static enum sbx_status attempt(void *user)
{
    const struct attempt *attempt = user;
    allocations_pause(true);
    struct sbx_op *op = answered(attempt->fixture, 200, span_of(attempt->reply));
    allocations_pause(false);
    (void)attempt->step(op);
    enum sbx_status status = op->result.status;
    finish(op);
    return status;
}

static void test_no_memory(void **state)
{
    struct attempt end = {*state, sbx_tool_answer_end, "{\"id\":\"p\",\"status\":\"exited\"}"};
    assert_in_range(allocations_fail_each_loosely(attempt, &end), 10, 500);
    struct attempt list = {
        *state, sbx_tool_answer_list,
        "{\"processes\":[{\"id\":\"p\",\"command\":\"a\",\"args\":[],\"status\":\"running\"}]}"};
    assert_in_range(allocations_fail_each_loosely(attempt, &list), 20, 500);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, toolkit_set_up, toolkit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_run),       TEST(test_create),    TEST(test_end),
        TEST(test_list),      TEST(test_problem),   TEST(test_problem_of_a_long_command),
        TEST(test_no_memory), TEST(test_no_caveat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
