/* create_test.c: what create-process asks beside the start of its program, and in which order.
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

#define TCP "GET /v1/fs/file?path=/proc/net/tcp"
#define CREATE "POST /v1/processes"
#define PROGRAM "{\"command\":\"x\",\"env\":{}}"
#define CREATED "{\"id\":\"proc_1\",\"command\":\"x\",\"args\":[],\"status\":\"running\",\"pid\":8}"
#define PROCESS "GET /v1/processes/proc_1"
#define LOG "GET /v1/processes/proc_1/logs"
#define ENTRY "{\"sequence\":1,\"stream\":\"stdout\",\"timestampMs\":5,\"data\":\"" /* and base64 */
#define CAVEAT                                                                                               \
    "\"caveat\":\"No companion supervises it: stop-process and kill-process end this one process alone, "    \
    "what it "                                                                                               \
    "starts may go on, and the end of its input cannot be sent unless it has a terminal.\""
#define LISTENS "0: 00000000:0BB8 00000000:0000 0A\n"

static void test_text(void **state)
{
    static const struct exchange exchanges[EXCHANGES_MAX] = {
        {CREATE, PROGRAM, "200 OK", CREATED, 0},
        {PROCESS, NULL, "200 OK", CREATED, 0},
        {LOG, NULL, "200 OK", "{\"entries\":[" ENTRY "cmVh\",\"encoding\":\"base64\"}]}", 0},
        {PROCESS, NULL, "200 OK", CREATED, 0},
        {LOG "?since=1", NULL, "200 OK",
         "{\"entries\":[{\"sequence\":2,\"stream\":\"stdout\",\"timestampMs\":5,\"data\":\"dy\"}]}", 0},
    };
    toolkit_gives(*state, &script, "create-process",
                  "{\"command\":\"x\",\"waitForLog\":\"ready\",\"waitMs\":60000}", exchanges,
                  "{\"id\":\"proc_1\",\"command\":\"x\",\"args\":[],\"status\":\"running\",\"pid\":8,"
                  "\"ready\":true," CAVEAT "}");
}

/* Before the start nothing may listen there. */
static void test_port_that_is_taken(void **state)
{
    static const struct exchange first[EXCHANGES_MAX] = {{TCP, NULL, "200 OK", LISTENS, 0}};
    static const struct exchange second[EXCHANGES_MAX] = {{TCP, NULL, "200 OK", "", 0},
                                                          {TCP "6", NULL, "200 OK", LISTENS, 0}};
    const struct exchange *both[] = {first, second};
    for (size_t i = 0; i < COUNT(both); i++) {
        struct sbx_op *op = toolkit_run(*state, &script, "create-process",
                                        "{\"command\":\"x\",\"waitForPort\":3000}", both[i]);
        assert_status(op->result.status, SBX_EBUSY);
        assert_non_null(strstr(sbx_op_detail(op), "port 3000 already"));
        sbx_op_destroy(op);
    }
}

static void test_port(void **state)
{
    static const struct exchange exchanges[EXCHANGES_MAX] = {
        {TCP, NULL, "200 OK", "", 0},
        {TCP "6", NULL, "400 Bad Request", "{\"detail\":\"invalid request: path not found: /proc/net/tcp6\"}",
         0},
        {CREATE, PROGRAM, "200 OK", CREATED, 0},
        {PROCESS, NULL, "200 OK", CREATED, 0},
        {LOG, NULL, "200 OK", "{\"entries\":[]}", 0},
        {TCP, NULL, "200 OK", LISTENS, 0},
    };
    toolkit_gives(*state, &script, "create-process", "{\"command\":\"x\",\"waitForPort\":3000}", exchanges,
                  "{\"id\":\"proc_1\",\"command\":\"x\",\"args\":[],\"status\":\"running\",\"pid\":8,"
                  "\"ready\":true," CAVEAT "}");
}

/* The server gives every terminal the same size. */
static void test_size(void **state)
{
    static const struct exchange exchanges[EXCHANGES_MAX] = {
        {CREATE, "{\"command\":\"x\",\"env\":{},\"tty\":true}", "200 OK", CREATED, 0},
        {"POST /v1/processes/proc_1/terminal/resize", "{\"cols\":132,\"rows\":24}", "200 OK", "{}", 0},
    };
    toolkit_gives(
        *state, &script, "create-process", "{\"command\":\"x\",\"tty\":true,\"cols\":132}", exchanges,
        "{\"id\":\"proc_1\",\"command\":\"x\",\"args\":[],\"status\":\"running\",\"pid\":8," CAVEAT "}");
}

static void test_limit(void **state)
{
    static const struct exchange exchanges[EXCHANGES_MAX] = {
        {CREATE, PROGRAM, "409 Conflict",
         "{\"detail\":\"conflict: max concurrent process limit reached (2)\"}", 0},
        {"GET /v1/processes", NULL, "200 OK",
         "{\"processes\":[{\"id\":\"proc_1\",\"command\":\"a\",\"args\":[\"\\n\"],\"status\":\"exited\"},"
         "{\"id\":\"proc_2\",\"command\":\"npm\",\"args\":[\"run\",\"dev\"],\"status\":\"running\"},{\"id\":"
         "\"proc_3\","
         "\"command\":\"0123456789012345678901234567890123456789\",\"args\":[\"x\"],\"status\":\"running\"},"
         "7,{}]}",
         0},
    };
    struct sbx_op *op = toolkit_run(*state, &script, "create-process", "{\"command\":\"x\"}", exchanges);
    assert_status(op->result.status, SBX_EBUSY);
    assert_string_equal(
        sbx_op_detail(op),
        "create-process 'x'; 2 processes run, and the sandbox's server allows no more: proc_2 (npm run "
        "dev), proc_3 (0123456789012345678901234567890123456789...). stop-process ends one.");
    sbx_op_destroy(op);
}

#define WORLD(function) cmocka_unit_test_setup_teardown(function, set_up, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_text),  WORLD(test_port_that_is_taken), WORLD(test_port), WORLD(test_size),
        WORLD(test_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
