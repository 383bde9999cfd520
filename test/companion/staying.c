/* staying.c: see staying.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "staying.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "companion/resident.h"

struct staying staying;

static char said[SBX_FRAME_MAX];
static size_t said_length;

static void *stay(void *unused)
{
    static char replies[SBX_REPLIES_MAX];
    static _Alignas(16) char space[SERVER_SPACE];
    struct server server = {.replies = sbx_buf_writer(replies, sizeof(replies)), .space = space};
    (void)unused;
    staying.good = resident_serve(&server, staying.input, staying.output, staying.idle_ms);
    (void)close(staying.output);
    return NULL;
}

/* Cuts the next answer off what it says; false: it says no more. */
bool staying_hear(void)
{
    static size_t heard_length;
    said_length -= heard_length;
    memmove(said, said + heard_length, said_length);
    heard_length = 0;
    for (;;) {
        struct sbx_reader reader = sbx_buf_reader((struct sbx_span){said, said_length});
        if (sbx_frame_next(&reader, &staying.heard) == SBX_OK) {
            heard_length = reader.at;
            return true;
        }
        struct pollfd waited = {.fd = staying.from, .events = POLLIN};
        assert_int_equal(poll(&waited, 1, STAYING_HANG_MS), 1);
        ssize_t got = read(staying.from, said + said_length, sizeof(said) - said_length);
        assert_true(got >= 0);
        if (got == 0) {
            return false;
        }
        said_length += (size_t)got;
    }
}

void staying_hear_answer(uint32_t number, enum sbx_resident_code code)
{
    assert_true(staying_hear());
    assert_int_equal(staying.heard.id, number);
    assert_int_equal(staying.heard.code, code);
}

void staying_begin(int idle_ms)
{
    int in[2];
    int out[2];
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    staying.input = in[0];
    staying.to = in[1];
    staying.from = out[0];
    staying.output = out[1];
    staying.idle_ms = idle_ms;
    said_length = 0;
    assert_int_equal(pthread_create(&staying.thread, NULL, stay, NULL), 0);
    staying_hear_answer(0, SBX_RESIDENT_REPLIES);
    (void)snprintf(staying.box, sizeof(staying.box), "%.*s", (int)staying.heard.payload.length,
                   staying.heard.payload.data);
}

/* Its last word: the number of the last batch that it did. */
void staying_end(uint32_t done, bool good)
{
    if (staying.to >= 0) {
        assert_int_equal(close(staying.to), 0);
    }
    staying_hear_answer(done, SBX_RESIDENT_LEFT);
    assert_false(staying_hear());
    assert_int_equal(pthread_join(staying.thread, NULL), 0);
    assert_int_equal(staying.good, good);
    assert_int_equal(close(staying.from), 0);
    assert_int_equal(close(staying.input), 0);
}

void staying_tell(struct sbx_span bytes)
{
    assert_int_equal(write(staying.to, bytes.data, bytes.length), bytes.length);
}

/* A batch of `frames`, into `writer`; `code`: of which kind. */
void staying_put_batch(struct sbx_writer *writer, uint16_t code, uint32_t number, struct sbx_span frames)
{
    size_t start = sbx_frame_begin(writer, number, code);
    sbx_buf_put(writer, sbx_hash_of(frames), sizeof(uint64_t));
    sbx_buf_put_bytes(writer, frames);
    assert_status(sbx_frame_end(writer, start), SBX_OK);
}

/* The frame of one operation, into `writer`. */
void staying_put_operation(struct sbx_writer *writer, enum sbx_op_code code, const struct sbx_args *args)
{
    size_t start = sbx_frame_begin(writer, 7, (uint16_t)code);
    assert_status(sbx_args_encode(sbx_op_row(code), args, writer), SBX_OK);
    assert_status(sbx_frame_end(writer, start), SBX_OK);
}

/* A batch that makes the directory `name`, into `writer`. */
void staying_put_mkdir(struct sbx_writer *writer, uint32_t number, const char *name)
{
    char frame[200];
    struct sbx_writer inner = sbx_buf_writer(frame, sizeof(frame));
    staying_put_operation(&inner, SBX_OP_MKDIR, &(struct sbx_args){.path = P(name)});
    staying_put_batch(writer, SBX_RESIDENT_BATCH, number, sbx_buf_written(&inner));
}

void staying_ask_mkdir(uint32_t number, const char *name)
{
    char bytes[200];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    staying_put_mkdir(&writer, number, name);
    staying_tell(sbx_buf_written(&writer));
}

/* The answer to batch `number`, in which the only reply has `status`. */
void staying_hear_mkdir(uint32_t number, enum sbx_status status)
{
    struct sbx_frame reply;
    staying_hear_answer(number, SBX_RESIDENT_REPLIES);
    struct sbx_reader reader = sbx_buf_reader(staying.heard.payload);
    assert_status(sbx_frame_next(&reader, &reply), SBX_OK);
    assert_int_equal(reply.id, 7);
    assert_status((enum sbx_status)reply.code, status);
    assert_int_equal(sbx_buf_left(&reader), 0);
}
