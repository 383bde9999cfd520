/* addon.c: registration, and the beginning and end of an environment.
 *
 * The end: Node runs the asynchronous clean-up hook while its loop still turns; the driver is told to
 * close, and the hook is removed when libuv has closed the handles. On process.exit and on an uncaught
 * error no hook runs; then `stop`, which the loader calls, ends the slice that runs.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdlib.h>

#include "napi/env.h"
#include "napi/fetch.h"
#include "napi/fs_object.h"
#include "napi/job.h"
#include "napi/lazy.h"
#include "napi/network.h"
#include "napi/slice.h"
#include "napi/toolkit_object.h"
#include "napi/try.h"

static void clean_up(napi_async_cleanup_hook_handle handle, void *data)
{
    struct sbx_env *env = data;
    (void)handle;
    env->closing = true;
    (void)napi_async_destroy(env->env, env->context);
    if (env->driver != NULL) {
        struct sbx_driver *driver = env->driver;
        env->driver = NULL;
        sbx_driver_close(driver);
    }
    if (env->drivers == 0) {
        sbx_env_unhook(env);
    }
}

static void forget(napi_env env, void *data, void *hint)
{
    (void)env;
    (void)hint;
    sbx_env_unref(data);
}

static napi_value stop(napi_env env, napi_callback_info info)
{
    struct sbx_env *data = NULL;
    if (napi_get_cb_info(env, info, NULL, NULL, NULL, (void **)&data) == napi_ok && data->driver != NULL) {
        sbx_driver_interrupt(data->driver);
    }
    return NULL;
}

/* A function of the loader's that is kept, the first alone; the data is where. */
static napi_value keep_function(napi_env env, napi_callback_info info)
{
    napi_ref *kept = NULL;
    napi_value function;
    size_t argc = 1;
    SBX_TRY(napi_get_cb_info(env, info, &argc, &function, NULL, (void **)&kept));
    if (*kept == NULL) {
        SBX_TRY(napi_create_reference(env, function, 1, kept));
    }
    return NULL;
fail:
    return sbx_try_throw(env);
}

static napi_status make_context(napi_env env, napi_async_context *context)
{
    napi_value name;
    napi_status status = napi_create_string_utf8(env, "agent-os-sandbox", NAPI_AUTO_LENGTH, &name);
    return status == napi_ok ? napi_async_init(env, NULL, name, context) : status;
}

static napi_status export_all(napi_env env, napi_value exports, struct sbx_env *data)
{
    napi_value names = sbx_fs_object_method_names(env);
    const napi_property_descriptor properties[] = {
        {.utf8name = "setNetwork", .method = sbx_network_set, .data = data},
        {.utf8name = "createSandboxFs", .method = sbx_fs_object_create, .data = data},
        {.utf8name = "createSandboxToolkit", .method = sbx_toolkit_object_create, .data = data},
        {.utf8name = "stop", .method = stop, .data = data},
        {.utf8name = "setRoots", .method = keep_function, .data = &data->read_roots},
        {.utf8name = "setBeforeListening", .method = keep_function, .data = &data->before_listening},
        {.utf8name = "setFetch", .method = keep_function, .data = &data->perform_fetch},
        {.utf8name = "makeLazy", .method = sbx_lazy_make, .data = data},
        {.utf8name = "lazyStarted", .method = sbx_lazy_started, .data = data},
        {.utf8name = "lazyFailed", .method = sbx_lazy_failed, .data = data},
        {.utf8name = "lazyIdleMs", .method = sbx_lazy_idle_ms, .data = data},
        {.utf8name = "lazyForget", .method = sbx_lazy_forget, .data = data},
        {.utf8name = "lazyExpire", .method = sbx_lazy_expire, .data = data},
        {.utf8name = "filesystemMethods", .value = names, .attributes = napi_enumerable},
    };
    if (names == NULL) {
        return napi_pending_exception;
    }
    return napi_define_properties(env, exports, sizeof(properties) / sizeof(properties[0]), properties);
}

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */)
{
    struct sbx_env *data = calloc(1, sizeof(*data));
    if (data == NULL) {
        (void)napi_throw_error(env, "ENOMEM", "ENOMEM: not enough memory");
        return NULL;
    }
    data->env = env;
    data->owners = 1;
    sbx_queue_init(&data->watched);
    sbx_queue_init(&data->all);
    data->perform = sbx_fetch_take;
    data->settle = sbx_job_settle;
    data->drop = sbx_job_drop;
    if (napi_set_instance_data(env, data, forget, NULL) != napi_ok) {
        free(data);
        return sbx_try_throw(env);
    }
    SBX_TRY(make_context(env, &data->context));
    SBX_TRY(napi_add_async_cleanup_hook(env, clean_up, data, &data->clean));
    SBX_TRY(export_all(env, exports, data));
    return exports;
fail:
    return sbx_try_throw(env);
}
