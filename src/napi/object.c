/* object.c: counting, and closing: close() waits until nothing is in flight; with the last open object of
 * an environment its driver ends too, and with it the sockets.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/object.h"
#include "napi/env.h"

#include <stdlib.h>

#include "napi/client.h"
#include "napi/error.h"
#include "napi/job.h"
#include "napi/shared_reach.h"
#include "napi/slice.h"
#include "napi/try.h"

/* An object without functions yet, with one owner: the caller. NULL: thrown. */
static struct sbx_object *create(struct sbx_env *env, const struct sbx_options *options)
{
    struct sbx_object *object = calloc(1, sizeof(*object));
    struct sbx_shared_reach *reach = sbx_shared_reach_of(env, options->client);
    if (object == NULL || reach == NULL) {
        free(object);
        sbx_shared_reach_unref(reach);
        sbx_error_throw(env->env, &(struct sbx_failure){.status = SBX_ENOMEM});
        return NULL;
    }
    if (napi_create_reference(env->env, options->client, 1, &object->client) != napi_ok ||
        (options->signal != NULL &&
         napi_create_reference(env->env, options->signal, 1, &object->signal) != napi_ok)) {
        free(object);
        sbx_shared_reach_unref(reach);
        (void)sbx_try_throw(env->env);
        return NULL;
    }
    object->env = env;
    object->reach = reach;
    object->lazy = sbx_lazy_of(env->env, options->client);
    object->owners = 1;
    sbx_cache_init(&object->cache, 0, 0);
    sbx_known_init(&object->known);
    sbx_later_init(&object->later);
    object->number = ++env->numbered;
    object->transport = options->transport;
    sbx_queue_push(&env->all, &object->link);
    env->owners++;
    env->objects++;
    return object;
}

/* The object counts no more among those that need a driver, and its connections go. */
static void leave(struct sbx_object *object)
{
    struct sbx_env *env = object->env;
    struct sbx_driver *driver = env->driver;
    object->closed = true;
    env->objects--;
    sbx_engine_destroy(env->sync_engine); /* nothing is ever in flight there between two calls */
    env->sync_engine = NULL;
    if (driver == NULL || env->closing) {
        return;
    }
    if (env->objects > 0) {
        sbx_driver_forget(driver);
        return;
    }
    env->driver = NULL;
    sbx_driver_close(driver);
}

void sbx_object_unref(struct sbx_object *object)
{
    struct sbx_env *env = object->env;
    if (--object->owners > 0) {
        return;
    }
    if (!object->closed) {
        leave(object);
    }
    sbx_link_remove(&object->link);
    sbx_lazy_unref(object->lazy);
    sbx_client_forget(env->env, &object->seen);
    sbx_shared_reach_unref(object->reach);
    (void)napi_delete_reference(env->env, object->client); /* fails only where the environment is gone */
    if (object->signal != NULL) {
        (void)napi_delete_reference(env->env, object->signal);
    }
    if (object->closing != NULL) {
        (void)napi_delete_reference(env->env, object->closing);
    }
    sbx_fresh_forget(&object->fresh);
    sbx_known_clear(&object->known);
    sbx_cache_clear(&object->cache);
    free(object->proxy);
    sbx_bytes_clear(&object->later.path);
    sbx_fs_destroy(object->fs);
    sbx_toolkit_destroy(object->toolkit);
    free(object);
    sbx_env_unref(env);
}

static void release(napi_env env, void *data, void *hint)
{
    struct sbx_binding *binding = data;
    (void)env;
    (void)hint;
    sbx_object_unref(binding->object);
    free(binding);
}

napi_value sbx_object_function(struct sbx_object *object, const char *name, napi_callback callback,
                               const void *row)
{
    napi_env env = object->env->env;
    napi_value function;
    struct sbx_binding *binding = malloc(sizeof(*binding));
    if (binding == NULL) {
        sbx_error_throw(env, &(struct sbx_failure){.status = SBX_ENOMEM});
        return NULL;
    }
    *binding = (struct sbx_binding){object, row};
    SBX_TRY(napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, binding, &function));
    SBX_TRY(napi_add_finalizer(env, function, binding, release, NULL, NULL));
    object->owners++;
    return function;
fail:
    free(binding);
    return sbx_try_throw(env);
}

napi_value sbx_object_make(napi_env env, napi_callback_info info, const struct sbx_factory *factory)
{
    struct sbx_env *data = NULL;
    napi_value argument;
    napi_value target = NULL;
    size_t argc = 1;
    struct sbx_options options;
    if (napi_get_cb_info(env, info, &argc, &argument, NULL, (void **)&data) != napi_ok) {
        return sbx_try_throw(env);
    }
    if (!factory->read(env, argument, &options)) {
        return NULL;
    }
    struct sbx_object *object = create(data, &options);
    if (object != NULL) {
        object->proxy = options.proxy; /* taken */
        object->proxy_length = options.proxy_length;
        options.proxy = NULL;
        target = factory->create(env, object, &options) ? factory->fill(env, object) : NULL;
        sbx_object_unref(object);
    }
    sbx_options_clear(&options);
    return target;
}

void sbx_object_started(struct sbx_object *object)
{
    object->in_flight++;
    object->owners++;
    sbx_lazy_use_begins(object->lazy);
}

static void settle_closer(struct sbx_object *object)
{
    napi_env env = object->env->env;
    napi_value undefined;
    napi_deferred closer = object->closer;
    if (closer == NULL) {
        return; /* what it was to leave by could not be sent, and it was settled with that */
    }
    object->closer = NULL;
    leave(object);
    if (!object->env->closing && napi_get_undefined(env, &undefined) == napi_ok) {
        (void)napi_resolve_deferred(env, closer, undefined); /* fails only where the environment ends */
    }
}

/* Sends what is to be done when all that was asked is done; false: there is nothing. */
static bool leave_sandbox(struct sbx_object *object)
{
    static const struct sbx_job_kind kind = {0};
    bool first = !object->left && object->fs != NULL && !object->env->closing;
    object->left = true;
    struct sbx_op *op = first ? sbx_fs_leave(object->fs) : NULL;
    return op != NULL && sbx_job_send_alone(object, op, &kind, NULL);
}

void sbx_object_ended(struct sbx_object *object)
{
    object->in_flight--;
    sbx_lazy_use_ends(object->lazy);
    if (object->in_flight == 0 && object->closer != NULL && !leave_sandbox(object)) {
        settle_closer(object);
    }
    sbx_object_unref(object);
}

static napi_value close_object(napi_env env, napi_callback_info info)
{
    struct sbx_binding *binding = NULL;
    napi_value promise = NULL;
    SBX_TRY(napi_get_cb_info(env, info, NULL, NULL, NULL, (void **)&binding));
    struct sbx_object *object = binding->object;
    if (object->closing != NULL) {
        SBX_TRY(napi_get_reference_value(env, object->closing, &promise));
        return promise;
    }
    SBX_TRY(napi_create_promise(env, &object->closer, &promise));
    SBX_TRY(napi_create_reference(env, promise, 1, &object->closing));
    object->closed = true;
    if (object->in_flight == 0 && !leave_sandbox(object)) {
        settle_closer(object);
    }
    return promise;
fail:
    return sbx_try_throw(env);
}

/* Symbol.asyncDispose, where this Node has it; NULL: it has not. */
static napi_value dispose_symbol(napi_env env)
{
    napi_value global;
    napi_value symbol;
    napi_value dispose;
    SBX_TRY(napi_get_global(env, &global));
    SBX_TRY(napi_get_named_property(env, global, "Symbol", &symbol));
    SBX_TRY(napi_get_named_property(env, symbol, "asyncDispose", &dispose));
    napi_valuetype type;
    SBX_TRY(napi_typeof(env, dispose, &type));
    return type == napi_symbol ? dispose : NULL;
fail:
    return NULL;
}

bool sbx_object_add_close(struct sbx_object *object, napi_value target)
{
    napi_env env = object->env->env;
    napi_value close = sbx_object_function(object, "close", close_object, NULL);
    napi_value dispose = dispose_symbol(env);
    napi_property_attributes attributes = napi_writable | napi_configurable;
    napi_property_descriptor properties[] = {
        {.utf8name = "close", .value = close, .attributes = attributes},
        {.name = dispose, .value = close, .attributes = attributes},
    };
    if (close == NULL ||
        napi_define_properties(env, target, dispose == NULL ? 1 : 2, properties) != napi_ok) {
        (void)sbx_try_throw(env);
        return false;
    }
    return true;
}

static bool get_client(const struct sbx_object *object, napi_value *client)
{
    if (object->lazy != NULL) {
        *client = sbx_lazy_client(object->lazy);
        return *client != NULL;
    }
    return napi_get_reference_value(object->env->env, object->client, client) == napi_ok;
}

napi_value sbx_object_client(struct sbx_env *env, uint64_t number)
{
    napi_value client = NULL;
    for (struct sbx_link *link = env->all.head.next; link != &env->all.head; link = link->next) {
        const struct sbx_object *object = SBX_CONTAINER(link, struct sbx_object, link);
        if (object->number == number && get_client(object, &client)) {
            return client;
        }
    }
    return NULL;
}

bool sbx_object_endpoint_of_waiting(struct sbx_object *object, const char *syscall,
                                    struct sbx_endpoint **endpoint)
{
    napi_env env = object->env->env;
    napi_value client;
    struct sbx_client_use use = {.transport = object->transport,
                                 .number = object->number,
                                 .proxy = {object->proxy, object->proxy_length},
                                 .syscall = syscall,
                                 .kept = &object->reach->reach,
                                 .seen = &object->seen};
    if (object->lazy != NULL) {
        return sbx_lazy_endpoint(object->lazy, &use, endpoint);
    }
    SBX_TRY(napi_get_reference_value(env, object->client, &client));
    *endpoint = sbx_client_endpoint(env, client, &use);
    return *endpoint != NULL;
fail:
    (void)sbx_try_throw(env);
    return false;
}

struct sbx_endpoint *sbx_object_endpoint_now(struct sbx_object *object, const char *syscall)
{
    struct sbx_endpoint *endpoint = NULL;
    if (!sbx_object_endpoint_of_waiting(object, syscall, &endpoint)) {
        (void)sbx_try_take(object->env->env);
    }
    return endpoint;
}

bool sbx_object_endpoint(struct sbx_object *object, const char *syscall, struct sbx_endpoint **endpoint)
{
    if (object->closed) {
        sbx_error_throw(
            object->env->env,
            &(struct sbx_failure){.status = SBX_EBADF, .syscall = syscall, .advice = "it was closed"});
        return false;
    }
    bool given = sbx_object_endpoint_of_waiting(object, syscall, endpoint);
    if (given && object->closed) { /* by a getter of the client */
        sbx_endpoint_unref(*endpoint);
        *endpoint = NULL;
        return sbx_object_endpoint(object, syscall, endpoint);
    }
    return given;
}
