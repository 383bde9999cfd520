/* companion_lane_test.c: what waits together is one batch; what takes long has its own; how many are on their way;
 * and what ends before its answer is there.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/lane.h"

#include "frames.h"
#include "takeover.h"

#define MANY 30

/* The first question looks for the companion, and all wait for it together. */
static void test_one_batch(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[6];
    struct sbx_fs *fs = frames_fs();
    for (int round = 0; round < 3; round++) {
        frames_forget();
        frames_submit(world, fs, SBX_OP_READLINK, ops, 3);
        frames_submit(world, fs, SBX_OP_READ, ops + 3, 2);
        ops[5] = frames_op(world, fs, SBX_OP_MKDIR, "/d");
        sbx_lane_submit(ops[5], world->engine);
        world_drive(world, 6);
        for (size_t i = 0; i < 5; i++) {
            assert_echo(ops[i]);
        }
        assert_end(ops[5], SBX_OK, "");
        assert_batches("readlink /0, readlink /1, readlink /2, read /0, read /1, mkdir /d");
        assert_int_equal(frames.searches, round == 0 ? 1 : 0);
        frames_destroy(ops, 6);
    }
    sbx_fs_destroy(fs);
}

/* What takes long holds nothing up, and is not held up by what came before it. */
static void test_alone(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[5];
    static const enum sbx_op_code codes[] = {SBX_OP_READLINK, SBX_OP_RM, SBX_OP_READLINK, SBX_OP_COPY,
                                             SBX_OP_MKDIR};
    struct sbx_fs *fs = frames_fs_up(world);
    for (size_t i = 0; i < 5; i++) {
        ops[i] = frames_op(world, fs, codes[i], "/x");
        sbx_lane_submit(ops[i], world->engine);
    }
    world_drive(world, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_status(ops[i]->result.status, SBX_OK);
    }
    assert_batches("readlink /x, readlink /x, mkdir /x", "rm /x", "copy /x");
    frames_destroy(ops, 5);
    sbx_fs_destroy(fs);
}

/* No room is left for "/1" in the replies of others; "/2" never fits. */
static bool answer_without_room(struct server *server, const struct carried *batch, int fd)
{
    struct replies *replies = replies_begin();
    (void)server;
    for (size_t i = 0; i < batch->count; i++) {
        const struct carried_frame *frame = &batch->frames[i];
        char name = frame->args.path.data[1];
        if (name == '2' || (name == '1' && batch->count > 1)) {
            replies_put(replies, frame->id, SBX_ENOBUFS, SBX_SPAN(""));
        } else {
            replies_echo(replies, frame);
        }
    }
    return replies_send(replies, 0, fd);
}

static void test_no_room_for_a_reply(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[3];
    struct sbx_fs *fs = frames_fs_up(world);
    frames.answer = answer_without_room;
    frames_submit(world, fs, SBX_OP_READLINK, ops, 3);
    world_drive(world, 3);
    assert_echo(ops[0]);
    assert_echo(ops[1]);
    assert_end(ops[2], SBX_ENOBUFS, "");
    assert_batches("readlink /0, readlink /1, readlink /2", "readlink /1", "readlink /2");
    frames_destroy(ops, 3);
    sbx_fs_destroy(fs);
}

/* Batches are filled up to their limits, of bytes and of what is expected back. */
static void test_full_batches(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[4];
    struct sbx_fs *fs = frames_fs_up(world);
    char *content = pattern(300000);
    struct sbx_args args = {.path = SBX_SPAN("/w"), .data = {content, 300000}};
    for (size_t i = 0; i < 4; i++) {
        assert_status(sbx_fs_op_create(&ops[i], fs, sbx_op_row(SBX_OP_WRITE), world->endpoint, &args),
                      SBX_OK);
        sbx_lane_submit(ops[i], world->engine);
    }
    world_drive(world, 4);
    assert_batches("write /w, write /w, write /w", "write /w");
    frames_destroy(ops, 4);
    frames_forget();
    for (size_t i = 0; i < 3; i++) {
        ops[i] = frames_op(world, fs, SBX_OP_PREAD, "/p");
        ops[i]->args.length = 300000;
        sbx_lane_submit(ops[i], world->engine);
    }
    world_drive(world, 3);
    assert_batches("pread /p, pread /p", "pread /p");
    frames_destroy(ops, 3);
    free(content);
    sbx_fs_destroy(fs);
}

/* A link on "/l" whose target cannot be one. */
static struct sbx_op *submit_no_frame(struct world *world, const struct sbx_fs *fs)
{
    struct sbx_op *op = NULL;
    struct sbx_args args = {.path = SBX_SPAN("/l"), .target = SBX_SPAN("a\0b")};
    assert_status(sbx_fs_op_create(&op, fs, sbx_op_row(SBX_OP_SYMLINK), world->endpoint, &args), SBX_OK);
    sbx_lane_submit(op, world->engine);
    return op;
}

/* What cannot be a frame fails by itself, and where it is alone no request is made. */
static void test_no_frame(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[3];
    struct sbx_fs *fs = frames_fs_up(world);
    ops[0] = submit_no_frame(world, fs);
    frames_submit(world, fs, SBX_OP_READLINK, ops + 1, 1);
    world_drive(world, 2);
    ops[2] = submit_no_frame(world, fs);
    world_drive(world, 1);
    assert_end(ops[0], SBX_EINVAL, "");
    assert_echo(ops[1]);
    assert_end(ops[2], SBX_EINVAL, "");
    assert_batches("readlink /0");
    frames_destroy(ops, 3);
    sbx_fs_destroy(fs);
}

/* One batch is under way, asked for and not answered. */
static struct sbx_op *hold_batch(struct world *world, const struct sbx_fs *fs)
{
    struct sbx_op *op;
    frames_forget();
    server_hold(world->server);
    frames_submit(world, fs, SBX_OP_RMDIR, &op, 1);
    frames_await(world, 1);
    return op;
}

/* With a batch under way what comes leaves together, once that batch is `pace_ms` old and not before. */
static void check_pace(struct world *world, const struct sbx_fs *fs, uint64_t pace_ms)
{
    struct sbx_op *ops[4] = {hold_batch(world, fs)};
    frames_submit(world, fs, SBX_OP_READLINK, ops + 1, 1);
    frames_settle(world);
    frames_submit(world, fs, SBX_OP_MKDIR, ops + 2, 2);
    clock_advance(pace_ms);
    frames_settle(world);
    assert_int_equal(frames_batches(world), 1);
    clock_advance(1);
    frames_await(world, 2);
    server_release(world->server);
    world_drive(world, 4);
    assert_batches("rmdir /0", "readlink /0, mkdir /0, mkdir /1");
    frames_destroy(ops, 4);
}

/* The pace is the time that batches take, but neither less nor more than its bounds. */
static void test_pace(void **state)
{
    struct world *world = *state;
    clock_stop(true); /* so that the first answer took no time */
    struct sbx_fs *fs = frames_fs_up(world);
    frames.answer = answer_late;
    clock_advance(10);
    check_pace(world, fs, SBX_BATCH_PACE_MIN_MS);
    for (int i = 0; i < 20; i++) {
        struct sbx_op *op = hold_batch(world, fs);
        clock_advance(100);
        server_release(world->server);
        world_drive(world, 1);
        frames_destroy(&op, 1);
    }
    check_pace(world, fs, SBX_BATCH_PACE_MAX_MS);
    clock_stop(false);
    sbx_fs_destroy(fs);
}

static bool answer_rmdir_late(struct server *server, const struct carried *batch, int fd)
{
    return batch->frames[0].row->code == SBX_OP_RMDIR ? answer_late(server, batch, fd)
                                                      : answer_all(server, batch, fd);
}

/* Behind one that is answered the next leaves at once, whatever else is under way. */
static void test_no_pace_behind_an_answer(void **state)
{
    struct world *world = *state;
    clock_stop(true);
    struct sbx_fs *fs = frames_fs_up(world);
    frames.answer = answer_rmdir_late;
    clock_advance(10);
    struct sbx_op *op = hold_batch(world, fs);
    clock_advance(10);
    for (int i = 0; i < 10; i++) {
        assert_status(frames_run(world, fs, SBX_OP_READLINK, "/x"), SBX_OK);
    }
    clock_stop(false);
    server_release(world->server);
    world_drive(world, 1);
    frames_destroy(&op, 1);
    sbx_fs_destroy(fs);
}

/* However long they take, no more than 24 are under way. */
static void test_batches_at_once(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[SBX_BATCHES_MAX + 1];
    struct sbx_fs *fs = frames_fs_up(world);
    frames.answer = answer_late;
    for (size_t i = 0; i <= SBX_BATCHES_MAX; i++) {
        frames_submit(world, fs, SBX_OP_MKDIR, &ops[i], 1);
        clock_advance(10);
        frames_await(world, i < SBX_BATCHES_MAX ? i + 1 : SBX_BATCHES_MAX);
    }
    frames_settle(world);
    assert_int_equal(frames_batches(world), SBX_BATCHES_MAX);
    server_release(world->server);
    world_drive(world, SBX_BATCHES_MAX + 1);
    assert_int_equal(frames.batches, SBX_BATCHES_MAX + 1);
    frames_destroy(ops, SBX_BATCHES_MAX + 1);
    sbx_fs_destroy(fs);
}

/* Of those that take long no more than 16 are; what is quick leaves beside them, and at once. */
static void test_long_ones_at_once(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[MANY];
    struct sbx_op *quick[SBX_BATCHES_MAX];
    struct sbx_fs *fs = frames_fs_up(world);
    frames.answer = answer_late;
    clock_stop(true);
    frames_submit(world, fs, SBX_OP_RM, ops, MANY);
    frames_await(world, 1);
    frames_submit(world, fs, SBX_OP_READLINK, &quick[0], 1);
    frames_await(world, 2);
    clock_stop(false);
    frames_await(world, 1 + SBX_LONG_BATCHES_MAX);
    clock_advance(10);
    frames_settle(world);
    assert_int_equal(frames_batches(world), 1 + SBX_LONG_BATCHES_MAX);
    for (size_t i = 1; i < SBX_BATCHES_MAX; i++) {
        frames_submit(world, fs, SBX_OP_READLINK, &quick[i], 1);
        clock_advance(10);
        frames_await(world, 1 + i + SBX_LONG_BATCHES_MAX);
    }
    server_release(world->server);
    world_drive(world, MANY + SBX_BATCHES_MAX);
    for (size_t i = 0; i < MANY; i++) {
        assert_end(ops[i], SBX_OK, "");
    }
    assert_int_equal(frames.batches, MANY + SBX_BATCHES_MAX);
    frames_destroy(ops, MANY);
    frames_destroy(quick, SBX_BATCHES_MAX);
    sbx_fs_destroy(fs);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, frames_set_up, frames_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_batch),
        TEST(test_alone),
        TEST(test_no_room_for_a_reply),
        TEST(test_full_batches),
        TEST(test_no_frame),
        TEST(test_pace),
        TEST(test_no_pace_behind_an_answer),
        TEST(test_batches_at_once),
        TEST(test_long_ones_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
