/* serve.c: frame to row to handler to reply.
 *
 * The frames are counted first, and a header's room is kept free for the reply of each: so every frame has a
 * reply, whatever happens. One is taken up only if its largest reply fits in what is left; otherwise it
 * is answered ENOBUFS, was not done, and can be asked in another batch. A content whose length shows only
 * while it is read is answered in the same way, for reading does no harm.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>

#include "companion/server.h"
#include "wire/resident.h"

static op_handler *const handlers[SBX_OP_MAX + 1] = {
#define SERVE_HANDLER(code, NAME, name, args, reply, kind) [code] = op_##name,
    SBX_OPS(SERVE_HANDLER)
#undef SERVE_HANDLER
};

enum sbx_status server_errno(void)
{
    return sbx_status_from_errno(errno);
}

/* How many frames the batch has; 0 where it is none. */
static size_t count_frames(struct sbx_span batch)
{
    struct sbx_reader reader = sbx_buf_reader(batch);
    struct sbx_frame frame;
    size_t count = 0;
    while (sbx_frame_next(&reader, &frame) == SBX_OK) {
        count++;
    }
    return sbx_buf_left(&reader) == 0 && count <= SBX_BATCH_FRAMES_MAX ? count : 0;
}

/* Bytes that the payload of the reply to the frame may have. */
static size_t room_for_reply(const struct server *server, const struct sbx_frame *frame)
{
    size_t room = sbx_buf_room(&server->replies);
    size_t kept = server->kept + SBX_FRAME_HEADER;
    size_t left = room < kept ? 0 : room - kept;
    const struct sbx_op_row *row = sbx_op_row(frame->code);
    bool lists = row != NULL && sbx_op_lists((enum sbx_reply)row->reply);
    bool limited = server->resident && (lists || !server->files);
    return limited && left > SBX_RESIDENT_REPLY_MAX ? SBX_RESIDENT_REPLY_MAX : left;
}

/* The reply of an operation that ended otherwise than well. Its room was kept. */
static void put_status(struct server *server, uint32_t id, enum sbx_status status)
{
    size_t start = sbx_frame_begin(&server->replies, id, (uint16_t)status);
    server->replies.failed = sbx_frame_end(&server->replies, start) != SBX_OK;
}

static enum sbx_status put_result(struct server *server, uint32_t id, const struct sbx_op_row *row,
                                  const struct sbx_result *result)
{
    size_t before = server->replies.length;
    size_t start = sbx_frame_begin(&server->replies, id, SBX_OK);
    enum sbx_status status = sbx_result_encode(row, result, &server->replies);
    if (sbx_frame_end(&server->replies, start) != SBX_OK) {
        return SBX_ENOBUFS;
    }
    if (status == SBX_OK && server->replies.length - before - SBX_FRAME_HEADER > server->room) {
        status = SBX_ENOBUFS;
    }
    if (status != SBX_OK) {
        server->replies.length = before;
    }
    return status;
}

static enum sbx_status serve_operation(struct server *server, const struct sbx_frame *frame)
{
    const struct sbx_op_row *row = sbx_op_row(frame->code);
    if (row == NULL) {
        return SBX_ENOSYS;
    }
    struct sbx_args args;
    struct sbx_result result = {.status = SBX_OK};
    enum sbx_status status = sbx_args_decode(row, frame->payload, &args);
    if (status == SBX_OK && sbx_result_least(row->reply) > server->room) {
        status = SBX_ENOBUFS;
    }
    if (status == SBX_OK) {
        status = handlers[row->code](server, &args, &result);
    }
    return status == SBX_OK ? put_result(server, frame->id, row, &result) : status;
}

static enum sbx_status serve_greeting(struct server *server, const struct sbx_frame *frame)
{
    struct sbx_greeting greeting = {0};
    size_t start = sbx_frame_begin(&server->replies, frame->id, SBX_OK);
    server_greeting(server, &greeting);
    sbx_greeting_encode(&greeting, &server->replies);
    size_t payload = server->replies.length - start - SBX_FRAME_HEADER;
    if (sbx_frame_end(&server->replies, start) != SBX_OK || payload > server->room) {
        server->replies.length = start;
        return SBX_ENOBUFS;
    }
    return SBX_OK;
}

enum sbx_status server_batch(struct server *server, struct sbx_span batch)
{
    struct sbx_reader reader = sbx_buf_reader(batch);
    struct sbx_frame frame;
    size_t count = count_frames(batch);
    if (count == 0) {
        return SBX_EPROTO;
    }
    server->alone = count == 1 && !server->resident;
    server->kept = count * SBX_FRAME_HEADER;
    while (sbx_frame_next(&reader, &frame) == SBX_OK) {
        server->kept -= SBX_FRAME_HEADER;
        server->room = room_for_reply(server, &frame);
        enum sbx_status status =
            frame.code == SBX_FRAME_GREET ? serve_greeting(server, &frame) : serve_operation(server, &frame);
        if (status != SBX_OK) {
            put_status(server, frame.id, status);
        }
    }
    return server->replies.failed ? SBX_ENOBUFS : SBX_OK;
}
