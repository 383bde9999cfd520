/* large_read.c: a content that no reply holds is asked for twice: the first op says how long it is, and the second one
 * writes it straight into an ArrayBuffer of that length, which JavaScript gets to see when it is complete; where it does
 * not fit by then, the op says how long it is now, and one more follows. All of it is what one GET gave, and so of one
 * file: the server reads it whole before it answers. Nothing of the ops before is in it. One that is too long for that
 * comes in parts, which have to be of one file too (read_parts.h).
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/large_read.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/bulk.h"
#include "napi/error.h"
#include "napi/read_parts.h"
#include "napi/result.h"
#include "napi/try.h"

#define PAGE ((uintptr_t)4096)
#define HUGE_MIN ((size_t)32 << 20) /* bytes; from there on malloc gives each block a mapping of its own */

struct read {
    napi_ref room;                /* owned: the ArrayBuffer; NULL: there is none yet */
    struct sbx_read_parts *parts; /* owned; NULL: it comes whole */
    unsigned tries;
};

static void drop_room(napi_env env, struct read *read)
{
    if (read->room != NULL) {
        (void)napi_delete_reference(env, read->room); /* fails only where the environment is gone */
    }
    read->room = NULL;
}

static void end(struct sbx_object *object, void *state)
{
    struct read *read = state;
    if (read != NULL) {
        drop_room(object->env->env, read);
        sbx_read_parts_destroy(read->parts);
    }
    free(read);
}

/* Room for the size that was seen; for a file that grows, every time for more. */
static size_t room_for(const struct read *read, const struct sbx_op *op)
{
    uint64_t wanted = op->result.total + op->result.total / 8 * read->tries;
    uint64_t most = sbx_fs_max_full_read(op->fs);
    return (size_t)(wanted < most ? wanted : most);
}

/* An ArrayBuffer by its constructor, which throws where the memory is short: Node-API's own call would end the process.
 * Its length is what the sandbox says. */
static bool make_buffer(napi_env env, size_t length, napi_value *buffer, void **data)
{
    napi_value global;
    napi_value constructor;
    napi_value number;
    napi_value exception;
    size_t made = 0;
    SBX_TRY(napi_get_global(env, &global));
    SBX_TRY(napi_get_named_property(env, global, "ArrayBuffer", &constructor));
    SBX_TRY(napi_create_double(env, (double)length, &number));
    SBX_TRY(napi_new_instance(env, constructor, 1, &number, buffer));
    SBX_TRY(napi_get_arraybuffer_info(env, *buffer, data, &made));
    return made == length;
fail:
    (void)napi_get_and_clear_last_exception(env, &exception); /* it is ENOMEM for whoever reads */
    return false;
}

/* Memory that nobody has touched is given out in pages of 4 KiB, each by a fault, which can cost more than what is copied
 * there; huge ones are 2 MiB. A wish, which not every kernel hears. */
static void wish_for_huge_pages(char *data, size_t length)
{
#ifdef MADV_HUGEPAGE
    size_t skip = (size_t)(-(uintptr_t)data & (PAGE - 1));
    if (length >= HUGE_MIN) {
        (void)madvise(data + skip, (length - skip) & ~(size_t)(PAGE - 1), MADV_HUGEPAGE);
    }
#else
    (void)data;
    (void)length;
#endif
}

/* New room for `length` bytes, which the job keeps; NULL where memory is short. */
static char *make_room(struct sbx_job *job, size_t length)
{
    napi_env env = job->object->env->env;
    struct read *read = job->state;
    napi_value buffer;
    void *data = NULL;
    drop_room(env, read);
    read->tries++;
    if (!make_buffer(env, length, &buffer, &data) ||
        napi_create_reference(env, buffer, 1, &read->room) != napi_ok) {
        return NULL;
    }
    wish_for_huge_pages(data, length);
    return data;
}

static enum sbx_status read_whole(struct sbx_job *job, const struct sbx_op *op, size_t length)
{
    struct sbx_bulk bulk = {
        .fs = op->fs, .endpoint = op->endpoint, .path = op->args.path, .timeout_ms = op->timeout_ms};
    struct sbx_op *made = NULL;
    char *room = make_room(job, length);
    enum sbx_status status = room == NULL ? SBX_ENOMEM : sbx_bulk_read(&made, &bulk, room, length);
    if (status == SBX_OK) {
        status = sbx_job_go_on(job, made);
    }
    if (status != SBX_OK) {
        sbx_op_destroy(made);
    }
    return status;
}

static enum sbx_status read_in_parts(struct sbx_job *job, const struct sbx_op *op, uint64_t length,
                                     enum sbx_parts_way way)
{
    struct read *read = job->state;
    char *room = make_room(job, (size_t)length);
    read->parts = room == NULL ? NULL : sbx_read_parts_create(op, room, length, way);
    return read->parts == NULL ? SBX_ENOMEM : sbx_read_parts_begin(read->parts, job);
}

/* Of an empty file there is neither a byte nor a size. */
static bool has_size_alone(const struct sbx_op *op)
{
    return op->result.status == SBX_OK && op->result.bytes.data == NULL && op->result.total > 0;
}

static struct sbx_op *fail(struct sbx_op *op, enum sbx_status status, const char *words)
{
    (void)sbx_op_fail(op, status, words);
    return op;
}

enum sbx_status sbx_large_read_create(struct sbx_op **op, struct sbx_object *object,
                                      struct sbx_endpoint *endpoint, struct sbx_span path)
{
    struct sbx_content content = {.hash = 0};
    bool known = sbx_known_find(&object->known, path, &content);
    const struct sbx_args args = {.path = path, .length = content.bytes.length, .hash = content.hash};
    const struct sbx_op_row *row = sbx_op_row(known ? SBX_OP_SAME : SBX_OP_READ);
    enum sbx_status status = sbx_fs_op_create(op, object->fs, row, endpoint, &args);
    if (status == SBX_OK) {
        (*op)->size_first = true;
    }
    return status;
}

/* What was read is known from now on. */
static void keep_content(struct sbx_job *job, const struct sbx_op *op)
{
    if (op->row->code == SBX_OP_READ && op->result.status == SBX_OK) {
        sbx_known_keep(&job->object->known, op->args.path,
                       (struct sbx_span){op->result.bytes.data, op->result.bytes.length});
    }
}

/* Whether the op has found the content that is known. */
static bool is_same(const struct sbx_op *op, struct sbx_content *content)
{
    return op->row->code == SBX_OP_SAME && op->result.status == SBX_OK &&
           sbx_known_find(&sbx_job_of(op)->object->known, op->args.path, content) &&
           content->hash == op->args.hash && content->bytes.length == op->args.length;
}

/* A content that was found to be the same may be said again, as one that was read. */
static void cache_content(struct sbx_job *job, const struct sbx_op *op, const struct sbx_content *content)
{
    struct sbx_object *object = job->object;
    const struct sbx_op read = {
        .row = sbx_op_row(SBX_OP_READ),
        .args.path = op->args.path,
        .result = {.bytes = {(char *)content->bytes.data, content->bytes.length},
                   .total = content->bytes.length},
    };
    if (!job->given_up && job->changes == object->env->changes) {
        sbx_cache_keep(&object->cache, &read, job->changes, job->asked_ms);
    }
}

/* Asks for the content, or its size, from the beginning. NULL: that goes on; else the op fails with why not. */
static struct sbx_op *begin(struct sbx_job *job, struct sbx_op *op)
{
    struct sbx_op *made = NULL;
    const struct sbx_args args = {.path = op->args.path};
    enum sbx_status status = sbx_fs_op_create(&made, op->fs, sbx_op_row(SBX_OP_READ), op->endpoint, &args);
    if (status == SBX_OK) {
        made->size_first = true;
        made->timeout_ms = op->timeout_ms;
        status = sbx_job_go_on(job, made);
    }
    if (status != SBX_OK) {
        sbx_op_destroy(made);
        return fail(op, status, NULL);
    }
    sbx_op_destroy(op);
    return NULL;
}

/* What is another content by now, or cannot be compared, is read. */
static struct sbx_op *read_instead(struct sbx_job *job, struct sbx_op *op)
{
    enum sbx_status status = op->result.status;
    struct sbx_content content;
    if (is_same(op, &content)) {
        cache_content(job, op, &content);
        return op;
    }
    bool reads = status == SBX_OK || status == SBX_ESTALE || status == SBX_ENOSYS;
    return reads ? begin(job, op) : op;
}

/* All parts are over, and `op` is the last of their ops. */
static struct sbx_op *end_parts(struct sbx_job *job, struct sbx_op *op, enum sbx_parts_end end)
{
    struct read *read = job->state;
    uint64_t length = sbx_read_parts_length(read->parts);
    if (end == SBX_PARTS_WHOLE) {
        sbx_op_drop_result(op); /* that the last part could not be removed is not the reader's matter */
        return op;
    }
    sbx_read_parts_destroy(read->parts);
    read->parts = NULL;
    if (end == SBX_PARTS_FAILED || job->given_up) {
        return op;
    }
    sbx_op_drop_result(op);
    if (end == SBX_PARTS_CHANGED) {
        return read->tries == SBX_READ_TRIES
                   ? fail(op, SBX_EIO, "the file was replaced each time it was read")
                   : begin(job, op);
    }
    bool whole = sbx_fs_report(op->fs, NULL, 0) != SBX_COMPANION_UP;
    enum sbx_status status =
        whole ? read_whole(job, op, (size_t)length) : read_in_parts(job, op, length, SBX_PARTS_PIECES);
    if (status != SBX_OK) {
        return fail(op, status, NULL);
    }
    sbx_op_destroy(op);
    return NULL;
}

static struct sbx_op *next_of_parts(struct sbx_job *job, struct sbx_op *op)
{
    struct sbx_op *last = NULL;
    enum sbx_parts_end end = sbx_read_parts_next(((struct read *)job->state)->parts, job, op, &last);
    return end == SBX_PARTS_GO_ON ? NULL : end_parts(job, last, end);
}

static struct sbx_op *next(struct sbx_job *job, struct sbx_op *op)
{
    struct read *read = job->state;
    if (read != NULL && read->parts != NULL) {
        return next_of_parts(job, op);
    }
    if (!job->given_up && op->row->code == SBX_OP_SAME) {
        return read_instead(job, op);
    }
    if (job->given_up || !has_size_alone(op)) {
        keep_content(job, op);
        return op;
    }
    if (op->result.total > sbx_fs_max_full_read(op->fs)) {
        return fail(op, SBX_EFBIG, "the file is larger than maxFullReadBytes");
    }
    if (read != NULL && read->tries == SBX_READ_TRIES) {
        return fail(op, SBX_EFBIG, "the file grew each time it was read");
    }
    job->state = read == NULL ? calloc(1, sizeof(*read)) : read;
    if (job->state == NULL) {
        return fail(op, SBX_ENOMEM, NULL);
    }
    enum sbx_status status = op->result.total > sbx_fs_longest_whole(op->fs)
                                 ? read_in_parts(job, op, op->result.total, SBX_PARTS_CUT)
                                 : read_whole(job, op, room_for(job->state, op));
    if (status != SBX_OK) {
        return fail(op, status, NULL);
    }
    sbx_op_destroy(op);
    return NULL;
}

const struct sbx_job_plan sbx_large_read_plan = {next, end};

/* A copy of the content that is known: the caller's own. */
static napi_value make_copy(napi_env env, const struct sbx_op *op)
{
    struct sbx_content content;
    napi_value buffer;
    napi_value array;
    void *data = NULL;
    if (!is_same(op, &content) || !make_buffer(env, content.bytes.length, &buffer, &data)) {
        sbx_error_throw(
            env, &(struct sbx_failure){.status = SBX_ENOMEM, .syscall = "open", .path = op->args.path});
        return NULL;
    }
    memcpy(data, content.bytes.data, content.bytes.length);
    SBX_TRY(napi_create_typedarray(env, napi_uint8_array, content.bytes.length, buffer, 0, &array));
    return array;
fail:
    return sbx_try_throw(env);
}

napi_value sbx_large_read_result(napi_env env, struct sbx_op *op)
{
    napi_value buffer;
    napi_value array;
    if (op->row->code == SBX_OP_SAME) {
        return make_copy(env, op);
    }
    const struct read *read = sbx_job_of(op)->state;
    if (read == NULL || (op->room == NULL && read->parts == NULL)) {
        return sbx_result_bytes(env, op);
    }
    size_t length =
        read->parts == NULL ? op->result.bytes.length : (size_t)sbx_read_parts_length(read->parts);
    SBX_TRY(napi_get_reference_value(env, read->room, &buffer));
    SBX_TRY(napi_create_typedarray(env, napi_uint8_array, length, buffer, 0, &array));
    return array;
fail:
    return sbx_try_throw(env);
}
