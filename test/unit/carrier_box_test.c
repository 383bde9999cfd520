/* carrier_box_test.c: the companion that stays, and long frames: they are left in its box, or, where that cannot be, in the letter,
 * or go by run; nothing is done twice, and nothing waits for what is on its way there.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/lane.h"
#include "stays.h"
#include "takeover.h"
#include "wire/resident.h"

#define LONG (20 * SBX_KIB)                     /* bytes of a content that is left in the box */
#define VERY_LONG (200 * SBX_KIB)               /* of one that no letter holds */
#define AGAIN ((size_t)2 * SBX_RESIDENT_WINDOW) /* writes, in places that are free again */

static struct sbx_op *write_op(struct world *world, const struct sbx_fs *fs, size_t length)
{
    static char zeros[VERY_LONG];
    struct sbx_op *op = NULL;
    const struct sbx_args args = {.path = SBX_SPAN("/f"), .data = {zeros, length}};
    assert_status(sbx_fs_op_create(&op, fs, sbx_op_row(SBX_OP_WRITE), world->endpoint, &args), SBX_OK);
    return op;
}

static enum sbx_status write_one(struct world *world, const struct sbx_fs *fs, size_t length)
{
    struct sbx_op *op = write_op(world, fs, length);
    sbx_lane_submit(op, world->engine);
    world_drive(world, 1);
    enum sbx_status status = op->result.status;
    sbx_op_destroy(op);
    return status;
}

static void test_long_frames(void **state)
{
    struct world *world = *state;
    stays_have_box("200 OK");
    struct sbx_fs *fs = stays_fs(world, "stream");
    for (size_t i = 0; i < 10; i++) {
        assert_status(write_one(world, fs, LONG), SBX_OK);
        assert_status(write_one(world, fs, VERY_LONG), SBX_OK);
        assert_status(write_one(world, fs, 1), SBX_OK);
    }
    assert_int_equal(stays.boxed, 20);
    assert_int_equal(stays.batches, 30);
    stays_end(fs);
}

/* Without a box they are in the letter, or go by run. */
static void test_no_box(void **state)
{
    struct world *world = *state;
    struct sbx_fs *fs = stays_fs(world, "stream");
    assert_status(write_one(world, fs, LONG), SBX_OK);
    assert_int_equal(stays.batches, 1);
    assert_status(write_one(world, fs, VERY_LONG), SBX_OK);
    assert_int_equal(stays.batches, 1);
    assert_int_equal(frames.batches, 1);
    sbx_fs_destroy(fs);
}

/* So it is after the first that could not be left there. */
static void test_refused_box(void **state)
{
    struct world *world = *state;
    stays_have_box("507 Insufficient Storage");
    struct sbx_fs *fs = stays_fs(world, "stream");
    assert_status(write_one(world, fs, LONG), SBX_OK);
    assert_status(write_one(world, fs, LONG), SBX_OK);
    assert_status(write_one(world, fs, VERY_LONG), SBX_OK);
    assert_int_equal(stays.boxed, 0);
    assert_int_equal(stays.box_number, 1);
    assert_int_equal(stays.batches, 2);
    assert_int_equal(frames.batches, 1);
    assert_string_equal(sbx_fs_carrier(fs), "stream");
    sbx_fs_destroy(fs);
}

/* What was left there the companion does not find, or may not take: nothing of it is done, and it is not used again. */
static void test_lost_box(void **state)
{
    struct world *world = *state;
    stays_have_box("200 OK");
    stays.box_lost = true;
    struct sbx_fs *fs = stays_fs(world, "stream");
    assert_status(write_one(world, fs, LONG), SBX_OK);
    assert_status(write_one(world, fs, LONG), SBX_OK);
    assert_int_equal(stays.boxed, 1);
    assert_int_equal(stays.batches, 3);
    stays_end(fs);
}

static size_t wanted_file;

static bool is_on_its_way(void *user)
{
    struct world *world = user;
    (void)pthread_mutex_lock(&world->lock);
    bool came = stays.box_number == wanted_file;
    (void)pthread_mutex_unlock(&world->lock);
    return came;
}

/* Runs slices until that file is on its way there. */
static void await_file(struct world *world, size_t number)
{
    wanted_file = number;
    drive_until(world->engine, is_on_its_way, world);
}

static struct sbx_op *hold_one(struct world *world, const struct sbx_fs *fs)
{
    struct sbx_op *op = write_op(world, fs, LONG);
    stays.box_waits = true;
    server_hold(world->server);
    sbx_lane_submit(op, world->engine);
    await_file(world, 1);
    return op;
}

/* What is asked meanwhile does not wait for it; what was given up by then is not done. */
static void test_nobody_waits(void **state)
{
    struct world *world = *state;
    stays_have_box("200 OK");
    struct sbx_fs *fs = stays_fs(world, "stream");
    struct sbx_op *op = hold_one(world, fs);
    assert_status(frames_run(world, fs, SBX_OP_READLINK, "/x"), SBX_OK);
    assert_int_equal(stays.batches, 1);
    (void)sbx_op_give_up(op);
    world_drive(world, 1);
    assert_status(op->result.status, SBX_ECANCELED);
    server_release(world->server);
    for (size_t i = 0; i < AGAIN; i++) { /* its place is free again */
        assert_status(write_one(world, fs, LONG), SBX_OK);
    }
    assert_int_equal(stays.boxed, AGAIN);
    assert_int_equal(frames.batches, 0);
    sbx_op_destroy(op);
    sbx_fs_destroy(fs);
}

/* So many are on their way there as may be, and do not arrive: what else is asked goes by run, as soon as that is seen. */
static void test_stalled_box(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[SBX_RESIDENT_WINDOW];
    stays_have_box("200 OK");
    struct sbx_fs *fs = stays_fs(world, "stream");
    clock_stop(true);
    stays.box_waits = true;
    server_hold(world->server);
    for (size_t i = 0; i < SBX_RESIDENT_WINDOW; i++) {
        ops[i] = write_op(world, fs, LONG);
        stays_submit_apart(world, ops[i]);
    }
    await_file(world, SBX_RESIDENT_WINDOW);
    struct sbx_op *op = frames_op(world, fs, SBX_OP_READLINK, "/x");
    sbx_lane_submit(op, world->engine);
    frames_settle(world);
    assert_int_equal(frames.batches, 0);
    clock_advance(150);
    world_drive(world, 1);
    assert_status(op->result.status, SBX_OK);
    assert_batches("readlink /x");
    clock_stop(false); /* this box has but the last of them: the others are asked again */
    server_release(world->server);
    world_drive(world, SBX_RESIDENT_WINDOW);
    for (size_t i = 0; i < SBX_RESIDENT_WINDOW; i++) {
        assert_status(ops[i]->result.status, SBX_OK);
        sbx_op_destroy(ops[i]);
    }
    sbx_op_destroy(op);
    sbx_fs_destroy(fs);
}

/* It was left in the box of one that has gone meanwhile: it is done once, by run. */
static void test_left_too_late(void **state)
{
    struct world *world = *state;
    stays_have_box("200 OK");
    struct sbx_fs *fs = stays_fs(world, "stream");
    struct sbx_op *op = hold_one(world, fs);
    stays_leave(world);
    stays_await(world, fs, "run");
    server_release(world->server);
    world_drive(world, 1);
    assert_status(op->result.status, SBX_OK);
    assert_int_equal(stays.batches, 0);
    assert_batches("write /f");
    sbx_op_destroy(op);
    sbx_fs_destroy(fs);
}

static void test_closed(void **state)
{
    struct world *world = *state;
    struct sbx_queue done;
    stays_have_box("200 OK");
    struct sbx_fs *fs = stays_fs(world, "stream");
    struct sbx_op *op = hold_one(world, fs);
    sbx_queue_init(&done);
    sbx_engine_close(world->engine);
    sbx_engine_slice(world->engine);
    sbx_engine_take_done(world->engine, &done);
    assert_status(op->result.status, SBX_ECANCELED);
    assert_string_equal(sbx_fs_carrier(fs), "run");
    server_release(world->server);
    sbx_op_destroy(op);
    sbx_fs_destroy(fs);
}

/* It ends, and holds nothing afterwards, whichever allocation fails. */
static enum sbx_status attempt(void *user)
{
    void *state = NULL;
    (void)user;
    allocations_pause(true);
    (void)stays_set_up(&state);
    struct world *world = state;
    stays_have_box("200 OK");
    struct sbx_fs *fs = stays_fs(world, "stream");
    struct sbx_op *op = write_op(world, fs, LONG);
    op->timeout_ms = exchange_ms();
    allocations_pause(false);
    sbx_lane_submit(op, world->engine);
    world_drive(world, 1);
    frames_settle(world);
    allocations_pause(true);
    enum sbx_status status = op->result.status;
    sbx_op_destroy(op);
    sbx_fs_destroy(fs);
    int failed = stays_tear_down(&state);
    allocations_pause(false);
    assert_int_equal(failed, 0);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_in_range(allocations_fail_each_in_exchange(attempt, NULL), 10, 2000);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, stays_set_up, stays_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_long_frames),   TEST(test_no_box),   TEST(test_refused_box),
        TEST(test_nobody_waits),  TEST(test_lost_box), TEST(test_stalled_box),
        TEST(test_left_too_late), TEST(test_closed),   cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
