/* read_parts.c: as many rows as contents may be asked for at once, and two more, so that a part is cut while the server reads
 * another one, and a third arrives. All parts have to be of one file, which is never shorter than it was when its size was
 * asked for; what is added to it meanwhile is not in it.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/read_parts.h"

#include <stdlib.h>
#include <string.h>

#include "core/bulk.h"
#include "napi/progress.h"

#define ROWS_MAX 4

/* What the op of a row does; a row without one is IDLE. */
enum step { IDLE, EXTRACT, GET, REMOVE, PIECE };

struct row {
    enum step step;
    uint64_t offset; /* of its part in the file */
    size_t length;   /* of its part */
    struct sbx_bytes part;
};

struct sbx_read_parts {
    enum step first; /* of each part */
    char *room;      /* borrowed */
    uint64_t length;
    size_t part_length; /* of each but the last */
    uint64_t begun;     /* bytes whose part is there, or under way */
    uint64_t done;      /* bytes that are there */
    struct sbx_file file;
    enum sbx_parts_end end; /* so far */
    struct sbx_op *failed;  /* owned: the first that did; NULL: none */
    const struct sbx_fs *fs;
    struct sbx_endpoint *endpoint; /* owned: one count */
    struct sbx_bytes path;
    int timeout_ms;
    size_t row_count;
    struct row rows[ROWS_MAX];
};

static size_t part_length(const struct sbx_fs *fs)
{
    uint64_t length = sbx_fs_longest_whole(fs); /* SBX_EXTRACT_MIN at least */
    return length < SBX_EXTRACT_MAX ? (size_t)length : SBX_EXTRACT_MAX;
}

static void set_part(struct row *row, struct sbx_span part)
{
    sbx_bytes_clear(&row->part);
    sbx_bytes_init(&row->part, 2 * SBX_PATH_MAX);
    sbx_bytes_append(&row->part, part);
}

struct sbx_read_parts *sbx_read_parts_create(const struct sbx_op *op, char *room, uint64_t length,
                                             enum sbx_parts_way way)
{
    struct sbx_read_parts *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return NULL;
    }
    size_t rows = sbx_fs_contents_at_once(op->fs) + 2;
    made->room = room;
    made->length = length;
    made->first = way == SBX_PARTS_CUT ? EXTRACT : PIECE;
    made->part_length = way == SBX_PARTS_CUT ? part_length(op->fs) : SBX_REPLY_CONTENT_MAX;
    made->fs = op->fs;
    made->endpoint = sbx_endpoint_ref(op->endpoint);
    made->timeout_ms = op->timeout_ms;
    made->row_count = rows < ROWS_MAX ? rows : ROWS_MAX;
    sbx_bytes_init(&made->path, 2 * SBX_PATH_MAX);
    sbx_bytes_append(&made->path, op->args.path);
    for (size_t i = 0; i < made->row_count; i++) {
        sbx_bytes_init(&made->rows[i].part, 2 * SBX_PATH_MAX);
    }
    if (made->path.status != SBX_OK) {
        sbx_read_parts_destroy(made);
        return NULL;
    }
    return made;
}

void sbx_read_parts_destroy(struct sbx_read_parts *parts)
{
    if (parts == NULL) {
        return;
    }
    for (size_t i = 0; i < parts->row_count; i++) {
        sbx_bytes_clear(&parts->rows[i].part);
    }
    sbx_op_destroy(parts->failed);
    sbx_endpoint_unref(parts->endpoint);
    sbx_bytes_clear(&parts->path);
    free(parts);
}

uint64_t sbx_read_parts_length(const struct sbx_read_parts *parts)
{
    return parts->length;
}

static enum sbx_status make_op(struct sbx_op **op, const struct sbx_read_parts *parts, const struct row *row,
                               enum step step)
{
    const struct sbx_bulk bulk = {parts->fs, parts->endpoint, sbx_bytes_span(&parts->path),
                                  sbx_bytes_span(&row->part), parts->timeout_ms};
    switch (step) {
    case GET:
        return sbx_bulk_get(op, &bulk, row->offset, parts->room + row->offset, row->length);
    case PIECE:
        return sbx_bulk_piece(op, &bulk, row->offset, row->length);
    default:
        return sbx_bulk_extract(op, &bulk, row->offset, step == EXTRACT ? row->length : 0);
    }
}

/* Starts the step's op. */
static enum sbx_status start(struct sbx_read_parts *parts, struct sbx_job *job, struct row *row,
                             enum step step)
{
    struct sbx_op *op = NULL;
    enum sbx_status status = make_op(&op, parts, row, step);
    if (status == SBX_OK) {
        status = sbx_job_go_on(job, op);
    }
    if (status != SBX_OK) {
        sbx_op_destroy(op);
        return status;
    }
    row->step = step;
    return SBX_OK;
}

/* The row's next part; nothing where there is none. */
static enum sbx_status begin_part(struct sbx_read_parts *parts, struct sbx_job *job, struct row *row)
{
    uint64_t left = parts->length - parts->begun;
    if (left == 0) {
        return SBX_OK;
    }
    row->offset = parts->begun;
    row->length = left < parts->part_length ? (size_t)left : parts->part_length;
    parts->begun += row->length;
    return start(parts, job, row, parts->first);
}

enum sbx_status sbx_read_parts_begin(struct sbx_read_parts *parts, struct sbx_job *job)
{
    enum sbx_status status = SBX_OK;
    for (size_t i = 0; i < parts->row_count && status == SBX_OK; i++) {
        status = begin_part(parts, job, &parts->rows[i]);
    }
    if (status != SBX_OK && job->under_way > 0) {
        parts->end = SBX_PARTS_REFUSED; /* known when those that were begun have ended */
        return SBX_OK;
    }
    return status;
}

/* The row that an op is of. */
static struct row *row_of(struct sbx_read_parts *parts, const struct sbx_op *op)
{
    struct row *row = parts->rows;
    while (row->step == IDLE || row->offset != op->args.offset) {
        row++;
    }
    return row;
}

static enum sbx_parts_end end_of(enum sbx_status status)
{
    bool no_place =
        status == SBX_ENOSYS || status == SBX_ENOSPC || status == SBX_EDQUOT || status == SBX_EROFS;
    return no_place ? SBX_PARTS_REFUSED : SBX_PARTS_FAILED;
}

/* Keeps where the part is. Whether it is of the file that is read, and long enough. */
static enum sbx_parts_end take_extracted(struct sbx_read_parts *parts, struct row *row,
                                         const struct sbx_op *op)
{
    const struct sbx_result *result = &op->result;
    if (result->status != SBX_OK) {
        set_part(row, SBX_SPAN(""));
        return end_of(result->status);
    }
    set_part(row, (struct sbx_span){result->bytes.data, result->bytes.length});
    if (sbx_file_differs(&parts->file, &result->file) || result->total < parts->length) {
        return SBX_PARTS_CHANGED;
    }
    parts->file = result->file;
    return row->part.status == SBX_OK ? SBX_PARTS_GO_ON : SBX_PARTS_FAILED;
}

static enum sbx_parts_end add_done(struct sbx_read_parts *parts, const struct row *row, struct sbx_job *job)
{
    parts->done += row->length;
    sbx_progress_tell(job, parts->done, parts->length);
    return SBX_PARTS_GO_ON;
}

static enum sbx_parts_end take_got(struct sbx_read_parts *parts, const struct row *row, struct sbx_job *job,
                                   const struct sbx_op *op)
{
    if (op->result.status != SBX_OK) {
        return SBX_PARTS_FAILED;
    }
    if (op->result.bytes.length != row->length) {
        return SBX_PARTS_CHANGED; /* it has become shorter while the part was cut */
    }
    return add_done(parts, row, job);
}

static enum sbx_parts_end take_piece(struct sbx_read_parts *parts, const struct row *row, struct sbx_job *job,
                                     const struct sbx_op *op)
{
    const struct sbx_result *result = &op->result;
    if (result->status != SBX_OK) {
        return SBX_PARTS_FAILED;
    }
    if (sbx_file_differs(&parts->file, &result->file) || result->bytes.length != row->length) {
        return SBX_PARTS_CHANGED;
    }
    parts->file = result->file;
    memcpy(parts->room + row->offset, result->bytes.data, row->length);
    return add_done(parts, row, job);
}

/* What the op of a row has come to. A part that could not be removed is swept one day. */
static enum sbx_parts_end take(struct sbx_read_parts *parts, struct row *row, struct sbx_job *job,
                               const struct sbx_op *op)
{
    switch (row->step) {
    case EXTRACT:
        return take_extracted(parts, row, op);
    case GET:
        return take_got(parts, row, job, op);
    case PIECE:
        return take_piece(parts, row, job, op);
    case REMOVE:
    case IDLE:
        break;
    }
    set_part(row, SBX_SPAN(""));
    return SBX_PARTS_GO_ON;
}

/* Starts what the row does next, if anything. */
static enum sbx_status go_on(struct sbx_read_parts *parts, struct sbx_job *job, struct row *row)
{
    enum step before = row->step;
    bool well = parts->end == SBX_PARTS_GO_ON && !job->given_up;
    row->step = IDLE;
    if (well && before == EXTRACT) {
        return start(parts, job, row, GET);
    }
    if (well && (before == GET || before == PIECE) && parts->begun < parts->length) {
        return begin_part(parts, job, row);
    }
    return before != REMOVE && row->part.length > 0 ? start(parts, job, row, REMOVE) : SBX_OK;
}

/* With the last op of all: how it has ended. That op answers for all of them, or the first that failed does. */
static enum sbx_parts_end finish(struct sbx_read_parts *parts, const struct sbx_job *job, struct sbx_op *op,
                                 struct sbx_op **last)
{
    enum sbx_parts_end end = parts->end == SBX_PARTS_GO_ON && !job->given_up ? SBX_PARTS_WHOLE : parts->end;
    if (parts->failed != NULL && parts->failed != op) {
        sbx_op_destroy(op);
        op = parts->failed;
    }
    parts->failed = NULL;
    *last = op;
    return end == SBX_PARTS_GO_ON ? SBX_PARTS_FAILED : end;
}

enum sbx_parts_end sbx_read_parts_next(struct sbx_read_parts *parts, struct sbx_job *job, struct sbx_op *op,
                                       struct sbx_op **last)
{
    struct row *row = row_of(parts, op);
    enum sbx_parts_end end = take(parts, row, job, op);
    if (end != SBX_PARTS_GO_ON && parts->end == SBX_PARTS_GO_ON) {
        parts->end = end;
        parts->failed = op;
    }
    enum sbx_status status = go_on(parts, job, row);
    if (status != SBX_OK && parts->end == SBX_PARTS_GO_ON) {
        parts->end = SBX_PARTS_FAILED;
        parts->failed = op;
        sbx_op_drop_result(op);
        (void)sbx_op_fail(op, status, NULL);
    }
    if (job->under_way == 0) {
        return finish(parts, job, op, last);
    }
    if (op != parts->failed) {
        sbx_op_destroy(op);
    }
    return SBX_PARTS_GO_ON;
}
