/* bulk_test.c: a content in parts as a dialogue with the sandbox: a directory for them, each part, and the end; and a
 * content that is read into room made for it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/bulk.h"

#include <stdio.h>

#include "core/lane.h"
#include "frames.h"
#include "takeover.h"

#define PARTS "/p/parts-0123456789abcdef"

/* What the server says to whatever is no question to the companion, and what it was. */
static struct {
    const char *status; /* NULL: the connection is lost */
    const char *type;
    struct sbx_span body;
    char asked[200];
    char content[100];
} http;

static bool answer_http(struct server *server, const struct asked *asked, int fd)
{
    (void)server;
    (void)snprintf(http.asked, sizeof(http.asked), "%s %.150s", asked->method, asked->target);
    (void)snprintf(http.content, sizeof(http.content), "%.*s", (int)asked->body.length, asked->body.data);
    return http.status != NULL && server_reply_bytes(fd, http.status, http.type, http.body);
}

static void say(const char *status, const char *type, const char *body)
{
    http.status = status;
    http.type = type;
    http.body = span_of(body);
    http.asked[0] = '\0';
}

static int set_up(void **state)
{
    int status = frames_set_up(state);
    frames.other = answer_http;
    return status;
}

/* A file system of /b of the sandbox. */
static struct sbx_fs *fs_with(bool read_only)
{
    struct sbx_fs *fs = NULL;
    struct sbx_fs_options options = {
        .base_path = SBX_SPAN("/b"), .timeout_ms = 10000, .max_full_read = SBX_MIB, .read_only = read_only};
    assert_status(sbx_fs_create(&fs, &options), SBX_OK);
    return fs;
}

static struct sbx_bulk bulk_of(struct world *world, const struct sbx_fs *fs, const char *stage)
{
    return (struct sbx_bulk){
        .fs = fs, .endpoint = world->endpoint, .path = SBX_SPAN("/f"), .stage = span_of(stage)};
}

static struct sbx_op *run(struct world *world, enum sbx_status made, struct sbx_op *op)
{
    assert_status(made, SBX_OK);
    sbx_lane_submit(op, world->engine);
    world_drive(world, 1);
    return op;
}

/* ---- The parts ------------------------------------------------------------------------------------------- */

/* What the companion says to a stage: a path, or a status. */
static struct {
    struct sbx_span path;
    enum sbx_status status;
    uint64_t length; /* that it was asked for */
} staged;

static bool answer_stage(struct server *server, const struct carried *batch, int fd)
{
    struct replies *replies = replies_begin();
    struct sbx_result result = {.bytes = {(char *)(uintptr_t)staged.path.data, staged.path.length}};
    (void)server;
    staged.length = batch->frames[0].args.length;
    if (staged.status == SBX_OK) {
        replies_answer(replies, &batch->frames[0], &result);
    } else {
        replies_put(replies, batch->frames[0].id, (uint16_t)staged.status, SBX_SPAN(""));
    }
    return replies_send(replies, 0, fd);
}

static void say_staged(enum sbx_status status, struct sbx_span path)
{
    staged.status = status;
    staged.path = path;
    frames.answer = answer_stage;
}

static struct sbx_op *stage(struct world *world, const struct sbx_fs *fs, uint64_t length)
{
    struct sbx_op *op = NULL;
    struct sbx_bulk bulk = bulk_of(world, fs, "");
    enum sbx_status made = sbx_bulk_stage(&op, &bulk, length, false);
    return run(world, made, op);
}

static void test_stage(void **state)
{
    struct sbx_fs *fs = fs_with(false);
    say_staged(SBX_OK, SBX_SPAN(PARTS));
    struct sbx_op *op = stage(*state, fs, UINT64_MAX - 1);
    assert_end(op, SBX_OK, "");
    assert_text(((struct sbx_span){op->result.bytes.data, op->result.bytes.length}), PARTS);
    assert_true(staged.length == UINT64_MAX - 1);
    assert_batches("stage /b/f");
    sbx_op_destroy(op);
    sbx_fs_destroy(fs);
}

/* Near by small parts, many at once; elsewhere as few requests as can be. */
static void test_cut(void **state)
{
    (void)state;
    assert_int_equal(sbx_bulk_cut(SBX_NEAR).size, SBX_BODY_MAX / 8);
    assert_int_equal(sbx_bulk_cut(SBX_NEAR).at_once, 8);
    assert_int_equal(sbx_bulk_cut(SBX_FAR).size, SBX_BODY_MAX);
    assert_int_equal(sbx_bulk_cut(SBX_FAR).at_once, 4);
    assert_int_equal(sbx_bulk_cut(SBX_DISTANCE_UNKNOWN).size, SBX_BODY_MAX);
}

static bool search_in_vain(struct server *server, const struct asked *asked, int fd)
{
    (void)server;
    (void)asked;
    return server_reply(fd, "404 Not Found", PROBLEM, "{\"detail\":\"endpoint not found\"}");
}

static bool search_and_lose(struct server *server, const struct asked *asked, int fd)
{
    (void)server;
    (void)asked;
    (void)fd;
    return false;
}

static void test_no_stage(void **state)
{
    static const struct {
        answer_function search;
        carried_function answer;
        bool read_only;
        enum sbx_status said;
        enum sbx_status status;
        const char *words;
    } cases[] = {
        {search_in_vain, answer_all, false, SBX_OK, SBX_ENOSYS,
         "the sandbox's HTTP interface has no such operation"},
        {search_and_lose, answer_all, false, SBX_OK, SBX_EIO, NULL},
        {greet, answer_by_losing, false, SBX_OK, SBX_EIO,
         "the connection was lost; the operation may have completed"},
        {greet, answer_all, true, SBX_OK, SBX_EROFS, ""},
        {greet, answer_stage, false, SBX_ENOSYS, SBX_ENOSYS, ""},
        {greet, answer_stage, false, SBX_EACCES, SBX_EACCES, ""},
        {greet, answer_stage, false, SBX_EIO, SBX_EIO, ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sbx_fs *fs = fs_with(cases[i].read_only);
        say_staged(cases[i].said, SBX_SPAN(PARTS));
        frames.search = cases[i].search;
        frames.answer = cases[i].answer;
        struct sbx_op *op = stage(*state, fs, 4);
        assert_end(op, cases[i].status, cases[i].words);
        sbx_op_destroy(op);
        sbx_fs_destroy(fs);
    }
}

/* The path is whatever the sandbox says: parts are sent to one that may be. */
static void test_stage_of_a_stranger(void **state)
{
    char longest[SBX_PATH_MAX];
    struct sbx_fs *fs = fs_with(false);
    memset(longest, 'x', sizeof(longest));
    longest[0] = '/';
    const struct {
        struct sbx_span path;
        enum sbx_status status;
    } cases[] = {
        {SBX_SPAN(""), SBX_EPROTO},
        {SBX_SPAN("parts-0123456789abcdef"), SBX_EPROTO},
        {{"/p\0/q", 5}, SBX_EPROTO},
        {{"/p\0", 3}, SBX_EPROTO},
        {{longest, sizeof(longest)}, SBX_EPROTO},
        {{longest, SBX_PATH_MAX - 31}, SBX_EPROTO},
        {{longest, SBX_PATH_MAX - 32}, SBX_OK},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        say_staged(SBX_OK, cases[i].path);
        struct sbx_op *op = stage(*state, fs, 4);
        assert_end(op, cases[i].status,
                   cases[i].status == SBX_OK ? "" : "the companion's reply cannot be read");
        sbx_op_destroy(op);
    }
    sbx_fs_destroy(fs);
}

static enum sbx_status put_part(struct world *world, const struct sbx_fs *fs, uint64_t number)
{
    struct sbx_op *op = NULL;
    struct sbx_bulk bulk = bulk_of(world, fs, PARTS);
    enum sbx_status made = sbx_bulk_part(&op, &bulk, number, SBX_SPAN("part"));
    enum sbx_status status = run(world, made, op)->result.status;
    sbx_op_destroy(op);
    return status;
}

static void test_parts(void **state)
{
    struct sbx_fs *fs = fs_with(false);
    for (uint64_t number = 0; number < 3; number++) {
        char asked[100];
        (void)snprintf(asked, sizeof(asked), "PUT /v1/fs/file?path=" PARTS "/%d", (int)number);
        say("200 OK", JSON, "{\"path\":\"p\",\"bytesWritten\":4}");
        assert_status(put_part(*state, fs, number), SBX_OK);
        assert_string_equal(http.asked, asked);
        assert_string_equal(http.content, "part");
    }
    say("200 OK", JSON, "{\"path\":\"p\",\"bytesWritten\":3}");
    assert_status(put_part(*state, fs, 0), SBX_EIO);
    say("200 OK", JSON, "{}");
    assert_status(put_part(*state, fs, 0), SBX_EPROTO);
    say("502 Bad Gateway", PROBLEM, "{\"detail\":\"stream error: full (os error 28)\"}");
    assert_status(put_part(*state, fs, 0), SBX_ENOSPC);
    say(NULL, NULL, "");
    assert_status(put_part(*state, fs, 0), SBX_EIO);
    assert_int_equal(frames.batches, 0);
    sbx_fs_destroy(fs);
}

/* ---- The end of the parts ------------------------------------------------------------------------------- */

static struct {
    char target[100];
    uint64_t length;
    uint64_t offset;
    json_int_t timeout_ms;
} committed;

static bool note_commit(struct server *server, const struct carried *batch, int fd)
{
    const struct sbx_args *args = &batch->frames[0].args;
    (void)snprintf(committed.target, sizeof(committed.target), "%.*s", (int)args->target.length,
                   args->target.data);
    committed.length = args->length;
    committed.offset = args->offset;
    committed.timeout_ms = json_integer_value(json_object_get(batch->request, "timeoutMs"));
    return answer_all(server, batch, fd);
}

static struct sbx_op *commit(struct world *world, const struct sbx_fs *fs, uint64_t length)
{
    struct sbx_op *op = NULL;
    struct sbx_bulk bulk = bulk_of(world, fs, PARTS);
    enum sbx_status made = sbx_bulk_commit(&op, &bulk, length);
    return run(world, made, op);
}

/* A long content may take longer than other operations, but not for ever. */
static void test_commit(void **state)
{
    static const struct {
        uint64_t length;
        int timeout_ms;
    } commits[] = {{4, 10000}, {16 * SBX_MIB, 11024}, {UINT64_MAX, SBX_TIMEOUT_MAX_MS}};
    struct sbx_fs *fs = fs_with(false);
    assert_status(frames_run(*state, fs, SBX_OP_READLINK, "/x"), SBX_OK);
    frames_forget();
    frames.answer = note_commit;
    clock_stop(true);
    for (size_t i = 0; i < COUNT(commits); i++) {
        struct sbx_op *op = commit(*state, fs, commits[i].length);
        assert_end(op, SBX_OK, "");
        assert_string_equal(committed.target, PARTS);
        assert_true(committed.length == commits[i].length);
        assert_int_equal(committed.timeout_ms, commits[i].timeout_ms + 60000);
        sbx_op_destroy(op);
        clock_advance(10);
    }
    clock_stop(false);
    assert_batches("commit /b/f", "commit /b/f", "commit /b/f");
    sbx_fs_destroy(fs);
}

static void test_commit_that_is_lost(void **state)
{
    struct sbx_fs *fs = fs_with(false);
    frames.answer = answer_by_losing;
    struct sbx_op *op = commit(*state, fs, 4);
    assert_end(op, SBX_EIO, "the connection was lost; the operation may have completed");
    assert_batches("commit /b/f");
    sbx_op_destroy(op);
    sbx_fs_destroy(fs);
}

/* Parts that are not whole any more: nothing helps but all of them once more. */
static void test_commit_that_is_refused(void **state)
{
    static const struct {
        enum sbx_status status;
        const char *words;
    } cases[] = {
        {SBX_EACCES, ""},
        {SBX_EPERM, ""},
        {SBX_ESTALE, "the parts of the content are not whole any more; write it again"},
    };
    struct sbx_fs *fs = fs_with(false);
    for (size_t i = 0; i < COUNT(cases); i++) {
        say_staged(cases[i].status, SBX_SPAN(""));
        struct sbx_op *op = commit(*state, fs, 4);
        assert_end(op, cases[i].status == SBX_ESTALE ? SBX_EIO : cases[i].status, cases[i].words);
        sbx_op_destroy(op);
    }
    sbx_fs_destroy(fs);
}

/* The same for a range of the file. */
static struct sbx_op *place(struct world *world, const struct sbx_fs *fs)
{
    struct sbx_op *op = NULL;
    struct sbx_bulk bulk = bulk_of(world, fs, PARTS);
    enum sbx_status made = sbx_bulk_place(&op, &bulk, 7, 4);
    return run(world, made, op);
}

static void test_place(void **state)
{
    struct sbx_fs *fs = fs_with(false);
    frames.answer = note_commit;
    struct sbx_op *op = place(*state, fs);
    assert_end(op, SBX_OK, "");
    assert_string_equal(committed.target, PARTS);
    assert_true(committed.length == 4 && committed.offset == 7);
    sbx_op_destroy(op);
    say_staged(SBX_ESTALE, SBX_SPAN(""));
    op = place(*state, fs);
    assert_end(op, SBX_EIO, "the parts of the content are not whole any more; write it again");
    assert_batches("place /b/f", "place /b/f");
    sbx_op_destroy(op);
    sbx_fs_destroy(fs);
}

/* Nobody waits long for it: there has been a failure already. */
static void test_unstage(void **state)
{
    struct world *world = *state;
    struct sbx_op *op = NULL;
    struct sbx_fs *fs = fs_with(false);
    struct sbx_bulk bulk = bulk_of(world, fs, PARTS);
    enum sbx_status made = sbx_bulk_unstage(&op, &bulk);
    assert_status(made, SBX_OK);
    assert_int_equal(op->timeout_ms, 5000);
    assert_end(run(world, made, op), SBX_OK, "");
    assert_batches("unstage " PARTS);
    sbx_op_destroy(op);
    sbx_fs_destroy(fs);
}

/* ---- Into room ------------------------------------------------------------------------------------------- */

static void check_room(struct world *world, const struct sbx_fs *fs, size_t length, enum sbx_status status)
{
    struct sbx_op *op = NULL;
    struct sbx_bulk bulk = bulk_of(world, fs, "");
    char *room = malloc(length + 1); /* what is beyond it is the sanitizer's */
    room[length] = 'x';
    enum sbx_status made = sbx_bulk_read(&op, &bulk, room, length);
    (void)run(world, made, op);
    assert_end(op, status, NULL);
    assert_string_equal(http.asked, "GET /v1/fs/file?path=/b/f");
    assert_int_equal(room[length], 'x');
    if (status == SBX_OK && length < http.body.length) { /* how long it is, alone */
        assert_null(op->result.bytes.data);
        assert_int_equal(op->result.total, http.body.length);
    } else if (status == SBX_OK) {
        assert_ptr_equal(op->result.bytes.data, room);
        assert_true(sbx_span_equal((struct sbx_span){room, op->result.bytes.length}, http.body));
    }
    sbx_op_destroy(op);
    free(room);
}

static void test_room(void **state)
{
    struct sbx_fs *fs = fs_with(false);
    size_t large = SBX_MIB + 1; /* more than maxFullReadBytes: whoever has room decides */
    say("200 OK", OCTETS, "content");
    check_room(*state, fs, 7, SBX_OK);
    check_room(*state, fs, 8, SBX_OK);
    check_room(*state, fs, large, SBX_OK);
    check_room(*state, fs, 6, SBX_OK);
    check_room(*state, fs, 1, SBX_OK);
    char *content = pattern(large);
    http.body = (struct sbx_span){content, large};
    check_room(*state, fs, large, SBX_OK);
    check_room(*state, fs, large - 1, SBX_OK);
    say("200 OK", OCTETS, "");
    check_room(*state, fs, 7, SBX_OK);
    say("400 Bad Request", PROBLEM, "{\"detail\":\"invalid request: path not found: p\"}");
    check_room(*state, fs, 7, SBX_ENOENT);
    say(NULL, NULL, "");
    check_room(*state, fs, 7, SBX_EIO);
    free(content);
    sbx_fs_destroy(fs);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, frames_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_stage),
        TEST(test_cut),
        TEST(test_no_stage),
        TEST(test_stage_of_a_stranger),
        TEST(test_parts),
        TEST(test_commit),
        TEST(test_commit_that_is_lost),
        TEST(test_commit_that_is_refused),
        TEST(test_unstage),
        TEST(test_place),
        TEST(test_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
