/* job.c: from an op to a settled promise.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/job.h"
#include "napi/env.h"

#include <stdlib.h>

#include "napi/error.h"
#include "napi/slice.h"
#include "napi/try.h"

static struct sbx_failure failure_of(const struct sbx_op *op, const struct sbx_job_kind *kind)
{
    bool of_a_tool = op->tool != NULL;
    const struct sbx_job *job = op->user; /* NULL: it ran here and now */
    bool two_paths = !of_a_tool && (op->row->arguments[1] == SBX_ARG_NEW_PATH);
    return (struct sbx_failure){
        .status = op->result.status,
        .syscall = kind->syscall,
        .path = of_a_tool ? (struct sbx_span){0} : op->args.path,
        .new_path = two_paths ? op->args.new_path : (struct sbx_span){0},
        .detail = sbx_op_detail(op),
        .cause = job == NULL ? NULL : sbx_lazy_cause(job->object->lazy),
        .advice = op->advice,
        .detail_in_message = of_a_tool,
    };
}

/* The value of an op that succeeded, or whose failure answers the question. NULL: thrown. */
static napi_value value_of(napi_env env, struct sbx_op *op, const struct sbx_job_kind *kind, bool *failed)
{
    enum sbx_status status = op->result.status;
    *failed = status != SBX_OK && (kind->answers == NULL || !kind->answers(status));
    if (*failed) {
        struct sbx_failure failure = failure_of(op, kind);
        return sbx_error_create(env, &failure);
    }
    return kind->result(env, op);
}

/* The pending exception, no longer pending; NULL: there is none. */
static napi_value take_exception(napi_env env)
{
    bool pending = false;
    napi_value exception = NULL;
    if (napi_is_exception_pending(env, &pending) == napi_ok && pending) {
        (void)napi_get_and_clear_last_exception(env, &exception);
    }
    return exception;
}

static napi_value settled(napi_env env, napi_value value, bool failed)
{
    napi_deferred deferred;
    napi_value promise = NULL;
    SBX_TRY(napi_create_promise(env, &deferred, &promise));
    SBX_TRY(failed ? napi_reject_deferred(env, deferred, value)
                   : napi_resolve_deferred(env, deferred, value));
    return promise;
fail:
    return sbx_try_throw(env);
}

napi_value sbx_job_reject(napi_env env, const struct sbx_job_kind *kind)
{
    return kind->synchronous ? NULL : settled(env, take_exception(env), true);
}

napi_value sbx_job_resolve(napi_env env)
{
    napi_value undefined;
    return napi_get_undefined(env, &undefined) == napi_ok ? settled(env, undefined, false)
                                                          : sbx_try_throw(env);
}

napi_value sbx_job_refuse(napi_env env, const struct sbx_job_kind *kind, enum sbx_status status,
                          struct sbx_span path)
{
    if (kind->answers != NULL && kind->answers(status)) {
        struct sbx_op refused = {.result.status = status};
        napi_value value = kind->result(env, &refused);
        return value == NULL ? sbx_job_reject(env, kind) : settled(env, value, false);
    }
    sbx_error_throw(env, &(struct sbx_failure){.status = status, .syscall = kind->syscall, .path = path});
    return sbx_job_reject(env, kind);
}

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
    job->version = object->fresh.version;
    sbx_object_started(object);
    return job;
}

/* With the last of its ops. */
static void free_job(struct sbx_job *job)
{
    struct sbx_object *object = job->object;
    if (job->change) {
        sbx_fresh_change_ends(&object->fresh);
    }
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
    } else {
        sbx_lane_submit(op, engine);
    }
}

struct sbx_job *sbx_job_of(const struct sbx_op *op)
{
    return op->user;
}

static enum sbx_status send_op(struct sbx_job *job, struct sbx_op *op)
{
    struct sbx_driver *driver = NULL;
    enum sbx_status status = sbx_driver_get(job->object->env, &driver);
    if (status == SBX_OK) {
        submit(op, sbx_driver_engine(driver));
        sbx_driver_started(driver);
    }
    return status;
}

enum sbx_status sbx_job_send_to(struct sbx_job *job, struct sbx_op *op, struct sbx_endpoint *endpoint)
{
    sbx_endpoint_unref(job->endpoint);
    job->endpoint = sbx_endpoint_ref(endpoint);
    sbx_op_set_endpoint(op, endpoint);
    return send_op(job, op);
}

enum sbx_status sbx_job_go_on(struct sbx_job *job, struct sbx_op *op)
{
    op->user = job;
    if (job->endpoint != NULL) {
        sbx_op_set_endpoint(op, job->endpoint);
    }
    enum sbx_status status = op->endpoint == NULL ? sbx_lazy_wait(job->object, op) : send_op(job, op);
    if (status == SBX_OK) {
        job->under_way++;
        job->begun++;
    }
    return status;
}

napi_value sbx_job_start(struct sbx_object *object, struct sbx_op *op, const struct sbx_job_kind *kind,
                         void *state)
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
    enum sbx_status status = sbx_job_go_on(job, op);
    if (status != SBX_OK) {
        sbx_error_throw(env, &(struct sbx_failure){.status = status, .syscall = kind->syscall});
        goto fail;
    }
    return promise;
fail:
    sbx_op_destroy(op);
    if (job != NULL) {
        free_job(job);
    }
    return sbx_job_reject(env, kind);
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
        value = value_of(env, op, kind, &failed);
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

void sbx_job_drop(struct sbx_op *op)
{
    sbx_job_of(op)->under_way--;
    end_op(op);
}

/* What could not be made into a value rejects with why. */
static void settle(napi_env env, struct sbx_op *op)
{
    struct sbx_job *job = sbx_job_of(op);
    bool failed = false;
    if (job->deferred == NULL) {
        return; /* settled already: this came after it */
    }
    napi_value value = value_of(env, op, job->kind, &failed);
    if (value == NULL) {
        failed = true;
        value = take_exception(env);
    }
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
    if (!gone || job->begun > 1 || !sbx_op_renew(op)) {
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
    job->under_way--;
    if (begin_again(job, op)) {
        return;
    }
    if (job->kind->plan != NULL) {
        op = job->kind->plan->next(job, op);
    }
    if (op != NULL) {
        settle(env, op);
        end_op(op);
    }
}

static void settle_one(napi_env env, struct sbx_op *op)
{
    napi_handle_scope scope;
    if (napi_open_handle_scope(env, &scope) != napi_ok) {
        sbx_job_drop(op);
        return;
    }
    take_op(env, op);
    (void)napi_close_handle_scope(env, scope);
}

/* What a continuation throws outside of any promise ends the process as Node means it. */
static void raise_pending(napi_env env)
{
    napi_value exception = take_exception(env);
    if (exception != NULL) {
        (void)napi_fatal_exception(env, exception);
    }
}

static napi_status open_scope(struct sbx_env *env, napi_callback_scope *scope)
{
    napi_value resource;
    napi_status status = napi_create_object(env->env, &resource);
    return status == napi_ok ? napi_open_callback_scope(env->env, resource, env->context, scope) : status;
}

void sbx_job_settle(struct sbx_env *env, struct sbx_queue *done)
{
    napi_handle_scope handles;
    napi_callback_scope scope = NULL;
    struct sbx_link *link;
    if (sbx_queue_empty(done)) {
        return;
    }
    bool open = napi_open_handle_scope(env->env, &handles) == napi_ok;
    bool runs = open && open_scope(env, &scope) == napi_ok;
    while ((link = sbx_queue_pop(done)) != NULL) {
        settle_one(env->env, SBX_CONTAINER(link, struct sbx_op, task.link));
    }
    if (runs) {
        (void)napi_close_callback_scope(env->env, scope); /* the continuations run here */
        raise_pending(env->env);
    }
    if (open) {
        (void)napi_close_handle_scope(env->env, handles);
    }
}
