/* carrier_run_test.c: a batch as a request, whole whatever it holds; and answers of every foreign kind, each of which
 * ends every question, well where its reply is one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "core/lane.h"
#include "frames.h"
#include "takeover.h"

#define LOST "the connection was lost; the operation may have completed"
#define ENDED "the companion ended before it answered"
#define UNREADABLE "the companion's reply cannot be read"

/* ---- The request ----------------------------------------------------------------------------------------- */

static struct {
    char command[100];
    char first[100];
    json_int_t timeout_ms;
    size_t pieces;
    bool same;
} seen;

static struct sbx_span expected;

static bool look_at_request(struct server *server, const struct carried *batch, int fd)
{
    const json_t *arguments = json_object_get(batch->request, "args");
    seen.pieces = json_array_size(arguments) - 1;
    seen.timeout_ms = json_integer_value(json_object_get(batch->request, "timeoutMs"));
    (void)snprintf(seen.command, sizeof(seen.command), "%s",
                   json_string_value(json_object_get(batch->request, "command")));
    (void)snprintf(seen.first, sizeof(seen.first), "%s", json_string_value(json_array_get(arguments, 0)));
    seen.same = sbx_span_equal(batch->frames[0].args.data, expected);
    return answer_all(server, batch, fd);
}

/* In pieces that a variable of a program can hold, whose ends are anywhere in the content. */
static void test_request(void **state)
{
    struct world *world = *state;
    struct sbx_fs *fs = frames_fs_up(world);
    char *content = pattern(SBX_REPLY_CONTENT_MAX);
    frames.answer = look_at_request;
    for (size_t length = 0; length <= SBX_REPLY_CONTENT_MAX; length += SBX_REPLY_CONTENT_MAX / 16) {
        struct sbx_op *op = NULL;
        struct sbx_args args = {.path = SBX_SPAN("/w"), .data = {content, length}};
        expected = args.data;
        assert_status(sbx_fs_op_create(&op, fs, sbx_op_row(SBX_OP_WRITE), world->endpoint, &args), SBX_OK);
        op->timeout_ms = 20000;
        clock_stop(true);
        sbx_lane_submit(op, world->engine);
        world_drive(world, 1);
        clock_stop(false);
        assert_end(op, SBX_OK, "");
        assert_true(seen.same);
        assert_string_equal(seen.command, "/p/companion");
        assert_string_equal(seen.first, "run");
        assert_int_equal(seen.timeout_ms, 80000);
        assert_in_range(seen.pieces, length / SBX_PIECE_MAX + (length > 0), length / SBX_PIECE_MAX + 2);
        sbx_op_destroy(op);
    }
    free(content);
    sbx_fs_destroy(fs);
}

/* A companion that nobody waits for is ended soon where it reads, and is left to finish where it changes something: one
 * that is ended in the middle of a write leaves half a content. */
static void test_when_it_is_ended(void **state)
{
    static const struct {
        enum sbx_op_code code;
        int grace_ms;
    } cases[] = {
        {SBX_OP_READLINK, 1000}, {SBX_OP_LSTAT, 1000}, {SBX_OP_WALK, 1000},
        {SBX_OP_MKDIR, 60000},   {SBX_OP_COPY, 60000},
    };
    struct world *world = *state;
    struct sbx_fs *fs = frames_fs_up(world);
    frames.answer = look_at_request;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sbx_op *op = frames_op(world, fs, cases[i].code, "/x");
        op->timeout_ms = 20000;
        clock_stop(true);
        sbx_lane_submit(op, world->engine);
        world_drive(world, 1);
        clock_stop(false);
        assert_int_equal(seen.timeout_ms, 20000 + cases[i].grace_ms);
        sbx_op_destroy(op);
        clock_advance(10);
    }
    sbx_fs_destroy(fs);
}

/* One change among reads is enough. */
static void test_when_a_mixed_batch_is_ended(void **state)
{
    struct world *world = *state;
    struct sbx_op *ops[2];
    struct sbx_fs *fs = frames_fs_up(world);
    frames.answer = look_at_request;
    ops[0] = frames_op(world, fs, SBX_OP_LSTAT, "/x");
    ops[1] = frames_op(world, fs, SBX_OP_MKDIR, "/y");
    clock_stop(true);
    for (size_t i = 0; i < 2; i++) {
        ops[i]->timeout_ms = 20000;
        sbx_lane_submit(ops[i], world->engine);
    }
    world_drive(world, 2);
    clock_stop(false);
    assert_batches("lstat /x, mkdir /y");
    assert_int_equal(seen.timeout_ms, 80000);
    frames_destroy(ops, 2);
    sbx_fs_destroy(fs);
}

/* ---- Answers that are no program's end ---------------------------------------------------------------------- */

struct end {
    enum sbx_status status;
    const char *words;
};

static struct {
    const char *type;
    const char *body;
} answered;

static bool answer_with_body(struct server *server, const struct carried *batch, int fd)
{
    (void)server;
    (void)batch;
    return server_reply(fd, "200 OK", answered.type, answered.body);
}

/* Whoever reads is given up after four times; whoever changes something, at once. */
static void check_end_of_each(struct world *world, const char *name, const struct end *read, size_t reads,
                              const struct end *change)
{
    struct sbx_op *ops[3];
    struct sbx_fs *fs = frames_fs_up(world);
    frames_submit(world, fs, SBX_OP_READLINK, ops, 1);
    frames_submit(world, fs, SBX_OP_MKDIR, ops + 1, 1);
    frames_submit(world, fs, SBX_OP_LSTAT, ops + 2, 1);
    world_drive(world, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct end *end = i == 1 ? change : read;
        if (ops[i]->result.status != end->status || strcmp(sbx_op_detail(ops[i]), end->words) != 0) {
            fail_msg("%s: %s ends with %s (%s)", name, ops[i]->row->name,
                     sbx_status_name(ops[i]->result.status), sbx_op_detail(ops[i]));
        }
    }
    if (frames.batches != reads) {
        fail_msg("%s: sent %zu times", name, frames.batches);
    }
    frames_destroy(ops, 3);
    sbx_fs_destroy(fs);
}

static void test_foreign_bodies(void **state)
{
    static const struct {
        const char *type;
        const char *body;
        struct end read;
    } bodies[] = {
        {JSON, "", {SBX_EPROTO, "the reply is no JSON"}},
        {JSON, "no json", {SBX_EPROTO, "the reply is no JSON"}},
        {JSON, "{\"stdout\":\"", {SBX_EPROTO, "the reply is no JSON"}},
        {JSON, "{\"stdout\":\"\\u0000\"}", {SBX_EPROTO, "the reply is no JSON"}},
        {JSON, "null", {SBX_EPROTO, "the reply is no JSON"}},
        {JSON, "[]", {SBX_EPROTO, "the reply is of another shape than the Sandbox Agent's"}},
        {JSON, "{\"exitCode\":0}", {SBX_EPROTO, "the reply is of another shape than the Sandbox Agent's"}},
        {JSON,
         "{\"exitCode\":0,\"stdout\":5}",
         {SBX_EPROTO, "the reply is of another shape than the Sandbox Agent's"}},
        {JSON,
         "{\"exitCode\":65,\"stdout\":null}",
         {SBX_EPROTO, "the reply is of another shape than the Sandbox Agent's"}},
        {"text/html", "<html>", {SBX_EPROTO, "the reply is no application/json"}},
        {JSON, "{\"stdout\":\"\"}", {SBX_EIO, ENDED}},
        {JSON, "{\"stdout\":\"\",\"exitCode\":\"65\"}", {SBX_EIO, ENDED}},
        {JSON, "{\"stdout\":\"\",\"exitCode\":null,\"timedOut\":true}", {SBX_EIO, ENDED}},
        {JSON, "{\"stdout\":\"\",\"exitCode\":0}", {SBX_EIO, ENDED}},
        {JSON, "{\"stdout\":\"\",\"exitCode\":64}", {SBX_EIO, ENDED}},
        {JSON, "{\"stdout\":\"\",\"exitCode\":66}", {SBX_EIO, ENDED}},
        {JSON, "{\"stdout\":\"\",\"exitCode\":74}", {SBX_EIO, ENDED}},
        {JSON, "{\"stdout\":\"\",\"exitCode\":126}", {SBX_EIO, ENDED}},
        {JSON, "{\"stdout\":\"\",\"exitCode\":127}", {SBX_EIO, ENDED}},
        {JSON, "{\"stdout\":\"\",\"exitCode\":137}", {SBX_EIO, ENDED}},
        {JSON, "{\"stdout\":\"AAA\",\"exitCode\":0}", {SBX_EIO, ENDED}},
        {JSON, "{\"stdout\":\"sh: not found\\n\",\"exitCode\":0}", {SBX_EIO, ENDED}},
        {JSON, "{\"stdout\":\"AAAAAAAAAAAAAAAA\",\"exitCode\":0}", {SBX_EIO, ENDED}},
        {JSON, "{\"stdout\":\"/////wAAAAAAAAAA\",\"exitCode\":0}", {SBX_EIO, ENDED}},
        {JSON, "{\"stdout\":\"AAAA====AAAA\",\"exitCode\":0}", {SBX_EIO, ENDED}},
    };
    struct end change = {SBX_EIO, LOST};
    drive_skip_pauses(true);
    for (size_t i = 0; i < COUNT(bodies); i++) {
        answered.type = bodies[i].type;
        answered.body = bodies[i].body;
        frames.answer = answer_with_body;
        check_end_of_each(*state, bodies[i].body, &bodies[i].read, SBX_ASK_TRIES, &change);
    }
}

/* It was refused before anything of it was done. */
static void test_batch_that_is_not_understood(void **state)
{
    struct end end = {SBX_EPROTO, "the companion does not understand its batch"};
    answered.type = JSON;
    answered.body = "{\"stdout\":\"\",\"exitCode\":65}";
    frames.answer = answer_with_body;
    check_end_of_each(*state, answered.body, &end, 1, &end);
}

/* More than replies can be. */
static bool answer_without_end(struct server *server, const struct carried *batch, int fd)
{
    size_t length = 3 * SBX_MIB;
    char *body = malloc(length + 1);
    (void)server;
    (void)batch;
    memset(body, 'A', length);
    memcpy(body, "{\"stdout\":\"", 11);
    (void)server_reply_bytes(fd, "200 OK", JSON, (struct sbx_span){body, length});
    free(body);
    return false;
}

static void test_answer_that_is_too_long(void **state)
{
    struct end read = {SBX_EFBIG, "the reply is larger than 2097152 bytes"};
    struct end change = {SBX_EIO, LOST};
    frames.answer = answer_without_end;
    check_end_of_each(*state, "too long", &read, SBX_ASK_TRIES, &change);
}

/* ---- Replies that are none ---------------------------------------------------------------------------------- */

/* What each of the three frames of a batch gets; a batch of fewer has no reply at all. */
typedef void (*reply_function)(struct replies *replies, const struct carried *batch);

static reply_function reply;
static size_t cut;

static bool answer_with_replies(struct server *server, const struct carried *batch, int fd)
{
    (void)server;
    struct replies *replies = replies_begin();
    if (batch->count == 3) {
        reply(replies, batch);
    }
    size_t length = replies->writer.length;
    return replies_send(replies, cut < length ? cut : length, fd);
}

static void reply_to_all(struct replies *replies, const struct carried *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        replies_echo(replies, &batch->frames[i]);
    }
}

static void reply_backwards(struct replies *replies, const struct carried *batch)
{
    for (size_t i = batch->count; i > 0; i--) {
        replies_echo(replies, &batch->frames[i - 1]);
    }
}

/* Of ids that no frame has. */
static void reply_to_others(struct replies *replies, const struct carried *batch)
{
    static const uint32_t ids[] = {3, 4, 1000, UINT32_MAX};
    for (size_t i = 0; i < COUNT(ids); i++) {
        struct carried_frame frame = batch->frames[0];
        frame.id = ids[i];
        replies_echo(replies, &frame);
    }
}

static void reply_to_others_too(struct replies *replies, const struct carried *batch)
{
    reply_to_others(replies, batch);
    reply_to_all(replies, batch);
    reply_to_others(replies, batch);
}

/* The first counts. */
static void reply_twice(struct replies *replies, const struct carried *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        replies_echo(replies, &batch->frames[i]);
        replies_put(replies, batch->frames[i].id, SBX_EACCES, SBX_SPAN(""));
    }
    reply_to_all(replies, batch);
}

/* Each is what another row's reply would be: nothing of it is taken. */
static void reply_in_another_shape(struct replies *replies, const struct carried *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        replies_put(replies, batch->frames[i].id, 0, SBX_SPAN("\x01\x02\x03"));
    }
}

/* A refusal's words, which none has, are not looked at; nor is a status that there is not. */
static void reply_with_statuses(struct replies *replies, const struct carried *batch)
{
    replies_put(replies, batch->frames[0].id, SBX_ENOTEMPTY, SBX_SPAN("words"));
    replies_put(replies, batch->frames[1].id, 60000, SBX_SPAN(""));
    replies_put(replies, batch->frames[2].id, SBX_ENOENT, SBX_SPAN(""));
}

/* What comes after a frame that cannot be one is not read. */
static void reply_with_no_frame(struct replies *replies, const struct carried *batch)
{
    replies_echo(replies, &batch->frames[0]);
    sbx_buf_put(&replies->writer, 5, 4);
    reply_to_all(replies, batch);
}

#define LSTAT_BYTES                                                                                          \
    ((size_t)15) /* of the attributes that frames.c answers with: thirteen numbers, one of three bytes */

static const struct {
    const char *name;
    reply_function reply;
    size_t cut;
    struct end ends[3]; /* of readlink, mkdir and lstat */
    size_t batches;
} replies_to_three[] = {
    {"all", reply_to_all, 0, {{SBX_OK, ""}, {SBX_OK, ""}, {SBX_OK, ""}}, 1},
    {"backwards", reply_backwards, 0, {{SBX_OK, ""}, {SBX_OK, ""}, {SBX_OK, ""}}, 1},
    {"others", reply_to_others, 0, {{SBX_EIO, ENDED}, {SBX_EIO, LOST}, {SBX_EIO, ENDED}}, 4},
    {"others too", reply_to_others_too, 0, {{SBX_OK, ""}, {SBX_OK, ""}, {SBX_OK, ""}}, 1},
    {"twice", reply_twice, 0, {{SBX_OK, ""}, {SBX_OK, ""}, {SBX_OK, ""}}, 1},
    {"another shape",
     reply_in_another_shape,
     0,
     {{SBX_EPROTO, UNREADABLE}, {SBX_EPROTO, UNREADABLE}, {SBX_EPROTO, UNREADABLE}},
     1},
    {"statuses", reply_with_statuses, 0, {{SBX_ENOTEMPTY, ""}, {SBX_EIO, ""}, {SBX_ENOENT, ""}}, 1},
    {"no frame", reply_with_no_frame, 0, {{SBX_OK, ""}, {SBX_EIO, LOST}, {SBX_EIO, ENDED}}, 4},
    {"cut in the last", reply_to_all, 1, {{SBX_OK, ""}, {SBX_OK, ""}, {SBX_EIO, ENDED}}, 4},
    {"cut in its header", reply_to_all, LSTAT_BYTES + 9, {{SBX_OK, ""}, {SBX_OK, ""}, {SBX_EIO, ENDED}}, 4},
    {"cut in the second",
     reply_to_all,
     LSTAT_BYTES + 11,
     {{SBX_OK, ""}, {SBX_EIO, LOST}, {SBX_EIO, ENDED}},
     4},
    {"cut in the first",
     reply_to_all,
     LSTAT_BYTES + 21,
     {{SBX_EIO, ENDED}, {SBX_EIO, LOST}, {SBX_EIO, ENDED}},
     4},
};

static void check_replies(struct world *world, size_t row)
{
    struct sbx_op *ops[3];
    struct sbx_fs *fs = frames_fs_up(world);
    reply = replies_to_three[row].reply;
    cut = replies_to_three[row].cut;
    frames.answer = answer_with_replies;
    frames_submit(world, fs, SBX_OP_READLINK, ops, 1);
    frames_submit(world, fs, SBX_OP_MKDIR, ops + 1, 1);
    frames_submit(world, fs, SBX_OP_LSTAT, ops + 2, 1);
    world_drive(world, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct end *end = &replies_to_three[row].ends[i];
        if (ops[i]->result.status != end->status || strcmp(sbx_op_detail(ops[i]), end->words) != 0) {
            fail_msg("%s: %s ends with %s (%s)", replies_to_three[row].name, ops[i]->row->name,
                     sbx_status_name(ops[i]->result.status), sbx_op_detail(ops[i]));
        }
    }
    if (ops[0]->result.status == SBX_OK) {
        assert_echo(ops[0]);
    }
    if (ops[2]->result.status == SBX_OK) {
        assert_int_equal(ops[2]->result.stat.size, 2);
    }
    assert_int_equal(frames.batches, replies_to_three[row].batches);
    frames_destroy(ops, 3);
    sbx_fs_destroy(fs);
}

static void test_foreign_replies(void **state)
{
    for (size_t i = 0; i < COUNT(replies_to_three); i++) {
        check_replies(*state, i);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, frames_set_up, frames_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_request),
        TEST(test_when_it_is_ended),
        TEST(test_when_a_mixed_batch_is_ended),
        TEST(test_foreign_bodies),
        TEST(test_batch_that_is_not_understood),
        TEST(test_answer_that_is_too_long),
        TEST(test_foreign_replies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
