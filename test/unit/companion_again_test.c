/* companion_again_test.c: what was lost waits before it is asked again, longer each time, on a clock that stands still.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/lane.h"

#include "dialogue.h"
#include "frames.h"
#include "takeover.h"

static int awaited_ms;

static bool is_due(void *user)
{
    struct world *world = user;
    return sbx_engine_due_ms(world->engine) == awaited_ms;
}

/* Runs slices until what comes next is `ms` away, on the clock that stands still; so many batches were sent by then. */
static void await_pause(struct world *world, int ms, size_t batches)
{
    awaited_ms = ms;
    drive_until(world->engine, is_due, world);
    assert_int_equal(frames_batches(world), batches);
}

static void check_pauses(struct world *world, enum sbx_op_code code)
{
    static const int pauses_ms[] = {50, 200, 800};
    struct sbx_op *ops[1];
    struct sbx_fs *fs = frames_fs_up(world);
    clock_stop(true);
    frames_submit(world, fs, code, ops, 1);
    for (size_t i = 0; i < COUNT(pauses_ms); i++) {
        await_pause(world, pauses_ms[i], i + 1);
        clock_advance((uint64_t)pauses_ms[i] - 1);
        await_pause(world, 1, i + 1);
        clock_advance(1);
    }
    world_drive(world, 1);
    clock_stop(false);
    assert_end(ops[0], SBX_EIO, NULL);
    assert_int_equal(frames.batches, SBX_ASK_TRIES);
    frames_destroy(ops, 1);
    sbx_fs_destroy(fs);
}

static bool answer_not_done(struct server *server, const struct carried *batch, int fd)
{
    (void)server, (void)batch;
    return server_reply(fd, "500 Internal Server Error", PROBLEM, SPAWN_FAILED("I/O error", 5));
}

/* A read, and a change that was not done. */
static void test_pauses(void **state)
{
    frames.answer = answer_by_losing;
    check_pauses(*state, SBX_OP_READLINK);
    frames.answer = answer_not_done;
    check_pauses(*state, SBX_OP_MKDIR);
}

/* What is lost later does not wait for what was lost before it, nor does anything that is asked meanwhile. */
static void test_pauses_of_each(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[3];
    struct sbx_fs *fs = frames_fs_up(world);
    frames.answer = answer_by_losing;
    clock_stop(true);
    frames_submit(world, fs, SBX_OP_READLINK, ops, 1);
    await_pause(world, 50, 1);
    clock_advance(50);
    await_pause(world, 200, 2);
    frames_submit(world, fs, SBX_OP_READLINK, ops + 1, 1);
    await_pause(world, 50, 3);
    frames.answer = answer_all;
    frames_submit(world, fs, SBX_OP_MKDIR, ops + 2, 1);
    world_drive(world, 1);
    clock_advance(50);
    world_drive(world, 1);
    assert_echo(ops[1]);
    await_pause(world, 150, 5);
    clock_advance(150);
    world_drive(world, 1);
    clock_stop(false);
    assert_echo(ops[0]);
    frames_destroy(ops, 3);
    sbx_fs_destroy(fs);
}

/* Half of what is left, so that its last try is no error of the clock alone. */
static bool lose_near_the_deadline(struct server *server, const struct carried *batch, int fd)
{
    if (batch->number > 0) {
        return answer_all(server, batch, fd);
    }
    clock_advance(10000 - 60); /* the deadline of frames_fs */
    return answer_by_losing(server, batch, fd);
}

static void test_pause_within_the_deadline(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[1];
    struct sbx_fs *fs = frames_fs_up(world);
    frames.answer = lose_near_the_deadline;
    clock_stop(true);
    frames_submit(world, fs, SBX_OP_READLINK, ops, 1);
    await_pause(world, 30, 1);
    clock_advance(30);
    world_drive(world, 1);
    clock_stop(false);
    assert_echo(ops[0]);
    frames_destroy(ops, 1);
    sbx_fs_destroy(fs);
}

/* Nothing of it is left in the engine. */
static void test_ends_in_its_pause(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[2];
    struct sbx_fs *fs = frames_fs_up(world);
    frames.answer = answer_by_losing;
    clock_stop(true);
    frames_submit(world, fs, SBX_OP_READLINK, ops, 2);
    await_pause(world, 50, 1);
    sbx_engine_close(world->engine);
    world_drive(world, 2);
    clock_stop(false);
    assert_end(ops[0], SBX_ECANCELED, "closed");
    assert_end(ops[1], SBX_ECANCELED, "closed");
    assert_int_equal(sbx_engine_due_ms(world->engine), -1);
    frames_destroy(ops, 2);
    sbx_fs_destroy(fs);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, frames_set_up, frames_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pauses),
        TEST(test_pauses_of_each),
        TEST(test_pause_within_the_deadline),
        TEST(test_ends_in_its_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
