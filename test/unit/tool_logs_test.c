/* tool_logs_test.c: what get-process-logs asks, to the byte, and in which order.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "script.h"
#include "toolkit.h"

static struct script script;

static int set_up(void **state)
{
    return world_start(state, script_answer, &script);
}

#define PROCESS "GET /v1/processes/proc_1"
#define LOG "GET /v1/processes/proc_1/logs"
#define RUNNING "{\"id\":\"proc_1\",\"status\":\"running\"}"
#define EXITED "{\"id\":\"proc_1\",\"status\":\"exited\",\"exitCode\":3}"
#define ENTRY(sequence, data) /* of base64 */                                                                \
    "{\"sequence\":" sequence ",\"stream\":\"stdout\",\"timestampMs\":5,\"data\":\"" data                    \
    "\",\"encoding\":\"base64\"}"
#define ERRORS(sequence, data)                                                                               \
    "{\"sequence\":" sequence ",\"stream\":\"stderr\",\"timestampMs\":5,\"data\":\"" data                    \
    "\",\"encoding\":\"base64\"}"
#define LAST_ERRORS "?stream=stderr&tail=4"
#define SHOWN(data) "{\"data\":\"" data "\",\"stream\":\"stdout\",\"timestampMs\":5}"

static void test_all_of_it(void **state)
{
    static const struct exchange exchanges[EXCHANGES_MAX] = {
        {PROCESS, NULL, "200 OK", RUNNING, 0},
        {LOG, NULL, "200 OK", "{\"entries\":[" ENTRY("3", "YeKC") "]}", 0},
    };
    toolkit_gives(
        *state, &script, "get-process-logs", "{\"id\":\"proc_1\"}", exchanges,
        "{\"logs\":[" SHOWN("a") "],\"nextSince\":\"3-e282\",\"status\":\"running\",\"droppedEntries\":2}");
}

static void test_on_from_a_place(void **state)
{
    static const struct exchange exchanges[EXCHANGES_MAX] = {
        {PROCESS, NULL, "200 OK", EXITED, 0},
        {LOG "?since=3", NULL, "200 OK", "{\"entries\":[" ENTRY("4", "rGI=") "]}", 0},
    };
    toolkit_gives(*state, &script, "get-process-logs", "{\"id\":\"proc_1\",\"since\":\"3-e282\"}", exchanges,
                  "{\"logs\":[" SHOWN("\xe2\x82\xac"
                                      "b") "],\"nextSince\":\"4\",\"status\":\"exited\",\"exitCode\":3}");
}

/* So many entries at its end are asked for as lines are wanted; where those are fewer lines, all. */
static void test_lines(void **state)
{
    static const struct exchange few[EXCHANGES_MAX] = {
        {PROCESS, NULL, "200 OK", RUNNING, 0},
        {LOG "?tail=3", NULL, "200 OK",
         "{\"entries\":[" ENTRY("7", "YQo=") "," ENTRY("8", "Ygo=") "," ENTRY("9", "Ywo=") "]}", 0},
        {LOG LAST_ERRORS, NULL, "200 OK", "{\"entries\":[" ERRORS("3", "4g==") "," ERRORS("4", "gg==") "]}",
         0},
    };
    toolkit_gives(
        *state, &script, "get-process-logs", "{\"id\":\"proc_1\",\"tail\":2}", few,
        "{\"logs\":[" SHOWN("b\\n") "," SHOWN("c\\n") "],\"nextSince\":\"9--e282\",\"status\":\"running\"}");
    static const struct exchange all[EXCHANGES_MAX] = {
        {PROCESS, NULL, "200 OK", RUNNING, 0},
        {LOG "?tail=3", NULL, "200 OK",
         "{\"entries\":[" ENTRY("7", "YQ==") "," ENTRY("8", "Yg==") "," ENTRY("9", "Yw==") "]}", 0},
        {LOG, NULL, "200 OK",
         "{\"entries\":[" ENTRY("6", "eAp5Cno=") "," ENTRY("7", "YQ==") "," ENTRY("8", "Yg==") "," ENTRY(
             "9", "Yw==") "]}",
         0},
    };
    toolkit_gives(*state, &script, "get-process-logs", "{\"id\":\"proc_1\",\"tail\":2}", all,
                  "{\"logs\":[" SHOWN("y\\nz") "," SHOWN("a") "," SHOWN("b") "," SHOWN(
                      "c") "],\"nextSince\":\"9\",\"status\":\"running\",\"droppedEntries\":5}");
}

/* What a stream printed meanwhile was not in the window: all is asked for. */
static void test_lines_meanwhile(void **state)
{
    static const struct exchange exchanges[EXCHANGES_MAX] = {
        {PROCESS, NULL, "200 OK", RUNNING, 0},
        {LOG "?tail=2", NULL, "200 OK", "{\"entries\":[" ENTRY("2", "YQo=") "," ENTRY("3", "Ygo=") "]}", 0},
        {LOG LAST_ERRORS, NULL, "200 OK", "{\"entries\":[" ERRORS("4", "ZQo=") "]}", 0},
        {LOG, NULL, "200 OK",
         "{\"entries\":[" ENTRY("1", "") "," ENTRY("2", "YQo=") "," ENTRY("3", "Ygo=") "," ERRORS(
             "4", "ZQo=") "]}",
         0},
    };
    toolkit_gives(
        *state, &script, "get-process-logs", "{\"id\":\"proc_1\",\"tail\":1}", exchanges,
        "{\"logs\":[{\"data\":\"e\\n\",\"stream\":\"stderr\",\"timestampMs\":5}],\"nextSince\":\"4\","
        "\"status\":\"running\"}");
}

/* It ends one look after the process has. */
static void test_followed(void **state)
{
    static const struct exchange exchanges[EXCHANGES_MAX] = {
        {PROCESS, NULL, "200 OK", RUNNING, 0},
        {LOG, NULL, "200 OK", "{\"entries\":[" ENTRY("1", "YQ==") "]}", 0},
        {PROCESS, NULL, "200 OK", EXITED, 0},
        {LOG "?since=1", NULL, "200 OK", "{\"entries\":[" ENTRY("2", "Yg==") "]}", 0},
        {PROCESS, NULL, "200 OK", EXITED, 0},
        {LOG "?since=2", NULL, "200 OK", "{\"entries\":[]}", 0},
    };
    toolkit_gives(*state, &script, "get-process-logs", "{\"id\":\"proc_1\",\"follow\":60000}", exchanges,
                  "{\"logs\":[" SHOWN("a") "," SHOWN(
                      "b") "],\"nextSince\":\"2\",\"status\":\"exited\",\"exitCode\":3}");
}

static void test_failures(void **state)
{
    static const struct {
        enum sbx_status status;
        struct exchange exchanges[EXCHANGES_MAX];
    } rows[] = {
        {SBX_ESRCH,
         {{PROCESS, NULL, "404 Not Found", "{\"detail\":\"x\",\"details\":{\"resource\":\"process\"}}", 0}}},
        {SBX_EPROTO, {{PROCESS, NULL, "200 OK", "{}", 0}}},
        {SBX_EPROTO, {{PROCESS, NULL, "200 OK", RUNNING, 0}, {LOG, NULL, "200 OK", "{\"entries\":[7]}", 0}}},
        {SBX_EPROTO, {{PROCESS, NULL, "200 OK", RUNNING, 0}, {LOG, NULL, "200 OK", "[]", 0}}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sbx_op *op =
            toolkit_run(*state, &script, "get-process-logs", "{\"id\":\"proc_1\"}", rows[i].exchanges);
        assert_status(op->result.status, rows[i].status);
        sbx_op_destroy(op);
    }
}

#define WORLD(function) cmocka_unit_test_setup_teardown(function, set_up, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_all_of_it),       WORLD(test_on_from_a_place), WORLD(test_lines),
        WORLD(test_lines_meanwhile), WORLD(test_followed),        WORLD(test_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
