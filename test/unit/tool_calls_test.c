/* tool_calls_test.c: what each tool asks the server, to the byte, and once; and which calls are refused before
 * anything is asked.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/tool_calls.h"

#include <stdio.h>

#include "script.h"
#include "takeover.h"
#include "toolkit.h"

#define ABOUT "POST /v1/processes/"
#define RUNS "{\"id\":\"proc_1\",\"command\":\"npm\",\"args\":[],\"status\":\"running\"}"

struct call {
    const char *tool;
    const char *input;
    struct exchange exchange;
};

static struct script script;

static int set_up(void **state)
{
    return world_start(state, script_answer, &script);
}

/* What changes a process is asked after a look whether that can be meant. */
static void begin(const struct exchange *exchange)
{
    static char look[200];
    const char *slash = strrchr(exchange->asks, '/');
    bool changes = strncmp(exchange->asks, ABOUT, strlen(ABOUT)) == 0 && strcmp(slash, "/run") != 0;
    struct exchange alone[EXCHANGES_MAX] = {*exchange};
    struct exchange both[EXCHANGES_MAX] = {{look, NULL, "200 OK", RUNS, 0}, *exchange};
    (void)snprintf(look, sizeof(look), "GET %.*s", (int)(slash - exchange->asks) - 5, exchange->asks + 5);
    script_begin(&script, changes ? both : alone);
}

static struct sbx_op *run(struct world *world, const struct sbx_toolkit *toolkit, const char *tool,
                          struct sbx_span input)
{
    struct sbx_op *op = tool_call(toolkit, world->endpoint, tool, input);
    sbx_tool_submit(op, world->engine);
    world_drive(world, 1);
    return op;
}

static void play_all(struct world *world, const struct sbx_toolkit *toolkit, const struct call *calls,
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        begin(&calls[i].exchange);
        struct sbx_op *op = run(world, toolkit, calls[i].tool, span_of(calls[i].input));
        script_check(&script, calls[i].input);
        if (op->result.status != SBX_OK) {
            fail_msg("%s %s: %s, %s", calls[i].tool, calls[i].input, sbx_status_name(op->result.status),
                     sbx_op_detail(op));
        }
        sbx_op_destroy(op);
    }
}

#define RUN "POST /v1/processes/run"
#define RAN                                                                                                  \
    "{\"exitCode\":0,\"timedOut\":false,\"stdout\":\"\",\"stderr\":\"\",\"stdoutTruncated\":false,"          \
    "\"stderrTruncated\":false,\"durationMs\":1}"
#define CREATE "POST /v1/processes"
#define CREATED                                                                                              \
    "{\"id\":\"proc_1\",\"command\":\"npm\",\"args\":[],\"tty\":false,\"interactive\":false,"                \
    "\"owner\":\"user\",\"status\":\"running\",\"pid\":88,\"createdAtMs\":1795574045076}"
#define ENDED                                                                                                \
    "{\"id\":\"proc_1\",\"command\":\"npm\",\"args\":[],\"status\":\"exited\",\"exitCode\":0,"               \
    "\"createdAtMs\":1,\"exitedAtMs\":2}"

/* clang-format off */
static const struct call calls[] = {
    {"run-command", "{\"command\":\"node\",\"args\":[\"/app/index.ts\"]}",
        {RUN, "{\"command\":\"node\",\"args\":[\"/app/index.ts\"],\"env\":{},\"timeoutMs\":18000}", "200 OK", RAN, 0}},
    {"run-command", "{\"command\":\"true\"}",
        {RUN, "{\"command\":\"true\",\"env\":{},\"timeoutMs\":18000}", "200 OK", RAN, 0}},
    /* The documentation's "npm install": a line for a shell. */
    {"run-command", "{\"command\":\"npm install\",\"cwd\":\"/app\"}",
        {RUN, "{\"command\":\"sh\",\"args\":[\"-c\",\"npm install\"],\"cwd\":\"/app\",\"env\":{},\"timeoutMs\":18000}",
         "200 OK", RAN, 0}},
    {"run-command", "{\"command\":\"echo \\\"$HOME\\\" | wc\\n\"}",
        {RUN, "{\"command\":\"sh\",\"args\":[\"-c\",\"echo \\\"$HOME\\\" | wc\\n\"],\"env\":{},\"timeoutMs\":18000}",
         "200 OK", RAN, 0}},
    /* With args nothing is split and nothing expanded. */
    {"run-command", "{\"command\":\"my program\",\"args\":[]}",
        {RUN, "{\"command\":\"my program\",\"args\":[],\"env\":{},\"timeoutMs\":18000}", "200 OK", RAN, 0}},
    {"run-command", "{\"command\":\"echo\",\"args\":[\"$HOME\",\"a b\",\"\",\"\\u00e4\\n\"]}",
        {RUN, "{\"command\":\"echo\",\"args\":[\"$HOME\",\"a b\",\"\",\"\\u00e4\\n\"],\"env\":{},\"timeoutMs\":18000}",
         "200 OK", RAN, 0}},
    {"run-command", "{\"command\":\"env\",\"env\":{\"A\":\"1\"},\"timeoutMs\":7}",
        {RUN, "{\"command\":\"env\",\"env\":{\"A\":\"1\"},\"timeoutMs\":7}", "200 OK", RAN, 0}},
    /* Nothing goes on after its answer: of the limits the least. */
    {"run-command", "{\"command\":\"env\",\"timeoutMs\":7000,\"waitMs\":60000}",
        {RUN, "{\"command\":\"env\",\"env\":{},\"timeoutMs\":7000}", "200 OK", RAN, 0}},
    {"run-command", "{\"command\":\"env\",\"waitMs\":60000}",
        {RUN, "{\"command\":\"env\",\"env\":{},\"timeoutMs\":18000}", "200 OK", RAN, 0}},
    {"run-command", "{\"command\":\"env\",\"timeoutMs\":60000,\"waitMs\":9000}",
        {RUN, "{\"command\":\"env\",\"env\":{},\"timeoutMs\":9000}", "200 OK", RAN, 0}},
    /* No response is silent for 20 s, whatever is asked for. */
    {"run-command", "{\"command\":\"env\",\"timeoutMs\":86400000,\"waitMs\":86400000}",
        {RUN, "{\"command\":\"env\",\"env\":{},\"timeoutMs\":18000}", "200 OK", RAN, 0}},
    {"create-process", "{\"command\":\"npm\",\"json\":\"{\\\"args\\\": [\\\"run\\\", \\\"dev\\\"]}\"}",
        {CREATE, "{\"command\":\"npm\",\"args\":[\"run\",\"dev\"],\"env\":{}}", "200 OK", CREATED, 0}},
    {"create-process", "{\"command\":\"sleep 5 && echo\",\"tty\":true}",
        {CREATE, "{\"command\":\"sh\",\"args\":[\"-c\",\"sleep 5 && echo\"],\"env\":{},\"tty\":true}", "200 OK", CREATED,
         0}},
    {"list-processes", "{}", {"GET /v1/processes", NULL, "200 OK", "{\"processes\":[]}", 0}},
    {"stop-process", "{\"id\":\"proc_1\"}", {"POST /v1/processes/proc_1/stop", NULL, "200 OK", ENDED, 0}},
    {"kill-process", "{\"id\":\"proc_1\"}", {"POST /v1/processes/proc_1/kill", NULL, "200 OK", ENDED, 0}},
    /* An id is one part of a path, whatever stands in it. */
    {"kill-process", "{\"id\":\"..\"}", {"POST /v1/processes/%2E%2E/kill", NULL, "200 OK", ENDED, 0}},
    {"kill-process", "{\"id\":\"../fs/mkdir?path=/x#\"}",
        {"POST /v1/processes/%2E%2E%2Ffs%2Fmkdir%3Fpath%3D%2Fx%23/kill", NULL, "200 OK", ENDED, 0}},
    {"send-input", "{\"id\":\"proc_1\",\"input\":\"yes\"}",
        {"POST /v1/processes/proc_1/input", "{\"data\":\"eWVzCg==\",\"encoding\":\"base64\"}", "200 OK",
         "{\"bytesWritten\":4}", 0}},
    {"send-input", "{\"id\":\"proc_1\",\"input\":\"yes\\n\"}",
        {"POST /v1/processes/proc_1/input", "{\"data\":\"eWVzCg==\",\"encoding\":\"base64\"}", "200 OK",
         "{\"bytesWritten\":4}", 0}},
    {"send-input", "{\"id\":\"proc_1\",\"input\":\"\"}",
        {"POST /v1/processes/proc_1/input", "{\"data\":\"Cg==\",\"encoding\":\"base64\"}", "200 OK",
         "{\"bytesWritten\":1}", 0}},
    {"send-input", "{\"id\":\"proc_1\",\"input\":\"a\\u0000\\u00e4%s\"}",
        {"POST /v1/processes/proc_1/input", "{\"data\":\"YQDDpCVzCg==\",\"encoding\":\"base64\"}", "200 OK",
         "{\"bytesWritten\":7}", 0}},
    {"send-input", "{\"id\":\"proc_1\",\"data\":\"\\u0004\"}",
        {"POST /v1/processes/proc_1/input", "{\"data\":\"BA==\",\"encoding\":\"base64\"}", "200 OK",
         "{\"bytesWritten\":1}", 0}},
    {"send-input", "{\"id\":\"proc_1\",\"data\":\"\"}",
        {"POST /v1/processes/proc_1/input", "{\"data\":\"\",\"encoding\":\"base64\"}", "200 OK",
         "{\"bytesWritten\":0}", 0}},
};

static const struct call with_options[] = {
    {"run-command", "{\"command\":\"env\"}",
        {RUN, "{\"command\":\"env\",\"cwd\":\"/app\",\"env\":{\"A\":\"1\",\"B\":\"2\"},\"timeoutMs\":18000}", "200 OK",
         RAN, 0}},
    {"run-command", "{\"command\":\"env\",\"cwd\":\"/\",\"env\":{\"B\":\"3\",\"C\":\"4\"}}",
        {RUN, "{\"command\":\"env\",\"cwd\":\"/\",\"env\":{\"A\":\"1\",\"B\":\"3\",\"C\":\"4\"},\"timeoutMs\":18000}",
         "200 OK", RAN, 0}},
    {"create-process", "{\"command\":\"env\"}",
        {CREATE, "{\"command\":\"env\",\"cwd\":\"/app\",\"env\":{\"A\":\"1\",\"B\":\"2\"}}", "200 OK", CREATED, 0}},
};
/* clang-format on */

static void test_calls(void **state)
{
    for (size_t i = 0; i < COUNT(calls); i++) { /* one that has shown nothing yet */
        struct sbx_toolkit *toolkit = toolkit_with("", "");
        play_all(*state, toolkit, &calls[i], 1);
        sbx_toolkit_destroy(toolkit);
    }
}

/* Of a process that was shown it is asked first whether it is still that one. */
static void test_calls_about_what_was_shown(void **state)
{
    struct exchange exchanges[EXCHANGES_MAX] = {
        {CREATE, "{\"command\":\"npm\",\"env\":{}}", "200 OK", CREATED, 0},
        {"GET /v1/processes/proc_1", NULL, "200 OK", CREATED, 0},
        {"GET /v1/processes/proc_1/logs", NULL, "200 OK", "{\"entries\":[]}", 0},
        {"GET /v1/processes/proc_1", NULL, "200 OK", ENDED, 0}, /* of another time */
    };
    static const struct {
        const char *tool;
        const char *input;
        enum sbx_status status;
    } about[] = {{"create-process", "{\"command\":\"npm\"}", SBX_OK},
                 {"get-process-logs", "{\"id\":\"proc_1\"}", SBX_OK},
                 {"kill-process", "{\"id\":\"proc_1\"}", SBX_ESRCH}};
    struct sbx_toolkit *toolkit = toolkit_with("", "");
    script_begin(&script, exchanges);
    for (size_t i = 0; i < COUNT(about); i++) {
        struct sbx_op *op = run(*state, toolkit, about[i].tool, span_of(about[i].input));
        assert_status(op->result.status, about[i].status);
        sbx_op_destroy(op);
    }
    script_check(&script, "about what was shown");
    sbx_toolkit_destroy(toolkit);
}

/* What turns out to be a companion that stays is not touched; nor is what cannot be looked at. */
static void test_calls_about_what_cannot_be_meant(void **state)
{
#define RESIDENT                                                                                             \
    "{\"id\":\"proc_1\",\"command\":\"/c\",\"args\":[\"serve\",\"--batches\"],\"status\":\"running\"}"
    static const struct {
        const char *status;
        const char *replies;
        enum sbx_status expected;
    } looks[] = {
        {"200 OK", RESIDENT, SBX_ESRCH}, {"200 OK", "7", SBX_EPROTO}, {"502 Bad Gateway", "{}", SBX_EIO}};
    static const char *const about[][2] = {{"stop-process", "{\"id\":\"proc_1\"}"},
                                           {"kill-process", "{\"id\":\"proc_1\"}"},
                                           {"get-process-logs", "{\"id\":\"proc_1\"}"},
                                           {"send-input", "{\"id\":\"proc_1\",\"data\":\"x\"}"},
                                           {"send-input", "{\"id\":\"proc_1\",\"eof\":true}"}};
    struct sbx_toolkit *toolkit = toolkit_with("", "");
    for (size_t i = 0; i < COUNT(looks) * COUNT(about); i++) {
        const char *const *call = about[i / COUNT(looks)];
        size_t look = i % COUNT(looks);
        struct exchange exchanges[EXCHANGES_MAX] = {
            {"GET /v1/processes/proc_1", NULL, looks[look].status, looks[look].replies, 0}};
        script_begin(&script, exchanges);
        struct sbx_op *op = run(*state, toolkit, call[0], span_of(call[1]));
        script_check(&script, call[0]);
        assert_status(op->result.status, looks[look].expected);
        sbx_op_destroy(op);
    }
    sbx_toolkit_destroy(toolkit);
}

/* Twice, for the toolkit is never changed by a call. */
static void test_options_of_the_toolkit(void **state)
{
    struct sbx_toolkit *toolkit = toolkit_with("/app", "{\"A\":\"1\",\"B\":\"2\"}");
    play_all(*state, toolkit, with_options, COUNT(with_options));
    play_all(*state, toolkit, with_options, COUNT(with_options));
    sbx_toolkit_destroy(toolkit);
}

/* ---- Refused before anything is asked ------------------------------------------------------------------- */

static void test_wrong_calls_ask_nothing(void **state)
{
    static const struct {
        const char *tool;
        const char *input;
        const char *words;
    } wrong[] = {
        {"run-command", "{}", "usage: run-command: \"command\" is required"},
        {"run-command", "{\"waitMs\":1}", "usage: run-command: \"command\" is required"},
        {"run-command", "{\"id\":\"p\",\"command\":\"x\"}", "usage: run-command: \"id\""},
        {"run-command", "{\"id\":\"p\",\"timeoutMs\":1}", "usage: run-command: \"id\""},
        {"create-process", "[]", "usage: create-process: "},
        {"list-processes", "{\"x\":1}", "usage: list-processes: "},
        {"get-process-logs", "{\"id\":1}", "usage: get-process-logs: \"id\""},
        {"stop-process", "{}", "usage: stop-process: \"id\" is required"},
        {"kill-process", "", "usage: kill-process: "},
        {"send-input", "{\"id\":\"p\"}", "usage: send-input: give \"input\", \"data\" or \"eof\""},
        {"send-input", "{\"id\":\"p\",\"eof\":false}",
         "usage: send-input: give \"input\", \"data\" or \"eof\""},
        {"send-input", "{\"id\":\"p\",\"input\":\"x\",\"encoding\":\"utf8\"}",
         "usage: send-input: \"encoding\""},
        {"send-input", "{\"id\":\"p\",\"data\":\"x\",\"encoding\":\"base64\"}",
         "usage: send-input: \"data\" is no base64"},
        {"get-process-logs", "{\"id\":\"p\",\"since\":\"x\"}", "usage: get-process-logs: \"since\""},
        {"send-input", "{\"id\":\"p\",\"input\":\"\",\"data\":\"\"}",
         "usage: send-input: give either \"input\" or \"data\""},
    };
    struct world *world = *state;
    struct sbx_toolkit *toolkit = toolkit_with("", "");
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct sbx_op *op = run(world, toolkit, wrong[i].tool, span_of(wrong[i].input));
        assert_status(op->result.status, SBX_EINVAL);
        if (strncmp(sbx_op_detail(op), wrong[i].words, strlen(wrong[i].words)) != 0) {
            fail_msg("\"%s\" instead of \"%s…\"", sbx_op_detail(op), wrong[i].words);
        }
        sbx_op_destroy(op);
    }
    assert_int_equal(server_count(world->server), 0);
    sbx_toolkit_destroy(toolkit);
}

/* The server answers 413 to a body of more than 2 MiB, and an argument list can be too long on Linux as well. */
static void test_call_that_is_too_large(void **state)
{
    struct world *world = *state;
    struct sbx_toolkit *toolkit = toolkit_with("", "");
    struct sbx_bytes input;
    sbx_bytes_init(&input, 3 * SBX_MIB);
    sbx_bytes_append_text(&input, "{\"command\":\"echo\",\"args\":[\"");
    for (size_t i = 0; i < 2 * SBX_MIB; i += 16) {
        sbx_bytes_append_text(&input, "0123456789abcdef");
    }
    sbx_bytes_append_text(&input, "\"]}");
    struct sbx_op *op = run(world, toolkit, "run-command", sbx_bytes_span(&input));
    assert_status(op->result.status, SBX_E2BIG);
    assert_int_equal(server_count(world->server), 0);
    sbx_op_destroy(op);
    sbx_bytes_clear(&input);
    sbx_toolkit_destroy(toolkit);
}

/* ---- Failures ---------------------------------------------------------------------------------------------- */

static void test_failures_name_their_subject(void **state)
{
    static const struct {
        struct call call;
        enum sbx_status status;
        const char *words[2];
    } failures[] = {
        {{"stop-process",
          "{\"id\":\"proc_9\"}",
          {"GET /v1/processes/proc_9", NULL, "404 Not Found",
           "{\"detail\":\"not found: process "
           "proc_9\",\"details\":{\"id\":\"proc_9\",\"resource\":\"process\"}}",
           0}},
         SBX_ESRCH,
         {"stop-process 'proc_9'", "not found: process proc_9"}},
        {{"run-command",
          "{\"command\":\"nope\"}",
          {RUN, "{\"command\":\"nope\",\"env\":{},\"timeoutMs\":18000}", "502 Bad Gateway",
           "{\"detail\":\"stream error: failed to spawn process: No such file or directory (os error 2)\"}",
           0}},
         SBX_ENOENT,
         {"run-command 'nope'", "failed to spawn"}},
        {{"list-processes",
          "{}",
          {"GET /v1/processes", NULL, "404 Not Found", "{\"detail\":\"endpoint not found\"}", 0}},
         SBX_ENOSYS,
         {"list-processes", "endpoint not found"}},
    };
    struct sbx_toolkit *toolkit = toolkit_with("", "");
    for (size_t i = 0; i < COUNT(failures); i++) {
        begin(&failures[i].call.exchange);
        struct sbx_op *op = run(*state, toolkit, failures[i].call.tool, span_of(failures[i].call.input));
        script_check(&script, failures[i].call.tool);
        assert_status(op->result.status, failures[i].status);
        assert_non_null(strstr(sbx_op_detail(op), failures[i].words[0]));
        assert_non_null(strstr(sbx_op_detail(op), failures[i].words[1]));
        sbx_op_destroy(op);
    }
    sbx_toolkit_destroy(toolkit);
}

/* Programs have connections of their own, and their own limit counts beyond the toolkit's. */
static void test_budget_and_deadline_of_a_program(void **state)
{
    struct world *world = *state;
    struct sbx_toolkit *toolkit = toolkit_with("", "");
    begin(&calls[0].exchange);
    struct sbx_op *op = run(world, toolkit, "run-command", span_of(calls[0].input));
    assert_int_equal(op->request->budget, SBX_BUDGET_PROGRAMS);
    assert_true(op->request->change);
    assert_in_range(op->request->timeout_ms, 18000 + 1, 18000 + 10000);
    sbx_op_destroy(op);
    static const struct exchange stop = {"POST /v1/processes/proc_1/stop", NULL, "200 OK", ENDED, 0};
    begin(&stop);
    op = run(world, toolkit, "stop-process", SBX_SPAN("{\"id\":\"proc_1\"}"));
    assert_int_equal(op->request->budget, SBX_BUDGET_FILES); /* not behind programs, one of which it ends */
    assert_true(op->request->change);
    sbx_op_destroy(op);
    sbx_toolkit_destroy(toolkit);
}

struct attempt {
    struct sbx_toolkit *toolkit;
    const struct call *call;
};

/* In a world of its own: a request that was given up may reach the server late, and would be out of turn. */
static enum sbx_status attempt(void *user)
{
    const struct attempt *attempt = user;
    const struct call *call = attempt->call;
    void *state = NULL;
    struct sbx_op *op = NULL;
    allocations_pause(true);
    (void)set_up(&state);
    struct world *world = state;
    begin(&call->exchange);
    allocations_pause(false);
    enum sbx_status status = sbx_tool_op_create(&op, attempt->toolkit, tool_named(call->tool),
                                                world->endpoint, span_of(call->input));
    if (status == SBX_OK) {
        op->timeout_ms = exchange_ms();
        sbx_tool_submit(op, world->engine);
        world_drive(world, 1);
        status = op->result.status;
        sbx_op_destroy(op);
    }
    (void)world_end(&state);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    static const struct call send = {"send-input",
                                     "{\"id\":\"proc_1\",\"input\":\"yes\"}",
                                     {"POST /v1/processes/proc_1/input",
                                      "{\"data\":\"eWVzCg==\",\"encoding\":\"base64\"}", "200 OK",
                                      "{\"bytesWritten\":4}", 0}};
    struct attempt one = {toolkit_with("/app", "{\"A\":\"1\",\"B\":\"2\"}"), NULL};
    one.call = &with_options[2]; /* its deadline has no program's limit in it */
    assert_in_range(allocations_fail_each_in_exchange(attempt, &one), 20, 1000);
    one.call = &send;
    assert_in_range(allocations_fail_each_in_exchange(attempt, &one), 20, 1000);
    sbx_toolkit_destroy(one.toolkit);
}

#define WORLD(function) cmocka_unit_test_setup_teardown(function, set_up, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_calls),
        WORLD(test_calls_about_what_was_shown),
        WORLD(test_calls_about_what_cannot_be_meant),
        WORLD(test_options_of_the_toolkit),
        WORLD(test_wrong_calls_ask_nothing),
        WORLD(test_call_that_is_too_large),
        WORLD(test_failures_name_their_subject),
        WORLD(test_budget_and_deadline_of_a_program),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
