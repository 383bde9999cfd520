/* try.h: how Node-API is called in this room.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_TRY_H
#define SBX_NAPI_TRY_H

#include <node_api.h>

/* Every call of Node-API is checked: one that fails leads to the function's `fail` label. */
#define SBX_TRY(call)                                                                                        \
    do {                                                                                                     \
        if ((call) != napi_ok) {                                                                             \
            goto fail;                                                                                       \
        }                                                                                                    \
    } while (0)

/* Makes sure that an exception is pending after a call of Node-API failed; returns NULL, what a callback
 * returns then. */
napi_value sbx_try_throw(napi_env env);

/* The pending exception, which is pending no more; NULL: there is none. */
napi_value sbx_try_take(napi_env env);

/* What is thrown outside of any promise, in a continuation, ends the process as Node means it. */
void sbx_try_raise(napi_env env);

#endif
