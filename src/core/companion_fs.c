/* companion_fs.c: each operation on files as questions to the companion. Nearly all are one question, whose answer is
 * the operation's own; a listing, and a range longer than a reply, are several; and a content that is larger than
 * frames carry goes by HTTP, as it would without a companion; near by, a small one too, which is quicker.
 *
 * Thread: pool (main for a synchronous method).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion_fs.h"

#include <stdlib.h>
#include <string.h>

#include "core/companion_list.h"
#include "core/fs.h"
#include "core/http_fs.h"
#include "core/path.h"

enum sbx_status sbx_companion_place(struct sbx_op *op, struct sbx_args *args)
{
    *args = op->args;
    if (op->path.length == 0) {
        sbx_fs_append_path(op->fs, &op->path, op->args.path);
        sbx_fs_append_path(op->fs, &op->new_path, op->args.new_path);
        sbx_bytes_append_text(&op->path, op->slashed && op->row->code == SBX_OP_RM ? "/" : "");
    }
    args->path = sbx_bytes_span(&op->path);
    args->new_path = sbx_bytes_span(&op->new_path);
    return op->path.status == SBX_OK ? op->new_path.status : op->path.status;
}

enum sbx_step sbx_companion_ask(struct sbx_op *op, enum sbx_status status, const struct sbx_args *args)
{
    return status == SBX_OK ? sbx_op_ask(op, sbx_fs_lane(op->fs, op->synchronous), op->row->code, args)
                            : sbx_op_fail(op, status, NULL);
}

static enum sbx_step ask(struct sbx_op *op)
{
    struct sbx_args args;
    enum sbx_status status = sbx_companion_place(op, &args);
    return sbx_companion_ask(op, status, &args);
}

/* What "/" of a view belongs to is not removed or renamed through it. */
static enum sbx_step need_no_root(struct sbx_op *op)
{
    bool root = sbx_path_is_root(op->args.path) ||
                (op->row->code == SBX_OP_RENAME && sbx_path_is_root(op->args.new_path));
    return root ? sbx_op_fail(op, SBX_EBUSY, NULL) : SBX_STEP_NEXT;
}

enum sbx_step sbx_companion_need_answer(struct sbx_op *op)
{
    const struct sbx_ask *ask = &op->ask;
    if (ask->no_companion && ask->status == SBX_OK) {
        return sbx_op_fail(op, SBX_EIO, "the companion has gone");
    }
    if (ask->status == SBX_OK) {
        return SBX_STEP_NEXT;
    }
    enum sbx_step end = sbx_op_fail(op, ask->status, ask->words);
    if (ask->words == NULL) { /* it was the companion that refused */
        sbx_fs_advise(op);
    }
    return end;
}

/* What was seen of the file at the op's path. */
static void note_stat(const struct sbx_op *op, const struct sbx_stat *stat)
{
    sbx_fs_note_size(op->fs, sbx_bytes_span(&op->path), sbx_stat_is(stat, SBX_S_IFREG) ? stat->size : 0);
}

/* The answer as it is, where no more than one reply is needed. */
static enum sbx_step take(struct sbx_op *op)
{
    const struct sbx_answer *answer = &op->ask.answer;
    if (sbx_companion_need_answer(op) == SBX_STEP_END) {
        return SBX_STEP_END;
    }
    switch ((enum sbx_reply)op->row->reply) {
    case SBX_REPLY_STAT:
        op->result.stat = answer->stat;
        note_stat(op, &answer->stat);
        break;
    case SBX_REPLY_CREATED:
        op->result.created = answer->created;
        break;
    case SBX_REPLY_STATFS:
        op->result.statfs = answer->statfs;
        break;
    case SBX_REPLY_BYTES:
    case SBX_REPLY_TEXT:
        return sbx_op_give_bytes(op, answer->bytes);
    case SBX_REPLY_NOTHING:
    case SBX_REPLY_LIST:
    case SBX_REPLY_TREE:
    case SBX_REPLY_NAMES:
    case SBX_REPLY_SUPERVISED:
        break;
    }
    return sbx_op_succeed(op);
}

/* Of a path outside of the view the path that was asked for: it names the same file. */
static enum sbx_step take_realpath(struct sbx_op *op)
{
    struct sbx_span path = op->args.path;
    if (sbx_companion_need_answer(op) == SBX_STEP_END) {
        return SBX_STEP_END;
    }
    if (!sbx_fs_view_of(op->fs, op->ask.answer.bytes, &path)) {
        path = op->args.path;
    }
    return sbx_op_give_path(op, path);
}

#define FEW 8

static enum sbx_step take_from_server(struct sbx_op *op);
static const sbx_step_function from_server[] = {sbx_http_fs_ask_content, take_from_server, NULL};

/* A content that is larger than a reply can be comes as it is, by HTTP; and one that the companion that stays has not sent,
 * because it is sooner here that way. */
static enum sbx_step take_content(struct sbx_op *op)
{
    const struct sbx_answer *answer = &op->ask.answer;
    if (sbx_companion_need_answer(op) == SBX_STEP_END) {
        return SBX_STEP_END;
    }
    if (answer->total > sbx_fs_max_full_read(op->fs) || answer->bytes.length > sbx_fs_max_full_read(op->fs)) {
        return sbx_op_fail(op, SBX_EFBIG, "the file is larger than maxFullReadBytes");
    }
    if (answer->bytes.length == 0 && answer->total > 0) {
        op->result.total = answer->total;
        op->sized = true;
        bool small = answer->total <= SBX_REPLY_CONTENT_MAX && !op->alone;
        bool ends = op->size_first && answer->total > SBX_REPLY_CONTENT_MAX;
        return ends ? sbx_op_succeed(op)
                    : sbx_op_turn_to(op, small ? from_server : sbx_http_fs_steps(SBX_OP_READ));
    }
    sbx_fs_note_size(op->fs, sbx_bytes_span(&op->path), answer->file.ino == 0 ? 0 : answer->total);
    return sbx_op_give_bytes(op, answer->bytes);
}

/* Whether its last request has brought a content, or its time is over, or it is too long: nothing else would be said of it. */
static bool is_final(const struct sbx_op *op)
{
    enum sbx_status outcome = op->request->outcome;
    return (outcome == SBX_OK && op->request->http_status == 200) || outcome == SBX_EFBIG ||
           outcome == SBX_ETIMEDOUT || outcome == SBX_ECANCELED;
}

/* Whatever else it says, the companion tells what is there: by itself, and all that a reply holds. */
static enum sbx_step take_from_server(struct sbx_op *op)
{
    static const sbx_step_function steps[] = {ask, take_content, NULL};
    if (!is_final(op)) {
        sbx_fs_note_size(op->fs, sbx_bytes_span(&op->path), 0);
        op->alone = true;
        return sbx_op_turn_to(op, steps);
    }
    uint64_t length = op->request->reply_length > 0 ? op->request->reply_length : op->request->reply.length;
    sbx_fs_note_size(op->fs, sbx_bytes_span(&op->path), op->request->outcome == SBX_OK ? length : 0);
    return sbx_http_fs_take_content(op);
}

/* Whether no more than a few are asked for at once. */
static bool is_one_of_few(const struct sbx_op *op)
{
    return sbx_engine_count(op->task.engine, SBX_BUDGET_FILES, FEW) < FEW &&
           sbx_companion_lane_is_quiet(sbx_fs_lane(op->fs, op->synchronous));
}

/* A few contents at once are sooner here by the server alone; more share a batch. */
static enum sbx_step choose_source(struct sbx_op *op)
{
    struct sbx_args args;
    bool quick = sbx_companion_place(op, &args) == SBX_OK && sbx_fs_is_quick_to_get(op->fs, args.path);
    if (!quick || !is_one_of_few(op)) {
        return SBX_STEP_NEXT;
    }
    op->sized = true;
    return sbx_op_turn_to(op, from_server);
}

/* The next piece of a range; what is there already is op->content. HTTP does not tell of which file a content is. */
static enum sbx_step ask_range(struct sbx_op *op)
{
    struct sbx_args args;
    op->otherwise = op->of_file ? NULL : op->otherwise;
    enum sbx_status status = sbx_companion_place(op, &args);
    uint64_t left = op->args.length - op->content.length;
    args.offset += op->content.length;
    args.length = left < SBX_REPLY_CONTENT_MAX ? left : SBX_REPLY_CONTENT_MAX;
    return sbx_companion_ask(op, status, &args);
}

/* Another file has the name by now. No range is of two, so all of it is read once more, unless the old one is wanted,
 * or this happens again and again. */
static enum sbx_step begin_again(struct sbx_op *op)
{
    if (op->of_file || op->begun_again == SBX_READ_TRIES - 1) {
        return sbx_op_fail(op, SBX_EIO, "the file was replaced while it was read");
    }
    op->begun_again++;
    free(op->content.data);
    op->content = (struct sbx_buffer){0};
    op->file = (struct sbx_file){0};
    return sbx_op_again(op);
}

/* A piece shorter than it was asked for is the last one: the file ends. */
static enum sbx_step take_range(struct sbx_op *op)
{
    if (sbx_companion_need_answer(op) == SBX_STEP_END) {
        return SBX_STEP_END;
    }
    if (sbx_file_differs(&op->file, &op->ask.answer.file)) {
        return begin_again(op);
    }
    op->file = op->ask.answer.file;
    struct sbx_span piece = op->ask.answer.bytes;
    char *grown = realloc(op->content.data, op->content.length + piece.length + 1);
    if (grown == NULL) {
        return sbx_op_fail(op, SBX_ENOMEM, NULL);
    }
    memcpy(grown + op->content.length, piece.data, piece.length);
    op->content = (struct sbx_buffer){grown, op->content.length + piece.length};
    if (piece.length == op->ask.args.length && op->content.length < op->args.length) {
        return sbx_op_again(op);
    }
    op->result.bytes = op->content;
    op->result.file = op->file;
    op->content = (struct sbx_buffer){0};
    return sbx_op_succeed(op);
}

/* A content that is larger than frames should be goes as it is, by HTTP. */
static enum sbx_step choose_way(struct sbx_op *op)
{
    return op->args.data.length > SBX_REPLY_CONTENT_MAX ? sbx_op_turn_to(op, sbx_http_fs_steps(SBX_OP_WRITE))
                                                        : SBX_STEP_NEXT;
}

/* The next piece of a range that is written; op->written bytes of it are. */
static enum sbx_step ask_piece(struct sbx_op *op)
{
    struct sbx_args args;
    enum sbx_status status = sbx_companion_place(op, &args);
    size_t left = op->args.data.length - op->written;
    args.offset += op->written;
    args.data = (struct sbx_span){op->args.data.data + op->written,
                                  left < SBX_REPLY_CONTENT_MAX ? left : SBX_REPLY_CONTENT_MAX};
    return sbx_companion_ask(op, status, &args);
}

static enum sbx_step take_piece(struct sbx_op *op)
{
    if (sbx_companion_need_answer(op) == SBX_STEP_END) {
        return SBX_STEP_END;
    }
    op->written += op->ask.args.data.length;
    return op->written < op->args.data.length ? sbx_op_again(op) : sbx_op_succeed(op);
}

/* Of those that are more than a question and its answer. */
static const sbx_step_function *const table[SBX_OP_MAX + 1] = {
    [SBX_OP_READDIR] = SBX_STEPS(sbx_companion_list_ask, sbx_companion_list_take),
    [SBX_OP_NAMES] = SBX_STEPS(sbx_companion_list_ask, sbx_companion_list_take),
    [SBX_OP_WALK] = SBX_STEPS(sbx_companion_list_ask, sbx_companion_list_take),
    [SBX_OP_REALPATH] = SBX_STEPS(ask, take_realpath),
    [SBX_OP_RMDIR] = SBX_STEPS(need_no_root, ask, take),
    [SBX_OP_RM] = SBX_STEPS(need_no_root, ask, take),
    [SBX_OP_RENAME] = SBX_STEPS(need_no_root, ask, take),
    [SBX_OP_PREAD] = SBX_STEPS(ask_range, take_range),
    [SBX_OP_PWRITE] = SBX_STEPS(ask_piece, take_piece),
    [SBX_OP_READ] = SBX_STEPS(choose_source, ask, take_content),
    [SBX_OP_WRITE] = SBX_STEPS(choose_way, ask, take),
};

const sbx_step_function *sbx_companion_fs_steps(enum sbx_op_code code)
{
    static const sbx_step_function question[] = {ask, take, NULL};
    return table[code] == NULL ? question : table[code];
}
