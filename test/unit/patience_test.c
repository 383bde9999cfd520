/* patience_test.c: an op whose sandbox has not started goes on from its first step; one whose sandbox has ceased to answer
 * sends a probe first; and what of it is never sent twice.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/patience.h"

#include "core/http/reach.h"
#include "takeover.h"
#include "world.h"

static atomic_size_t closes;  /* how many requests of the server's next ones have no answer */
static atomic_bool is_silent; /* all of them wait */

static bool answer(struct server *server, const struct asked *asked, int fd)
{
    (void)asked;
    if (is_silent) {
        return server_wait(server);
    }
    if (closes > 0) {
        closes--;
        return false;
    }
    return server_reply(fd, "200 OK", JSON, "{}");
}

static int set_up(void **state)
{
    closes = 0;
    is_silent = false;
    return world_start(state, answer, NULL);
}

static enum sbx_step ask(struct sbx_op *op)
{
    struct sbx_request *request = NULL;
    enum sbx_status status = sbx_request_create(&request, op->endpoint, SBX_GET, "/look");
    return sbx_op_send(op, status, request);
}

static enum sbx_step change(struct sbx_op *op)
{
    struct sbx_request *request = NULL;
    enum sbx_status status = sbx_request_create(&request, op->endpoint, SBX_POST, "/change");
    if (status == SBX_OK) {
        request->change = true;
    }
    return sbx_op_send(op, status, request);
}

static enum sbx_step end(struct sbx_op *op)
{
    return sbx_op_succeed(op);
}

static const sbx_step_function look_twice[] = {ask, sbx_op_need_reply, ask, sbx_op_need_reply, end, NULL};
static const sbx_step_function change_once[] = {change, sbx_op_need_reply, end, NULL};

/* An op of the server's, and of the sandbox of which `reach` tells. */
static struct sbx_op *create(const struct world *world, struct sbx_reach *reach)
{
    struct sbx_endpoint *endpoint = NULL;
    struct sbx_endpoint_options options = {.base_url = span_of(server_url(world->server)), .reach = reach};
    struct sbx_op *op = NULL;
    assert_status(sbx_endpoint_create(&endpoint, &options), SBX_OK);
    assert_status(sbx_op_create(&op, endpoint, &(struct sbx_args){.path = SBX_SPAN("/x")}), SBX_OK);
    op->row = sbx_op_row(SBX_OP_ACCESS);
    op->timeout_ms = 10000;
    sbx_endpoint_unref(endpoint);
    return op;
}

static struct sbx_reach *create_reach(void)
{
    struct sbx_reach *reach = NULL;
    assert_status(sbx_reach_create(&reach), SBX_OK);
    return reach;
}

static void run(struct world *world, struct sbx_op *op, const sbx_step_function *steps)
{
    struct sbx_queue done;
    sbx_queue_init(&done);
    sbx_op_submit(op, world->engine, steps);
    drive(world->engine, 1, &done);
    assert_ptr_equal(sbx_queue_pop(&done), &op->task.link);
}

/* Runs one more op; how it ended. */
static enum sbx_status run_once(struct world *world, struct sbx_reach *reach, const sbx_step_function *steps)
{
    struct sbx_op *op = create(world, reach);
    run(world, op, steps);
    enum sbx_status status = op->result.status;
    sbx_op_destroy(op);
    return status;
}

/* ---- A sandbox that has not started ---------------------------------------------------------------------- */

static void what_is_closed_at_once_is_asked_again(void **state)
{
    struct world *world = *state;
    struct sbx_reach *reach = create_reach();
    struct sbx_op *op = create(world, reach);
    closes = 3;
    run(world, op, look_twice);
    assert_status(op->result.status, SBX_OK);
    assert_string_equal(sbx_op_detail(op), "");
    assert_int_equal(op->patience.tries, 3);
    assert_int_equal(server_count_of(world->server, "GET /look"), 3 + 2);
    sbx_op_destroy(op);
    sbx_reach_unref(reach);
}

static void a_change_waits_for_an_answer_to_a_look(void **state)
{
    struct world *world = *state;
    struct sbx_reach *reach = create_reach();
    closes = 3;
    assert_status(run_once(world, reach, change_once), SBX_OK);
    assert_int_equal(server_count_of(world->server, "GET /v1/health"), 3 + 1);
    assert_int_equal(server_count_of(world->server, "POST /change"), 1);
    assert_status(run_once(world, reach, change_once), SBX_OK); /* what has answered once is not asked */
    assert_int_equal(server_count(world->server), 4 + 2);
    sbx_reach_unref(reach);
}

static void a_change_that_follows_a_look_needs_no_other(void **state)
{
    static const sbx_step_function look_and_change[] = {
        ask, sbx_op_need_reply, change, sbx_op_need_reply, end, NULL};
    struct world *world = *state;
    struct sbx_reach *reach = create_reach();
    assert_status(run_once(world, reach, look_and_change), SBX_OK);
    assert_int_equal(server_count_of(world->server, "GET /v1/health"), 0);
    sbx_reach_unref(reach);
}

static void a_change_is_sent_once(void **state)
{
    struct world *world = *state;
    struct sbx_reach *reach = create_reach();
    assert_status(run_once(world, reach, look_twice), SBX_OK);
    closes = 1;
    assert_status(run_once(world, reach, change_once), SBX_EIO);
    assert_int_equal(server_count_of(world->server, "POST /change"), 1);
    sbx_reach_unref(reach);
}

static bool is_looked_at(void *user)
{
    const struct world *world = user;
    return server_count(world->server) > 0;
}

static void a_change_that_is_held_can_be_given_up(void **state)
{
    struct world *world = *state;
    struct sbx_reach *reach = create_reach();
    struct sbx_op *op = create(world, reach);
    struct sbx_queue done;
    sbx_queue_init(&done);
    is_silent = true;
    sbx_op_submit(op, world->engine, change_once);
    drive_until(world->engine, is_looked_at, world);
    assert_false(sbx_op_give_up(op)); /* nothing of it can have been done */
    drive(world->engine, 1, &done);
    assert_status(op->result.status, SBX_ECANCELED);
    assert_int_equal(server_count_of(world->server, "POST /change"), 0);
    sbx_op_destroy(op);
    sbx_reach_unref(reach);
}

static void what_has_answered_is_not_waited_for(void **state)
{
    struct world *world = *state;
    struct sbx_reach *reach = create_reach();
    assert_status(run_once(world, reach, look_twice), SBX_OK);
    closes = 2; /* a read is sent again by curl, where its connection was kept */
    assert_status(run_once(world, reach, look_twice), SBX_EIO);
    assert_in_range(server_count(world->server), 3, 4);
    sbx_reach_unref(reach);
}

static void nobody_waits_where_nothing_is_known(void **state)
{
    struct world *world = *state;
    closes = 1;
    assert_status(run_once(world, NULL, look_twice), SBX_EIO);
    assert_int_equal(server_count(world->server), 1);
}

/* The second try leaves no time for a third. */
static enum sbx_step spend_time(struct sbx_op *op)
{
    clock_advance(op->patience.tries == 1 ? 9995 : 0);
    return SBX_STEP_NEXT;
}

static void its_time_ends(void **state)
{
    static const sbx_step_function steps[] = {ask, spend_time, sbx_op_need_reply, end, NULL};
    struct world *world = *state;
    struct sbx_reach *reach = create_reach();
    struct sbx_op *op = create(world, reach);
    closes = 1000;
    run(world, op, steps);
    assert_status(op->result.status, SBX_EIO);
    assert_non_null(strstr(sbx_op_detail(op), "has not started within 10000 ms; it was asked 2 times"));
    sbx_op_destroy(op);
    sbx_reach_unref(reach);
}

/* The third try has a tenth of the time. */
static enum sbx_step be_late(struct sbx_op *op)
{
    clock_advance(op->patience.tries == 2 ? 9000 : 0);
    is_silent = op->patience.tries == 2;
    return SBX_STEP_NEXT;
}

static bool is_asked_thrice(void *user)
{
    const struct world *world = user;
    return server_count(world->server) == 3;
}

/* What it had before is what it says: that one more try was under way says nothing of the sandbox. */
static void its_time_ends_amid_a_try(void **state)
{
    static const sbx_step_function steps[] = {be_late, ask, sbx_op_need_reply, end, NULL};
    struct world *world = *state;
    struct sbx_reach *reach = create_reach();
    struct sbx_op *op = create(world, reach);
    struct sbx_queue done;
    sbx_queue_init(&done);
    closes = 2;
    sbx_op_submit(op, world->engine, steps);
    drive_until(world->engine, is_asked_thrice, world);
    clock_advance(2000);
    drive(world->engine, 1, &done);
    assert_status(op->result.status, SBX_EIO);
    assert_non_null(strstr(sbx_op_detail(op), "has not started within 10000 ms; it was asked 3 times"));
    sbx_op_destroy(op);
    sbx_reach_unref(reach);
}

static struct sbx_op *given_up;

static bool has_tried(void *user)
{
    (void)user;
    return given_up->patience.tries > 0;
}

static void what_waits_can_be_given_up(void **state)
{
    struct world *world = *state;
    struct sbx_reach *reach = create_reach();
    struct sbx_queue done;
    sbx_queue_init(&done);
    given_up = create(world, reach);
    closes = 1000;
    sbx_op_submit(given_up, world->engine, look_twice);
    drive_until(world->engine, has_tried, NULL);
    assert_false(sbx_op_give_up(given_up));
    drive(world->engine, 1, &done);
    assert_status(given_up->result.status, SBX_ECANCELED);
    sbx_op_destroy(given_up);
    sbx_reach_unref(reach);
}

/* ---- One that has ceased to answer ----------------------------------------------------------------------- */

/* Of a sandbox that has answered, and then not by a deadline. */
static struct sbx_reach *create_doubted(struct world *world)
{
    struct sbx_reach *reach = create_reach();
    assert_status(run_once(world, reach, look_twice), SBX_OK);
    sbx_reach_doubt(reach, sbx_now_ms() + 1);
    return reach;
}

static void a_probe_goes_first(void **state)
{
    struct world *world = *state;
    struct sbx_reach *reach = create_doubted(world);
    assert_status(run_once(world, reach, change_once), SBX_OK);
    assert_string_equal(server_asked(world->server, 2), "GET /v1/health");
    assert_string_equal(server_asked(world->server, 3), "POST /change");
    assert_status(run_once(world, reach, change_once), SBX_OK);
    assert_int_equal(server_count_of(world->server, "GET /v1/health"), 1);
    sbx_reach_unref(reach);
}

static void without_an_answer_nothing_is_sent(void **state)
{
    struct world *world = *state;
    struct sbx_reach *reach = create_doubted(world);
    is_silent = true;
    for (int i = 0; i < 2; i++) { /* within a second: no second probe */
        assert_status(run_once(world, reach, change_once), SBX_ETIMEDOUT);
        assert_int_equal(server_count(world->server), 2 + 1);
    }
    sbx_reach_unref(reach);
}

static bool is_probed(void *user)
{
    const struct world *world = user;
    return server_count_of(world->server, "GET /v1/health") > 0;
}

/* Those that wait look again before the probe's end is noticed, where the engine is late. */
static void all_wait_for_one_probe(void **state)
{
    struct world *world = *state;
    struct sbx_reach *reach = create_doubted(world);
    struct sbx_op *ops[4];
    struct sbx_queue done;
    sbx_queue_init(&done);
    is_silent = true;
    for (size_t i = 0; i < COUNT(ops); i++) {
        ops[i] = create(world, reach);
        sbx_op_submit(ops[i], world->engine, change_once);
    }
    drive_until(world->engine, is_probed, world);
    clock_advance(SBX_PROBE_MS + 10);
    drive(world->engine, COUNT(ops), &done);
    for (size_t i = 0; i < COUNT(ops); i++) {
        assert_status(ops[i]->result.status, SBX_ETIMEDOUT);
        sbx_op_destroy(ops[i]);
    }
    assert_int_equal(server_count(world->server), 2 + 1);
    sbx_reach_unref(reach);
}

static void who_insists_sends_no_probe(void **state)
{
    struct world *world = *state;
    struct sbx_reach *reach = create_doubted(world);
    struct sbx_op *op = create(world, reach);
    op->patience.insists = true;
    run(world, op, change_once);
    assert_status(op->result.status, SBX_OK);
    assert_int_equal(server_count_of(world->server, "GET /v1/health"), 0);
    sbx_op_destroy(op);
    sbx_reach_unref(reach);
}

/* What the next op does after one that met its deadline: that of its kind, or one of its own. */
static enum sbx_reach_way way_after(struct world *world, struct sbx_reach *reach, int kind_ms, int own_ms)
{
    uint64_t silent_ms = 0;
    struct sbx_op *op = create(world, reach);
    is_silent = true;
    op->timeout_ms = kind_ms;
    sbx_patience_limit(op, own_ms);
    run(world, op, look_twice);
    assert_status(op->result.status, SBX_ETIMEDOUT);
    sbx_op_destroy(op);
    return sbx_reach_look(reach, &silent_ms);
}

static void a_deadline_is_a_doubt_but_for_one_of_its_own(void **state)
{
    struct world *world = *state;
    struct sbx_reach *reach = create_reach();
    assert_int_equal(way_after(world, reach, 10000, 100), SBX_REACH_GO);
    assert_int_equal(way_after(world, reach, 100, 0), SBX_REACH_PROBE);
    sbx_reach_unref(reach);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_closed_at_once_is_asked_again, set_up, world_end),
        cmocka_unit_test_setup_teardown(a_change_waits_for_an_answer_to_a_look, set_up, world_end),
        cmocka_unit_test_setup_teardown(a_change_that_follows_a_look_needs_no_other, set_up, world_end),
        cmocka_unit_test_setup_teardown(a_change_is_sent_once, set_up, world_end),
        cmocka_unit_test_setup_teardown(a_change_that_is_held_can_be_given_up, set_up, world_end),
        cmocka_unit_test_setup_teardown(what_has_answered_is_not_waited_for, set_up, world_end),
        cmocka_unit_test_setup_teardown(nobody_waits_where_nothing_is_known, set_up, world_end),
        cmocka_unit_test_setup_teardown(its_time_ends, set_up, world_end),
        cmocka_unit_test_setup_teardown(its_time_ends_amid_a_try, set_up, world_end),
        cmocka_unit_test_setup_teardown(what_waits_can_be_given_up, set_up, world_end),
        cmocka_unit_test_setup_teardown(a_probe_goes_first, set_up, world_end),
        cmocka_unit_test_setup_teardown(without_an_answer_nothing_is_sent, set_up, world_end),
        cmocka_unit_test_setup_teardown(all_wait_for_one_probe, set_up, world_end),
        cmocka_unit_test_setup_teardown(who_insists_sends_no_probe, set_up, world_end),
        cmocka_unit_test_setup_teardown(a_deadline_is_a_doubt_but_for_one_of_its_own, set_up, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
