/* abort.c: a function that the signal calls. It may outlive the job, wherever the signal keeps it, so it and the job own
 * what they share together.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/abort.h"

#include <stdlib.h>

#include "napi/error.h"
#include "napi/job.h"
#include "napi/try.h"
#include "napi/value.h"

struct sbx_abort {
    unsigned owners;     /* the job, and the function */
    struct sbx_job *job; /* borrowed; NULL: it does not listen any more */
    napi_ref signal;     /* owned, as the next: by the job */
    napi_ref function;
};

static void unref(struct sbx_abort *abort)
{
    if (--abort->owners == 0) {
        free(abort);
    }
}

static void release(napi_env env, void *data, void *hint)
{
    (void)env;
    (void)hint;
    unref(data);
}

static napi_value on_abort(napi_env env, napi_callback_info info)
{
    struct sbx_abort *abort = NULL;
    napi_value signal;
    SBX_TRY(napi_get_cb_info(env, info, NULL, NULL, NULL, (void **)&abort));
    if (abort->job != NULL) {
        SBX_TRY(napi_get_reference_value(env, abort->signal, &signal));
        napi_value reason = sbx_value_property(env, signal, "reason");
        if (reason != NULL && abort->job != NULL) { /* still, after a getter */
            sbx_job_give_up(abort->job, reason);
        }
    }
    return NULL;
fail:
    return sbx_try_throw(env);
}

/* signal.addEventListener("abort", function, { once: true }), or the same with removeEventListener. */
static bool call(napi_env env, napi_value signal, const char *name, napi_value function)
{
    napi_value method;
    napi_value yes;
    napi_value argv[3];
    SBX_TRY(napi_get_named_property(env, signal, name, &method));
    SBX_TRY(napi_create_string_utf8(env, "abort", NAPI_AUTO_LENGTH, &argv[0]));
    SBX_TRY(napi_create_object(env, &argv[2]));
    SBX_TRY(napi_get_boolean(env, true, &yes));
    SBX_TRY(napi_set_named_property(env, argv[2], "once", yes));
    argv[1] = function;
    SBX_TRY(napi_call_function(env, signal, method, 3, argv, NULL));
    return true;
fail:
    (void)sbx_try_throw(env);
    return false;
}

/* Node warns of more than ten listeners of one signal; of ours there is one for each operation under way. */
static bool prepare(napi_env env, napi_value signal, napi_ref reference)
{
    napi_value function;
    napi_value receiver;
    if (reference == NULL) {
        return true;
    }
    SBX_TRY(napi_get_reference_value(env, reference, &function));
    SBX_TRY(napi_get_undefined(env, &receiver));
    SBX_TRY(napi_call_function(env, receiver, function, 1, &signal, NULL));
    return true;
fail:
    (void)sbx_try_throw(env);
    return false;
}

static bool make_function(napi_env env, struct sbx_abort *abort, napi_value *function)
{
    SBX_TRY(napi_create_function(env, "onAbort", NAPI_AUTO_LENGTH, on_abort, abort, function));
    SBX_TRY(napi_add_finalizer(env, *function, abort, release, NULL, NULL));
    abort->owners++;
    return true;
fail:
    (void)sbx_try_throw(env);
    return false;
}

struct sbx_abort *sbx_abort_listen(napi_env env, napi_value signal, struct sbx_job *job)
{
    napi_value function;
    struct sbx_abort *abort = calloc(1, sizeof(*abort));
    if (abort == NULL) {
        sbx_error_throw(env, &(struct sbx_failure){.status = SBX_ENOMEM});
        return NULL;
    }
    abort->owners = 1;
    abort->job = job;
    if (!make_function(env, abort, &function)) {
        goto fail;
    }
    if (napi_create_reference(env, signal, 1, &abort->signal) != napi_ok ||
        napi_create_reference(env, function, 1, &abort->function) != napi_ok) {
        (void)sbx_try_throw(env);
        goto fail;
    }
    if (prepare(env, signal, job->object->env->before_listening) &&
        call(env, signal, "addEventListener", function)) {
        return abort;
    }
fail:
    sbx_abort_forget(env, abort, true);
    return NULL;
}

static void stop_listening(napi_env env, const struct sbx_abort *abort)
{
    napi_value signal;
    napi_value function;
    if (napi_get_reference_value(env, abort->signal, &signal) == napi_ok &&
        napi_get_reference_value(env, abort->function, &function) == napi_ok &&
        !call(env, signal, "removeEventListener", function)) {
        (void)sbx_try_take(env); /* what JavaScript threw is of no interest */
    }
}

void sbx_abort_forget(napi_env env, struct sbx_abort *abort, bool quietly)
{
    if (abort == NULL) {
        return;
    }
    abort->job = NULL;
    if (!quietly) {
        stop_listening(env, abort);
    }
    if (abort->signal != NULL) {
        (void)napi_delete_reference(env, abort->signal); /* both fail only where the environment is gone */
    }
    if (abort->function != NULL) {
        (void)napi_delete_reference(env, abort->function);
    }
    unref(abort);
}

/* Error.prototype is above an AbortError too, which the engine itself takes for no Error. */
static bool is_error(napi_env env, napi_value value)
{
    bool is = false;
    napi_value global;
    napi_value constructor;
    SBX_TRY(napi_is_error(env, value, &is));
    if (!is && sbx_value_is(env, value, napi_object)) {
        SBX_TRY(napi_get_global(env, &global));
        SBX_TRY(napi_get_named_property(env, global, "Error", &constructor));
        SBX_TRY(napi_instanceof(env, value, constructor, &is));
    }
    return is;
fail:
    return false;
}

void sbx_abort_add_cause(napi_env env, napi_value reason)
{
    bool has = false;
    napi_value words;
    napi_value cause;
    if (!is_error(env, reason)) {
        goto fail;
    }
    SBX_TRY(napi_has_named_property(env, reason, "cause", &has));
    if (has) {
        return;
    }
    SBX_TRY(napi_create_string_utf8(env, "it was sent already; the operation may have completed",
                                    NAPI_AUTO_LENGTH, &words));
    SBX_TRY(napi_create_error(env, NULL, words, &cause));
    napi_property_descriptor property = {
        .utf8name = "cause", .value = cause, .attributes = napi_writable | napi_configurable};
    SBX_TRY(napi_define_properties(env, reason, 1, &property)); /* not where it is frozen */
    return;
fail:
    (void)sbx_try_take(env); /* what JavaScript threw is of no interest */
}
