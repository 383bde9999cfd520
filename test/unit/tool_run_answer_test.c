/* tool_run_answer_test.c: what run-command answers, from the record of its program and the files of what it printed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/tool_run.h"

#include "takeover.h"
#include "toolkit.h"

/* What came on a stream, and how much of it is kept. */
struct stream {
    struct sbx_span bytes;
    uint64_t most;
};

static struct sbx_op *op_with_run(const struct toolkit_fixture *fixture)
{
    struct sbx_op *op = tool_call(fixture->toolkit, fixture->endpoint, "run-command", SBX_SPAN("{}"));
    op->run = sbx_run_create();
    assert_non_null(op->run);
    op->run->state.state = SBX_SUPERVISED_ENDED;
    return op;
}

static void finish(struct sbx_op *op)
{
    op->state = SBX_OP_IS_DONE;
    sbx_op_destroy(op);
}

/* The file as the supervisor's relay makes it, byte by byte. */
static struct sbx_buffer file_of(const struct stream *stream)
{
    struct sbx_buffer file = {malloc(stream->bytes.length + 1), 0};
    assert_non_null(file.data);
    for (uint64_t i = 0; i < stream->bytes.length; i++) {
        uint64_t room = 0;
        size_t place = (size_t)sbx_spool_place(stream->most, i, &room);
        file.data[place] = stream->bytes.data[i];
        file.length = place >= file.length ? place + 1 : file.length;
    }
    return file;
}

static struct sbx_op *printed(const struct toolkit_fixture *fixture, struct stream output)
{
    struct sbx_op *op = op_with_run(fixture);
    op->run->state.most = output.most;
    op->run->state.output = output.bytes.length;
    op->run->streams[0] = file_of(&output);
    return op;
}

static json_t *answer_of(struct sbx_op *op)
{
    assert_int_equal(sbx_run_answer(op), SBX_STEP_END);
    assert_status(op->result.status, SBX_OK);
    json_t *answer = json_loadb(op->result.bytes.data, op->result.bytes.length, JSON_ALLOW_NUL, NULL);
    assert_non_null(answer);
    finish(op);
    return answer;
}

static void gives(const struct toolkit_fixture *fixture, struct stream output, const char *expected)
{
    struct sbx_op *op = printed(fixture, output);
    assert_int_equal(sbx_run_answer(op), SBX_STEP_END);
    assert_answer(op, expected);
    finish(op);
}

/* ---- Output ------------------------------------------------------------------------------------------------- */

#define ANSWER(out, rest)                                                                                    \
    "{\"stdout\":\"" out "\",\"stderr\":\"\",\"exitCode\":0,\"timedOut\":false,\"durationMs\":0" rest "}"
#define CUT ",\"stdoutTruncated\":true"
#define BASE64 ",\"encoding\":\"base64\""

static void test_whole(void **state)
{
    gives(*state, (struct stream){SBX_SPAN(""), 10}, ANSWER("", ""));
    gives(*state, (struct stream){SBX_SPAN("0123456789"), 10}, ANSWER("0123456789", ""));
    gives(*state, (struct stream){SBX_SPAN("a\0\xc3\xa4"), 10}, ANSWER("a\\u0000\\u00e4", ""));
}

static void test_head_and_tail(void **state)
{
    gives(*state, (struct stream){SBX_SPAN("0123456789a"), 10},
          ANSWER("01234\\n[1 bytes left out]\\n6789a", CUT));
    gives(*state, (struct stream){SBX_SPAN("0123456789abcdefghi"), 7},
          ANSWER("012\\n[12 bytes left out]\\nfghi", CUT));
    gives(*state, (struct stream){SBX_SPAN("0123456789abcdefghi"), 2},
          ANSWER("0\\n[17 bytes left out]\\ni", CUT));
}

/* Whatever the number of bytes and the room for them. */
static void test_every_cut(void **state)
{
    static const char bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    for (size_t most = 2; most < 20; most++) {
        for (size_t total = most + 1; total < sizeof(bytes); total++) {
            char expected[100];
            (void)snprintf(expected, sizeof(expected), "%.*s\n[%zu bytes left out]\n%.*s", (int)(most / 2),
                           bytes, total - most, (int)(most - most / 2), bytes + total - (most - most / 2));
            json_t *answer = answer_of(printed(*state, (struct stream){{bytes, total}, most}));
            assert_string_equal(json_string_value(json_object_get(answer, "stdout")), expected);
            json_decref(answer);
        }
    }
}

/* A character on the border of what is kept counts as left out, whole. */
static void test_cut_characters(void **state)
{
    gives(*state, (struct stream){SBX_SPAN("\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"), 8},
          ANSWER("\\u20ac\\n[6 bytes left out]\\n\\u20ac", CUT));
    gives(*state, (struct stream){SBX_SPAN("\xf0\x9f\x99\x82-\xf0\x9f\x99\x82"), 6},
          ANSWER("\\n[9 bytes left out]\\n", CUT));
}

static void test_what_is_no_text(void **state)
{
    gives(*state, (struct stream){SBX_SPAN("a\xff\0b"), 10}, ANSWER("Yf8AYg==", BASE64));
    gives(*state, (struct stream){SBX_SPAN("\x80"), 10}, ANSWER("gA==", BASE64));
    gives(*state, (struct stream){SBX_SPAN("\xff\xff\xff\xff"), 2},
          ANSWER("ClszIGJ5dGVzIGxlZnQgb3V0XQr/", CUT BASE64));
    struct sbx_op *op = printed(*state, (struct stream){SBX_SPAN("text"), 10});
    op->run->state.errors = 1;
    op->run->streams[1] = file_of(&(struct stream){SBX_SPAN("\xff"), 10});
    json_t *answer = answer_of(op); /* one encoding for both */
    assert_string_equal(json_string_value(json_object_get(answer, "stdout")), "dGV4dA==");
    assert_string_equal(json_string_value(json_object_get(answer, "stderr")), "/w==");
    json_decref(answer);
}

/* The disk was full, or the program changed the files or the record itself. */
static void test_files_of_another_length(void **state)
{
    static const struct {
        uint64_t most;
        uint64_t output;
        const char *file;
        const char *answer;
    } others[] = {
        {10, 100, "abc", ANSWER("abc", CUT)},    {10, 100, "", ANSWER("", CUT)},
        {10, 3, "abcdef", ANSWER("abcdef", "")}, {0, 100, "", ANSWER("", CUT)},
        {0, UINT64_MAX, "a", ANSWER("a", CUT)},  {UINT64_MAX, UINT64_MAX, "a", ANSWER("a", CUT)},
        {1, 100, "a", ANSWER("a", CUT)},
    };
    for (size_t i = 0; i < COUNT(others); i++) {
        struct sbx_op *op = op_with_run(*state);
        op->run->state.most = others[i].most;
        op->run->state.output = others[i].output;
        op->run->streams[0] = (struct sbx_buffer){strdup(others[i].file), strlen(others[i].file)};
        assert_int_equal(sbx_run_answer(op), SBX_STEP_END);
        assert_answer(op, others[i].answer);
        finish(op);
    }
}

/* ---- The end ------------------------------------------------------------------------------------------------ */

static void ends(const struct toolkit_fixture *fixture, struct sbx_supervised ended, const char *expected)
{
    struct sbx_op *op = op_with_run(fixture);
    op->run->state = ended;
    op->run->limit_ms = 700;
    json_t *answer = answer_of(op);
    json_t *wanted = json_loads(expected, 0, NULL);
    const char *hint = json_string_value(json_object_get(answer, "hint"));
    if (hint != NULL) {
        assert_non_null(strstr(hint, "700 ms"));
        assert_non_null(strstr(hint, "create-process"));
        assert_int_equal(json_object_del(answer, "hint"), 0);
    }
    assert_int_equal(hint != NULL, ended.reason == SBX_END_LIMIT);
    assert_true(json_equal(answer, wanted));
    json_decref(wanted);
    json_decref(answer);
}

#define END(code, signal, late, took)                                                                        \
    "{\"stdout\":\"\",\"stderr\":\"\",\"exitCode\":" code ",\"timedOut\":" late                              \
    ",\"durationMs\":" took signal "}"

static void test_ends(void **state)
{
    ends(*state, (struct sbx_supervised){.exit_code = 255, .started_ms = 5, .ended_ms = 17},
         END("255", "", "false", "12"));
    ends(*state, (struct sbx_supervised){.signal = 31}, END("null", ",\"signal\":\"SIGSYS\"", "false", "0"));
    ends(*state, (struct sbx_supervised){.signal = 64}, END("null", ",\"signal\":\"SIG64\"", "false", "0"));
    ends(*state, (struct sbx_supervised){.signal = UINT32_MAX},
         END("null", ",\"signal\":\"SIG4294967295\"", "false", "0"));
    ends(*state, (struct sbx_supervised){.signal = 15, .reason = SBX_END_LIMIT},
         END("null", ",\"signal\":\"SIGTERM\"", "true", "0"));
    ends(*state, (struct sbx_supervised){.exit_code = 3, .reason = SBX_END_LIMIT}, END("3", "", "true", "0"));
    ends(*state, (struct sbx_supervised){.started_ms = 9, .ended_ms = 5}, /* the clock was put back */
         END("0", "", "false", "0"));
}

static void test_what_did_not_start(void **state)
{
    static const struct {
        uint8_t step;
        uint32_t error;
        const char *status;
        const char *words;
    } starts[] = {
        {SBX_START_CWD, SBX_ENOENT, "ENOENT", "the working directory '/w' does not exist"},
        {SBX_START_CWD, SBX_ENOTDIR, "ENOTDIR", "the working directory '/w' is not a directory"},
        {SBX_START_CWD, SBX_EACCES, "EACCES", "the working directory '/w' cannot be entered"},
        {SBX_START_PROGRAM, SBX_ENOENT, "ENOENT", "there is no program 'c'"},
        {SBX_START_PROGRAM, SBX_ENOTDIR, "ENOTDIR", "there is no program 'c'"},
        {SBX_START_PROGRAM, SBX_EACCES, "EACCES", "'c' is not executable"},
        {SBX_START_PROGRAM, SBX_E2BIG, "E2BIG", "the arguments and the environment of 'c' are too long"},
        {SBX_START_PROGRAM, SBX_ENOEXEC, "ENOEXEC", "the program 'c' cannot be executed"},
        {SBX_START_PROGRAM, 9999, "EIO", "the program 'c' cannot be executed"},
        {SBX_START_PROCESS, SBX_EAGAIN, "EAGAIN", "no process could be made for 'c'"},
        {0, 0, "EIO", "no process could be made for 'c'"}, /* a record that says nothing */
        {255, SBX_EPERM, "EPERM", "no process could be made for 'c'"},
    };
    for (size_t i = 0; i < COUNT(starts); i++) {
        struct sbx_op *op = op_with_run(*state);
        op->run->state = (struct sbx_supervised){.step = starts[i].step, .error = starts[i].error};
        op->run->body = json_pack("{s:s, s:s}", "command", "c", "cwd", "/w");
        assert_int_equal(sbx_run_answer_not_started(op), SBX_STEP_END);
        assert_string_equal(sbx_status_name(op->result.status), starts[i].status);
        assert_non_null(strstr(sbx_op_detail(op), starts[i].words));
        finish(op);
    }
}

static void test_created(void **state)
{
    struct sbx_op *op = op_with_run(*state);
    op->run->state = (struct sbx_supervised){.state = SBX_SUPERVISED_RUNS, .pid = 9};
    op->run->created = json_loads("{\"id\":\"proc_1\",\"command\":\"/p\",\"status\":\"running\",\"pid\":7,"
                                  "\"args\":[\"supervise\",\"--record\",\"run-0123456789abcdef\",\"--\","
                                  "\"npm\",\"start\"],\"createdAtMs\":5}",
                                  0, NULL);
    assert_int_equal(sbx_run_answer_created(op), SBX_STEP_END);
    assert_answer(op, "{\"id\":\"proc_1\",\"command\":\"npm\",\"args\":[\"start\"],\"status\":\"running\","
                      "\"pid\":9}");
    finish(op);
}

/* ---- No memory ------------------------------------------------------------------------------------------------ */

static enum sbx_status attempt(void *user)
{
    allocations_pause(true);
    struct sbx_op *op = printed(user, (struct stream){SBX_SPAN("0123456789\xff"), 10});
    op->run->state.reason = SBX_END_LIMIT;
    op->run->state.signal = 9;
    allocations_pause(false);
    (void)sbx_run_answer(op);
    enum sbx_status status = op->result.status;
    finish(op);
    return status;
}

static void test_no_memory(void **state)
{
    assert_in_range(allocations_fail_each_loosely(attempt, *state), 10, 500);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, toolkit_set_up, toolkit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_whole),          TEST(test_head_and_tail),      TEST(test_every_cut),
        TEST(test_cut_characters), TEST(test_what_is_no_text),    TEST(test_files_of_another_length),
        TEST(test_ends),           TEST(test_what_did_not_start), TEST(test_created),
        TEST(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
