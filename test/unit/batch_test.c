/* batch_test.c: questions as frames of one batch, and how much room is kept for them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion/batch.h"

#include "support.h"
#include "takeover.h"

#define MANY 100

static struct sbx_endpoint *endpoint;

static int set_up(void **state)
{
    struct sbx_endpoint_options options = {.base_url = SBX_SPAN("http://a")};
    (void)state;
    assert_status(sbx_endpoint_create(&endpoint, &options), SBX_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sbx_endpoint_unref(endpoint);
    return 0;
}

static struct sbx_ask ask_of(enum sbx_op_code code, const struct sbx_args *args)
{
    return (struct sbx_ask){
        .row = sbx_op_row(code), .args = *args, .endpoint = endpoint, .timeout_ms = 1000 + (int)code};
}

/* Cuts the next frame off, which is the `id`-th, and gives its arguments. */
static struct sbx_args next_frame(struct sbx_reader *reader, uint32_t id, enum sbx_op_code code)
{
    struct sbx_frame frame;
    struct sbx_args args;
    assert_status(sbx_frame_next(reader, &frame), SBX_OK);
    assert_int_equal(frame.id, id);
    assert_int_equal(frame.code, code);
    assert_status(sbx_args_decode(sbx_op_row(code), frame.payload, &args), SBX_OK);
    return args;
}

static void test_frames_in_their_order(void **state)
{
    (void)state;
    struct sbx_ask asks[] = {
        ask_of(SBX_OP_WRITE, &(struct sbx_args){.path = SBX_SPAN("/w"), .data = SBX_SPAN("content")}),
        ask_of(SBX_OP_RENAME, &(struct sbx_args){.path = SBX_SPAN("/a"), .new_path = SBX_SPAN("/b")}),
        ask_of(SBX_OP_LSTAT, &(struct sbx_args){.path = SBX_SPAN("/l")}),
    };
    struct sbx_ask *pointers[] = {&asks[0], &asks[1], &asks[2]};
    struct sbx_batch *batch = NULL;
    assert_status(sbx_batch_create(&batch, pointers, 3), SBX_OK);
    assert_int_equal(batch->count, 3);
    assert_int_equal(batch->left, 3);
    assert_int_equal(batch->timeout_ms, 1000 + SBX_OP_WRITE);
    assert_true(batch->change);
    struct sbx_reader reader = sbx_buf_reader((struct sbx_span){batch->frames.data, batch->frames.length});
    assert_text(next_frame(&reader, 0, SBX_OP_WRITE).data, "content");
    assert_text(next_frame(&reader, 1, SBX_OP_RENAME).new_path, "/b");
    assert_text(next_frame(&reader, 2, SBX_OP_LSTAT).path, "/l");
    assert_int_equal(sbx_buf_left(&reader), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_ptr_equal(asks[i].batch, batch);
        assert_ptr_equal(batch->asks[i], &asks[i]);
        assert_int_equal(asks[i].id, i);
    }
    sbx_batch_destroy(batch);
    sbx_batch_destroy(NULL);
}

static void test_reads_alone_are_no_change(void **state)
{
    (void)state;
    struct sbx_ask ask = ask_of(SBX_OP_STAT, &(struct sbx_args){.path = SBX_SPAN("/s")});
    struct sbx_ask *pointer = &ask;
    struct sbx_batch *batch = NULL;
    assert_status(sbx_batch_create(&batch, &pointer, 1), SBX_OK);
    assert_false(batch->change);
    sbx_batch_destroy(batch);
}

/* What makes no frame has no place, and takes none: neither of the bytes nor of the deadline. */
static void test_those_that_make_no_frame(void **state)
{
    (void)state;
    char path[SBX_PATH_MAX + 1];
    memset(path, '/', sizeof(path));
    struct sbx_ask asks[] = {
        ask_of(SBX_OP_MKDIR, &(struct sbx_args){.path = SBX_SPAN("/a\0b")}),
        ask_of(SBX_OP_LSTAT, &(struct sbx_args){.path = SBX_SPAN("/l")}),
        ask_of(SBX_OP_UNLINK, &(struct sbx_args){.path = {path, sizeof(path)}}),
    };
    struct sbx_ask *pointers[] = {&asks[0], &asks[1], &asks[2]};
    struct sbx_batch *batch = NULL;
    assert_status(sbx_batch_create(&batch, pointers, 3), SBX_OK);
    assert_int_equal(batch->left, 1);
    assert_false(batch->change);
    assert_int_equal(batch->timeout_ms, 1000 + SBX_OP_LSTAT);
    struct sbx_reader reader = sbx_buf_reader((struct sbx_span){batch->frames.data, batch->frames.length});
    assert_text(next_frame(&reader, 1, SBX_OP_LSTAT).path, "/l");
    assert_int_equal(sbx_buf_left(&reader), 0);
    assert_status(asks[0].status, SBX_EINVAL);
    assert_status(asks[2].status, SBX_ENAMETOOLONG);
    assert_null(asks[0].batch);
    assert_null(asks[2].batch);
    assert_null(batch->asks[0]);
    assert_null(batch->asks[2]);
    sbx_batch_destroy(batch);
}

/* The longest arguments of each row fit into the room that was counted for them, and nobody else's. */
static void test_room_of_each_row(void **state)
{
    (void)state;
    char text[SBX_PATH_MAX];
    memset(text, 'x', sizeof(text));
    struct sbx_span longest = {text, sizeof(text)};
    struct sbx_args args = {.path = longest, .new_path = longest, .target = longest, .data = longest};
    for (unsigned code = 1; code <= SBX_OP_MAX; code++) {
        struct sbx_ask ask = ask_of((enum sbx_op_code)code, &args);
        struct sbx_ask *pointer = &ask;
        struct sbx_batch *batch = NULL;
        assert_status(sbx_batch_create(&batch, &pointer, 1), SBX_OK);
        assert_status(ask.status, SBX_OK);
        assert_in_range(batch->frames.length, SBX_FRAME_HEADER + sizeof(text), sbx_batch_frame_bytes(&ask));
        sbx_batch_destroy(batch);
    }
}

static size_t reply_bytes(enum sbx_op_code code, uint64_t length)
{
    struct sbx_ask ask = ask_of(code, &(struct sbx_args){.length = length});
    return sbx_batch_reply_bytes(&ask, false);
}

/* The longest range alone fits into a batch of replies; nothing is taken for less than its least. */
static void test_room_of_replies(void **state)
{
    (void)state;
    assert_int_equal(reply_bytes(SBX_OP_MKDIR, 0), SBX_FRAME_HEADER);
    assert_int_equal(reply_bytes(SBX_OP_LSTAT, 0), SBX_FRAME_HEADER + SBX_STAT_WIRE_MAX);
    assert_int_equal(reply_bytes(SBX_OP_PREAD, 1000) - reply_bytes(SBX_OP_PREAD, 0), 1000);
    assert_true(reply_bytes(SBX_OP_PREAD, SBX_REPLY_CONTENT_MAX) <= SBX_REPLIES_MAX);
    for (unsigned code = 1; code <= SBX_OP_MAX; code++) {
        size_t bytes = reply_bytes((enum sbx_op_code)code, 0);
        size_t least = sbx_result_least((enum sbx_reply)sbx_op_row(code)->reply);
        assert_in_range(bytes, SBX_FRAME_HEADER + least, SBX_REPLIES_MAX / 10);
    }
}

/* ---- What is chosen -------------------------------------------------------------------------------------- */

/* Chooses among asks of these codes; `places` are those of the chosen ones. */
static void check_choice(const enum sbx_op_code *codes, size_t count, size_t first, size_t fill_max,
                         const char *places)
{
    struct sbx_ask asks[8];
    struct sbx_ask *chosen[SBX_BATCH_FRAMES_MAX];
    struct sbx_queue waiting;
    char text[32] = "";
    sbx_queue_init(&waiting);
    for (size_t i = 0; i < count; i++) {
        asks[i] = ask_of(codes[i], &(struct sbx_args){.path = SBX_SPAN("/x")});
        asks[i].alone = (asks[i].row->kind & SBX_ALONE) != 0;
        sbx_link_init(&asks[i].link);
        sbx_queue_push(&waiting, &asks[i].link);
    }
    size_t taken = sbx_batch_choose(&waiting, &asks[first], fill_max, false, chosen);
    for (size_t i = 0; i < taken; i++) {
        text[i] = (char)('0' + (chosen[i] - asks));
    }
    assert_string_equal(text, places);
}

/* In their order; what wants a batch of its own is passed by, unless it is the first. */
static void test_choice(void **state)
{
    (void)state;
    static const enum sbx_op_code some[] = {SBX_OP_LSTAT, SBX_OP_RM, SBX_OP_MKDIR, SBX_OP_COPY, SBX_OP_STAT};
    struct sbx_ask one = ask_of(SBX_OP_LSTAT, &(struct sbx_args){.path = SBX_SPAN("/x")});
    size_t each = sbx_batch_frame_bytes(&one);
    check_choice(some, 5, 0, SBX_MIB, "024");
    check_choice(some + 1, 4, 0, SBX_MIB, "0");
    check_choice(some, 5, 2, SBX_MIB, "24");
    check_choice(some, 5, 3, SBX_MIB, "3");
    check_choice(some, 5, 0, 2 * each, "02");
    check_choice(some, 5, 0, 2 * each - 1, "0");
    check_choice(some, 5, 0, 0, "0"); /* one at least */
}

/* With no memory no ask has been touched. */
static enum sbx_status create(void *user)
{
    struct sbx_ask *pointers[MANY];
    struct sbx_ask *asks = user;
    struct sbx_batch *batch = NULL;
    for (size_t i = 0; i < MANY; i++) {
        asks[i].batch = NULL;
        pointers[i] = &asks[i];
    }
    enum sbx_status status = sbx_batch_create(&batch, pointers, MANY);
    for (size_t i = 0; i < MANY; i++) {
        assert_ptr_equal(asks[i].batch, batch);
    }
    sbx_batch_destroy(batch);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    static struct sbx_ask asks[MANY];
    for (size_t i = 0; i < MANY; i++) {
        asks[i] = ask_of(SBX_OP_LSTAT, &(struct sbx_args){.path = SBX_SPAN("/l")});
    }
    assert_int_equal(allocations_fail_each(create, asks), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_in_their_order),
        cmocka_unit_test(test_reads_alone_are_no_change),
        cmocka_unit_test(test_those_that_make_no_frame),
        cmocka_unit_test(test_room_of_each_row),
        cmocka_unit_test(test_room_of_replies),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
