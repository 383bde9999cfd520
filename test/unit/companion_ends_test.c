/* companion_ends_test.c: questions that end before their answer is there: a deadline of their own, nobody wants
 * them any more, the end of the engine; at each point of their way.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/lane.h"

#include "frames.h"
#include "takeover.h"

static bool search_late(struct server *server, const struct asked *asked, int fd)
{
    return server_wait(server) && greet(server, asked, fd);
}

static bool searched(void *user)
{
    struct world *world = user;
    (void)pthread_mutex_lock(&world->lock);
    bool any = frames.searches > 0;
    (void)pthread_mutex_unlock(&world->lock);
    return any;
}

#define TIMEOUT_MS 10000 /* the file system's own */

/* One whose deadline is after `timeout_ms`. */
static struct sbx_op *submit(struct world *world, const struct sbx_fs *fs, enum sbx_op_code code,
                             int timeout_ms)
{
    struct sbx_op *op = frames_op(world, fs, code, "/x");
    op->timeout_ms = timeout_ms;
    sbx_lane_submit(op, world->engine);
    return op;
}

/* Stops the clock, so that every answer until then took no time, which is the least pace; and has a batch of one
 * under way whose answer is late. */
static struct sbx_op *hold_batch(struct world *world, struct sbx_fs **fs)
{
    struct sbx_op *op = NULL;
    clock_stop(true);
    *fs = frames_fs_up(world);
    frames.answer = answer_late;
    clock_advance(10);
    frames_submit(world, *fs, SBX_OP_RMDIR, &op, 1);
    frames_await(world, 1);
    return op;
}

/* Nobody waits for the last request any more: its connection is closed, so that the server ends the companion, and another
 * one carries what is asked then. */
static void assert_goes_on(struct world *world, const struct sbx_fs *fs)
{
    size_t connection = server_connections(world->server) - 1;
    frames_settle(world);
    server_release(world->server);
    assert_true(server_closed(world->server, connection));
    assert_int_equal(sbx_engine_due_ms(world->engine), -1);
    frames.answer = answer_all;
    assert_status(frames_run(world, fs, SBX_OP_READLINK, "/y"), SBX_OK);
}

/* The deadline of one is not that of the others in its batch. */
static void test_one_of_a_batch(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[4];
    struct sbx_fs *fs = frames_fs_up(world);
    frames.answer = answer_late;
    ops[0] = submit(world, fs, SBX_OP_READLINK, 100000);
    ops[1] = submit(world, fs, SBX_OP_READLINK, 5000);
    ops[2] = submit(world, fs, SBX_OP_MKDIR, 5000);
    ops[3] = submit(world, fs, SBX_OP_READ, 100000);
    frames_await(world, 1);
    clock_advance(6000);
    world_drive(world, 2);
    assert_end(ops[1], SBX_ETIMEDOUT, "no answer within 5000 ms");
    assert_end(ops[2], SBX_ETIMEDOUT, "no answer within 5000 ms; the operation may have completed");
    server_release(world->server);
    world_drive(world, 2);
    assert_echo(ops[0]);
    assert_echo(ops[3]);
    assert_batches("readlink /x, readlink /x, mkdir /x, read /x");
    frames_destroy(ops, 4);
    sbx_fs_destroy(fs);
}

static void test_all_of_a_batch(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[2];
    struct sbx_fs *fs = frames_fs_up(world);
    frames.answer = answer_late;
    ops[0] = submit(world, fs, SBX_OP_READLINK, 5000);
    ops[1] = submit(world, fs, SBX_OP_MKDIR, 5000);
    frames_await(world, 1);
    clock_advance(6000);
    world_drive(world, 2);
    assert_end(ops[0], SBX_ETIMEDOUT, "no answer within 5000 ms");
    assert_goes_on(world, fs);
    assert_batches("readlink /x, mkdir /x", "readlink /y");
    frames_destroy(ops, 2);
    sbx_fs_destroy(fs);
}

/* What was not sent cannot have completed. */
static void test_while_it_is_looked_for(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[2];
    struct sbx_fs *fs = frames_fs();
    frames.search = search_late;
    clock_stop(true);
    ops[0] = submit(world, fs, SBX_OP_MKDIR, 1000);
    ops[1] = submit(world, fs, SBX_OP_READLINK, 5000);
    drive_until(world->engine, searched, world);
    clock_advance(2000);
    world_drive(world, 1);
    assert_end(ops[0], SBX_ETIMEDOUT, "no answer within 1000 ms");
    server_release(world->server);
    world_drive(world, 1);
    clock_stop(false);
    assert_echo(ops[1]);
    assert_batches("readlink /x");
    frames_destroy(ops, 2);
    sbx_fs_destroy(fs);
}

/* The search goes on without those who began it. */
static void test_nobody_waits_for_the_search(void **state)
{
    struct world *world = *state;
    struct sbx_fs *fs = frames_fs();
    frames.search = search_late;
    clock_stop(true);
    struct sbx_op *op = submit(world, fs, SBX_OP_READLINK, 1000);
    drive_until(world->engine, searched, world);
    clock_advance(2000);
    world_drive(world, 1);
    clock_stop(false);
    assert_end(op, SBX_ETIMEDOUT, "no answer within 1000 ms");
    sbx_op_destroy(op);
    server_release(world->server);
    assert_status(frames_run(world, fs, SBX_OP_READLINK, "/y"), SBX_OK);
    assert_int_equal(frames.searches, 1);
    assert_batches("readlink /y");
    sbx_fs_destroy(fs);
}

/* The last one that waits for its turn ends by its deadline; the file system goes before that turn comes. */
static void test_nobody_waits_for_the_pace(void **state)
{
    struct world *world = *state;
    struct sbx_fs *fs;
    struct sbx_op *ops[2] = {hold_batch(world, &fs)};
    ops[1] = submit(world, fs, SBX_OP_MKDIR, SBX_BATCH_PACE_MIN_MS);
    frames_settle(world);
    clock_advance(SBX_BATCH_PACE_MIN_MS);
    world_drive(world, 1);
    assert_end(ops[1], SBX_ETIMEDOUT, "no answer within 1 ms");
    server_release(world->server);
    world_drive(world, 1);
    assert_batches("rmdir /0");
    frames_destroy(ops, 2);
    sbx_fs_destroy(fs);
    clock_advance(10);
    frames_settle(world);
    clock_stop(false);
}

/* ---- Nobody wants it any more ------------------------------------------------------------------------------ */

/* The rest of the batch is not disturbed. */
static void test_one_of_a_batch_is_given_up(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[3];
    struct sbx_fs *fs = frames_fs_up(world);
    frames.answer = answer_late;
    ops[0] = submit(world, fs, SBX_OP_READLINK, TIMEOUT_MS);
    ops[1] = submit(world, fs, SBX_OP_MKDIR, TIMEOUT_MS);
    ops[2] = submit(world, fs, SBX_OP_READ, TIMEOUT_MS);
    frames_await(world, 1);
    assert_true(sbx_op_give_up(ops[1]));
    assert_false(sbx_op_give_up(ops[2]));
    world_drive(world, 2);
    assert_status(ops[1]->result.status, SBX_ECANCELED);
    assert_status(ops[2]->result.status, SBX_ECANCELED);
    server_release(world->server);
    world_drive(world, 1);
    assert_echo(ops[0]);
    assert_batches("readlink /x, mkdir /x, read /x");
    assert_int_equal(server_open(world->server), server_connections(world->server));
    frames_destroy(ops, 3);
    sbx_fs_destroy(fs);
}

static void test_a_batch_is_given_up(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[2];
    struct sbx_fs *fs = frames_fs_up(world);
    frames.answer = answer_late;
    ops[0] = submit(world, fs, SBX_OP_READLINK, TIMEOUT_MS);
    ops[1] = submit(world, fs, SBX_OP_MKDIR, TIMEOUT_MS);
    frames_await(world, 1);
    (void)sbx_op_give_up(ops[0]);
    (void)sbx_op_give_up(ops[1]);
    world_drive(world, 2);
    assert_goes_on(world, fs);
    assert_batches("readlink /x, mkdir /x", "readlink /y");
    frames_destroy(ops, 2);
    sbx_fs_destroy(fs);
}

/* What waits is never sent, and so changed nothing; the search goes on for the others. */
static void test_given_up_while_it_is_looked_for(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[2];
    struct sbx_fs *fs = frames_fs();
    frames.search = search_late;
    ops[0] = submit(world, fs, SBX_OP_MKDIR, TIMEOUT_MS);
    ops[1] = submit(world, fs, SBX_OP_READLINK, TIMEOUT_MS);
    drive_until(world->engine, searched, world);
    assert_false(sbx_op_give_up(ops[0]));
    world_drive(world, 1);
    assert_status(ops[0]->result.status, SBX_ECANCELED);
    server_release(world->server);
    world_drive(world, 1);
    assert_echo(ops[1]);
    assert_batches("readlink /x");
    frames_destroy(ops, 2);
    sbx_fs_destroy(fs);
}

/* Given up between the look at the flag and the batch, a change makes no frame. */
static void test_the_flag_is_seen_when_it_is_sent(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[2];
    struct sbx_fs *fs = frames_fs_up(world);
    for (size_t i = 0; i < 2; i++) {
        ops[i] = frames_op(world, fs, i == 0 ? SBX_OP_MKDIR : SBX_OP_READLINK, "/x");
        sbx_lane_submit(ops[i], world->engine);
    }
    ops[0]->task.give_up = NULL; /* so that the walk does not find it */
    atomic_store(&ops[0]->task.given_up, true);
    ops[0]->to_the_end = true; /* nor its steps */
    world_drive(world, 2);
    assert_status(ops[0]->result.status, SBX_ECANCELED);
    assert_echo(ops[1]);
    assert_batches("readlink /x");
    frames_destroy(ops, 2);
    sbx_fs_destroy(fs);
}

/* ---- The end of the engine ---------------------------------------------------------------------------- */

/* Nothing is left to wait for, and what is freed now is nobody's: the sanitizer sees to that. */
static void assert_all_cancelled(struct world *world, struct sbx_op **ops, size_t count)
{
    sbx_engine_close(world->engine);
    world_drive(world, count);
    for (size_t i = 0; i < count; i++) {
        assert_end(ops[i], SBX_ECANCELED, "closed");
    }
    assert_int_equal(sbx_engine_due_ms(world->engine), -1);
    frames_destroy(ops, count);
}

static void test_closed_with_batches_under_way(void **state)
{
    struct world *world = *state;
    struct sbx_fs *fs;
    struct sbx_op *ops[8] = {hold_batch(world, &fs)};
    clock_advance(SBX_BATCH_PACE_MIN_MS + 1);
    frames_submit(world, fs, SBX_OP_READLINK, ops + 1, 3);
    frames_await(world, 2);
    frames_submit(world, fs, SBX_OP_MKDIR, ops + 4, 3); /* these wait for the pace */
    frames_settle(world);
    ops[7] = frames_op(world, fs, SBX_OP_READ, "/late"); /* this for a slice */
    sbx_lane_submit(ops[7], world->engine);
    assert_all_cancelled(world, ops, 8);
    clock_stop(false);
    assert_int_equal(frames.batches, 2);
    sbx_fs_destroy(fs);
}

/* Whether there is one, and what it can do, is not known then. */
static void test_closed_while_it_is_looked_for(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[6];
    struct sbx_fs *fs = frames_fs();
    char reason[SBX_DETAIL_MAX];
    frames.search = search_late;
    frames_submit(world, fs, SBX_OP_READLINK, ops, 2);
    frames_submit(world, fs, SBX_OP_LSTAT, ops + 2, 2);
    frames_submit(world, fs, SBX_OP_LINK, ops + 4, 2);
    ops[0]->timeout_ms = 1000;
    drive_until(world->engine, searched, world);
    assert_all_cancelled(world, ops, 6);
    assert_int_equal(sbx_fs_report(fs, reason, sizeof(reason)), SBX_COMPANION_UNKNOWN);
    assert_string_equal(reason, "closed");
    sbx_fs_destroy(fs);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, frames_set_up, frames_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_of_a_batch),
        TEST(test_all_of_a_batch),
        TEST(test_while_it_is_looked_for),
        TEST(test_nobody_waits_for_the_search),
        TEST(test_nobody_waits_for_the_pace),
        TEST(test_one_of_a_batch_is_given_up),
        TEST(test_a_batch_is_given_up),
        TEST(test_given_up_while_it_is_looked_for),
        TEST(test_the_flag_is_seen_when_it_is_sent),
        TEST(test_closed_with_batches_under_way),
        TEST(test_closed_while_it_is_looked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
