/* serve_test.c: every frame has its reply, in order; one is taken up only if its reply fits; a batch that is none
 * is refused before anything of it is done.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <sys/stat.h>

#include "scratch.h"

static char bytes[SBX_BATCH_MAX];
static struct sbx_writer batch;
static struct sbx_reader replies;

static void begin(void)
{
    batch = sbx_buf_writer(bytes, sizeof(bytes));
}

static void put(uint32_t id, enum sbx_op_code code, struct sbx_args args)
{
    size_t start = sbx_frame_begin(&batch, id, (uint16_t)code);
    assert_status(sbx_args_encode(sbx_op_row(code), &args, &batch), SBX_OK);
    assert_status(sbx_frame_end(&batch, start), SBX_OK);
}

static void put_raw(uint32_t id, uint16_t code, struct sbx_span payload)
{
    size_t start = sbx_frame_begin(&batch, id, code);
    sbx_buf_put_bytes(&batch, payload);
    assert_status(sbx_frame_end(&batch, start), SBX_OK);
}

static enum sbx_status serve(size_t room)
{
    struct server server = scratch_server(room);
    enum sbx_status status = server_batch(&server, sbx_buf_written(&batch));
    replies = sbx_buf_reader(sbx_buf_written(&server.replies));
    return status;
}

static struct sbx_span next(uint32_t id, enum sbx_status status)
{
    struct sbx_frame reply;
    assert_status(sbx_frame_next(&replies, &reply), SBX_OK);
    assert_true(reply.id == id);
    assert_status((enum sbx_status)reply.code, status);
    return reply.payload;
}

static void test_in_order(void **state)
{
    (void)state;
    begin();
    put(5, SBX_OP_MKDIR, (struct sbx_args){.path = P("a")});
    put(4, SBX_OP_MKDIR, (struct sbx_args){.path = P("a")});
    put(4, SBX_OP_RENAME, (struct sbx_args){.path = P("a"), .new_path = P("b")});
    put(UINT32_MAX, SBX_OP_RMDIR, (struct sbx_args){.path = P("b")});
    assert_status(serve(SBX_REPLIES_MAX), SBX_OK);
    (void)next(5, SBX_OK);
    (void)next(4, SBX_EEXIST);
    (void)next(4, SBX_OK);
    (void)next(UINT32_MAX, SBX_OK);
    assert_int_equal(sbx_buf_left(&replies), 0);
}

static void test_what_is_not_understood(void **state)
{
    (void)state;
    begin();
    put_raw(1, SBX_OP_MAX + 1, SBX_SPAN("x"));
    put_raw(2, UINT16_MAX, SBX_SPAN(""));
    put_raw(3, SBX_OP_MKDIR, SBX_SPAN("garbage"));
    put_raw(4, SBX_OP_MKDIR, SBX_SPAN(""));
    put_raw(5, 256 + SBX_OP_MKDIR, SBX_SPAN("\1\0a"));
    put(6, SBX_OP_MKDIR, (struct sbx_args){.path = P("a")});
    assert_status(serve(SBX_REPLIES_MAX), SBX_OK);
    (void)next(1, SBX_ENOSYS);
    (void)next(2, SBX_ENOSYS);
    (void)next(3, SBX_EPROTO);
    (void)next(4, SBX_EPROTO);
    (void)next(5, SBX_ENOSYS);
    (void)next(6, SBX_OK);
}

static void test_batches_that_are_none(void **state)
{
    (void)state;
    begin();
    assert_status(serve(SBX_REPLIES_MAX), SBX_EPROTO); /* empty */
    put(1, SBX_OP_MKDIR, (struct sbx_args){.path = P("a")});
    size_t whole = batch.length;
    put(2, SBX_OP_MKDIR, (struct sbx_args){.path = P("b")});
    for (size_t length = whole + 1; length < whole * 2; length++) {
        batch.length = length;
        assert_status(serve(SBX_REPLIES_MAX), SBX_EPROTO);
    }
    batch.length = whole;
    sbx_buf_put(&batch, UINT32_MAX, 8); /* a frame of 4 GiB */
    assert_status(serve(SBX_REPLIES_MAX), SBX_EPROTO);
    assert_false(scratch_is_there("a"));
}

static void test_too_many_frames(void **state)
{
    (void)state;
    begin();
    put(0, SBX_OP_MKDIR, (struct sbx_args){.path = P("a")});
    for (uint32_t i = 1; i < SBX_BATCH_FRAMES_MAX; i++) {
        put(i, SBX_OP_ACCESS, (struct sbx_args){.path = P(".")});
    }
    assert_status(serve(SBX_REPLIES_MAX), SBX_OK);
    for (uint32_t i = 0; i < SBX_BATCH_FRAMES_MAX; i++) {
        (void)next(i, SBX_OK);
    }
    put(9, SBX_OP_RMDIR, (struct sbx_args){.path = P("a")});
    assert_status(serve(SBX_REPLIES_MAX), SBX_EPROTO);
    assert_true(scratch_is_there("a"));
}

/* Whatever the room, as long as each frame has that of a header: each is done and answered, or neither. */
static void test_any_room(void **state)
{
    (void)state;
    scratch_put("file", "some content");
    begin();
    put(1, SBX_OP_STAT, (struct sbx_args){.path = P("file")});
    put(2, SBX_OP_MKDIR, (struct sbx_args){.path = P("dir")});
    put(3, SBX_OP_READ, (struct sbx_args){.path = P("file")});
    put(4, SBX_OP_READDIR, (struct sbx_args){.path = P(".")});
    put(5, SBX_OP_OPEN_CREATE, (struct sbx_args){.path = P("new"), .flags = 0101});
    put(6, SBX_OP_RMDIR, (struct sbx_args){.path = P("dir")});
    put_raw(7, SBX_FRAME_GREET, SBX_SPAN(""));
    for (size_t room = 7 * SBX_FRAME_HEADER; room < 1000; room++) {
        assert_status(serve(room), SBX_OK);
        for (uint32_t id = 1; id <= 7; id++) {
            struct sbx_frame reply;
            assert_status(sbx_frame_next(&replies, &reply), SBX_OK);
            assert_int_equal(reply.id, id);
            assert_true(reply.code == SBX_OK || reply.code == SBX_ENOBUFS);
            if (id == 5) {
                assert_int_equal(reply.code == SBX_OK, scratch_is_there("new"));
                (void)remove("new");
            }
            if (id == 2 || id == 6) {
                assert_status((enum sbx_status)reply.code, SBX_OK);
            }
        }
    }
}

/* Contents that do not fit beside each other are answered one after the other. */
static void test_full(void **state)
{
    (void)state;
    char *content = pattern(SBX_REPLY_CONTENT_MAX);
    struct sbx_span data = {content, SBX_REPLY_CONTENT_MAX};
    assert_status(ASK(WRITE, .path = P("file"), .data = data), SBX_OK);
    begin();
    put(1, SBX_OP_READ, (struct sbx_args){.path = P("file")});
    put(2, SBX_OP_READ, (struct sbx_args){.path = P("file")});
    put(3, SBX_OP_PREAD, (struct sbx_args){.path = P("file"), .length = data.length});
    put(4, SBX_OP_PREAD, (struct sbx_args){.path = P("file"), .length = 100000});
    assert_status(serve(SBX_REPLIES_MAX), SBX_OK);
    assert_int_equal(next(1, SBX_OK).length, data.length + sbx_result_least(SBX_REPLY_BYTES));
    (void)next(2, SBX_ENOBUFS);
    (void)next(3, SBX_ENOBUFS);
    assert_int_equal(next(4, SBX_OK).length, 100000 + sbx_result_least(SBX_REPLY_BYTES));
    free(content);
}

/* Then it was done all the same: this is no refusal. */
static void test_no_room_for_a_reply(void **state)
{
    (void)state;
    begin();
    put(1, SBX_OP_MKDIR, (struct sbx_args){.path = P("made")});
    put(2, SBX_OP_MKDIR, (struct sbx_args){.path = P("made")});
    assert_status(serve(SBX_FRAME_HEADER - 1), SBX_ENOBUFS);
    assert_true(scratch_is_there("made"));
    assert_int_equal(sbx_buf_left(&replies), 0);
}

static void test_greeting(void **state)
{
    (void)state;
    struct sbx_greeting greeting;
    begin();
    put_raw(1, SBX_FRAME_GREET, SBX_SPAN(""));
    assert_status(serve(SBX_REPLIES_MAX), SBX_OK);
    assert_status(sbx_greeting_decode(next(1, SBX_OK), &greeting), SBX_OK);
    assert_true(greeting.cores > 0);
    assert_true(greeting.free_memory > 0);
    assert_true(greeting.architecture != SBX_ARCHITECTURE_OTHER);
    for (unsigned code = 1; code <= SBX_OP_MAX; code++) {
        assert_true(sbx_greeting_knows(&greeting, code));
    }
}

/* Frames of any bytes: none breaks the ones after it. (The sanitizers watch.) */
static void test_garbage(void **state)
{
    (void)state;
    uint64_t seed = 42;
    for (int round = 0; round < 200; round++) {
        begin();
        for (uint32_t i = 0; i < 100; i++) {
            char payload[16];
            for (size_t k = 0; k < sizeof(payload); k++) {
                seed = seed * 6364136223846793005U + 1442695040888963407U;
                payload[k] = (char)(seed >> 60); /* low bytes, so that some are lengths */
            }
            put_raw(i, (uint16_t)(seed >> 33) % (SBX_OP_MAX + 3),
                    (struct sbx_span){payload, (seed >> 40) % 17});
        }
        assert_status(serve(SBX_REPLIES_MAX), SBX_OK);
        for (uint32_t i = 0; i < 100; i++) {
            struct sbx_frame reply;
            assert_status(sbx_frame_next(&replies, &reply), SBX_OK);
            assert_int_equal(reply.id, i);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_in_order),
        scratch_test(test_what_is_not_understood),
        scratch_test(test_batches_that_are_none),
        scratch_test(test_too_many_frames),
        scratch_test(test_any_room),
        scratch_test(test_full),
        scratch_test(test_no_room_for_a_reply),
        scratch_test(test_greeting),
        scratch_test(test_garbage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
