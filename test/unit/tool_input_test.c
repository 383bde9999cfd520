/* tool_input_test.c: what a tool takes and what it refuses, with words that say what would have been right; and how
 * flags and --json make one input.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/tool_input.h"

#include <stdio.h>

#include "core/utf8.h"
#include "takeover.h"
#include "toolkit.h"

/* Fails the test unless `input` becomes the JSON `expected`. */
static void taken(const struct toolkit_fixture *fixture, const char *tool, const char *input,
                  const char *expected)
{
    struct sbx_op *op = tool_call(fixture->toolkit, fixture->endpoint, tool, span_of(input));
    json_t *actual = sbx_tool_input(op);
    json_t *wanted = json_loads(expected, JSON_ALLOW_NUL, NULL);
    if (actual == NULL || !json_equal(actual, wanted)) {
        char *text = actual == NULL ? NULL : json_dumps(actual, 0);
        print_error("%s makes %s of %s (%s)\n", tool, text == NULL ? "nothing" : text, input,
                    sbx_op_detail(op));
        free(text);
        fail();
    }
    json_decref(actual);
    json_decref(wanted);
    sbx_op_destroy(op);
}

/* Whether `input` is refused with EINVAL and words of "usage: <tool>: " in which `words` stand; says so if not. */
static bool is_refused(const struct toolkit_fixture *fixture, const char *tool, struct sbx_span input,
                       const char *words)
{
    char start[64];
    struct sbx_op *op = tool_call(fixture->toolkit, fixture->endpoint, tool, input);
    json_t *actual = sbx_tool_input(op);
    (void)snprintf(start, sizeof(start), "usage: %s: ", tool);
    const char *detail = sbx_op_detail(op);
    bool refused = actual == NULL && op->result.status == SBX_EINVAL &&
                   strncmp(detail, start, strlen(start)) == 0 && strstr(detail, words) != NULL;
    if (!refused) {
        print_error("%s %s %.*s (\"%s\", not \"…%s…\")\n", tool, actual == NULL ? "refuses" : "takes",
                    (int)input.length, input.data, detail, words);
    }
    json_decref(actual);
    sbx_op_destroy(op);
    return refused;
}

struct refusal {
    const char *tool;
    struct sbx_span input;
    const char *words;
};

static void all_refused(const struct toolkit_fixture *fixture, const struct refusal *refusals, size_t count)
{
    size_t refused = 0;
    for (size_t i = 0; i < count; i++) {
        refused += is_refused(fixture, refusals[i].tool, refusals[i].input, refusals[i].words);
    }
    assert_int_equal(refused, count);
}

static void test_right_input(void **state)
{
    taken(*state, "list-processes", "{}", "{}");
    taken(*state, "run-command", "{\"command\":\"ls\"}", "{\"command\":\"ls\"}");
    taken(*state, "run-command",
          "{\"command\":\"ls\",\"args\":[],\"cwd\":\"/\",\"env\":{\"A\":\"\"},\"timeoutMs\":1}",
          "{\"command\":\"ls\",\"args\":[],\"cwd\":\"/\",\"env\":{\"A\":\"\"},\"timeoutMs\":1}");
    taken(*state, "create-process", "{\"command\":\"ls\",\"tty\":false}",
          "{\"command\":\"ls\",\"tty\":false}");
    taken(*state, "get-process-logs", "{\"id\":\"p\",\"stream\":\"pty\",\"tail\":1e2}",
          "{\"id\":\"p\",\"stream\":\"pty\",\"tail\":1e2}");
    taken(*state, "send-input", "{\"id\":\"p\",\"data\":\"\\u0000\\u0003\"}",
          "{\"id\":\"p\",\"data\":\"\\u0000\\u0003\"}"); /* what is typed may be anything */
}

static void test_no_object(void **state)
{
    static const struct refusal refusals[] = {
        {"run-command", SBX_SPAN(""), "object"},
        {"run-command", SBX_SPAN("[]"), "object"},
        {"run-command", SBX_SPAN("null"), "object"},
        {"run-command", SBX_SPAN("\"ls\""), "object"},
        {"run-command", SBX_SPAN("{"), "object"},
        {"run-command", SBX_SPAN("{\"command\":\"\xff\"}"), "object"},
        {"run-command", SBX_SPAN("{\"env\":{\"A\\u0000B\":\"\"}}"), "the name 'A\\u0000B' has a NUL"},
    };
    all_refused(*state, refusals, COUNT(refusals));
}

static void test_unknown_and_missing_fields(void **state)
{
    static const struct refusal refusals[] = {
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"comand\":\"x\"}"), "comand"},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"comand\":\"x\"}"),
         "command, args, cwd, env, timeoutMs"},
        {"list-processes", SBX_SPAN("{\"id\":\"x\"}"), "id"},
        {"create-process", SBX_SPAN("{}"), "\"command\" is required"},
        {"create-process", SBX_SPAN("{\"args\":[\"x\"]}"), "\"command\" is required"},
        {"stop-process", SBX_SPAN("{}"), "\"id\" is required"},
        {"kill-process", SBX_SPAN("{\"json\":\"{}\"}"), "\"id\" is required"},
    };
    all_refused(*state, refusals, COUNT(refusals));
}

static void test_wrong_types(void **state)
{
    static const struct refusal refusals[] = {
        {"run-command", SBX_SPAN("{\"command\":1}"), "\"command\""},
        {"run-command", SBX_SPAN("{\"command\":null}"), "\"command\""},
        {"run-command", SBX_SPAN("{\"command\":\"a\\u0000b\"}"), "NUL"},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"cwd\":\"/a\\u0000b\"}"), "\"cwd\""},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"args\":\"x\"}"), "\"args\""},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"args\":[1]}"), "\"args\""},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"args\":{\"0\":\"x\"}}"), "\"args\""},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"env\":[\"A\"]}"), "\"env\""},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"env\":{\"A\":1}}"), "\"env\""},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"timeoutMs\":\"5\"}"), "\"timeoutMs\""},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"timeoutMs\":0}"), "\"timeoutMs\""},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"timeoutMs\":-1}"), "\"timeoutMs\""},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"timeoutMs\":1.5}"), "\"timeoutMs\""},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"timeoutMs\":0.5}"), "\"timeoutMs\""},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"timeoutMs\":9007199254740993}"), "\"timeoutMs\""},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"timeoutMs\":1e300}"), "\"timeoutMs\""},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"timeoutMs\":true}"), "\"timeoutMs\""},
        {"create-process", SBX_SPAN("{\"command\":\"ls\",\"tty\":\"true\"}"), "true or false"},
        {"create-process", SBX_SPAN("{\"command\":\"ls\",\"tty\":1}"), "true or false"},
        {"get-process-logs", SBX_SPAN("{\"id\":\"p\",\"stream\":\"stdin\"}"), "\"stream\""},
        {"get-process-logs", SBX_SPAN("{\"id\":\"p\",\"stream\":\"\"}"), "\"stream\""},
        {"get-process-logs", SBX_SPAN("{\"id\":\"p\",\"stream\":\"pty\\u0000\"}"), "\"stream\""},
        {"get-process-logs", SBX_SPAN("{\"id\":\"p\",\"stream\":1}"), "\"stream\""},
        {"get-process-logs", SBX_SPAN("{\"id\":\"p\",\"tail\":0}"), "\"tail\""},
        {"send-input", SBX_SPAN("{\"id\":\"p\",\"input\":1}"), "\"input\""},
    };
    all_refused(*state, refusals, COUNT(refusals));
}

/* ---- --json ------------------------------------------------------------------------------------------------ */

static void test_json_is_merged(void **state)
{
    taken(*state, "run-command",
          "{\"command\":\"node\",\"json\":\"{\\\"args\\\": [\\\"/app/index.ts\\\"]}\"}",
          "{\"command\":\"node\",\"args\":[\"/app/index.ts\"]}"); /* the documentation's line */
    taken(*state, "run-command", "{\"json\":\"{\\\"command\\\":\\\"ls\\\"}\"}", "{\"command\":\"ls\"}");
    taken(*state, "run-command", "{\"command\":\"ls\",\"json\":\"{}\"}", "{\"command\":\"ls\"}");
    taken(*state, "run-command", "{\"command\":\"ls\",\"json\":\" \\n{ }\\n\"}", "{\"command\":\"ls\"}");
    taken(*state, "send-input", "{\"id\":\"p\",\"json\":\"{\\\"data\\\":\\\"\\\\u0000\\\"}\"}",
          "{\"id\":\"p\",\"data\":\"\\u0000\"}");
}

/* A flag was written by itself: it wins over the same field in --json, and as a whole. */
static void test_flags_come_first(void **state)
{
    taken(*state, "run-command",
          "{\"json\":\"{\\\"command\\\":\\\"ls\\\",\\\"cwd\\\":\\\"/b\\\"}\",\"command\":\"pwd\"}",
          "{\"command\":\"pwd\",\"cwd\":\"/b\"}");
    taken(*state, "run-command",
          "{\"command\":\"ls\",\"args\":[\"a\"],\"json\":\"{\\\"args\\\":[\\\"b\\\",\\\"c\\\"]}\"}",
          "{\"command\":\"ls\",\"args\":[\"a\"]}");
}

static void test_json_that_is_none(void **state)
{
    static const struct refusal refusals[] = {
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"json\":\"\"}"), "--json"},
        {"run-command", SBX_SPAN("{\"json\":\"{\\\"env\\\":{\\\"\\\\u0000\\\":\\\"\\\"}}\"}"),
         "the name '\\u0000' has a NUL"},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"json\":\"{\"}"), "--json"},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"json\":\"[]\"}"), "--json"},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"json\":\"null\"}"), "--json"},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"json\":{}}"), "--json"},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"json\":1}"), "--json"},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"json\":\"{} x\"}"), "--json"},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"json\":\"{}\\u0000x\"}"), "--json"},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"json\":\"{'args':[]}\"}"), "--json"},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"json\":\"{\\\"json\\\":\\\"{}\\\"}\"}"), "--json"},
        {"run-command",
         SBX_SPAN("{\"command\":\"ls\",\"json\":\"{\\\"cwd\\\":\\\"/a\\\",\\\"cwd\\\":\\\"/b\\\"}\"}"),
         "--json"},
    };
    all_refused(*state, refusals, COUNT(refusals));
}

/* Fields of --json are held against the same rules. */
static void test_json_is_checked(void **state)
{
    static const struct refusal refusals[] = {
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"json\":\"{\\\"arg\\\":[]}\"}"), "\"arg\""},
        {"run-command", SBX_SPAN("{\"command\":\"ls\",\"json\":\"{\\\"args\\\":[1]}\"}"), "\"args\""},
        {"run-command", SBX_SPAN("{\"json\":\"{\\\"command\\\":\\\"a\\\\u0000b\\\"}\"}"), "NUL"},
        {"run-command", SBX_SPAN("{\"json\":\"{\\\"command\\\":null}\"}"), "\"command\""},
    };
    all_refused(*state, refusals, COUNT(refusals));
}

/* ---- The rest -------------------------------------------------------------------------------------------------- */

static void test_needs_shell(void **state)
{
    (void)state;
    static const char *const plain[] = {"ls",  "/usr/bin/env", "./a-b_c.d", "npm",
                                        "g++", "a@b:c%d,e=f^", "\xc3\xa4",  ""};
    static const char *const shell[] = {
        "ls -l", "a|b", "a&",  "a;b", "<a", ">a", "$HOME", "`a`",  "a(b)", "\"a\"", "'a'",
        "a*",    "a?",  "[a]", "#a",  "~",  "!a", "{a,b}", "a\\b", "a\tb", "a\nb",  " a",
    };
    for (size_t i = 0; i < COUNT(plain); i++) {
        assert_false(sbx_tool_needs_shell(plain[i]));
    }
    for (size_t i = 0; i < COUNT(shell); i++) {
        assert_true(sbx_tool_needs_shell(shell[i]));
    }
}

/* Words are cut to what an error carries, wherever a name's characters end. */
static void test_long_words(void **state)
{
    const struct toolkit_fixture *fixture = *state;
    char input[6000] = "{\"";
    size_t length = 2;
    while (length < 5000) {
        memcpy(input + length, "\xe2\x82\xac", 3);
        length += 3;
    }
    memcpy(input + length, "\":1}", 5);
    struct sbx_op *op = tool_call(fixture->toolkit, fixture->endpoint, "run-command", span_of(input));
    assert_null(sbx_tool_input(op));
    assert_status(op->result.status, SBX_EINVAL);
    assert_in_range(strlen(sbx_op_detail(op)), 100, SBX_DETAIL_MAX - 1);
    assert_true(sbx_utf8_valid(span_of(sbx_op_detail(op))));
    sbx_op_destroy(op);
}

static enum sbx_status read_input(void *user)
{
    const struct toolkit_fixture *fixture = user;
    struct sbx_op *op = NULL;
    enum sbx_status status =
        sbx_tool_op_create(&op, fixture->toolkit, tool_named("run-command"), fixture->endpoint,
                           SBX_SPAN("{\"command\":\"ls\",\"json\":\"{\\\"args\\\":[\\\"a\\\"],\\\"env\\\":{"
                                    "\\\"A\\\":\\\"1\\\"}}\"}"));
    if (status != SBX_OK) {
        return status;
    }
    json_t *input = sbx_tool_input(op);
    status = input == NULL ? op->result.status : SBX_OK;
    json_decref(input);
    sbx_op_destroy(op);
    return status;
}

static void test_no_memory(void **state)
{
    assert_in_range(allocations_fail_each_loosely(read_input, *state), 10, 300);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, toolkit_set_up, toolkit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_right_input),       TEST(test_no_object),       TEST(test_unknown_and_missing_fields),
        TEST(test_wrong_types),       TEST(test_json_is_merged),  TEST(test_flags_come_first),
        TEST(test_json_that_is_none), TEST(test_json_is_checked), cmocka_unit_test(test_needs_shell),
        TEST(test_long_words),        TEST(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
