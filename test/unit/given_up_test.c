/* given_up_test.c: an op that nobody wants any more, at each point of its way over HTTP: before it began, with its
 * request under way, where its reply has to be heard, and when it is over.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/op.h"

#include "world.h"

/* /silent never answers, /late when it is released; all else, "{}". */
static bool answer(struct server *server, const struct asked *asked, int fd)
{
    if (strcmp(asked->target, "/silent") == 0 ||
        (strcmp(asked->target, "/late") == 0 && !server_wait(server))) {
        return server_wait(server);
    }
    return server_reply(fd, "200 OK", JSON, "{}");
}

static int set_up(void **state)
{
    return world_start(state, answer, NULL);
}

static bool asked_once(void *user)
{
    struct world *world = user;
    return server_count(world->server) == 1;
}

static enum sbx_step ask(struct sbx_op *op, const char *route, bool change)
{
    struct sbx_request *request = NULL;
    enum sbx_status status = sbx_request_create(&request, op->endpoint, SBX_POST, route);
    assert_status(status, SBX_OK);
    request->change = change;
    return sbx_op_send(op, status, request);
}

static enum sbx_step look(struct sbx_op *op)
{
    return ask(op, "/silent", false);
}

static enum sbx_step change(struct sbx_op *op)
{
    return ask(op, "/silent", true);
}

static enum sbx_step begin(struct sbx_op *op)
{
    op->to_the_end = true;
    return ask(op, "/late", true);
}

static enum sbx_step hear(struct sbx_op *op)
{
    op->to_the_end = false;
    op->written = 1; /* it was heard */
    return sbx_op_need_reply(op);
}

static enum sbx_step never(struct sbx_op *op)
{
    (void)op;
    fail_msg("a step of what was given up");
    return SBX_STEP_END;
}

static enum sbx_step end(struct sbx_op *op)
{
    return sbx_op_succeed(op);
}

static struct sbx_op *submit(struct world *world, enum sbx_op_code code, const sbx_step_function *steps)
{
    struct sbx_op *op;
    const struct sbx_args args = {.path = SBX_SPAN("/x")};
    assert_status(sbx_op_create(&op, world->endpoint, &args), SBX_OK);
    op->row = sbx_op_row(code);
    op->timeout_ms = 10000;
    sbx_op_submit(op, world->engine, steps);
    return op;
}

static void assert_over(struct world *world, struct sbx_op *op, enum sbx_status status)
{
    struct sbx_queue done;
    sbx_queue_init(&done);
    drive(world->engine, 1, &done);
    assert_ptr_equal(sbx_queue_pop(&done), &op->task.link);
    assert_int_equal(op->state, SBX_OP_IS_DONE);
    assert_status(op->result.status, status);
    sbx_op_destroy(op);
    assert_int_equal(sbx_engine_due_ms(world->engine), -1);
}

static void test_before_it_began(void **state)
{
    struct world *world = *state;
    struct sbx_op *op = submit(world, SBX_OP_MKDIR, SBX_STEPS(never));
    assert_false(sbx_op_give_up(op));
    assert_over(world, op, SBX_ECANCELED);
    assert_int_equal(server_count(world->server), 0);
}

static void check_under_way(struct world *world, enum sbx_op_code code, sbx_step_function step, bool changes)
{
    const sbx_step_function steps[] = {step, never, NULL};
    struct sbx_op *op = submit(world, code, steps);
    drive_until(world->engine, asked_once, world);
    assert_int_equal(sbx_op_give_up(op), changes);
    assert_over(world, op, SBX_ECANCELED);
    server_release(world->server);
    assert_true(server_closed(world->server, 0));
}

static void test_a_look_under_way(void **state)
{
    check_under_way(*state, SBX_OP_STAT, look, false);
}

static void test_a_change_under_way(void **state)
{
    check_under_way(*state, SBX_OP_MKDIR, change, true);
}

/* The parts of a content are no change of the file. */
static void test_a_preparation_under_way(void **state)
{
    check_under_way(*state, SBX_OP_STAGE, change, false);
}

static void test_what_has_to_be_heard(void **state)
{
    struct world *world = *state;
    struct sbx_op *op = submit(world, SBX_OP_MKDIR, SBX_STEPS(begin, hear, never));
    drive_until(world->engine, asked_once, world);
    assert_true(sbx_op_give_up(op));
    for (int i = 0; i < 5; i++) {
        sbx_engine_slice(world->engine);
    }
    assert_int_equal(op->state, SBX_OP_IS_SENT);
    server_release(world->server);
    struct sbx_queue done;
    sbx_queue_init(&done);
    drive(world->engine, 1, &done);
    assert_status(op->result.status, SBX_ECANCELED);
    assert_int_equal(op->written, 1);
    sbx_op_destroy(op);
}

/* It is on the done list already: nothing comes of it. */
static void test_one_that_is_over(void **state)
{
    struct world *world = *state;
    struct sbx_op *op = submit(world, SBX_OP_MKDIR, SBX_STEPS(end));
    sbx_engine_slice(world->engine);
    assert_int_equal(op->state, SBX_OP_IS_DONE);
    assert_false(sbx_op_give_up(op));
    sbx_engine_slice(world->engine);
    assert_over(world, op, SBX_OK);
}

/* Files have 24 connections: what waits behind them was not sent, and is no change. */
static void test_one_that_waits_for_a_connection(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[SBX_FILE_CONNECTIONS + 1];
    static const sbx_step_function steps[] = {change, never, NULL};
    struct sbx_queue done;
    sbx_queue_init(&done);
    for (size_t i = 0; i <= SBX_FILE_CONNECTIONS; i++) {
        ops[i] = submit(world, SBX_OP_MKDIR, steps);
    }
    sbx_engine_slice(world->engine);
    for (size_t i = SBX_FILE_CONNECTIONS + 1; i-- > 0;) {
        assert_int_equal(sbx_op_give_up(ops[i]), i < SBX_FILE_CONNECTIONS);
    }
    drive(world->engine, SBX_FILE_CONNECTIONS + 1, &done);
    for (size_t i = 0; i <= SBX_FILE_CONNECTIONS; i++) {
        assert_status(ops[i]->result.status, SBX_ECANCELED);
        sbx_op_destroy(ops[i]);
    }
    assert_int_equal(sbx_engine_due_ms(world->engine), -1);
}

/* A change that is given up while its turn comes is not sent: whoever gave it up was told that it changed nothing. */
static void test_the_flag_is_seen_when_it_is_sent(void **state)
{
    struct world *world = *state;
    struct probe *probe = world_change(world, 0, SBX_POST, "/ok", "{}");
    struct sbx_task owner = {0};
    probe->request->task = &owner;
    atomic_store(&owner.given_up, true);
    world_run(world, probe);
    assert_probe(probe, SBX_ECANCELED);
    assert_true(atomic_load(&owner.changes));
    assert_int_equal(server_count(world->server), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_before_it_began),
        TEST(test_a_look_under_way),
        TEST(test_a_change_under_way),
        TEST(test_a_preparation_under_way),
        TEST(test_what_has_to_be_heard),
        TEST(test_one_that_is_over),
        TEST(test_one_that_waits_for_a_connection),
        TEST(test_the_flag_is_seen_when_it_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
