/* call_options.h: what every method takes as its last argument: { signal, timeoutMs, onProgress }.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_CALL_OPTIONS_H
#define SBX_NAPI_CALL_OPTIONS_H

#include "napi/object.h"

struct sbx_call_options {
    napi_value signal;      /* NULL: none */
    napi_value on_progress; /* NULL: none */
    int timeout_ms;         /* 0: the object's */
};

/* Reads `value`, and what `object` has where that says nothing. What is no object says nothing, and nor does a property
 * that is not known: drivers are called by others, who may pass more than we know. false: thrown, perhaps the reason
 * of a signal that was aborted already. */
bool sbx_call_options_read(napi_env env, napi_value value, const struct sbx_object *object,
                           struct sbx_call_options *options);

/* Whether `value` can be an AbortSignal; false: thrown. */
bool sbx_call_options_check_signal(napi_env env, napi_value value, const char *what);

#endif
