/* op_test.c: the struct that travels: its args are its own, its states follow each other, its steps run in order,
 * and its result is freed exactly once (the leak check and the address sanitizer see to the last).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/op.h"

#include <stdio.h>

#include "takeover.h"
#include "world.h"

/* /silent never answers, /problem answers 400; all else, "{}". */
static bool answer(struct server *server, const struct asked *asked, int fd)
{
    if (strcmp(asked->target, "/silent") == 0) {
        return server_wait(server);
    }
    if (strcmp(asked->target, "/problem") == 0) {
        return server_reply(fd, "400 Bad Request", PROBLEM,
                            "{\"detail\":\"invalid request: path not found: /x\"}");
    }
    return server_reply(fd, "200 OK", JSON, "{}");
}

static int set_up(void **state)
{
    return world_start(state, answer, NULL);
}

static struct sbx_op *create(struct world *world, enum sbx_op_code code)
{
    struct sbx_op *op;
    struct sbx_args args = {.path = SBX_SPAN("/x")};
    assert_status(sbx_op_create(&op, world->endpoint, &args), SBX_OK);
    op->row = sbx_op_row(code);
    op->timeout_ms = 10000;
    return op;
}

/* Submits the op, and drives the engine until it is done. */
static void run(struct world *world, struct sbx_op *op, const sbx_step_function *steps)
{
    struct sbx_queue done;
    sbx_queue_init(&done);
    assert_int_equal(op->state, SBX_OP_IS_NEW);
    sbx_op_submit(op, world->engine, steps);
    assert_int_equal(op->state, SBX_OP_IS_SENT);
    drive(world->engine, 1, &done);
    assert_ptr_equal(sbx_queue_pop(&done), &op->task.link);
    assert_int_equal(op->state, SBX_OP_IS_DONE);
}

/* ---- Its own -------------------------------------------------------------------------------------------- */

static void test_args_are_copied(void **state)
{
    struct world *world = *state;
    struct sbx_op *op;
    char path[] = "/path";
    char new_path[] = "/new";
    char target[] = "target";
    char data[] = "da\0ta";
    struct sbx_args args = {
        .path = span_of(path),
        .new_path = span_of(new_path),
        .target = span_of(target),
        .data = {data, 5},
        .offset = 1,
        .length = 2,
        .atime_ns = -3,
        .mtime_ns = 4,
        .mode = 0755,
        .flags = 6,
        .uid = 7,
        .gid = 8,
    };
    assert_status(sbx_op_create(&op, world->endpoint, &args), SBX_OK);
    memset(path, 'x', sizeof(path));
    memset(new_path, 'x', sizeof(new_path));
    memset(target, 'x', sizeof(target));
    memset(data, 'x', sizeof(data));
    assert_text(op->args.path, "/path");
    assert_text(op->args.new_path, "/new");
    assert_text(op->args.target, "target");
    assert_int_equal(op->args.data.length, 5);
    assert_memory_equal(op->args.data.data, "da\0ta", 5);
    assert_true(op->args.offset == 1 && op->args.length == 2 && op->args.atime_ns == -3);
    assert_true(op->args.mtime_ns == 4 && op->args.mode == 0755 && op->args.flags == 6);
    assert_true(op->args.uid == 7 && op->args.gid == 8);
    assert_string_equal(sbx_op_detail(op), "");
    sbx_op_destroy(op);
    sbx_op_destroy(NULL);
}

static void test_empty_args(void **state)
{
    struct world *world = *state;
    struct sbx_op *op;
    struct sbx_args args = {0};
    assert_status(sbx_op_create(&op, world->endpoint, &args), SBX_OK);
    assert_int_equal(op->args.path.length, 0);
    assert_int_equal(op->args.data.length, 0);
    sbx_op_destroy(op);
}

static void test_args_that_are_too_long(void **state)
{
    struct world *world = *state;
    struct sbx_op *op = NULL;
    struct sbx_args args = {.data = {"", SBX_CONTENT_MAX + 1}};
    assert_status(sbx_op_create(&op, world->endpoint, &args), SBX_EFBIG);
    args.data.length = SIZE_MAX;
    assert_status(sbx_op_create(&op, world->endpoint, &args), SBX_EFBIG);
    assert_null(op);
}

static void test_endpoint_lives_as_long_as_the_op(void **state)
{
    struct world *world = *state;
    struct sbx_endpoint *endpoint = endpoint_of(world->server);
    struct sbx_op *op;
    struct sbx_args args = {0};
    assert_status(sbx_op_create(&op, endpoint, &args), SBX_OK);
    sbx_endpoint_unref(endpoint);
    assert_text(sbx_endpoint_base_url(op->endpoint), server_url(world->server));
    sbx_op_destroy(op);
}

/* ---- Steps ---------------------------------------------------------------------------------------------- */

static char walked[16];

static enum sbx_step walk(const char *name, enum sbx_step next)
{
    (void)snprintf(walked + strlen(walked), sizeof(walked) - strlen(walked), "%s", name);
    return next;
}

static enum sbx_step a(struct sbx_op *op)
{
    (void)op;
    return walk("a", SBX_STEP_NEXT);
}

static enum sbx_step b(struct sbx_op *op)
{
    (void)op;
    return walk("b", SBX_STEP_NEXT);
}

static enum sbx_step end(struct sbx_op *op)
{
    (void)walk("e", SBX_STEP_END);
    return sbx_op_succeed(op);
}

static enum sbx_step ask(struct sbx_op *op, const char *route)
{
    struct sbx_request *request = NULL;
    enum sbx_status status = sbx_request_create(&request, op->endpoint, SBX_GET, route);
    return sbx_op_send(op, status, request);
}

static enum sbx_step ask_ok(struct sbx_op *op)
{
    (void)walk("?", SBX_STEP_WAIT);
    return ask(op, "/ok");
}

static enum sbx_step ask_problem(struct sbx_op *op)
{
    return ask(op, "/problem");
}

static enum sbx_step ask_silence(struct sbx_op *op)
{
    return ask(op, "/silent");
}

static enum sbx_step need(struct sbx_op *op)
{
    (void)walk("n", SBX_STEP_NEXT);
    return sbx_op_need_reply(op);
}

static void test_steps_run_in_order(void **state)
{
    struct world *world = *state;
    static const sbx_step_function steps[] = {a, ask_ok, need, b, ask_ok, need, a, end, b, NULL};
    struct sbx_op *op = create(world, SBX_OP_ACCESS);
    walked[0] = '\0';
    run(world, op, steps);
    assert_string_equal(walked, "a?nb?nae");
    assert_status(op->result.status, SBX_OK);
    assert_int_equal(server_count(world->server), 2);
    sbx_op_destroy(op);
}

static void test_steps_without_a_request(void **state)
{
    struct world *world = *state;
    static const sbx_step_function steps[] = {a, end, NULL};
    struct sbx_op *op = create(world, SBX_OP_ACCESS);
    walked[0] = '\0';
    run(world, op, steps);
    assert_string_equal(walked, "ae");
    assert_int_equal(server_count(world->server), 0);
    sbx_op_destroy(op);
}

static void test_problem_ends_it(void **state)
{
    struct world *world = *state;
    static const sbx_step_function steps[] = {ask_problem, need, end, NULL};
    struct sbx_op *op = create(world, SBX_OP_READ);
    run(world, op, steps);
    assert_status(op->result.status, SBX_ENOENT);
    assert_string_equal(sbx_op_detail(op), "invalid request: path not found: /x");
    sbx_op_destroy(op);
}

static enum sbx_step fail_to_make(struct sbx_op *op)
{
    return sbx_op_send(op, SBX_ENAMETOOLONG, NULL);
}

static void test_request_that_cannot_be_made(void **state)
{
    struct world *world = *state;
    static const sbx_step_function steps[] = {fail_to_make, end, NULL};
    struct sbx_op *op = create(world, SBX_OP_READ);
    run(world, op, steps);
    assert_status(op->result.status, SBX_ENAMETOOLONG);
    sbx_op_destroy(op);
}

/* The last words count; an op that fails twice has one detail. */
static enum sbx_step fail_twice(struct sbx_op *op)
{
    (void)sbx_op_fail(op, SBX_EIO, "first");
    return sbx_op_fail(op, SBX_EPERM, "second");
}

static enum sbx_step fail_without_words(struct sbx_op *op)
{
    (void)sbx_op_fail(op, SBX_EIO, "first");
    return sbx_op_fail(op, SBX_EPERM, NULL);
}

static void test_words_of_a_failure(void **state)
{
    struct world *world = *state;
    static const sbx_step_function twice[] = {fail_twice, NULL};
    static const sbx_step_function without[] = {fail_without_words, NULL};
    struct sbx_op *op = create(world, SBX_OP_READ);
    run(world, op, twice);
    assert_status(op->result.status, SBX_EPERM);
    assert_string_equal(sbx_op_detail(op), "second");
    sbx_op_destroy(op);
    op = create(world, SBX_OP_READ);
    run(world, op, without);
    assert_status(op->result.status, SBX_EPERM);
    assert_string_equal(sbx_op_detail(op), "");
    sbx_op_destroy(op);
}

/* ---- Time ------------------------------------------------------------------------------------------------ */

static enum sbx_step spend_time(struct sbx_op *op)
{
    (void)op;
    clock_advance(4000);
    return SBX_STEP_NEXT;
}

/* The deadline is the operation's: a second request has what the first has left of it. */
static void test_one_deadline_for_all_steps(void **state)
{
    struct world *world = *state;
    static const sbx_step_function steps[] = {ask_ok, need, spend_time, ask_ok, need, end, NULL};
    struct sbx_op *op = create(world, SBX_OP_ACCESS);
    run(world, op, steps);
    assert_status(op->result.status, SBX_OK);
    assert_in_range(op->request->timeout_ms, 1, 6000);
    sbx_op_destroy(op);
}

static enum sbx_step ask_content(struct sbx_op *op)
{
    struct sbx_request *request = NULL;
    enum sbx_status status = sbx_request_create(&request, op->endpoint, SBX_GET, "/ok");
    assert_status(status, SBX_OK);
    request->until_stalled = true;
    return sbx_op_send(op, status, request);
}

/* A content's deadline counts from its last progress, so each request of it has it whole. */
static void test_deadline_of_a_content_begins_anew(void **state)
{
    struct world *world = *state;
    static const sbx_step_function steps[] = {ask_ok, need, spend_time, ask_content, need, end, NULL};
    struct sbx_op *op = create(world, SBX_OP_READ);
    run(world, op, steps);
    assert_status(op->result.status, SBX_OK);
    assert_int_equal(op->request->timeout_ms, 10000);
    sbx_op_destroy(op);
}

/* It blocks its caller: progress or not, its deadline holds. */
static void test_deadline_of_one_that_blocks(void **state)
{
    struct world *world = *state;
    static const sbx_step_function steps[] = {ask_ok, need, spend_time, ask_content, need, end, NULL};
    struct sbx_op *op = create(world, SBX_OP_READ);
    op->synchronous = true;
    run(world, op, steps);
    assert_status(op->result.status, SBX_OK);
    assert_false(op->request->until_stalled);
    assert_in_range(op->request->timeout_ms, 1, 6000);
    sbx_op_destroy(op);
}

/* The words are about the operation's deadline, whichever of its requests met it. */
static void test_deadline(void **state)
{
    struct world *world = *state;
    static const sbx_step_function steps[] = {ask_ok, need, ask_silence, need, end, NULL};
    struct sbx_op *op = create(world, SBX_OP_ACCESS);
    op->timeout_ms = 300;
    run(world, op, steps);
    assert_status(op->result.status, SBX_ETIMEDOUT);
    assert_non_null(strstr(sbx_op_detail(op), "within 300 ms"));
    sbx_op_destroy(op);
}

static void test_cancelled(void **state)
{
    struct world *world = *state;
    static const sbx_step_function steps[] = {ask_silence, need, end, NULL};
    struct sbx_op *op = create(world, SBX_OP_ACCESS);
    sbx_engine_close(world->engine);
    run(world, op, steps);
    assert_status(op->result.status, SBX_ECANCELED);
    sbx_op_destroy(op);
}

/* ---- Results ---------------------------------------------------------------------------------------------- */

static enum sbx_step give_bytes(struct sbx_op *op)
{
    op->result.bytes = (struct sbx_buffer){strdup("content"), 7};
    return sbx_op_succeed(op);
}

static enum sbx_step give_list(struct sbx_op *op)
{
    op->result.list = (struct sbx_list){
        .entries = calloc(2, sizeof(struct sbx_entry)), .count = 2, .names = strdup("names")};
    return sbx_op_succeed(op);
}

static enum sbx_step give_stat(struct sbx_op *op)
{
    memset(&op->result, 0xa5, sizeof(op->result)); /* nothing of it is a pointer */
    return sbx_op_succeed(op);
}

static void test_result_is_freed(void **state)
{
    struct world *world = *state;
    static const sbx_step_function bytes[] = {give_bytes, NULL};
    static const sbx_step_function list[] = {give_list, NULL};
    static const sbx_step_function stat[] = {give_stat, NULL};
    static const struct {
        enum sbx_op_code code;
        const sbx_step_function *steps;
    } results[] = {
        {SBX_OP_READ, bytes},   {SBX_OP_PREAD, bytes}, {SBX_OP_READLINK, bytes},   {SBX_OP_REALPATH, bytes},
        {SBX_OP_READDIR, list}, {SBX_OP_STAT, stat},   {SBX_OP_OPEN_CREATE, stat}, {SBX_OP_RENAME, stat},
    };
    for (size_t i = 0; i < COUNT(results); i++) {
        struct sbx_op *op = create(world, results[i].code);
        run(world, op, results[i].steps);
        sbx_op_destroy(op);
    }
}

static void test_result_of_a_tool_is_freed(void **state)
{
    struct world *world = *state;
    static const sbx_step_function steps[] = {give_bytes, NULL};
    struct sbx_op *op = create(world, SBX_OP_READ);
    op->row = NULL;
    run(world, op, steps);
    sbx_op_destroy(op);
}

static void test_result_can_be_taken(void **state)
{
    struct world *world = *state;
    static const sbx_step_function steps[] = {give_bytes, NULL};
    struct sbx_op *op = create(world, SBX_OP_READ);
    run(world, op, steps);
    char *taken = op->result.bytes.data;
    op->result.bytes = (struct sbx_buffer){0};
    sbx_op_destroy(op);
    assert_string_equal(taken, "content");
    free(taken);
}

static void test_destroyed_before_it_is_sent(void **state)
{
    struct world *world = *state;
    struct sbx_op *op = create(world, SBX_OP_READ);
    memset(&op->result.stat, 0xa5, sizeof(op->result.stat)); /* there is no result yet */
    sbx_op_destroy(op);
}

/* ---- No memory --------------------------------------------------------------------------------------------- */

static enum sbx_status create_and_destroy(void *user)
{
    struct sbx_op *op = NULL;
    struct sbx_args args = {.path = SBX_SPAN("/path"), .data = SBX_SPAN("data")};
    enum sbx_status status = sbx_op_create(&op, user, &args);
    sbx_op_destroy(op);
    return status;
}

static void test_no_memory(void **state)
{
    struct world *world = *state;
    assert_int_equal(allocations_fail_each(create_and_destroy, world->endpoint), 1); /* one for all of it */
}

static enum sbx_step fail_without_memory(struct sbx_op *op)
{
    allocations_fail(1, true);
    enum sbx_step next = sbx_op_fail(op, SBX_EACCES, "words that find no room");
    (void)allocations_succeed();
    return next;
}

/* The words may be lost; the status is not. */
static void test_no_memory_for_the_words(void **state)
{
    struct world *world = *state;
    static const sbx_step_function steps[] = {fail_without_memory, NULL};
    struct sbx_op *op = create(world, SBX_OP_READ);
    run(world, op, steps);
    assert_status(op->result.status, SBX_EACCES);
    assert_string_equal(sbx_op_detail(op), "");
    sbx_op_destroy(op);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_args_are_copied),
        TEST(test_empty_args),
        TEST(test_args_that_are_too_long),
        TEST(test_endpoint_lives_as_long_as_the_op),
        TEST(test_steps_run_in_order),
        TEST(test_steps_without_a_request),
        TEST(test_problem_ends_it),
        TEST(test_request_that_cannot_be_made),
        TEST(test_words_of_a_failure),
        TEST(test_one_deadline_for_all_steps),
        TEST(test_deadline_of_a_content_begins_anew),
        TEST(test_deadline_of_one_that_blocks),
        TEST(test_deadline),
        TEST(test_cancelled),
        TEST(test_result_is_freed),
        TEST(test_result_of_a_tool_is_freed),
        TEST(test_result_can_be_taken),
        TEST(test_destroyed_before_it_is_sent),
        TEST(test_no_memory),
        TEST(test_no_memory_for_the_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
