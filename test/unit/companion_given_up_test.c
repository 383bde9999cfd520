/* companion_given_up_test.c: questions that nobody wants any more: waiting, in a batch with others, and in one where they
 * are all.
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

static struct sbx_op *submit(struct world *world, const struct sbx_fs *fs, enum sbx_op_code code)
{
    struct sbx_op *op = frames_op(world, fs, code, "/x");
    sbx_lane_submit(op, world->engine);
    return op;
}

/* The rest of the batch is not disturbed. */
static void test_one_of_a_batch(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[3];
    struct sbx_fs *fs = frames_fs_up(world);
    frames.answer = answer_late;
    ops[0] = submit(world, fs, SBX_OP_READLINK);
    ops[1] = submit(world, fs, SBX_OP_MKDIR);
    ops[2] = submit(world, fs, SBX_OP_READ);
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

static void test_all_of_a_batch(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[2];
    struct sbx_fs *fs = frames_fs_up(world);
    frames.answer = answer_late;
    ops[0] = submit(world, fs, SBX_OP_READLINK);
    ops[1] = submit(world, fs, SBX_OP_MKDIR);
    frames_await(world, 1);
    size_t connection = server_connections(world->server) - 1;
    (void)sbx_op_give_up(ops[0]);
    (void)sbx_op_give_up(ops[1]);
    world_drive(world, 2);
    frames_settle(world);
    server_release(world->server);
    assert_true(server_closed(world->server, connection));
    assert_int_equal(sbx_engine_due_ms(world->engine), -1);
    frames.answer = answer_all;
    assert_status(frames_run(world, fs, SBX_OP_READLINK, "/y"), SBX_OK);
    assert_batches("readlink /x, mkdir /x", "readlink /y");
    frames_destroy(ops, 2);
    sbx_fs_destroy(fs);
}

/* What waits is never sent, and so changed nothing; the search goes on for the others. */
static void test_while_it_is_looked_for(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[2];
    struct sbx_fs *fs = frames_fs();
    frames.search = search_late;
    ops[0] = submit(world, fs, SBX_OP_MKDIR);
    ops[1] = submit(world, fs, SBX_OP_READLINK);
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

#define TEST(function) cmocka_unit_test_setup_teardown(function, frames_set_up, frames_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_of_a_batch),
        TEST(test_all_of_a_batch),
        TEST(test_while_it_is_looked_for),
        TEST(test_the_flag_is_seen_when_it_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
