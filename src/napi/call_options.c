/* call_options.c: see call_options.h.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/call_options.h"

#include "napi/error.h"
#include "napi/try.h"
#include "napi/value.h"

bool sbx_call_options_check_signal(napi_env env, napi_value value, const char *what)
{
    bool has = false;
    bool object = sbx_value_is(env, value, napi_object);
    if (object && napi_has_named_property(env, value, "aborted", &has) != napi_ok) {
        (void)sbx_try_throw(env);
        return false;
    }
    if (!has) {
        sbx_error_throw_type(env, what, "an instance of AbortSignal", value);
    }
    return has;
}

/* A property of `options`; one that is undefined is NULL. false: thrown. */
static bool get(napi_env env, napi_value options, const char *name, napi_value *value)
{
    *value = sbx_value_property(env, options, name);
    if (*value == NULL) {
        return false;
    }
    *value = sbx_value_is(env, *value, napi_undefined) ? NULL : *value;
    return true;
}

static bool read_timeout(napi_env env, napi_value options, int *timeout_ms)
{
    static const char what[] = "\"options.timeoutMs\" property";
    napi_value value = NULL;
    uint64_t number = 0;
    if (!get(env, options, "timeoutMs", &value)) {
        return false;
    }
    if (value != NULL && !sbx_value_whole(env, value, what, SBX_TIMEOUT_MAX_MS, &number)) {
        return false;
    }
    if (value != NULL && number == 0) {
        sbx_error_throw_range(env, what, "at least 1 ms");
        return false;
    }
    *timeout_ms = (int)number;
    return true;
}

static bool read_progress(napi_env env, napi_value options, napi_value *on_progress)
{
    if (!get(env, options, "onProgress", on_progress)) {
        return false;
    }
    if (*on_progress != NULL && !sbx_value_is(env, *on_progress, napi_function)) {
        sbx_error_throw_type(env, "\"options.onProgress\" property", "of type function", *on_progress);
        return false;
    }
    return true;
}

static bool read_signal(napi_env env, napi_value options, napi_value *signal)
{
    return get(env, options, "signal", signal) &&
           (*signal == NULL || sbx_call_options_check_signal(env, *signal, "\"options.signal\" property"));
}

/* False where it is aborted: its reason was thrown. */
static bool check_aborted(napi_env env, napi_value signal)
{
    bool aborted = false;
    napi_value value = signal == NULL ? NULL : sbx_value_property(env, signal, "aborted");
    if (signal == NULL ||
        (value != NULL && (napi_get_value_bool(env, value, &aborted) != napi_ok || !aborted))) {
        return signal == NULL || value != NULL;
    }
    napi_value reason = value == NULL ? NULL : sbx_value_property(env, signal, "reason");
    if (reason != NULL && napi_throw(env, reason) != napi_ok) {
        (void)sbx_try_throw(env);
    }
    return false;
}

bool sbx_call_options_read(napi_env env, napi_value value, const struct sbx_object *object,
                           struct sbx_call_options *options)
{
    *options = (struct sbx_call_options){0};
    if (sbx_value_is(env, value, napi_object) &&
        !(read_timeout(env, value, &options->timeout_ms) &&
          read_progress(env, value, &options->on_progress) && read_signal(env, value, &options->signal))) {
        return false;
    }
    if (options->signal == NULL && object->signal != NULL) {
        SBX_TRY(napi_get_reference_value(env, object->signal, &options->signal));
    }
    return check_aborted(env, options->signal);
fail:
    (void)sbx_try_throw(env);
    return false;
}
