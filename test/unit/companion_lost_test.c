/* companion_lost_test.c: batches that do not come back, each in its way: what is asked again, how often, and what
 * never is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/lane.h"

#include "dialogue.h"
#include "frames.h"
#include "takeover.h"

#define LOST "the connection was lost; the operation may have completed"

static const char gone[] = SPAWN_FAILED("No such file or directory", 2);

/* ---- Of unknown fate ----------------------------------------------------------------------------------- */

static void test_lost_every_time(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[2];
    struct sbx_fs *fs = frames_fs_up(world);
    frames.answer = answer_by_losing;
    frames_submit(world, fs, SBX_OP_MKDIR, ops, 1);
    frames_submit(world, fs, SBX_OP_READLINK, ops + 1, 1);
    world_drive(world, 2);
    assert_end(ops[0], SBX_EIO, LOST);
    assert_end(ops[1], SBX_EIO, NULL);
    assert_true(sbx_op_detail(ops[1])[0] != '\0');
    assert_null(strstr(sbx_op_detail(ops[1]), "may have completed"));
    assert_batches("mkdir /0, readlink /0", "readlink /0", "readlink /0", "readlink /0");
    frames_destroy(ops, 2);
    sbx_fs_destroy(fs);
}

static bool answer_the_last_time(struct server *server, const struct carried *batch, int fd)
{
    return batch->number < SBX_ASK_TRIES - 1 ? answer_by_losing(server, batch, fd)
                                             : answer_all(server, batch, fd);
}

static void test_read_at_last(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[2];
    struct sbx_fs *fs = frames_fs_up(world);
    frames.answer = answer_the_last_time;
    frames_submit(world, fs, SBX_OP_READLINK, ops, 2);
    world_drive(world, 2);
    assert_echo(ops[0]);
    assert_echo(ops[1]);
    assert_int_equal(frames.batches, SBX_ASK_TRIES);
    assert_int_equal(frames.searches, 0);
    frames_destroy(ops, 2);
    sbx_fs_destroy(fs);
}

/* The companion came to its end before it was through. */
static bool answer_the_first(struct server *server, const struct carried *batch, int fd)
{
    struct replies *replies = replies_begin();
    (void)server;
    replies_echo(replies, &batch->frames[0]);
    return replies_send(replies, 0, fd);
}

static void test_lost_in_part(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[5];
    struct sbx_fs *fs = frames_fs_up(world);
    frames.answer = answer_the_first;
    frames_submit(world, fs, SBX_OP_MKDIR, ops, 2);
    frames_submit(world, fs, SBX_OP_READLINK, ops + 2, 3);
    world_drive(world, 5);
    assert_end(ops[0], SBX_OK, "");
    assert_end(ops[1], SBX_EIO, LOST);
    for (size_t i = 2; i < 5; i++) {
        assert_echo(ops[i]);
    }
    assert_batches("mkdir /0, mkdir /1, readlink /0, readlink /1, readlink /2",
                   "readlink /0, readlink /1, readlink /2", "readlink /1, readlink /2", "readlink /2");
    frames_destroy(ops, 5);
    sbx_fs_destroy(fs);
}

/* ---- Not done ------------------------------------------------------------------------------------------ */

/* What the server says instead, as often as the test wants. */
static struct {
    const char *status;
    const char *body;
    size_t times;
} refusal;

static bool answer_by_refusing(struct server *server, const struct carried *batch, int fd)
{
    return batch->number < refusal.times ? server_reply(fd, refusal.status, PROBLEM, refusal.body)
                                         : answer_all(server, batch, fd);
}

/* How a change and a read end that were refused every time, and how often each was sent. */
static const struct {
    const char *status;
    const char *body;
    enum sbx_status change;
    size_t changes;
    enum sbx_status read;
    size_t reads;
} refusals[] = {
    {"400 Bad Request", "{\"detail\":\"invalid request: no\"}", SBX_EINVAL, 1, SBX_EINVAL, 1},
    {"401 Unauthorized", "{\"detail\":\"token\"}", SBX_EACCES, 1, SBX_EACCES, 1},
    {"429 Too Many Requests", "{\"detail\":\"slow down\"}", SBX_EAGAIN, 1, SBX_EAGAIN, 1},
    {"500 Internal Server Error", SPAWN_FAILED("Resource unavailable", 11), SBX_EAGAIN, 1, SBX_EAGAIN, 1},
    {"500 Internal Server Error", SPAWN_FAILED("Cannot allocate memory", 12), SBX_ENOMEM, 1, SBX_ENOMEM, 1},
    {"500 Internal Server Error", SPAWN_FAILED("Text file busy", 26), SBX_ETXTBSY, 4, SBX_ETXTBSY, 4},
    {"500 Internal Server Error", SPAWN_FAILED("I/O error", 5), SBX_EIO, 4, SBX_EIO, 4},
    {"413 Payload Too Large", "", SBX_EFBIG, 4, SBX_EFBIG, 4},
    {"500 Internal Server Error", SPAWN_FAILED("Argument list too long", 7), SBX_E2BIG, 4, SBX_E2BIG, 4},
    /* Whose file is missing here is the companion's. */
    {"500 Internal Server Error", gone, SBX_EIO, 4, SBX_EIO, 4},
    {"500 Internal Server Error", SPAWN_FAILED("Permission denied", 13), SBX_EIO, 4, SBX_EIO, 4},
    {"500 Internal Server Error", SPAWN_FAILED("Exec format error", 8), SBX_EIO, 4, SBX_EIO, 4},
    {"500 Internal Server Error", SPAWN_FAILED("Not a directory", 20), SBX_EIO, 4, SBX_EIO, 4},
    /* Of a proxy, perhaps: who knows what came behind it. */
    {"502 Bad Gateway", "{\"detail\":\"upstream\"}", SBX_EIO, 1, SBX_EIO, 4},
    {"504 Gateway Timeout", "", SBX_EIO, 1, SBX_ETIMEDOUT, 4},
    {"302 Found", "", SBX_EPROTO, 1, SBX_EPROTO, 1},
};

static void check_refusal(struct world *world, size_t row, enum sbx_op_code code, enum sbx_status status,
                          size_t times)
{
    struct sbx_fs *fs = frames_fs_up(world);
    refusal.status = refusals[row].status;
    refusal.body = refusals[row].body;
    refusal.times = 100;
    frames.answer = answer_by_refusing;
    enum sbx_status ended = frames_run(world, fs, code, "/x");
    if (ended != status || frames.batches != times) {
        fail_msg("%s %s, %s: %s after %zu", refusals[row].status, refusals[row].body, sbx_op_row(code)->name,
                 sbx_status_name(ended), frames.batches);
    }
    sbx_fs_destroy(fs);
}

static void test_refused_every_time(void **state)
{
    drive_skip_pauses(true);
    for (size_t i = 0; i < COUNT(refusals); i++) {
        check_refusal(*state, i, SBX_OP_MKDIR, refusals[i].change, refusals[i].changes);
        check_refusal(*state, i, SBX_OP_READLINK, refusals[i].read, refusals[i].reads);
    }
    drive_skip_pauses(false);
}

/* It is looked for once, however many have lost it, and nothing is lost by that. */
static void test_companion_that_went(void **state)
{
    static const char all[] = "mkdir /0, mkdir /1, readlink /0, readlink /1";
    struct world *world = *state;
    struct sbx_op *ops[4];
    struct sbx_fs *fs = frames_fs_up(world);
    refusal.status = "500 Internal Server Error";
    refusal.body = gone;
    refusal.times = 1;
    frames.answer = answer_by_refusing;
    frames_submit(world, fs, SBX_OP_MKDIR, ops, 2);
    frames_submit(world, fs, SBX_OP_READLINK, ops + 2, 2);
    world_drive(world, 4);
    assert_end(ops[0], SBX_OK, "");
    assert_end(ops[1], SBX_OK, "");
    assert_echo(ops[2]);
    assert_echo(ops[3]);
    assert_int_equal(frames.searches, 1);
    assert_batches(all, all);
    frames_destroy(ops, 4);
    sbx_fs_destroy(fs);
}

/* ---- There is none, or there is one that takes less ------------------------------------------------------ */

/* All go by HTTP, for a minute. */
static void test_no_such_endpoint(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[3];
    char reason[SBX_DETAIL_MAX];
    struct sbx_fs *fs = frames_fs_up(world);
    refusal.status = "404 Not Found";
    refusal.body = "{\"detail\":\"endpoint not found\"}";
    refusal.times = 1;
    frames.answer = answer_by_refusing;
    frames_submit(world, fs, SBX_OP_LSTAT, ops, 1);
    frames_submit(world, fs, SBX_OP_READLINK, ops + 1, 1);
    frames_submit(world, fs, SBX_OP_MKDIR_P, ops + 2, 1);
    world_drive(world, 3);
    assert_end(ops[0], SBX_ENOENT, NULL);
    assert_end(ops[1], SBX_ENOSYS, "the sandbox's HTTP interface has no such operation");
    assert_end(ops[2], SBX_ENOENT, NULL);
    assert_int_equal(server_count_of(world->server, "GET /v1/fs/stat?path=/0"), 1);
    assert_int_equal(sbx_fs_report(fs, reason, sizeof(reason)), SBX_COMPANION_OFF);
    assert_string_equal(reason, "endpoint not found");
    assert_status(frames_run(world, fs, SBX_OP_READLINK, "/x"), SBX_ENOSYS);
    assert_int_equal(frames.batches, 1);
    assert_int_equal(frames.searches, 0);
    clock_advance(SBX_COMPANION_AGAIN_MS);
    assert_status(frames_run(world, fs, SBX_OP_READLINK, "/x"), SBX_OK);
    assert_int_equal(frames.searches, 1);
    frames_destroy(ops, 3);
    sbx_fs_destroy(fs);
}

static bool answer_less_than_half(struct server *server, const struct carried *batch, int fd)
{
    return batch->bytes.length > 500000 ? server_reply(fd, refusal.status, PROBLEM, refusal.body)
                                        : answer_all(server, batch, fd);
}

/* One content, alone in its batch. */
static enum sbx_status write_one(struct world *world, const struct sbx_fs *fs, size_t length)
{
    char *content = pattern(length);
    struct sbx_args args = {.path = SBX_SPAN("/w"), .data = {content, length}};
    struct sbx_op *op = dialogue_run(world, fs, SBX_OP_WRITE, &args);
    enum sbx_status status = op->result.status;
    sbx_op_destroy(op);
    free(content);
    return status;
}

static void write_four(struct world *world, const struct sbx_fs *fs)
{
    struct sbx_op *ops[4];
    char *content = pattern(200000);
    struct sbx_args args = {.path = SBX_SPAN("/w"), .data = {content, 200000}};
    frames_forget();
    for (size_t i = 0; i < 4; i++) {
        assert_status(sbx_fs_op_create(&ops[i], fs, sbx_op_row(SBX_OP_WRITE), world->endpoint, &args),
                      SBX_OK);
        sbx_lane_submit(ops[i], world->engine);
    }
    world_drive(world, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_end(ops[i], SBX_OK, "");
    }
    frames_destroy(ops, 4);
    free(content);
}

/* The batches are halved, and stay so; one that is too big by itself does not make the others smaller. */
static void test_smaller_batches(void **state)
{
    struct world *world = *state;
    for (int way = 0; way < 2; way++) {
        struct sbx_fs *fs = frames_fs_up(world);
        refusal.status = way == 0 ? "500 Internal Server Error" : "413 Payload Too Large";
        refusal.body = way == 0 ? SPAWN_FAILED("Argument list too long", 7) : "";
        frames.answer = answer_less_than_half;
        assert_status(write_one(world, fs, 510000), way == 0 ? SBX_E2BIG : SBX_EFBIG);
        write_four(world, fs);
        assert_batches("write /w, write /w, write /w, write /w", "write /w, write /w", "write /w, write /w");
        write_four(world, fs);
        assert_batches("write /w, write /w", "write /w, write /w");
        frames.answer = answer_all;
        sbx_fs_destroy(fs);
    }
}

/* What could not be sent was not done: a change says so too. */
static void test_nobody_there(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[2];
    struct sbx_fs *fs = frames_fs_up(world);
    server_stop(world->server);
    frames_submit(world, fs, SBX_OP_MKDIR, ops, 1);
    frames_submit(world, fs, SBX_OP_READLINK, ops + 1, 1);
    world_drive(world, 2);
    world->server = server_start(frames.other, world); /* for the tear-down */
    assert_end(ops[0], SBX_ECONNREFUSED, NULL);
    assert_end(ops[1], SBX_ECONNREFUSED, NULL);
    assert_null(strstr(sbx_op_detail(ops[0]), "may have completed"));
    frames_destroy(ops, 2);
    sbx_fs_destroy(fs);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, frames_set_up, frames_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lost_every_time),    TEST(test_read_at_last),        TEST(test_lost_in_part),
        TEST(test_refused_every_time), TEST(test_companion_that_went), TEST(test_no_such_endpoint),
        TEST(test_smaller_batches),    TEST(test_nobody_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
