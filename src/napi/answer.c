/* answer.c: a failure's Error is made in one place, whether it is thrown, rejected with, or an answer itself.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/answer.h"

#include "napi/error.h"
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

napi_value sbx_answer_value(napi_env env, struct sbx_op *op, const struct sbx_job_kind *kind, bool *failed)
{
    enum sbx_status status = op->result.status;
    *failed = status != SBX_OK && (kind->answers == NULL || !kind->answers(status));
    if (*failed) {
        struct sbx_failure failure = failure_of(op, kind);
        return sbx_error_create(env, &failure);
    }
    return kind->result(env, op);
}

/* A promise that is settled already. */
static napi_value settle(napi_env env, napi_value value, bool failed)
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

napi_value sbx_answer_reject(napi_env env, const struct sbx_job_kind *kind)
{
    return kind->synchronous ? NULL : settle(env, sbx_try_take(env), true);
}

napi_value sbx_answer_resolve(napi_env env)
{
    napi_value undefined;
    return napi_get_undefined(env, &undefined) == napi_ok ? settle(env, undefined, false)
                                                          : sbx_try_throw(env);
}

napi_value sbx_answer_refuse(napi_env env, const struct sbx_job_kind *kind, enum sbx_status status,
                             struct sbx_span path)
{
    if (kind->answers != NULL && kind->answers(status)) {
        struct sbx_op refused = {.result.status = status};
        napi_value value = kind->result(env, &refused);
        return value == NULL ? sbx_answer_reject(env, kind) : settle(env, value, false);
    }
    sbx_error_throw(env, &(struct sbx_failure){.status = status, .syscall = kind->syscall, .path = path});
    return sbx_answer_reject(env, kind);
}

napi_value sbx_answer_known(struct sbx_object *object, const struct sbx_job_kind *kind,
                            const struct sbx_op_row *row, struct sbx_span path,
                            const struct sbx_result *result)
{
    napi_env env = object->env->env;
    bool failed = false;
    /* Of the version that there is not: it says nothing about now (fresh.h). */
    struct sbx_job job = {.object = object, .kind = kind, .version = object->fresh.version + 1};
    struct sbx_op op = {.row = row, .args.path = path, .result = *result, .user = &job};
    napi_value value = sbx_answer_value(env, &op, kind, &failed);
    return value == NULL ? sbx_answer_reject(env, kind) : settle(env, value, failed);
}
