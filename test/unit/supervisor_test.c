/* supervisor_test.c: a program wrapped for the supervisor and shown as itself again, and the companion's answers about
 * it, which are foreign bytes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/supervisor.h"

#include "core/tool_calls.h"
#include "toolkit.h"
#include "wire/base64.h"

#define RECORD "run-0123456789abcdef"
#define OUTPUT_SIZE 4096

static struct sbx_op *call(const struct toolkit_fixture *fixture)
{
    return tool_call(fixture->toolkit, fixture->endpoint, "run-command", SBX_SPAN("{}"));
}

static void finish(struct sbx_op *op)
{
    op->state = SBX_OP_IS_DONE;
    sbx_op_destroy(op);
}

/* ---- Wrapped, and shown as itself ------------------------------------------------------------------------ */

static void wraps(const struct toolkit_fixture *fixture, const char *body, const char *wrapped)
{
    static const char *const options[] = {"--record", RECORD, NULL};
    const struct sbx_greeting greeting = {.program = SBX_SPAN("/p")};
    struct sbx_op *op = call(fixture);
    assert_status(sbx_companion_is_up(fixture->toolkit->companion, fixture->endpoint, &greeting), SBX_OK);
    json_t *program = json_loads(body, 0, NULL);
    json_t *made = sbx_supervisor_wrap(op, program, options);
    json_t *wanted = json_loads(wrapped, 0, NULL);
    assert_true(json_equal(made, wanted));
    json_decref(made);
    json_decref(wanted);
    json_decref(program);
    finish(op);
}

static void test_wrap(void **state)
{
    wraps(*state, "{\"command\":\"a\",\"env\":{\"SBX_0\":\"x\"}}",
          "{\"command\":\"/p\",\"args\":[\"supervise\",\"--record\",\"" RECORD
          "\",\"--\",\"a\"],\"env\":{\"SBX_0\":\"x\"}}");
    wraps(*state, "{\"command\":\"a\",\"args\":[\"--\",\"\"],\"cwd\":\"--\",\"env\":{},\"timeoutMs\":7}",
          "{\"command\":\"/p\",\"args\":[\"supervise\",\"--record\",\"" RECORD
          "\",\"--cwd\",\"--\",\"--\",\"a\",\"--\",\"\"],\"env\":{}}");
}

static void shows(const char *process, const char *shown)
{
    json_t *made = sbx_supervisor_unwrap(json_loads(process, 0, NULL));
    json_t *wanted = json_loads(shown, 0, NULL);
    assert_non_null(wanted);
    assert_true(json_equal(made, wanted));
    json_decref(made);
    json_decref(wanted);
}

static void test_unwrap(void **state)
{
    (void)state;
    shows("{\"command\":\"/p\",\"args\":[\"supervise\",\"--record\",\"" RECORD
          "\",\"--spool\",\"7\",\"--\",\"a\",\"--\",\"b\"],\"pid\":7,\"id\":\"proc_1\"}",
          "{\"command\":\"a\",\"args\":[\"--\",\"b\"],\"pid\":null,\"id\":\"proc_1\"}");
    assert_null(sbx_supervisor_unwrap(NULL));
    /* What only looks like it stays as it is. */
    static const char *const others[] = {
        "{\"command\":\"a\",\"args\":[],\"pid\":7}",
        "{\"command\":\"a\",\"pid\":7}",
        "{\"command\":\"a\",\"args\":\"supervise\",\"pid\":7}",
        "{\"command\":\"a\",\"args\":[\"supervise\",\"--record\"],\"pid\":7}",
        "{\"command\":\"a\",\"args\":[\"supervise\",\"--record\",7,\"--\",\"b\"],\"pid\":7}",
        "{\"command\":\"a\",\"args\":[\"supervise\",\"--record\",\"run-1\",\"--\",\"b\"],\"pid\":7}",
        "{\"command\":\"a\",\"args\":[\"supervise\",\"--cwd\",\"" RECORD "\",\"--\",\"b\"],\"pid\":7}",
        "{\"command\":\"a\",\"args\":[\"x\",\"--record\",\"" RECORD "\",\"--\",\"b\"],\"pid\":7}",
    };
    for (size_t i = 0; i < COUNT(others); i++) {
        shows(others[i], others[i]);
    }
    /* Nothing stands behind "--", or there is none. */
    assert_null(sbx_supervisor_unwrap(
        json_loads("{\"args\":[\"supervise\",\"--record\",\"" RECORD "\",\"--\"]}", 0, NULL)));
    assert_null(
        sbx_supervisor_unwrap(json_loads("{\"args\":[\"supervise\",\"--record\",\"" RECORD "\"]}", 0, NULL)));
}

static void test_name(void **state)
{
    (void)state;
    char one[24];
    char other[24];
    assert_status(sbx_supervisor_name(one, sizeof(one)), SBX_OK);
    assert_status(sbx_supervisor_name(other, sizeof(other)), SBX_OK);
    assert_int_equal(strlen(one), SBX_RECORD_LENGTH);
    assert_int_equal(strspn(one + 4, "0123456789abcdef"), SBX_RECORD_LENGTH - 4);
    assert_memory_equal(one, "run-", 4);
    assert_string_not_equal(one, other);
}

/* ---- Answers ------------------------------------------------------------------------------------------------ */

/* Replies of the companion, one behind the other. */
struct output {
    char space[OUTPUT_SIZE];
    struct sbx_writer writer;
};

static void output_begin(struct output *output)
{
    output->writer = sbx_buf_writer(output->space, sizeof(output->space));
}

static void put_record(struct output *output, uint32_t id, uint32_t pid)
{
    const struct sbx_result result = {.supervised = {.state = SBX_SUPERVISED_RUNS, .pid = pid}};
    size_t start = sbx_frame_begin(&output->writer, id, 0);
    assert_status(sbx_result_encode(sbx_op_row(SBX_OP_WAIT), &result, &output->writer), SBX_OK);
    assert_status(sbx_frame_end(&output->writer, start), SBX_OK);
}

static void put_reply(struct output *output, uint32_t id, uint16_t code, uint64_t payload, size_t length)
{
    size_t start = sbx_frame_begin(&output->writer, id, code);
    sbx_buf_put(&output->writer, payload, length);
    assert_status(sbx_frame_end(&output->writer, start), SBX_OK);
}

/* An op whose request has come back with that. */
static struct sbx_op *answered(const struct toolkit_fixture *fixture, long http_status, const char *reply)
{
    struct sbx_op *op = call(fixture);
    assert_status(sbx_request_create(&op->request, fixture->endpoint, SBX_POST, "/"), SBX_OK);
    op->request->http_status = http_status;
    op->request->reply.max = SBX_JSON_MAX;
    sbx_bytes_append_text(&op->request->reply, reply);
    return op;
}

/* The same with what the companion printed, but for `cut` bytes at its end. */
static struct sbx_op *printed(const struct toolkit_fixture *fixture, const struct output *output, size_t cut)
{
    char text[SBX_BASE64_LENGTH(OUTPUT_SIZE) + 1];
    struct sbx_span bytes = {output->space, output->writer.length - cut};
    sbx_base64_encode(text, bytes);
    text[SBX_BASE64_LENGTH(bytes.length)] = '\0';
    json_t *root = json_pack("{s:s, s:i}", "stdout", text, "exitCode", 0);
    char *reply = json_dumps(root, 0);
    struct sbx_op *op = answered(fixture, 200, reply);
    free(reply);
    json_decref(root);
    return op;
}

static enum sbx_status taken(struct sbx_op *op, struct sbx_supervised *state)
{
    enum sbx_status status = sbx_supervisor_take_wait(op, state);
    finish(op);
    return status;
}

static void test_take_wait(void **state)
{
    struct sbx_supervised record = {0};
    struct output output;
    output_begin(&output);
    put_record(&output, 0, 88);
    assert_status(taken(printed(*state, &output, 0), &record), SBX_OK);
    assert_int_equal(record.state, SBX_SUPERVISED_RUNS);
    assert_int_equal(record.pid, 88);
    output_begin(&output);
    put_reply(&output, 0, SBX_ESRCH, 0, 0);
    assert_status(taken(printed(*state, &output, 0), &record), SBX_ESRCH);
    output_begin(&output);
    put_reply(&output, 0, 9999, 0, 0); /* no errno that we know */
    assert_status(taken(printed(*state, &output, 0), &record), SBX_EIO);
}

static void test_take_what_is_no_answer(void **state)
{
    static const char *const wrong[] = {"",
                                        "{",
                                        "[]",
                                        "{}",
                                        "{\"stdout\":7}",
                                        "{\"stdout\":null}",
                                        "{\"stdout\":\"\"}",
                                        "{\"stdout\":\"AAA\"}",
                                        "{\"stdout\":\"no base64!\"}",
                                        "{\"stdout\":\"AAAAAAAA\"}",
                                        "{\"stdout\":\"/////////////////w==\"}"};
    struct sbx_supervised record = {.pid = 5};
    struct sbx_supervised records[2];
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_string_not_equal(sbx_status_name(taken(answered(*state, 200, wrong[i]), &record)), "OK");
        assert_int_equal(record.pid, 5);
        struct sbx_op *op = answered(*state, 200, wrong[i]);
        (void)!sbx_supervisor_take_records(op, records, COUNT(records));
        assert_int_equal(records[0].state | records[1].state, 0);
        finish(op);
    }
    assert_status(taken(answered(*state, 502, "{\"detail\":\"no (os error 13)\"}"), &record), SBX_EPROTO);
}

/* Cut anywhere, or longer than a record, it is none. */
static void test_take_a_record_of_another_length(void **state)
{
    struct sbx_supervised record = {.pid = 5};
    struct output output;
    output_begin(&output);
    put_record(&output, 0, 88);
    for (size_t cut = 1; cut <= output.writer.length; cut++) {
        assert_false(taken(printed(*state, &output, cut), &record) == SBX_OK);
    }
    for (size_t length = 1; length < 9; length++) {
        output_begin(&output);
        put_reply(&output, 0, 0, UINT64_MAX, length);
        assert_status(taken(printed(*state, &output, 0), &record), SBX_EPROTO);
    }
    assert_int_equal(record.pid, 5);
}

/* In whatever order they come; one that says nothing, comes twice or was never asked for spoils no other. */
static void test_take_records(void **state)
{
    struct sbx_supervised records[4];
    struct output output;
    output_begin(&output);
    put_record(&output, 3, 33);
    put_reply(&output, 1, SBX_ENOENT, 0, 0);
    put_record(&output, 0, 30);
    put_record(&output, 4, 99);
    put_record(&output, UINT32_MAX, 99);
    put_reply(&output, 2, 0, 0, 3);
    struct sbx_op *op = printed(*state, &output, 0);
    assert_status(sbx_supervisor_take_records(op, records, COUNT(records)), SBX_OK);
    finish(op);
    assert_int_equal(records[0].pid, 30);
    assert_int_equal(records[1].state, 0);
    assert_int_equal(records[2].state, 0);
    assert_int_equal(records[3].pid, 33);
    op = printed(*state, &output, 1);
    assert_false(sbx_supervisor_take_records(op, records, COUNT(records)) == SBX_OK);
    finish(op);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, toolkit_set_up, toolkit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_wrap),
        TEST(test_unwrap),
        TEST(test_name),
        TEST(test_take_wait),
        TEST(test_take_what_is_no_answer),
        TEST(test_take_a_record_of_another_length),
        TEST(test_take_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
