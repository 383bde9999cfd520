/* progress.c: see progress.h.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/progress.h"

#include "napi/env.h"
#include "napi/try.h"

bool sbx_progress_watch(struct sbx_job *job, napi_value function)
{
    struct sbx_env *env = job->object->env;
    SBX_TRY(napi_create_reference(env->env, function, 1, &job->progress.function));
    sbx_queue_push(&env->watched, &job->progress.link);
    return true;
fail:
    (void)sbx_try_throw(env->env);
    return false;
}

void sbx_progress_forget(struct sbx_job *job)
{
    sbx_link_remove(&job->progress.link);
    if (job->progress.function != NULL) {
        (void)napi_delete_reference(job->object->env->env,
                                    job->progress.function); /* fails only where the environment is gone */
    }
    job->progress.function = NULL;
}

static napi_status set_number(napi_env env, napi_value object, const char *name, uint64_t number)
{
    napi_value value;
    napi_status status = napi_create_int64(env, (int64_t)number, &value);
    return status == napi_ok ? napi_set_named_property(env, object, name, value) : status;
}

static napi_status call(napi_env env, napi_ref reference, uint64_t bytes, uint64_t total)
{
    napi_value function;
    napi_value receiver;
    napi_value argument;
    SBX_TRY(napi_get_reference_value(env, reference, &function));
    SBX_TRY(napi_get_undefined(env, &receiver));
    SBX_TRY(napi_create_object(env, &argument));
    SBX_TRY(set_number(env, argument, "bytes", bytes));
    SBX_TRY(set_number(env, argument, "total", total));
    return napi_call_function(env, receiver, function, 1, &argument, NULL);
fail:
    return napi_generic_failure;
}

static bool is_news(const struct sbx_job *job, uint64_t bytes, uint64_t total)
{
    const struct sbx_progress *progress = &job->progress;
    bool more = bytes > progress->bytes || (bytes == progress->bytes && total != progress->total);
    return progress->function != NULL && job->deferred != NULL && (more || !progress->told);
}

void sbx_progress_tell(struct sbx_job *job, uint64_t bytes, uint64_t total)
{
    napi_env env = job->object->env->env;
    if (!is_news(job, bytes, total)) {
        return;
    }
    job->progress.bytes = bytes;
    job->progress.total = total;
    job->progress.told = true;
    if (call(env, job->progress.function, bytes, total) != napi_ok) {
        sbx_try_raise(env);
    }
}

void sbx_progress_tell_end(struct sbx_job *job, const struct sbx_op *op)
{
    unsigned code = op->row == NULL || op->result.status != SBX_OK ? 0 : op->row->code;
    uint64_t bytes = 0;
    if (code == SBX_OP_READ) {
        bytes = op->result.bytes.length;
    } else if (code == SBX_OP_WRITE || code == SBX_OP_PWRITE) {
        bytes = op->args.data.length;
    } else if (code == SBX_OP_COMMIT || code == SBX_OP_PLACE) {
        bytes = op->args.length;
    } else if (code == SBX_OP_SAME || code == SBX_OP_PATCH) {
        uint64_t end = op->args.offset + op->args.data.length;
        bytes = end > op->args.length ? end : op->args.length;
    } else {
        return;
    }
    sbx_progress_tell(job, bytes, bytes);
}

static struct sbx_job *job_of(const struct sbx_link *link)
{
    return SBX_CONTAINER(link, struct sbx_job, progress.link);
}

/* The op that fills the caller's room; NULL: none does now. */
static struct sbx_op *arriving(const struct sbx_job *job)
{
    struct sbx_op *op =
        sbx_queue_empty(&job->ops) ? NULL : SBX_CONTAINER(job->ops.head.next, struct sbx_op, link);
    return op == NULL || op->room == NULL ? NULL : op;
}

/* The rest of it is told when it is known that it is all. */
static bool look(const struct sbx_job *job, uint64_t *bytes, uint64_t *total)
{
    struct sbx_op *op = arriving(job);
    if (op != NULL) {
        *bytes = atomic_load_explicit(&op->arrived, memory_order_relaxed);
        *total = op->room_length;
    }
    return op != NULL && *bytes > job->progress.bytes && *bytes < *total && is_news(job, *bytes, *total);
}

bool sbx_progress_has_news(const struct sbx_env *env)
{
    uint64_t bytes = 0;
    uint64_t total = 0;
    bool any = false;
    const struct sbx_queue *watched = &env->watched;
    for (const struct sbx_link *link = watched->head.next; link != &watched->head && !any;
         link = link->next) {
        any = look(job_of(link), &bytes, &total);
    }
    return any;
}

void sbx_progress_tell_news(const struct sbx_env *env)
{
    const struct sbx_queue *watched = &env->watched;
    for (const struct sbx_link *link = watched->head.next; link != &watched->head; link = link->next) {
        uint64_t bytes = 0;
        uint64_t total = 0;
        struct sbx_job *job = job_of(link);
        if (look(job, &bytes, &total)) {
            sbx_progress_tell(job, bytes, total);
        }
    }
}
