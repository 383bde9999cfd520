/* try.c: a call of Node-API that failed leaves an exception, its own or ours.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/try.h"

#include <stdbool.h>
#include <stddef.h>

napi_value sbx_try_throw(napi_env env)
{
    bool pending = false;
    const napi_extended_error_info *info = NULL;
    if (napi_is_exception_pending(env, &pending) == napi_ok && !pending) {
        (void)napi_get_last_error_info(env, &info);
        const char *message = info == NULL ? NULL : info->error_message;
        (void)napi_throw_error(env, "ERR_NAPI", message == NULL ? "a call of Node-API failed" : message);
    }
    return NULL;
}

napi_value sbx_try_take(napi_env env)
{
    bool pending = false;
    napi_value exception = NULL;
    if (napi_is_exception_pending(env, &pending) == napi_ok && pending) {
        (void)napi_get_and_clear_last_exception(env, &exception);
    }
    return exception;
}

void sbx_try_raise(napi_env env)
{
    napi_value exception = sbx_try_take(env);
    if (exception != NULL) {
        (void)napi_fatal_exception(env, exception);
    }
}
