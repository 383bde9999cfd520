/* http_fs.c: each operation on files as steps over the server's own endpoints. The table at the end reads
 * like a sentence: LOOK at a path, NEED what it must be, ASK for the change.
 *
 * HTTP is inexact: it follows links and cannot tell them from files, has no ranges, takes 2 MiB at most,
 * makes parents by itself, and tells few errors apart. So a change looks first where Linux would refuse
 * it, and what lies between look and change is not atomic. Never is an existing target overwritten by a
 * move: the server would delete the target first.
 *
 * Thread: pool (main for a synchronous method).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http_fs.h"

#include <stdlib.h>
#include <string.h>

#include "core/content.h"
#include "core/fs.h"
#include "core/http_ask.h"
#include "core/http_end.h"
#include "core/http_reply.h"
#include "core/http_tree.h"
#include "core/path.h"

#define O_CREAT_LINUX 0100U
#define O_EXCL_LINUX 0200U
#define O_TRUNC_LINUX 01000U

static enum sbx_step ask_stat(struct sbx_op *op)
{
    return sbx_http_ask(op, SBX_GET, "/v1/fs/stat", op->args.path);
}

static enum sbx_step ask_stat_of_parent(struct sbx_op *op)
{
    return sbx_http_ask(op, SBX_GET, "/v1/fs/stat", sbx_path_parent(op->args.path));
}

static enum sbx_step ask_mkdir(struct sbx_op *op)
{
    return sbx_http_ask(op, SBX_POST, "/v1/fs/mkdir", op->args.path);
}

static enum sbx_step ask_delete(struct sbx_op *op)
{
    return sbx_http_ask_delete(op, false);
}

/* A move of a path to itself is no move, and the server would take it for an existing target. */
static enum sbx_step ask_move(struct sbx_op *op)
{
    return sbx_span_equal(op->args.path, op->args.new_path) ? ask_stat(op) : sbx_http_ask_move(op);
}

enum sbx_step sbx_http_fs_ask_content(struct sbx_op *op)
{
    return sbx_http_ask_content(op, sbx_fs_max_full_read(op->fs));
}

/* A range is cut out of the whole. */
static enum sbx_step ask_content_for_range(struct sbx_op *op)
{
    uint64_t max = sbx_fs_max_full_read(op->fs);
    return sbx_http_ask_content(op, max < SBX_PREAD_WHOLE_MAX ? max : SBX_PREAD_WHOLE_MAX);
}

/* A content that is going to be written back. */
static enum sbx_step ask_content_for_change(struct sbx_op *op)
{
    return sbx_http_ask_content(op, SBX_BODY_MAX);
}

/* What cannot be written back need not be read. */
static enum sbx_step need_small_data(struct sbx_op *op)
{
    return op->args.data.length <= SBX_BODY_MAX ? SBX_STEP_NEXT : sbx_http_ask_too_long(op);
}

/* What is cut to nothing need not be read. */
static enum sbx_step ask_what_stays(struct sbx_op *op)
{
    return op->args.length == 0 ? ask_stat(op) : ask_content_for_change(op);
}

static enum sbx_step put_data(struct sbx_op *op)
{
    return sbx_http_ask_put(op, op->args.path, op->args.data);
}

static enum sbx_step put_nothing(struct sbx_op *op)
{
    return sbx_http_ask_put(op, op->args.path, (struct sbx_span){"", 0});
}

static enum sbx_step put_content(struct sbx_op *op)
{
    return sbx_http_ask_put(op, op->args.path, (struct sbx_span){op->content.data, op->content.length});
}

static enum sbx_step put_copy(struct sbx_op *op)
{
    return sbx_http_ask_put(op, op->args.new_path, (struct sbx_span){op->content.data, op->content.length});
}

/* Of a parent that is a file the server, which makes parents, says that it exists. */
static void correct_parent(struct sbx_op *op)
{
    if (op->result.status == SBX_EEXIST && op->request->http_status >= 500) {
        op->result.status = SBX_ENOTDIR;
    }
}

static enum sbx_step end_move(struct sbx_op *op)
{
    enum sbx_step next = sbx_http_end(op);
    correct_parent(op);
    return next;
}

static enum sbx_step end_put(struct sbx_op *op)
{
    struct sbx_span target = op->row->code == SBX_OP_COPY ? op->args.new_path : op->args.path;
    if (sbx_http_need_reply(op) == SBX_STEP_END) {
        correct_parent(op);
        if (op->request->unanswered) {
            sbx_fs_note_stuck_write(op->fs, target);
        }
        return SBX_STEP_END;
    }
    const struct sbx_request *request = op->request;
    enum sbx_status status = sbx_http_reply_written(sbx_bytes_span(&request->reply), request->body.length);
    if (status == SBX_EIO) {
        return sbx_op_fail(op, status, "the server has not written the whole content");
    }
    return status == SBX_OK ? sbx_op_succeed(op) : sbx_http_unreadable(op, status);
}

static enum sbx_step read_stat(struct sbx_op *op, struct sbx_span path)
{
    char *full = sbx_http_ask_full_path(op, path);
    struct sbx_span span = {full, full == NULL ? 0 : strlen(full)};
    enum sbx_status status =
        full == NULL ? SBX_ENOMEM : sbx_http_reply_stat(sbx_bytes_span(&op->request->reply), span, &op->seen);
    free(full);
    if (status != SBX_OK) {
        return sbx_http_unreadable(op, status);
    }
    return SBX_STEP_NEXT;
}

/* Something must be there. */
static enum sbx_step see(struct sbx_op *op)
{
    enum sbx_step next = sbx_http_need_reply(op);
    return next == SBX_STEP_NEXT ? read_stat(op, op->args.path) : next;
}

/* Something may be there or not: op->looked says which. */
static enum sbx_step look(struct sbx_op *op)
{
    enum sbx_step next = sbx_http_need_reply(op);
    op->looked = op->result.status;
    if (next == SBX_STEP_END) {
        return op->looked == SBX_ENOENT ? SBX_STEP_NEXT : SBX_STEP_END;
    }
    return read_stat(op, op->args.path);
}

static bool is_directory(const struct sbx_op *op)
{
    return sbx_stat_is(&op->seen, SBX_S_IFDIR);
}

static enum sbx_step need_absent(struct sbx_op *op)
{
    return op->looked == SBX_ENOENT ? SBX_STEP_NEXT : sbx_op_fail(op, SBX_EEXIST, NULL);
}

static enum sbx_step need_directory(struct sbx_op *op)
{
    return is_directory(op) ? SBX_STEP_NEXT : sbx_op_fail(op, SBX_ENOTDIR, NULL);
}

static enum sbx_step need_no_directory(struct sbx_op *op)
{
    return is_directory(op) ? sbx_op_fail(op, SBX_EISDIR, NULL) : SBX_STEP_NEXT;
}

/* "/" of the view is not the caller's to remove. */
static enum sbx_step need_no_root(struct sbx_op *op)
{
    return sbx_path_is_root(op->args.path) ? sbx_op_fail(op, SBX_EBUSY, NULL) : SBX_STEP_NEXT;
}

static enum sbx_step take_stat(struct sbx_op *op)
{
    op->result.stat = op->seen;
    return sbx_op_succeed(op);
}

/* stat follows links, a listing does not: it shows a link to a directory as a file. Whoever removes a tree
 * asks lstat first, and must not be led out of it. */
static enum sbx_step ask_whether_link(struct sbx_op *op)
{
    if (!is_directory(op) || sbx_path_is_root(op->args.path)) {
        return take_stat(op);
    }
    return sbx_http_ask(op, SBX_GET, "/v1/fs/entries", sbx_path_parent(op->args.path));
}

static enum sbx_step take_whether_link(struct sbx_op *op)
{
    struct sbx_list list;
    struct sbx_stat listed = op->seen;
    enum sbx_step next = sbx_http_need_reply(op);
    if (next == SBX_STEP_END) {
        return next;
    }
    enum sbx_status status = sbx_http_reply_list(sbx_bytes_span(&op->request->reply), &list);
    if (status != SBX_OK) {
        return sbx_http_unreadable(op, status);
    }
    for (size_t i = 0; i < list.count; i++) {
        bool is = sbx_span_equal(list.entries[i].name, sbx_path_name(op->args.path));
        listed = is ? list.entries[i].stat : listed;
    }
    if (!sbx_stat_is(&listed, SBX_S_IFDIR)) {
        listed.mode = SBX_S_IFLNK | 0777;
        op->seen = listed;
    }
    free(list.entries);
    free(list.names);
    return take_stat(op);
}

static enum sbx_step take_content(struct sbx_op *op)
{
    enum sbx_step next = sbx_http_need_reply(op);
    if (next == SBX_STEP_NEXT) {
        op->content = sbx_bytes_take(&op->request->reply);
    }
    return next;
}

/* Or its size alone, where it is to be read into room. */
static enum sbx_step take_content_or_size(struct sbx_op *op)
{
    uint64_t length = op->request->reply_length;
    if (length == 0) {
        return take_content(op);
    }
    if (length > sbx_fs_max_full_read(op->fs)) {
        return sbx_op_fail(op, SBX_EFBIG, "the file is larger than maxFullReadBytes");
    }
    op->result.total = length;
    return sbx_op_succeed(op);
}

static enum sbx_step take_what_stays(struct sbx_op *op)
{
    if (op->args.length > 0) {
        return take_content(op);
    }
    enum sbx_step next = see(op);
    return next == SBX_STEP_NEXT ? need_no_directory(op) : next;
}

static enum sbx_step give_content(struct sbx_op *op)
{
    op->result.bytes = op->content;
    op->content = (struct sbx_buffer){0};
    return sbx_op_succeed(op);
}

enum sbx_step sbx_http_fs_take_content(struct sbx_op *op)
{
    enum sbx_step next = take_content_or_size(op);
    return next == SBX_STEP_NEXT ? give_content(op) : next;
}

static enum sbx_step cut_range(struct sbx_op *op)
{
    sbx_content_cut(&op->content, op->args.offset, op->args.length);
    return SBX_STEP_NEXT;
}

static enum sbx_step changed(struct sbx_op *op, enum sbx_status status)
{
    if (status == SBX_EFBIG) {
        return sbx_http_ask_too_long(op);
    }
    return status == SBX_OK ? SBX_STEP_NEXT : sbx_op_fail(op, status, NULL);
}

static enum sbx_step cut_to_length(struct sbx_op *op)
{
    return changed(op, sbx_content_resize(&op->content, op->args.length));
}

static enum sbx_step overwrite_range(struct sbx_op *op)
{
    return changed(op, sbx_content_overwrite(&op->content, op->args.offset, op->args.data));
}

static enum sbx_step give_path(struct sbx_op *op)
{
    return sbx_op_give_path(op, op->args.path);
}

/* open(2) with O_CREAT, O_EXCL or O_TRUNC, as far as it can go with the look at the path. */
static enum sbx_step decide_open(struct sbx_op *op)
{
    uint32_t flags = op->args.flags;
    bool there = op->looked == SBX_OK;
    if (!there) {
        return (flags & O_CREAT_LINUX) != 0 ? SBX_STEP_NEXT : sbx_op_fail(op, SBX_ENOENT, NULL);
    }
    if ((flags & O_CREAT_LINUX) != 0 && (flags & O_EXCL_LINUX) != 0) {
        return sbx_op_fail(op, SBX_EEXIST, NULL);
    }
    if (is_directory(op)) {
        return sbx_op_fail(op, SBX_EISDIR, NULL);
    }
    if ((flags & O_TRUNC_LINUX) != 0 && op->seen.size > 0) {
        return SBX_STEP_NEXT;
    }
    op->result.created = false;
    return sbx_op_succeed(op);
}

static enum sbx_step end_open(struct sbx_op *op)
{
    enum sbx_step next = end_put(op);
    if (op->result.status == SBX_OK) {
        op->result.created = op->looked == SBX_ENOENT;
    }
    return next;
}

static const sbx_step_function *const table[SBX_OP_MAX + 1] = {
    [SBX_OP_LSTAT] = SBX_STEPS(ask_stat, see, ask_whether_link, take_whether_link),
    [SBX_OP_STAT] = SBX_STEPS(ask_stat, see, take_stat),
    [SBX_OP_READDIR] = SBX_STEPS(sbx_http_tree_ask, sbx_http_tree_take),
    [SBX_OP_NAMES] = SBX_STEPS(sbx_http_tree_ask, sbx_http_tree_take),
    [SBX_OP_WALK] = SBX_STEPS(sbx_http_tree_ask, sbx_http_tree_take_below),
    [SBX_OP_RM] = SBX_STEPS(need_no_root, ask_stat, look, sbx_http_tree_remove, sbx_http_tree_end),
    [SBX_OP_REALPATH] = SBX_STEPS(give_path),
    [SBX_OP_ACCESS] = SBX_STEPS(ask_stat, see, sbx_op_succeed),
    [SBX_OP_OPEN_CREATE] = SBX_STEPS(ask_stat, look, decide_open, ask_stat_of_parent, see, need_directory,
                                     put_nothing, end_open),
    [SBX_OP_MKDIR] = SBX_STEPS(ask_stat, look, need_absent, ask_stat_of_parent, see, need_directory,
                               ask_mkdir, sbx_http_end),
    [SBX_OP_MKDIR_P] = SBX_STEPS(ask_mkdir, sbx_http_end),
    [SBX_OP_RMDIR] = SBX_STEPS(need_no_root, ask_stat, see, need_directory, ask_delete, sbx_http_end),
    [SBX_OP_UNLINK] = SBX_STEPS(ask_stat, see, need_no_directory, ask_delete, sbx_http_end),
    [SBX_OP_RENAME] = SBX_STEPS(ask_move, end_move),
    [SBX_OP_CHMOD] = SBX_STEPS(ask_stat, see, sbx_op_succeed),
    [SBX_OP_UTIMES] = SBX_STEPS(ask_stat, see, sbx_op_succeed),
    [SBX_OP_TRUNCATE] = SBX_STEPS(ask_what_stays, take_what_stays, cut_to_length, put_content, end_put),
    [SBX_OP_FSYNC] = SBX_STEPS(sbx_op_succeed),
    [SBX_OP_PREAD] = SBX_STEPS(ask_content_for_range, take_content, cut_range, give_content),
    [SBX_OP_PWRITE] = SBX_STEPS(need_small_data, ask_content_for_change, take_content, overwrite_range,
                                put_content, end_put),
    [SBX_OP_READ] = SBX_STEPS(sbx_http_fs_ask_content, sbx_http_fs_take_content),
    [SBX_OP_WRITE] = SBX_STEPS(put_data, end_put),
    [SBX_OP_COPY] = SBX_STEPS(ask_content_for_change, take_content, put_copy, end_put),
};

const sbx_step_function *sbx_http_fs_steps(enum sbx_op_code code)
{
    return table[code];
}
