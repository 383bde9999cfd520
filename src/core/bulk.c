/* bulk.c: the ops of a content in parts.
 *
 * A part is a file in a directory of its own within the companion's private one, so that nobody else sees it; the
 * companion makes that directory. Sending a part twice does no harm.
 *
 * Thread: main; the steps on the pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/bulk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/companion_fs.h"
#include "core/fs.h"
#include "core/http_ask.h"
#include "core/http_end.h"
#include "core/http_reply.h"
#include "core/patience.h"

#define COMMIT_BYTES_PER_MS (16 * SBX_KIB) /* that a commit may take beyond the deadline of any operation */
#define UNSTAGE_TIMEOUT_MS 5000 /* who waits for it has had a failure already; old parts go anyway */
#define PART_NAME ((size_t)32)  /* bytes of a slash, the number of a part, and the NUL */

/* ---- Parts ------------------------------------------------------------------------------------------------ */

static enum sbx_step ask_for_stage(struct sbx_op *op)
{
    struct sbx_args args;
    enum sbx_status status = sbx_companion_place(op, &args);
    return sbx_companion_ask(op, status, &args);
}

/* What may be a directory for parts, whoever says it: each has the number of a part behind it. */
static bool is_stage(struct sbx_span path)
{
    return path.length > 0 && path.length <= SBX_PATH_MAX - PART_NAME && path.data[0] == '/' &&
           memchr(path.data, '\0', path.length) == NULL;
}

static enum sbx_step take_stage(struct sbx_op *op)
{
    struct sbx_span path = op->ask.answer.bytes;
    if (sbx_companion_need_answer(op) == SBX_STEP_END) {
        return SBX_STEP_END;
    }
    return is_stage(path) ? sbx_op_give_bytes(op, path)
                          : sbx_op_fail(op, SBX_EPROTO, "the companion's reply cannot be read");
}

static enum sbx_step put_part(struct sbx_op *op)
{
    struct sbx_request *request = NULL;
    enum sbx_status status = sbx_request_create(&request, op->endpoint, SBX_PUT, "/v1/fs/file");
    if (status == SBX_OK) {
        sbx_request_query(request, "path", sbx_bytes_span(&op->stage));
        request->accept = "application/json";
        request->until_stalled = true;
        request->budget = SBX_BUDGET_CONTENTS;
        request->at_once = sbx_fs_contents_at_once(op->fs);
        request->body_type = "application/octet-stream";
        request->body = op->args.data;
    }
    return sbx_op_send(op, status, request);
}

static enum sbx_step end_part(struct sbx_op *op)
{
    if (sbx_http_need_reply(op) == SBX_STEP_END) {
        return SBX_STEP_END;
    }
    enum sbx_status status =
        sbx_http_reply_written(sbx_bytes_span(&op->request->reply), op->args.data.length);
    return status == SBX_OK ? sbx_op_succeed(op) : sbx_http_unreadable(op, status);
}

static enum sbx_step ask_with_stage(struct sbx_op *op)
{
    struct sbx_args args;
    enum sbx_status status = sbx_companion_place(op, &args);
    args.target = sbx_bytes_span(&op->stage);
    op->otherwise = NULL; /* the parts are the companion's: without it this is a failure of its own */
    return sbx_companion_ask(op, status, &args);
}

static enum sbx_step end_with_answer(struct sbx_op *op)
{
    if (sbx_companion_need_answer(op) == SBX_STEP_NEXT) {
        return sbx_op_succeed(op);
    }
    bool broken = op->ask.status == SBX_ESTALE && op->ask.words == NULL && op->row->code != SBX_OP_UNSTAGE;
    return broken
               ? sbx_op_fail(op, SBX_EIO, "the parts of the content are not whole any more; write it again")
               : SBX_STEP_END;
}

/* ---- Reading ----------------------------------------------------------------------------------------------- */

static enum sbx_step ask_into_room(struct sbx_op *op)
{
    return sbx_http_ask_content(op, op->room_length);
}

/* What does not fit ends with its size alone. */
static enum sbx_step end_in_room(struct sbx_op *op)
{
    if (op->request->reply_length > 0) {
        op->result.total = op->request->reply_length;
        return sbx_op_succeed(op);
    }
    if (sbx_http_need_reply(op) == SBX_STEP_END) {
        return SBX_STEP_END;
    }
    op->result.bytes = (struct sbx_buffer){op->room, op->request->reply.length};
    return sbx_op_succeed(op);
}

static enum sbx_step ask_to_extract(struct sbx_op *op)
{
    struct sbx_args args;
    enum sbx_status status = sbx_companion_place(op, &args);
    args.target = sbx_bytes_span(&op->stage);
    return sbx_companion_ask(op, status, &args);
}

static enum sbx_step take_extracted(struct sbx_op *op)
{
    const struct sbx_answer *answer = &op->ask.answer;
    if (sbx_companion_need_answer(op) == SBX_STEP_END) {
        return SBX_STEP_END;
    }
    if (op->args.length > 0 && !is_stage(answer->bytes)) {
        return sbx_op_fail(op, SBX_EPROTO, "the companion's reply cannot be read");
    }
    op->result.total = answer->total;
    op->result.file = answer->file;
    return sbx_op_give_bytes(op, answer->bytes);
}

static enum sbx_step get_part(struct sbx_op *op)
{
    struct sbx_request *request = NULL;
    enum sbx_status status = sbx_request_create(&request, op->endpoint, SBX_GET, "/v1/fs/file");
    if (status == SBX_OK) {
        sbx_request_query(request, "path", sbx_bytes_span(&op->stage));
    }
    return sbx_http_send_content(op, status, request, op->room_length);
}

/* ---- The ops ----------------------------------------------------------------------------------------------- */

static const sbx_step_function steps_of_stage[] = {ask_for_stage, take_stage, NULL};
static const sbx_step_function steps_of_part[] = {put_part, end_part, NULL};
static const sbx_step_function steps_of_question[] = {ask_with_stage, end_with_answer, NULL};
static const sbx_step_function steps_of_read[] = {ask_into_room, end_in_room, NULL};
static const sbx_step_function steps_of_extract[] = {ask_to_extract, take_extracted, NULL};
static const sbx_step_function steps_of_get[] = {get_part, end_in_room, NULL};

/* The op's stage is the bulk's, and `name` behind it. */
static enum sbx_status make(struct sbx_op **op, const struct sbx_bulk *bulk, enum sbx_op_code code,
                            const struct sbx_args *args, const char *name, const sbx_step_function *steps)
{
    struct sbx_op *made = NULL;
    enum sbx_status status = sbx_fs_op_create(&made, bulk->fs, sbx_op_row(code), bulk->endpoint, args);
    if (status == SBX_OK) {
        made->steps = steps;
        sbx_patience_limit(made, bulk->timeout_ms);
        sbx_bytes_append(&made->stage, bulk->stage);
        sbx_bytes_append_text(&made->stage, name);
        status = made->stage.status;
    }
    if (status != SBX_OK) {
        sbx_op_destroy(made);
        return status;
    }
    *op = made;
    return SBX_OK;
}

enum sbx_status sbx_bulk_stage(struct sbx_op **op, const struct sbx_bulk *bulk, uint64_t length,
                               bool in_place)
{
    struct sbx_args args = {.path = bulk->path, .length = length};
    args.flags = in_place ? SBX_STAGE_IN_PLACE : 0;
    enum sbx_status status = make(op, bulk, SBX_OP_STAGE, &args, "", steps_of_stage);
    if (status == SBX_OK) {
        (*op)->to_the_end = true; /* its reply says what has to be removed */
    }
    return status;
}

struct sbx_bulk_cut sbx_bulk_cut(enum sbx_distance distance)
{
    static const struct sbx_bulk_cut near = {256 * SBX_KIB, 8};
    static const struct sbx_bulk_cut far = {SBX_BULK_PART, 4};
    return distance == SBX_NEAR ? near : far;
}

enum sbx_status sbx_bulk_part(struct sbx_op **op, const struct sbx_bulk *bulk, uint64_t number,
                              struct sbx_span data)
{
    char name[PART_NAME];
    struct sbx_args args = {.path = bulk->path, .data = data};
    (void)snprintf(name, sizeof(name), "/%" PRIu64, number);
    return make(op, bulk, SBX_OP_WRITE, &args, name, steps_of_part);
}

/* The op that puts all parts into the file. */
static enum sbx_status make_last(struct sbx_op **op, const struct sbx_bulk *bulk, enum sbx_op_code code,
                                 const struct sbx_args *args)
{
    enum sbx_status status = make(op, bulk, code, args, "", steps_of_question);
    if (status == SBX_OK) {
        uint64_t limit = (uint64_t)(*op)->timeout_ms + args->length / COMMIT_BYTES_PER_MS;
        (*op)->timeout_ms = (int)(limit < SBX_TIMEOUT_MAX_MS ? limit : SBX_TIMEOUT_MAX_MS);
    }
    return status;
}

enum sbx_status sbx_bulk_commit(struct sbx_op **op, const struct sbx_bulk *bulk, uint64_t length)
{
    return make_last(op, bulk, SBX_OP_COMMIT, &(struct sbx_args){.path = bulk->path, .length = length});
}

enum sbx_status sbx_bulk_place(struct sbx_op **op, const struct sbx_bulk *bulk, uint64_t offset,
                               uint64_t length)
{
    struct sbx_args args = {.path = bulk->path, .offset = offset, .length = length};
    return make_last(op, bulk, SBX_OP_PLACE, &args);
}

enum sbx_status sbx_bulk_unstage(struct sbx_op **op, const struct sbx_bulk *bulk)
{
    struct sbx_args args = {.path = bulk->path};
    struct sbx_bulk own = *bulk;
    own.timeout_ms = 0; /* the call's own may be over */
    enum sbx_status status = make(op, &own, SBX_OP_UNSTAGE, &args, "", steps_of_question);
    if (status == SBX_OK) {
        int limit_ms = (*op)->timeout_ms;
        (*op)->timeout_ms = limit_ms < UNSTAGE_TIMEOUT_MS ? limit_ms : UNSTAGE_TIMEOUT_MS;
        (*op)->to_the_end = true;
        (*op)->patience.insists = true;
    }
    return status;
}

void sbx_bulk_refuse(struct sbx_op *op)
{
    (void)!sbx_http_ask_too_long(op);
}

enum sbx_status sbx_bulk_read(struct sbx_op **op, const struct sbx_bulk *bulk, char *room, size_t length)
{
    struct sbx_args args = {.path = bulk->path};
    enum sbx_status status = make(op, bulk, SBX_OP_READ, &args, "", steps_of_read);
    if (status == SBX_OK) {
        (*op)->room = room;
        (*op)->room_length = length;
    }
    return status;
}

enum sbx_status sbx_bulk_extract(struct sbx_op **op, const struct sbx_bulk *bulk, uint64_t offset,
                                 uint64_t length)
{
    struct sbx_args args = {.path = bulk->path, .offset = offset, .length = length};
    enum sbx_status status = make(op, bulk, SBX_OP_EXTRACT, &args, "", steps_of_extract);
    if (status == SBX_OK) {
        (*op)->to_the_end = true; /* its reply says what has to be removed */
    }
    return status;
}

enum sbx_status sbx_bulk_get(struct sbx_op **op, const struct sbx_bulk *bulk, uint64_t offset, char *room,
                             size_t length)
{
    struct sbx_args args = {.path = bulk->path, .offset = offset, .length = length};
    enum sbx_status status = make(op, bulk, SBX_OP_EXTRACT, &args, "/0", steps_of_get);
    if (status == SBX_OK) {
        (*op)->room = room;
        (*op)->room_length = length;
    }
    return status;
}

enum sbx_status sbx_bulk_piece(struct sbx_op **op, const struct sbx_bulk *bulk, uint64_t offset,
                               uint64_t length)
{
    const struct sbx_args args = {.path = bulk->path, .offset = offset, .length = length};
    return make(op, bulk, SBX_OP_PREAD, &args, "", NULL); /* the steps of its row */
}
