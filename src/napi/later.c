/* later.c: an open that goes first, and what waits for it.
 *
 * Its own promise is nobody's, so it never rejects.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/later.h"

#include "napi/call_options.h"
#include "napi/error.h"
#include "napi/job.h"
#include "napi/try.h"

void sbx_later_init(struct sbx_later *later)
{
    *later = (struct sbx_later){.status = SBX_OK};
    sbx_queue_init(&later->held);
    sbx_bytes_init(&later->path, 2 * SBX_PATH_MAX);
}

static struct sbx_op *next_held(struct sbx_later *later)
{
    struct sbx_link *link = sbx_queue_pop(&later->held);
    return link == NULL ? NULL : SBX_CONTAINER(link, struct sbx_op, task.link);
}

/* Sends what was held, up to the next open. */
static void release(struct sbx_object *object)
{
    struct sbx_op *op;
    while (!object->later.under_way && (op = next_held(&object->later)) != NULL) {
        enum sbx_status status = sbx_later_tell(object, op);
        status = status == SBX_OK ? sbx_job_send(op) : status;
        if (status != SBX_OK) {
            sbx_op_refuse(op, status, "an open before it ended so");
            sbx_job_end(op);
        }
    }
}

/* Settles an open, with nothing. */
static napi_value take(napi_env env, struct sbx_op *op)
{
    napi_value undefined;
    struct sbx_object *object = sbx_job_of(op)->object;
    struct sbx_later *later = &object->later;
    later->under_way = false;
    if (op->result.status != SBX_OK) {
        later->path.length = 0;
        later->status = op->result.status;
        sbx_bytes_append(&later->path, op->args.path); /* no memory: nobody is told */
    }
    release(object);
    return napi_get_undefined(env, &undefined) == napi_ok ? undefined : sbx_try_throw(env);
}

static bool always(enum sbx_status status)
{
    (void)status;
    return true;
}

static const struct sbx_job_kind kind_of_open = {
    .result = take, .answers = always, .syscall = "open", .unheard = true};

bool sbx_later_hold(struct sbx_op *op)
{
    struct sbx_later *later = &sbx_job_of(op)->object->later;
    if (later->under_way) {
        sbx_queue_push(&later->held, &op->task.link);
    }
    return later->under_way;
}

void sbx_later_sent(struct sbx_job *job)
{
    job->object->later.under_way = job->object->later.under_way || job->kind == &kind_of_open;
}

enum sbx_status sbx_later_tell(struct sbx_object *object, const struct sbx_op *op)
{
    struct sbx_later *later = &object->later;
    bool about_it = later->path.length > 0 && sbx_span_equal(sbx_bytes_span(&later->path), op->args.path);
    enum sbx_status status = about_it ? later->status : SBX_OK;
    if (about_it) {
        sbx_bytes_clear(&later->path);
    }
    return status;
}

void sbx_later_drop(struct sbx_object *object)
{
    struct sbx_op *op;
    while ((op = next_held(&object->later)) != NULL) {
        sbx_job_drop(op);
    }
}

napi_value sbx_later_open(struct sbx_object *object, struct sbx_op *op, const struct sbx_job_kind *kind,
                          const struct sbx_call_options *options)
{
    napi_env env = object->env->env;
    struct sbx_span path = op->args.path;
    bool created = false;
    napi_value answer = NULL;
    enum sbx_status status = sbx_fs_is_read_only(object->fs)
                                 ? SBX_EROFS
                                 : sbx_fresh_foresee(&object->fresh, path, op->args.flags, &created);
    status = status == SBX_OK ? sbx_later_tell(object, op) : status;
    if (status != SBX_OK) {
        sbx_error_throw(env, &(struct sbx_failure){.status = status, .syscall = kind->syscall, .path = path});
        sbx_op_destroy(op);
        return NULL;
    }
    if (sbx_job_start(object, op, &kind_of_open, NULL, options) == NULL ||
        napi_get_boolean(env, created, &answer) != napi_ok) {
        return sbx_try_throw(env);
    }
    return answer;
}
