/* large_write.c: the caller's bytes, a part at a time, as ops that are made one after the other.
 *
 *     PATCH: of a content of which but a range is new; where the old one is another, it begins below
 *
 *     STAGE ──▶ PARTS ──▶ LAST        of writeFile a commit, of pwrite a place
 *       │         └─ failed ──▶ UNSTAGE
 *       └─ no companion ──▶ WHOLE     2 MiB at most; of more nothing is written
 *
 * More than one part stays the caller's: each is copied when its turn comes, after a look whether it is still there. A
 * pool thread that read it could meet memory that JavaScript has taken away.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/large_write.h"

#include <stdlib.h>
#include <string.h>

#include "core/bulk.h"
#include "napi/answer.h"
#include "napi/error.h"
#include "napi/job.h"
#include "napi/progress.h"
#include "napi/result.h"
#include "napi/value.h"

enum phase { PATCH, STAGE, PARTS, LAST, UNSTAGE, WHOLE };

struct write {
    enum phase phase;
    bool in_place;   /* pwrite: into a range of the file */
    uint64_t offset; /* bytes: of pwrite */
    napi_ref source; /* owned: whose bytes they are; NULL: `text` has them */
    char *text;      /* owned */
    uint64_t length; /* bytes */
    struct sbx_bulk_cut cut;
    uint64_t begun; /* bytes whose part is there, or under way */
    uint64_t done;  /* bytes whose part is there */
    int timeout_ms; /* of each op; 0: the file system's */
    struct sbx_bytes path;
    struct sbx_bytes stage;
    struct sbx_endpoint *endpoint; /* owned: one count; NULL: the job has it */
    struct sbx_op *failed;         /* owned: the first that did */
};

bool sbx_large_write_is(const struct sbx_call *call)
{
    size_t length = call->args.data.length;
    bool writes = call->row->code == SBX_OP_WRITE || call->row->code == SBX_OP_PWRITE;
    return writes && length > SBX_REPLY_CONTENT_MAX;
}

static void end(struct sbx_object *object, void *state)
{
    struct write *write = state;
    if (write == NULL) {
        return;
    }
    if (write->source != NULL) {
        (void)napi_delete_reference(object->env->env,
                                    write->source); /* fails only where the environment is gone */
    }
    sbx_op_destroy(write->failed);
    sbx_bytes_clear(&write->path);
    sbx_bytes_clear(&write->stage);
    sbx_endpoint_unref(write->endpoint);
    free(write->text);
    free(write);
}

/* The caller's bytes, borrowed until JavaScript runs; false: they are not there any more. */
static bool look_at_source(napi_env env, const struct write *write, struct sbx_span *bytes)
{
    napi_value value = NULL;
    if (write->source == NULL) {
        *bytes = (struct sbx_span){write->text, (size_t)write->length};
        return true;
    }
    return napi_get_reference_value(env, write->source, &value) == napi_ok && value != NULL &&
           sbx_value_bytes(env, value, bytes) && bytes->length == write->length;
}

static struct sbx_bulk bulk_of(const struct sbx_object *object, const struct write *write)
{
    return (struct sbx_bulk){object->fs, write->endpoint, sbx_bytes_span(&write->path),
                             sbx_bytes_span(&write->stage), write->timeout_ms};
}

static void keep_failure(struct write *write, struct sbx_op *op)
{
    if (write->failed == NULL) {
        write->failed = op;
    } else {
        sbx_op_destroy(op);
    }
}

/* The op of the next part, or of all bytes at once. SBX_EINVAL: they are gone. */
static enum sbx_status make_part(struct sbx_object *object, struct write *write, struct sbx_op **op)
{
    struct sbx_bulk bulk = bulk_of(object, write);
    struct sbx_span bytes;
    if (!look_at_source(object->env->env, write, &bytes)) {
        return SBX_EINVAL;
    }
    uint64_t left = write->length - write->begun;
    struct sbx_span part = {bytes.data + write->begun,
                            left < write->cut.size ? (size_t)left : write->cut.size};
    uint64_t number = write->begun / write->cut.size;
    struct sbx_args args = {.path = bulk.path, .offset = write->offset, .data = part};
    enum sbx_op_code code = write->in_place ? SBX_OP_PWRITE : SBX_OP_WRITE;
    write->begun += part.length;
    if (write->phase == PARTS) {
        return sbx_bulk_part(op, &bulk, number, part);
    }
    enum sbx_status status = sbx_fs_op_create(op, bulk.fs, sbx_op_row(code), bulk.endpoint, &args);
    if (status == SBX_OK) {
        sbx_patience_limit(*op, write->timeout_ms);
    }
    return status;
}

/* The op that the phase is, but for its parts. */
static enum sbx_status make(struct sbx_object *object, struct write *write, struct sbx_op **op)
{
    struct sbx_bulk bulk = bulk_of(object, write);
    switch (write->phase) {
    case STAGE:
        return sbx_bulk_stage(op, &bulk, write->length, write->in_place);
    case LAST:
        return write->in_place ? sbx_bulk_place(op, &bulk, write->offset, write->length)
                               : sbx_bulk_commit(op, &bulk, write->length);
    case UNSTAGE:
        return sbx_bulk_unstage(op, &bulk);
    case PATCH: /* made when it starts */
    case PARTS:
    case WHOLE:
        break;
    }
    return make_part(object, write, op);
}

/* Starts the op that is next. Where that cannot be, `over`, the one before, fails with why, and false comes back. */
static bool go_on(struct sbx_job *job, struct sbx_op *over)
{
    struct sbx_op *op = NULL;
    enum sbx_status status = make(job->object, job->state, &op);
    if (status == SBX_OK) {
        status = sbx_job_go_on(job, op);
    }
    if (status == SBX_OK) {
        return true;
    }
    sbx_op_destroy(op);
    (void)sbx_op_fail(over, status,
                      status == SBX_EINVAL ? "the content was taken away or resized while it was written"
                                           : NULL);
    return false;
}

/* Part after part, as many as may be under way. */
static bool begin_parts(struct sbx_job *job, struct sbx_op *over)
{
    struct write *write = job->state;
    while (job->under_way < write->cut.at_once && write->begun < write->length) {
        if (!go_on(job, over)) {
            return false;
        }
    }
    return true;
}

/* Where the parts are is known, and how the content is cut into them. */
static enum sbx_status keep_stage(struct write *write, const struct sbx_op *op)
{
    sbx_bytes_append(&write->stage, (struct sbx_span){op->result.bytes.data, op->result.bytes.length});
    write->cut = sbx_bulk_cut(sbx_fs_distance(op->fs));
    write->phase = PARTS;
    return write->stage.status;
}

/* What comes after an op that went well: false where it was the last one, or has been made to fail. */
static bool advance(struct sbx_job *job, struct sbx_op *op)
{
    struct write *write = job->state;
    if (write->phase == STAGE && keep_stage(write, op) != SBX_OK) {
        (void)sbx_op_fail(op, write->stage.status, NULL);
        return false;
    }
    if (write->phase == PARTS && write->begun < write->length) {
        return begin_parts(job, op);
    }
    if (write->phase != PARTS) {
        return false;
    }
    if (job->under_way > 0) {
        return true;
    }
    write->phase = LAST;
    return go_on(job, op);
}

/* Of another content than the one that is known, of one that may not be read or has gone, the whole is written. */
static bool go_unpatched(struct sbx_job *job, struct sbx_op *op)
{
    struct write *write = job->state;
    enum sbx_status status = op->result.status;
    if (status != SBX_ESTALE && status != SBX_ENOSYS && status != SBX_EACCES && status != SBX_ENOENT) {
        return false;
    }
    write->phase = write->length > SBX_REPLY_CONTENT_MAX ? STAGE : WHOLE;
    return go_on(job, op);
}

/* Without a companion there are no parts: what fits into one request goes as it is. */
static bool go_whole(struct sbx_job *job, struct sbx_op *op)
{
    struct write *write = job->state;
    if (write->phase == PATCH) {
        return go_unpatched(job, op);
    }
    if (write->phase != STAGE || op->result.status != SBX_ENOSYS) {
        return false;
    }
    if (write->length > SBX_BULK_PART) {
        sbx_bulk_refuse(op);
        return false;
    }
    write->phase = WHOLE;
    return go_on(job, op);
}

/* The op to settle with once all that was under way is over and the parts are gone. */
static struct sbx_op *give_up(struct sbx_job *job)
{
    struct write *write = job->state;
    if (job->under_way > 0) {
        return NULL;
    }
    if (write->stage.length > 0 && write->phase != UNSTAGE) {
        struct sbx_op *op = NULL;
        write->phase = UNSTAGE;
        enum sbx_status status = make(job->object, write, &op);
        if (status == SBX_OK && sbx_job_go_on(job, op) == SBX_OK) {
            return NULL;
        }
        sbx_op_destroy(op);
    }
    struct sbx_op *failed = write->failed;
    write->failed = NULL;
    return failed;
}

/* A part of a content that is not settled: how far it is. The last word is that of the file's own op. */
static void tell_progress(struct sbx_job *job, const struct sbx_op *op)
{
    struct write *write = job->state;
    if (write->phase == PARTS && op->result.status == SBX_OK) {
        write->done += op->args.data.length;
        if (write->done < write->length) {
            sbx_progress_tell(job, write->done, write->length);
        }
    }
}

/* Given up, nothing more is begun but the removal of the parts, which `op` may have made the place for. */
static struct sbx_op *next_given_up(struct sbx_job *job, struct sbx_op *op)
{
    struct write *write = job->state;
    bool well = op->result.status == SBX_OK;
    if (well && write->phase == STAGE) {
        (void)!keep_stage(write, op);
    } else if (well && write->phase != PARTS && write->failed == NULL) {
        return op; /* it was too late */
    }
    keep_failure(write, op);
    return give_up(job);
}

/* What was written is known from now on. */
static void keep_content(struct sbx_job *job)
{
    const struct write *write = job->state;
    struct sbx_span bytes;
    if (!write->in_place && look_at_source(job->object->env->env, write, &bytes)) {
        sbx_known_keep(&job->object->known, sbx_bytes_span(&write->path), bytes);
    }
}

static struct sbx_op *next(struct sbx_job *job, struct sbx_op *op)
{
    struct write *write = job->state;
    tell_progress(job, op);
    if (job->given_up) {
        return next_given_up(job, op);
    }
    bool goes_on =
        op->result.status == SBX_OK && write->failed == NULL ? advance(job, op) : go_whole(job, op);
    if (goes_on) {
        sbx_op_destroy(op);
        return NULL;
    }
    if (op->result.status == SBX_OK && write->failed == NULL) {
        keep_content(job);
        return op;
    }
    keep_failure(write, op);
    return give_up(job);
}

static const struct sbx_job_plan plan = {next, end};
static const struct sbx_job_kind kind_write = {
    .result = sbx_result_undefined, .plan = &plan, .syscall = "open"};
static const struct sbx_job_kind kind_pwrite = {
    .result = sbx_result_undefined, .plan = &plan, .syscall = "write"};

/* Keeps the bytes: a text as it is, one part as a copy, and what is more by a reference. */
static enum sbx_status keep_source(napi_env env, struct write *write, struct sbx_call *call)
{
    write->length = call->args.data.length;
    write->text = sbx_args_take_text(call, call->args.data.data);
    if (write->text == NULL && write->length <= SBX_BULK_PART) {
        write->text = malloc((size_t)write->length);
        if (write->text == NULL) {
            return SBX_ENOMEM;
        }
        memcpy(write->text, call->args.data.data, (size_t)write->length);
    }
    if (write->text == NULL && napi_create_reference(env, call->data, 1, &write->source) != napi_ok) {
        return SBX_ENOMEM;
    }
    return SBX_OK;
}

static enum sbx_status create(struct sbx_object *object, struct sbx_call *call, struct sbx_endpoint *endpoint,
                              struct write **write)
{
    struct write *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return SBX_ENOMEM;
    }
    made->in_place = call->row->code == SBX_OP_PWRITE;
    made->phase = STAGE;
    made->cut.size = SBX_BULK_PART;
    made->offset = call->args.offset;
    made->endpoint = endpoint == NULL ? NULL : sbx_endpoint_ref(endpoint);
    sbx_bytes_init(&made->path, 2 * SBX_PATH_MAX);
    sbx_bytes_init(&made->stage, 2 * SBX_PATH_MAX);
    sbx_bytes_append(&made->path, call->args.path);
    enum sbx_status status = keep_source(object->env->env, made, call);
    if (made->path.status != SBX_OK) {
        status = made->path.status == SBX_EFBIG ? SBX_ENAMETOOLONG : made->path.status;
    }
    if (status != SBX_OK) {
        end(object, made);
        return status;
    }
    *write = made;
    return SBX_OK;
}

static enum sbx_status make_patch(const struct sbx_object *object, struct write *write, struct sbx_op **op,
                                  const struct sbx_args *patch)
{
    write->phase = PATCH;
    enum sbx_status status =
        sbx_fs_op_create(op, object->fs, sbx_op_row(SBX_OP_PATCH), write->endpoint, patch);
    if (status == SBX_OK) {
        sbx_patience_limit(*op, write->timeout_ms);
    }
    return status;
}

napi_value sbx_large_write_start(struct sbx_object *object, struct sbx_call *call,
                                 const struct sbx_args *patch, const struct sbx_call_options *options,
                                 struct sbx_endpoint *endpoint)
{
    const struct sbx_job_kind *kind = call->row->code == SBX_OP_PWRITE ? &kind_pwrite : &kind_write;
    struct write *write = NULL;
    struct sbx_op *op = NULL;
    enum sbx_status status = create(object, call, endpoint, &write);
    if (status == SBX_OK) {
        write->timeout_ms = options->timeout_ms;
        status = patch == NULL ? make(object, write, &op) : make_patch(object, write, &op, patch);
    }
    if (status == SBX_OK) {
        return sbx_job_start(object, op, kind, write, options);
    }
    napi_value refused = sbx_answer_refuse(object->env->env, kind, status, call->args.path);
    end(object, write);
    return refused;
}

napi_value sbx_large_write_result(napi_env env, struct sbx_op *op)
{
    sbx_known_keep(&sbx_job_of(op)->object->known, op->args.path, op->args.data);
    return sbx_result_undefined(env, op);
}
