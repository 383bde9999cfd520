/* job.c: from an op to a settled promise.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/job.h"
#include "napi/env.h"

#include <stdlib.h>

#include "napi/abort.h"
#include "napi/ahead.h"
#include "napi/answer.h"
#include "napi/error.h"
#include "napi/progress.h"
#include "napi/slice.h"
#include "napi/try.h"

static struct sbx_job *create_job(struct sbx_object *object, const struct sbx_op *op,
                                  const struct sbx_job_kind *kind, void *state)
{
    struct sbx_job *job = calloc(1, sizeof(*job));
    if (job == NULL) {
        sbx_error_throw(object->env->env, &(struct sbx_failure){.status = SBX_ENOMEM});
        if (kind->plan != NULL) {
            kind->plan->end(object, state);
        }
        return NULL;
    }
    job->object = object;
    job->kind = kind;
    job->state = state;
    job->change = op->row != NULL && (op->row->kind & SBX_CHANGE) != 0;
    if (job->change) {
        sbx_fresh_change_begins(&object->fresh);
    }
    job->stirs = job->change || op->tool != NULL;
    object->env->changes += job->stirs ? 1 : 0;
    job->changes = object->env->changes;
    job->asked_ms = sbx_now_ms();
    job->version = object->fresh.version;
    sbx_queue_init(&job->ops);
    sbx_link_init(&job->progress.link);
    sbx_object_started(object);
    return job;
}

static void stop_listening(struct sbx_job *job)
{
    const struct sbx_env *env = job->object->env;
    struct sbx_abort *abort = job->abort;
    job->abort = NULL;
    sbx_abort_forget(env->env, abort, env->closing);
}

/* What it changes is changed: once. */
static void end_change(struct sbx_job *job)
{
    if (job->change) {
        sbx_fresh_change_ends(&job->object->fresh);
    }
    job->object->env->changes += job->stirs ? 1 : 0;
    job->change = false;
    job->stirs = false;
}

/* With the last of its ops. */
static void free_job(struct sbx_job *job)
{
    struct sbx_object *object = job->object;
    stop_listening(job);
    sbx_progress_forget(job);
    end_change(job);
    if (job->kind->plan != NULL) {
        job->kind->plan->end(object, job->state);
    }
    sbx_endpoint_unref(job->endpoint);
    free(job);
    sbx_object_ended(object);
}

static void submit(struct sbx_op *op, struct sbx_engine *engine)
{
    if (op->tool != NULL) {
        sbx_tool_submit(op, engine);
    } else if (op->row != NULL) {
        sbx_lane_submit(op, engine);
    } else {
        sbx_op_submit(op, engine, op->steps);
    }
}

struct sbx_job *sbx_job_of(const struct sbx_op *op)
{
    return op->user;
}

enum sbx_status sbx_job_send(struct sbx_op *op)
{
    struct sbx_driver *driver = NULL;
    enum sbx_status status = sbx_driver_get(sbx_job_of(op)->object->env, &driver);
    if (status == SBX_OK) {
        submit(op, sbx_driver_engine(driver));
        sbx_driver_started(driver);
        sbx_later_sent(sbx_job_of(op));
    }
    return status;
}

/* false: thrown. */
static bool listen_to(struct sbx_job *job, const struct sbx_call_options *options)
{
    if (options->on_progress != NULL && !sbx_progress_watch(job, options->on_progress)) {
        return false;
    }
    if (options->signal != NULL) {
        job->abort = sbx_abort_listen(job->object->env->env, options->signal, job);
    }
    return options->signal == NULL || job->abort != NULL;
}

enum sbx_status sbx_job_send_to(struct sbx_op *op, struct sbx_endpoint *endpoint)
{
    struct sbx_job *job = sbx_job_of(op);
    sbx_endpoint_unref(job->endpoint);
    job->endpoint = sbx_endpoint_ref(endpoint);
    sbx_op_set_endpoint(op, endpoint);
    return sbx_job_send(op);
}

/* Sends it, or keeps it: until its client is there, or until an open before it is done. */
static enum sbx_status send_or_hold(struct sbx_job *job, struct sbx_op *op)
{
    if (op->endpoint == NULL) {
        return sbx_lazy_wait(job->object, op);
    }
    return sbx_later_hold(op) ? SBX_OK : sbx_job_send(op);
}

enum sbx_status sbx_job_go_on(struct sbx_job *job, struct sbx_op *op)
{
    op->user = job;
    if (job->endpoint != NULL) {
        sbx_op_set_endpoint(op, job->endpoint);
    }
    enum sbx_status status = send_or_hold(job, op);
    if (status == SBX_OK) {
        job->under_way++;
        job->begun++;
        sbx_queue_push(&job->ops, &op->link);
    }
    return status;
}

napi_value sbx_job_start(struct sbx_object *object, struct sbx_op *op, const struct sbx_job_kind *kind,
                         void *state, const struct sbx_call_options *options)
{
    napi_env env = object->env->env;
    napi_value promise = NULL;
    struct sbx_job *job = create_job(object, op, kind, state);
    if (job == NULL) {
        goto fail;
    }
    if (napi_create_promise(env, &job->deferred, &promise) != napi_ok) {
        (void)sbx_try_throw(env);
        goto fail;
    }
    if (!listen_to(job, options)) {
        goto fail;
    }
    if (job->given_up) { /* while its signal was asked */
        sbx_op_destroy(op);
        free_job(job);
        return promise;
    }
    enum sbx_status status = sbx_later_tell(object, op);
    status = status == SBX_OK ? sbx_job_go_on(job, op) : status;
    if (status != SBX_OK) {
        sbx_error_throw(
            env, &(struct sbx_failure){.status = status, .syscall = kind->syscall, .path = op->args.path});
        goto fail;
    }
    return promise;
fail:
    sbx_op_destroy(op);
    if (job != NULL) {
        free_job(job);
    }
    return sbx_answer_reject(env, kind);
}

bool sbx_job_send_alone(struct sbx_object *object, struct sbx_op *op, const struct sbx_job_kind *kind,
                        void *state)
{
    struct sbx_job *job = create_job(object, op, kind, state);
    enum sbx_status status = job == NULL ? SBX_ENOMEM : SBX_OK;
    if (status == SBX_OK) {
        op->user = job;
        status = sbx_job_send(op);
    }
    if (status == SBX_OK) {
        job->under_way++;
        sbx_queue_push(&job->ops, &op->link);
        return true;
    }
    sbx_op_destroy(op);
    if (job != NULL) {
        free_job(job);
    } else {
        (void)sbx_try_take(object->env->env);
    }
    return false;
}

void sbx_job_give_up(struct sbx_job *job, napi_value reason)
{
    napi_env env = job->object->env->env;
    napi_deferred deferred = job->deferred;
    bool may_have_completed = false;
    if (deferred == NULL) {
        return; /* it is settled */
    }
    job->given_up = true;
    job->deferred = job->kind->unheard ? deferred : NULL;
    for (struct sbx_link *link = job->ops.head.next; link != &job->ops.head; link = link->next) {
        may_have_completed = sbx_op_give_up(SBX_CONTAINER(link, struct sbx_op, link)) || may_have_completed;
    }
    if (job->kind->unheard) {
        return;
    }
    if (may_have_completed) {
        sbx_abort_add_cause(env, reason);
    }
    (void)napi_reject_deferred(env, deferred, reason); /* fails only at the end */
    stop_listening(job);
}

/* An engine of its own, driven by this thread: the environment's could not go on while it waits. */
static enum sbx_status run_here(struct sbx_env *env, struct sbx_op *op)
{
    struct sbx_queue done;
    if (env->sync_engine == NULL) {
        enum sbx_status status = sbx_engine_create(&env->sync_engine);
        if (status != SBX_OK) {
            return status;
        }
    }
    op->synchronous = true;
    op->timeout_ms = op->timeout_ms < SBX_SYNC_TIMEOUT_MS ? op->timeout_ms : SBX_SYNC_TIMEOUT_MS;
    submit(op, env->sync_engine);
    sbx_engine_run(env->sync_engine);
    sbx_queue_init(&done);
    sbx_engine_take_done(env->sync_engine, &done);
    return SBX_OK;
}

napi_value sbx_job_run(struct sbx_object *object, struct sbx_op *op, const struct sbx_job_kind *kind)
{
    napi_env env = object->env->env;
    napi_value value = NULL;
    bool failed = false;
    enum sbx_status status = run_here(object->env, op);
    if (status != SBX_OK) {
        sbx_error_throw(env, &(struct sbx_failure){.status = status, .syscall = kind->syscall});
    } else {
        (void)sbx_lazy_is_gone(object->lazy, op);
        value = sbx_answer_value(env, op, kind, &failed);
    }
    sbx_op_destroy(op);
    if (failed) {
        if (value == NULL || napi_throw(env, value) != napi_ok) {
            (void)sbx_try_throw(env);
        }
        return NULL;
    }
    return value;
}

static void end_op(struct sbx_op *op)
{
    struct sbx_job *job = op->user;
    sbx_op_destroy(op);
    if (job->under_way == 0) {
        free_job(job);
    }
}

static void leave_job(struct sbx_op *op)
{
    sbx_link_remove(&op->link);
    sbx_job_of(op)->under_way--;
}

void sbx_job_drop(struct sbx_op *op)
{
    struct sbx_object *object = sbx_job_of(op)->object;
    leave_job(op);
    sbx_later_drop(object);
    end_op(op);
}

/* Keeps what may be said again: where nothing else has changed since it was asked. */
static void keep(struct sbx_job *job, const struct sbx_op *op)
{
    struct sbx_object *object = job->object;
    bool undisturbed = job->changes == object->env->changes;
    if (job->stirs && job->under_way == 0) {
        end_change(job);
    }
    if (undisturbed) {
        sbx_cache_keep(&object->cache, op, object->env->changes, job->asked_ms);
    }
}

/* What could not be made into a value rejects with why. */
static void settle(napi_env env, struct sbx_op *op)
{
    struct sbx_job *job = sbx_job_of(op);
    bool failed = false;
    keep(job, op);
    if (job->deferred == NULL) {
        return; /* settled already: this came after it; or nobody waits */
    }
    sbx_ahead_answered(job, op);
    napi_value value = sbx_answer_value(env, op, job->kind, &failed);
    if (value == NULL) {
        failed = true;
        value = sbx_try_take(env);
    } else if (failed && op->row != NULL && op->row->code == SBX_OP_STAT && op->result.status == SBX_ENOENT) {
        sbx_fresh_remember(&job->object->fresh, job->version, op->args.path, NULL);
    }
    stop_listening(job);
    if (value != NULL) {
        (void)(failed ? napi_reject_deferred(env, job->deferred, value)
                      : napi_resolve_deferred(env, job->deferred, value)); /* fails only at the end */
    }
    job->deferred = NULL;
}

/* What did not reach its sandbox, because that is gone, goes to the next one: once, and where nothing of the job was
 * done before it. */
static bool begin_again(struct sbx_job *job, struct sbx_op *op)
{
    bool gone = sbx_lazy_is_gone(job->object->lazy, op);
    if (!gone || job->given_up || job->deferred == NULL || job->begun > 1 || !sbx_op_renew(op)) {
        return false;
    }
    sbx_endpoint_unref(job->endpoint);
    job->endpoint = NULL;
    enum sbx_status status = sbx_job_go_on(job, op);
    if (status != SBX_OK) {
        sbx_op_refuse(op, status, NULL);
    }
    return status == SBX_OK;
}

/* An op is over, and with it its job, or one part of that. */
static void take_op(napi_env env, struct sbx_op *op)
{
    struct sbx_job *job = sbx_job_of(op);
    leave_job(op);
    if (begin_again(job, op)) {
        return;
    }
    if (job->kind->plan != NULL) {
        op = job->kind->plan->next(job, op);
    }
    if (op != NULL) {
        sbx_progress_tell_end(job, op);
        settle(env, op);
        end_op(op);
    }
}

void sbx_job_end(struct sbx_op *op)
{
    take_op(sbx_job_of(op)->object->env->env, op);
}
