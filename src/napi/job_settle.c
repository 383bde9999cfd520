/* job_settle.c: what is done, in one scope: so the continuations run once, after all of it.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/job.h"
#include "napi/progress.h"
#include "napi/try.h"

static void settle_one(napi_env env, struct sbx_op *op)
{
    napi_handle_scope scope;
    if (napi_open_handle_scope(env, &scope) != napi_ok) {
        sbx_job_drop(op);
        return;
    }
    sbx_job_end(op);
    (void)napi_close_handle_scope(env, scope);
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
    if (sbx_queue_empty(done) && !sbx_progress_has_news(env)) {
        return;
    }
    bool open = napi_open_handle_scope(env->env, &handles) == napi_ok;
    bool runs = open && open_scope(env, &scope) == napi_ok;
    if (runs) {
        sbx_progress_tell_news(env);
    }
    while ((link = sbx_queue_pop(done)) != NULL) {
        settle_one(env->env, SBX_CONTAINER(link, struct sbx_op, task.link));
    }
    if (runs) {
        (void)napi_close_callback_scope(env->env, scope); /* the continuations run here */
        sbx_try_raise(env->env);
    }
    if (open) {
        (void)napi_close_handle_scope(env->env, handles);
    }
}
