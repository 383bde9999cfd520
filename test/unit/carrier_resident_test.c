/* carrier_resident_test.c: the companion that stays: its batches, what the stream lost, what is refused, whose fate nobody
 * knows; when it sleeps, wakes and goes; and a server that was started again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/lane.h"
#include "stays.h"
#include "takeover.h"
#include "wire/resident.h"

#define STATE "GET /v1/processes/proc_7\n"
#define STOP "POST /v1/processes/proc_7/stop?waitMs=500\n"
#define KILL "POST /v1/processes/proc_7/kill?waitMs=500\n"
#define FORGET "DELETE /v1/processes/proc_7\n"

/* Whether so many inputs came. */
static size_t wanted_inputs;

static bool have_come(void *user)
{
    struct world *world = user;
    (void)pthread_mutex_lock(&world->lock);
    bool come = stays.inputs >= wanted_inputs;
    (void)pthread_mutex_unlock(&world->lock);
    return come;
}

static void await_inputs(struct world *world, size_t count)
{
    wanted_inputs = count;
    drive_until(world->engine, have_come, world);
}

static void assert_reads(struct world *world, const struct sbx_fs *fs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_status(frames_run(world, fs, SBX_OP_READLINK, "/x"), SBX_OK);
    }
}

static void test_stream(void **state)
{
    struct world *world = *state;
    struct sbx_fs *fs = stays_fs(world, "stream");
    assert_reads(world, fs, 50);
    assert_int_equal(stays.batches, 50);
    assert_int_equal(stays.inputs, 50);
    assert_int_equal(frames.batches, 0);
    sbx_fs_destroy(fs);
}

/* Where the stream brings nothing the log is asked. */
static void test_poll(void **state)
{
    struct world *world = *state;
    stays.streamless = true;
    struct sbx_fs *fs = stays_fs(world, "poll");
    assert_reads(world, fs, 20);
    assert_int_equal(stays.batches, 20);
    assert_int_equal(frames.batches, 0);
    sbx_fs_destroy(fs);
}

static void sleep_and_wake(struct world *world, struct sbx_fs *fs, const char *carrier)
{
    clock_advance(1100);
    stays_await(world, fs, "run");
    assert_reads(world, fs, 2);
    stays_await(world, fs, carrier);
}

/* The second time it is so from then on. */
static void test_poll_again(void **state)
{
    struct world *world = *state;
    stays.streamless = true;
    struct sbx_fs *fs = stays_fs(world, "poll");
    sleep_and_wake(world, fs, "poll");
    stays.streamless = false;
    sleep_and_wake(world, fs, "poll");
    sbx_fs_destroy(fs);
}

/* Where the stream comes the next time it is used again. */
static void test_poll_once(void **state)
{
    struct world *world = *state;
    stays.streamless = true;
    struct sbx_fs *fs = stays_fs(world, "poll");
    stays.streamless = false;
    sleep_and_wake(world, fs, "stream");
    sbx_fs_destroy(fs);
}

static void lose_next(struct world *world)
{
    (void)pthread_mutex_lock(&world->lock);
    stays.lost_from = stays.entries + 1;
    stays.lost_to = stays.entries + 1;
    (void)pthread_mutex_unlock(&world->lock);
}

/* What comes behind a gap in the stream shows it, and the log is asked for what is missing: nobody waits for a time. */
static void test_gap(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[2];
    struct sbx_fs *fs = stays_fs(world, "stream");
    clock_stop(true);
    for (size_t round = 0; round < 20; round++) {
        lose_next(world);
        for (size_t i = 0; i < COUNT(ops); i++) {
            ops[i] = frames_op(world, fs, SBX_OP_MKDIR, "/d");
            stays_submit_apart(world, ops[i]);
        }
        world_drive(world, COUNT(ops));
        assert_status(ops[0]->result.status, SBX_OK);
        assert_status(ops[1]->result.status, SBX_OK);
        frames_destroy(ops, COUNT(ops));
    }
    clock_stop(false);
    assert_int_equal(stays.changes, 40);
    stays_end(fs);
}

/* Where nothing comes behind it, the log is asked when that takes too long; and from then on. */
static void test_gap_at_the_end(void **state)
{
    struct world *world = *state;
    struct sbx_fs *fs = stays_fs(world, "stream");
    lose_next(world);
    assert_reads(world, fs, 1);
    assert_string_equal(sbx_fs_carrier(fs), "poll");
    assert_reads(world, fs, 1);
    assert_int_equal(frames.batches, 0);
    sbx_fs_destroy(fs);
}

/* Four are under way at most, however many wait. */
static void test_window(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[12];
    struct sbx_fs *fs = stays_fs(world, "stream");
    clock_stop(true);
    stays.silent = true;
    for (size_t i = 0; i < COUNT(ops); i++) {
        ops[i] = frames_op(world, fs, SBX_OP_MKDIR, "/d");
        stays_submit_apart(world, ops[i]);
    }
    await_inputs(world, SBX_RESIDENT_WINDOW);
    frames_settle(world);
    assert_int_equal(stays.inputs, SBX_RESIDENT_WINDOW);
    stays_speak(world);
    world_drive(world, COUNT(ops));
    clock_stop(false);
    assert_int_equal(stays.changes, COUNT(ops));
    frames_destroy(ops, COUNT(ops));
    sbx_fs_destroy(fs);
}

/* What the server did not take goes by run, once. */
static void test_refused(void **state)
{
    struct world *world = *state;
    struct sbx_fs *fs = stays_fs(world, "stream");
    stays.refusal = "413 Payload Too Large";
    assert_status(frames_run(world, fs, SBX_OP_MKDIR, "/d"), SBX_OK);
    assert_batches("mkdir /d");
    assert_int_equal(stays.changes, 0);
    assert_string_equal(sbx_fs_carrier(fs), "run");
    sbx_fs_destroy(fs);
}

/* It said that it did no more than that: what came after it is done by run. */
static void test_left(void **state)
{
    struct world *world = *state;
    struct sbx_op *op = NULL;
    struct sbx_fs *fs = stays_fs(world, "stream");
    assert_reads(world, fs, 1);
    (void)pthread_mutex_lock(&world->lock);
    uint32_t done = stays.done;
    stays.done = 1000; /* it takes no more */
    (void)pthread_mutex_unlock(&world->lock);
    frames_submit(world, fs, SBX_OP_MKDIR, &op, 1);
    await_inputs(world, 2);
    (void)pthread_mutex_lock(&world->lock);
    stays.done = done;
    (void)pthread_mutex_unlock(&world->lock);
    stays_leave(world);
    world_drive(world, 1);
    assert_status(op->result.status, SBX_OK);
    assert_batches("mkdir /0");
    frames_destroy(&op, 1);
    sbx_fs_destroy(fs);
}

/* The id is another process's: nothing is sent to that, and what became of a change nobody knows. */
static void test_another(void **state)
{
    struct world *world = *state;
    struct sbx_op *op = NULL;
    struct sbx_fs *fs = stays_fs(world, "stream");
    stays.silent = true;
    frames_submit(world, fs, SBX_OP_MKDIR, &op, 1);
    await_inputs(world, 1);
    (void)pthread_mutex_lock(&world->lock);
    stays.another = true;
    stays.cut = true;
    (void)pthread_mutex_unlock(&world->lock);
    world_drive(world, 1);
    assert_end(op, SBX_EIO, "the connection was lost; the operation may have completed");
    stays_await_asked(world, STATE STATE);
    assert_reads(world, fs, 30);
    assert_int_equal(stays.inputs, 1);
    assert_false(stays_was_asked(world, STOP));
    assert_false(stays_was_asked(world, FORGET));
    frames_destroy(&op, 1);
    sbx_fs_destroy(fs);
}

/* The stream is closed, and all goes by run until it is seen to be there. */
static void test_sleep(void **state)
{
    struct world *world = *state;
    struct sbx_fs *fs = stays_fs(world, "stream");
    assert_reads(world, fs, 3);
    clock_advance(11000);
    stays_await(world, fs, "run");
    stays.asked[0] = '\0';
    assert_reads(world, fs, 1);
    assert_batches("readlink /x");
    assert_reads(world, fs, 1);
    stays_await(world, fs, "stream");
    assert_string_equal(stays.asked, STATE);
    frames_forget();
    assert_reads(world, fs, 3);
    assert_int_equal(frames.batches, 0);
    clock_advance(11000);
    stays_await(world, fs, "run");
    clock_advance(45000);
    stays_await_asked(world, FORGET);
    assert_string_equal(stays.asked, STATE STATE STOP FORGET);
    sbx_fs_destroy(fs);
}

/* It is killed, then. */
static void test_stubborn(void **state)
{
    struct world *world = *state;
    struct sbx_fs *fs = stays_fs(world, "stream");
    stays.stubborn = true;
    stays.asked[0] = '\0';
    clock_advance(11000);
    stays_await(world, fs, "run");
    clock_advance(45000);
    stays_await_asked(world, FORGET);
    assert_string_equal(stays.asked, STATE STOP KILL FORGET);
    sbx_fs_destroy(fs);
}

/* The server was started again while it slept. */
static void test_sleep_for_good(void **state)
{
    struct world *world = *state;
    struct sbx_fs *fs = stays_fs(world, "stream");
    clock_advance(11000);
    stays_await(world, fs, "run");
    stays.asked[0] = '\0';
    stays.another = true;
    assert_reads(world, fs, 2);
    stays_await_asked(world, STATE STATE);
    frames_settle(world);
    assert_string_equal(stays.asked, STATE STATE);
    assert_int_equal(stays.inputs, 0);
    sbx_fs_destroy(fs);
}

/* What another client left behind goes, when nobody asks for it any more. */
static void test_left_behind(void **state)
{
    struct world *world = *state;
    stays.list =
        "{\"processes\":["
        "{\"id\":\"proc_1\",\"args\":[\"serve\",\"--batches\"],\"status\":\"exited\",\"exitedAtMs\":1000},"
        "{\"id\":\"proc_2\",\"args\":[\"serve\"],\"status\":\"exited\",\"exitedAtMs\":1000},"
        "{\"id\":\"proc_3\",\"args\":[\"serve\",\"--batches\"],\"status\":\"running\"},"
        "{\"id\":\"proc_4\",\"args\":[\"serve\",\"--batches\"],\"status\":\"exited\","
        "\"exitedAtMs\":4990000},"
        "{\"id\":\"proc_5\",\"args\":[\"serve\",\"--batches\"],\"status\":\"exited\",\"exitedAtMs\":2000}]}";
    struct sbx_fs *fs = stays_fs(world, "stream");
    stays_await_asked(world, "DELETE /v1/processes/proc_1\n");
    frames_settle(world);
    assert_string_equal(stays.asked, "GET /v1/processes\nPOST /v1/processes\nDELETE /v1/processes/proc_5\n"
                                     "DELETE /v1/processes/proc_1\n");
    sbx_fs_destroy(fs);
}

/* Nobody waits for its answer any more: the others are done all the same, and the order is kept. */
static void test_given_up(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[2];
    struct sbx_fs *fs = stays_fs(world, "stream");
    stays.silent = true;
    frames_submit(world, fs, SBX_OP_READLINK, ops, 1);
    await_inputs(world, 1);
    (void)sbx_op_give_up(ops[0]);
    world_drive(world, 1);
    assert_status(ops[0]->result.status, SBX_ECANCELED);
    ops[1] = frames_op(world, fs, SBX_OP_MKDIR, "/d");
    sbx_lane_submit(ops[1], world->engine);
    await_inputs(world, 2);
    stays_speak(world);
    world_drive(world, 1);
    assert_status(ops[1]->result.status, SBX_OK);
    assert_int_equal(stays.changes, 1);
    frames_destroy(ops, 2);
    sbx_fs_destroy(fs);
}

/* All that is under way is given up: what waits for its place has it when the first answer comes, although nobody wants that. */
static void test_given_up_window(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[SBX_RESIDENT_WINDOW + 1];
    struct sbx_fs *fs = stays_fs(world, "stream");
    clock_stop(true);
    stays.silent = true;
    for (size_t i = 0; i < COUNT(ops); i++) {
        ops[i] = frames_op(world, fs, i < SBX_RESIDENT_WINDOW ? SBX_OP_READLINK : SBX_OP_MKDIR, "/d");
        stays_submit_apart(world, ops[i]);
    }
    await_inputs(world, SBX_RESIDENT_WINDOW);
    for (size_t i = 0; i < SBX_RESIDENT_WINDOW; i++) {
        (void)sbx_op_give_up(ops[i]);
    }
    world_drive(world, SBX_RESIDENT_WINDOW);
    frames_settle(world);
    assert_int_equal(stays.inputs, SBX_RESIDENT_WINDOW);
    stays_speak(world);
    world_drive(world, 1);
    clock_stop(false);
    assert_status(ops[SBX_RESIDENT_WINDOW]->result.status, SBX_OK);
    assert_int_equal(stays.changes, 1);
    frames_destroy(ops, COUNT(ops));
    sbx_fs_destroy(fs);
}

/* Long replies of what only reads are asked for where they were left; what changes something is never answered so. */
static void test_files(void **state)
{
    struct world *world = *state;
    struct sbx_fs *fs = stays_fs(world, "stream");
    stays.files = "200 OK";
    size_t filed = stays.filed;
    assert_reads(world, fs, 20);
    assert_status(frames_run(world, fs, SBX_OP_MKDIR, "/d"), SBX_OK);
    assert_int_equal(stays.filed - filed, 20);
    assert_int_equal(stays.batches, 21);
    stays_end(fs);
}

/* What is left for the oldest goes with the one that has the same place: that is not asked before the file is here. */
static void test_file_keeps_its_place(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[SBX_RESIDENT_WINDOW + 1];
    struct sbx_fs *fs = stays_fs(world, "stream");
    clock_stop(true);
    stays.files = "200 OK";
    stays.files_max = stays.filed + 1;
    stays.files_wait = true;
    server_hold(world->server);
    for (size_t i = 0; i < COUNT(ops); i++) {
        ops[i] = frames_op(world, fs, SBX_OP_READLINK, "/x");
        stays_submit_apart(world, ops[i]);
    }
    world_drive(world, SBX_RESIDENT_WINDOW - 1);
    frames_settle(world);
    assert_int_equal(stays.inputs, SBX_RESIDENT_WINDOW);
    server_release(world->server);
    world_drive(world, 2);
    clock_stop(false);
    assert_int_equal(stays.inputs, SBX_RESIDENT_WINDOW + 1);
    assert_int_equal(frames.batches, 0);
    frames_destroy(ops, COUNT(ops));
    sbx_fs_destroy(fs);
}

/* Where the file is not there, or is another one, what was asked is asked again, and all is printed from then on. */
static void assert_prints(struct world *world)
{
    struct sbx_fs *fs = stays_fs(world, "stream");
    size_t filed = stays.filed;
    assert_reads(world, fs, 3);
    assert_int_equal(stays.filed - filed, 1);
    assert_int_equal(stays.batches, 4);
    stays_end(fs);
}

static void test_no_file(void **state)
{
    stays.files = "404 Not Found";
    assert_prints(*state);
}

static void test_another_file(void **state)
{
    stays.files = "200 OK";
    stays.strange = true;
    assert_prints(*state);
}

/* The end of the engine, with something under way. */
static void test_closed(void **state)
{
    struct world *world = *state;
    struct sbx_op *op = NULL;
    struct sbx_queue done;
    struct sbx_fs *fs = stays_fs(world, "stream");
    stays.silent = true;
    frames_submit(world, fs, SBX_OP_MKDIR, &op, 1);
    await_inputs(world, 1);
    sbx_queue_init(&done);
    sbx_engine_close(world->engine);
    sbx_engine_slice(world->engine);
    sbx_engine_take_done(world->engine, &done);
    assert_end(op, SBX_ECANCELED, "closed");
    assert_string_equal(sbx_fs_carrier(fs), "run");
    frames_destroy(&op, 1);
    sbx_fs_destroy(fs);
}

/* One operation, with allocations that may fail, and what comes at once after it. */
static enum sbx_status attempt_one(struct world *world, const struct sbx_fs *fs, enum sbx_op_code code)
{
    struct sbx_op *op = frames_op(world, fs, code, "/d");
    op->timeout_ms = exchange_ms();
    allocations_pause(false);
    sbx_lane_submit(op, world->engine);
    world_drive(world, 1);
    frames_settle(world);
    allocations_pause(true);
    enum sbx_status status = op->result.status;
    sbx_op_destroy(op);
    return status;
}

struct attempt {
    bool up;   /* it is there already */
    bool file; /* and leaves replies in a file */
};

/* It ends, and holds nothing afterwards, whichever allocation fails: of a batch by it, or of its start. */
static enum sbx_status attempt(void *user)
{
    const struct attempt *of = user;
    void *state = NULL;
    allocations_pause(true);
    (void)stays_set_up(&state);
    struct world *world = state;
    struct sbx_fs *fs = of->up ? stays_fs(world, "stream") : frames_fs_up(world);
    for (int i = 1; i < 15 && !of->up; i++) {
        assert_status(frames_run(world, fs, SBX_OP_READLINK, "/x"), SBX_OK);
    }
    stays.files = of->file ? "200 OK" : NULL;
    enum sbx_status status = attempt_one(world, fs, of->file ? SBX_OP_READLINK : SBX_OP_MKDIR);
    sbx_fs_destroy(fs);
    int failed = stays_tear_down(&state);
    allocations_pause(false);
    assert_int_equal(failed, 0);
    return status;
}

static void test_no_memory(void **state)
{
    struct attempt of = {.up = true};
    (void)state;
    assert_in_range(allocations_fail_each_in_exchange(attempt, &of), 10, 2000);
}

static void test_no_memory_for_a_file(void **state)
{
    struct attempt of = {.up = true, .file = true};
    (void)state;
    assert_in_range(allocations_fail_each_in_exchange(attempt, &of), 10, 2000);
}

static void test_no_memory_at_its_start(void **state)
{
    struct attempt of = {.up = false};
    (void)state;
    assert_in_range(allocations_fail_each_in_exchange(attempt, &of), 20, 2000);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, stays_set_up, stays_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_stream),
        TEST(test_poll),
        TEST(test_poll_again),
        TEST(test_poll_once),
        TEST(test_gap),
        TEST(test_gap_at_the_end),
        TEST(test_window),
        TEST(test_refused),
        TEST(test_left),
        TEST(test_another),
        TEST(test_sleep),
        TEST(test_stubborn),
        TEST(test_sleep_for_good),
        TEST(test_left_behind),
        TEST(test_given_up),
        TEST(test_given_up_window),
        TEST(test_files),
        TEST(test_file_keeps_its_place),
        TEST(test_no_file),
        TEST(test_another_file),
        TEST(test_closed),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_no_memory_for_a_file),
        cmocka_unit_test(test_no_memory_at_its_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
