/* lazy.c: what waits for a sandbox that starts, in the order in which it came, each until its own deadline.
 *
 * The target is wrapped around its struct sbx_lazy and holds one count of it; so does each object made with it, which
 * holds the target too. So the target is there as long as anything waits.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/lazy.h"

#include <stdio.h>
#include <stdlib.h>

#include "napi/client.h"
#include "napi/error.h"
#include "napi/job.h"
#include "napi/try.h"
#include "napi/value.h"

struct sbx_lazy {
    struct sbx_env *env; /* owned: one count */
    size_t owners;
    napi_ref client;          /* owned; NULL: it is not there */
    struct sbx_reach *reach;  /* owned: one count; of the client's sandbox */
    struct sbx_queue waiting; /* ops, each of a job that is under way */
    size_t in_flight;         /* operations of all its objects */
    uint64_t used_ms;         /* when the last of them ended, or was begun here and now */
    napi_value cause;         /* borrowed from the call of lazyFailed that runs; NULL: none does */
};

static const napi_type_tag tag = {0x3c5a2f0e7b914d68, 0x9e14c07d52b8a6f3};

static struct sbx_lazy *find(napi_env env, napi_value target)
{
    bool is = false;
    void *lazy = NULL;
    bool found = sbx_value_is(env, target, napi_object) &&
                 napi_check_object_type_tag(env, target, &tag, &is) == napi_ok && is &&
                 napi_unwrap(env, target, &lazy) == napi_ok;
    return found ? lazy : NULL;
}

bool sbx_lazy_is(napi_env env, napi_value client)
{
    return find(env, client) != NULL;
}

struct sbx_lazy *sbx_lazy_of(napi_env env, napi_value client)
{
    struct sbx_lazy *lazy = find(env, client);
    if (lazy != NULL) {
        lazy->owners++;
    }
    return lazy;
}

static void forget(struct sbx_lazy *lazy)
{
    if (lazy->client != NULL) {
        (void)napi_delete_reference(lazy->env->env,
                                    lazy->client); /* fails only where the environment is gone */
    }
    lazy->client = NULL;
    sbx_reach_unref(lazy->reach);
    lazy->reach = NULL;
}

void sbx_lazy_unref(struct sbx_lazy *lazy)
{
    if (lazy == NULL || --lazy->owners > 0) {
        return;
    }
    struct sbx_env *env = lazy->env;
    forget(lazy);
    free(lazy);
    sbx_env_unref(env);
}

static struct sbx_op *pop(struct sbx_lazy *lazy)
{
    struct sbx_link *link = sbx_queue_pop(&lazy->waiting);
    return link == NULL ? NULL : SBX_CONTAINER(link, struct sbx_op, task.link);
}

/* Nothing waits here unless the environment ends. */
static void release(napi_env env, void *data, void *hint)
{
    struct sbx_lazy *lazy = data;
    (void)env;
    (void)hint;
    for (struct sbx_op *op = pop(lazy); op != NULL; op = pop(lazy)) {
        lazy->env->drop(op);
    }
    sbx_lazy_unref(lazy);
}

napi_value sbx_lazy_make(napi_env env, napi_callback_info info)
{
    struct sbx_env *data = NULL;
    napi_value target;
    size_t argc = 1;
    SBX_TRY(napi_get_cb_info(env, info, &argc, &target, NULL, (void **)&data));
    struct sbx_lazy *lazy = calloc(1, sizeof(*lazy));
    if (lazy == NULL) {
        sbx_error_throw(env, &(struct sbx_failure){.status = SBX_ENOMEM});
        return NULL;
    }
    lazy->env = data;
    lazy->owners = 1;
    sbx_queue_init(&lazy->waiting);
    data->owners++;
    if (napi_wrap(env, target, lazy, release, NULL, NULL) != napi_ok) {
        sbx_lazy_unref(lazy);
        goto fail;
    }
    SBX_TRY(napi_type_tag_object(env, target, &tag));
    return NULL;
fail:
    return sbx_try_throw(env);
}

/* The arguments of a function of the addon; NULL: thrown. */
static struct sbx_lazy *read_call(napi_env env, napi_callback_info info, napi_value argv[2])
{
    size_t argc = 2;
    struct sbx_lazy *lazy =
        napi_get_cb_info(env, info, &argc, argv, NULL, NULL) == napi_ok ? find(env, argv[0]) : NULL;
    if (lazy == NULL) {
        sbx_error_throw_value(env, "The first argument must be what makeLazy was called with");
    }
    return lazy;
}

/* Settles `ops` (taken), which were not sent. Continuations run: what holds `lazy` is the target, an argument of the call
 * that this is in. */
static void settle(const struct sbx_lazy *lazy, struct sbx_queue *ops)
{
    lazy->env->settle(lazy->env, ops);
}

/* Sends all that waits; what cannot be sent ends. false: thrown, and the rest waits on. */
static bool send_all(struct sbx_lazy *lazy)
{
    struct sbx_queue failed;
    bool good = true;
    sbx_queue_init(&failed);
    while (good && !sbx_queue_empty(&lazy->waiting)) {
        struct sbx_op *op = SBX_CONTAINER(lazy->waiting.head.next, struct sbx_op, task.link);
        struct sbx_job *job = sbx_job_of(op);
        struct sbx_endpoint *endpoint = NULL;
        good = sbx_object_endpoint_of_waiting(job->object, job->kind->syscall, &endpoint) && endpoint != NULL;
        if (!good) {
            (void)sbx_try_throw(lazy->env->env); /* also where a getter has disposed of the client */
            break;
        }
        sbx_link_remove(&op->task.link);
        enum sbx_status status = sbx_job_send_to(op, endpoint);
        sbx_endpoint_unref(endpoint);
        if (status != SBX_OK) {
            sbx_op_refuse(op, status, NULL);
            sbx_queue_push(&failed, &op->task.link);
        }
    }
    settle(lazy, &failed);
    return good;
}

/* Has the client from now on; false: thrown. */
static bool take(struct sbx_lazy *lazy, napi_value client)
{
    napi_env env = lazy->env->env;
    forget(lazy);
    if (sbx_reach_create(&lazy->reach) != SBX_OK) {
        sbx_error_throw(env, &(struct sbx_failure){.status = SBX_ENOMEM});
        return false;
    }
    SBX_TRY(napi_create_reference(env, client, 1, &lazy->client));
    lazy->env->changes++; /* it may be another sandbox than the one before */
    return true;
fail:
    (void)sbx_try_throw(env);
    return false;
}

napi_value sbx_lazy_started(napi_env env, napi_callback_info info)
{
    static const struct sbx_client_use use = {.number = 1, .syscall = "start"};
    napi_value argv[2];
    struct sbx_lazy *lazy = read_call(env, info, argv);
    if (lazy == NULL || !sbx_client_check(env, argv[1], &use)) {
        return NULL;
    }
    if (!take(lazy, argv[1]) || !send_all(lazy)) {
        forget(lazy);
    }
    return NULL;
}

napi_value sbx_lazy_failed(napi_env env, napi_callback_info info)
{
    napi_value argv[2];
    struct sbx_queue failed;
    struct sbx_lazy *lazy = read_call(env, info, argv);
    if (lazy == NULL) {
        return NULL;
    }
    char *words = sbx_value_message(env, argv[1]);
    sbx_queue_init(&failed);
    for (struct sbx_op *op = pop(lazy); op != NULL; op = pop(lazy)) {
        op->advice = "the sandbox could not be started";
        sbx_op_refuse(op, SBX_EHOSTUNREACH, words);
        sbx_queue_push(&failed, &op->task.link);
    }
    lazy->cause = argv[1];
    settle(lazy, &failed);
    lazy->cause = NULL;
    free(words);
    return NULL;
}

static void expire(struct sbx_op *op)
{
    char words[64];
    (void)snprintf(words, sizeof(words), "the sandbox did not start within %d ms", op->timeout_ms);
    sbx_op_refuse(op, SBX_ETIMEDOUT, words);
}

napi_value sbx_lazy_expire(napi_env env, napi_callback_info info)
{
    napi_value argv[2];
    napi_value left = NULL;
    struct sbx_queue waiting;
    struct sbx_queue over;
    struct sbx_link *link;
    uint64_t now = sbx_now_ms();
    uint64_t due = 0;
    struct sbx_lazy *lazy = read_call(env, info, argv);
    if (lazy == NULL) {
        return NULL;
    }
    sbx_queue_init(&waiting);
    sbx_queue_init(&over);
    sbx_queue_move(&lazy->waiting, &waiting);
    while ((link = sbx_queue_pop(&waiting)) != NULL) {
        struct sbx_op *op = SBX_CONTAINER(link, struct sbx_op, task.link);
        if (op->deadline_ms <= now) {
            expire(op);
            sbx_queue_push(&over, link);
        } else {
            due = sbx_sooner_ms(due, op->deadline_ms);
            sbx_queue_push(&lazy->waiting, link);
        }
    }
    SBX_TRY(napi_create_int64(env, due == 0 ? -1 : (int64_t)(due - now), &left));
    settle(lazy, &over);
    return left;
fail:
    settle(lazy, &over);
    return sbx_try_throw(env);
}

napi_value sbx_lazy_client(const struct sbx_lazy *lazy)
{
    napi_value client = NULL;
    bool there =
        lazy->client != NULL && napi_get_reference_value(lazy->env->env, lazy->client, &client) == napi_ok;
    return there ? client : NULL;
}

napi_value sbx_lazy_idle_ms(napi_env env, napi_callback_info info)
{
    napi_value argv[2];
    napi_value ms = NULL;
    struct sbx_lazy *lazy = read_call(env, info, argv);
    if (lazy == NULL) {
        return NULL;
    }
    int64_t idle = lazy->in_flight > 0 ? 0 : (int64_t)(sbx_now_ms() - lazy->used_ms);
    SBX_TRY(napi_create_int64(env, lazy->client == NULL ? -1 : idle, &ms));
    return ms;
fail:
    return sbx_try_throw(env);
}

napi_value sbx_lazy_forget(napi_env env, napi_callback_info info)
{
    napi_value argv[2];
    struct sbx_lazy *lazy = read_call(env, info, argv);
    if (lazy != NULL) {
        forget(lazy);
    }
    return NULL;
}

bool sbx_lazy_endpoint(struct sbx_lazy *lazy, const struct sbx_client_use *use,
                       struct sbx_endpoint **endpoint)
{
    napi_env env = lazy->env->env;
    napi_value client;
    *endpoint = NULL;
    lazy->used_ms = sbx_now_ms();
    if (lazy->client == NULL) {
        return true;
    }
    SBX_TRY(napi_get_reference_value(env, lazy->client, &client));
    if (sbx_client_is_disposed(env, client)) {
        forget(lazy);
        return true;
    }
    struct sbx_client_use noted = *use;
    noted.reach = lazy->reach;
    noted.kept = NULL;
    *endpoint = sbx_client_endpoint(env, client, &noted);
    return *endpoint != NULL;
fail:
    (void)sbx_try_throw(env);
    return false;
}

/* target.need(ms): something waits for the sandbox, so long at most. */
static bool call_need(struct sbx_object *object, int timeout_ms)
{
    napi_env env = object->env->env;
    napi_value target;
    napi_value need;
    napi_value ms;
    napi_value exception;
    SBX_TRY(napi_get_reference_value(env, object->client, &target));
    SBX_TRY(napi_get_named_property(env, target, "need", &need));
    SBX_TRY(napi_create_int32(env, timeout_ms, &ms));
    SBX_TRY(napi_call_function(env, target, need, 1, &ms, NULL));
    return true;
fail:
    (void)napi_get_and_clear_last_exception(env,
                                            &exception); /* of ours: the stack is full, or memory short */
    return false;
}

enum sbx_status sbx_lazy_wait(struct sbx_object *object, struct sbx_op *op)
{
    struct sbx_endpoint *endpoint = sbx_object_endpoint_now(object, sbx_job_of(op)->kind->syscall);
    if (endpoint != NULL) {
        enum sbx_status status = sbx_job_send_to(op, endpoint);
        sbx_endpoint_unref(endpoint);
        return status;
    }
    if (op->deadline_ms == 0) {
        op->deadline_ms = sbx_now_ms() + (uint64_t)op->timeout_ms;
    }
    sbx_queue_push(&object->lazy->waiting, &op->task.link);
    if (!call_need(object, op->timeout_ms)) {
        sbx_link_remove(&op->task.link);
        return SBX_ENOMEM;
    }
    return SBX_OK;
}

bool sbx_lazy_is_gone(struct sbx_lazy *lazy, const struct sbx_op *op)
{
    if (lazy == NULL || op->endpoint == NULL) {
        return false;
    }
    struct sbx_reach *reach = sbx_endpoint_reach(op->endpoint);
    bool gone = sbx_reach_is_gone(reach);
    if (gone && reach == lazy->reach) {
        forget(lazy); /* the next use asks for another one */
    }
    return gone;
}

napi_value sbx_lazy_refuse(struct sbx_object *object, const char *syscall, struct sbx_span path)
{
    (void)call_need(object, 0); /* whether or not: it has not started */
    sbx_error_throw(object->env->env, &(struct sbx_failure){.status = SBX_EAGAIN,
                                                            .syscall = syscall,
                                                            .path = path,
                                                            .advice = "the sandbox has not started yet"});
    return NULL;
}

napi_value sbx_lazy_cause(const struct sbx_lazy *lazy)
{
    return lazy == NULL ? NULL : lazy->cause;
}

void sbx_lazy_use_begins(struct sbx_lazy *lazy)
{
    if (lazy != NULL) {
        lazy->in_flight++;
    }
}

void sbx_lazy_use_ends(struct sbx_lazy *lazy)
{
    if (lazy != NULL) {
        lazy->in_flight--;
        lazy->used_ms = sbx_now_ms();
    }
}
