/* fs_object.c: an object with a function for each method. A function knows its method and its object by
 * its own data, never by `this`: core wraps drivers in objects of its own.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/fs_object.h"

#include "napi/answer.h"
#include "napi/error.h"
#include "napi/fs_methods.h"
#include "napi/large_read.h"
#include "napi/large_write.h"
#include "napi/later.h"
#include "napi/object.h"
#include "napi/try.h"

/* To the owner that is shown, whoever it truly is, nothing is to be changed; but the path has to be there. */
static void keep_owner(const struct sbx_object *object, struct sbx_call *call)
{
    const struct sbx_owner *owner = &object->owner;
    const struct sbx_args *args = &call->args;
    bool same = (args->uid == owner->uid || args->uid == UINT32_MAX) &&
                (args->gid == owner->gid || args->gid == UINT32_MAX);
    if (call->row->code == SBX_OP_CHOWN && owner->given && same && !sbx_fs_is_read_only(object->fs)) {
        call->row = sbx_op_row((args->flags & SBX_CHOWN_LINK) != 0 ? SBX_OP_LSTAT : SBX_OP_STAT);
    }
}

/* What comes with a listing is of use where it is kept. */
static void look_around(const struct sbx_object *object, struct sbx_call *call)
{
    if (call->row->code == SBX_OP_NAMES && object->cache.ttl_ms > 0) {
        call->args.flags |= SBX_NAMES_AROUND;
    }
}

/* prepareOpenSync of what has just been seen to need nothing; else NULL. */
static napi_value answer_at_once(napi_env env, const struct sbx_object *object, struct sbx_op *op)
{
    napi_value no = NULL;
    if (sbx_fs_is_read_only(object->fs) ||
        !sbx_fresh_needs_nothing(&object->fresh, op->args.path, op->args.flags)) {
        return NULL;
    }
    return napi_get_boolean(env, false, &no) == napi_ok ? no : NULL;
}

static napi_value run(napi_env env, struct sbx_object *object, struct sbx_op *op,
                      const struct sbx_job_kind *kind, const struct sbx_call_options *options)
{
    napi_value answer = answer_at_once(env, object, op);
    if (answer != NULL) {
        sbx_op_destroy(op);
        return answer;
    }
    if (sbx_endpoint_fetcher(op->endpoint) != 0) {
        return sbx_later_open(object, op, kind, options);
    }
    sbx_fresh_forget(&object->fresh);
    object->env->changes++;
    return sbx_job_run(object, op, kind);
}

/* What the call would come back with, as far as that is known; NULL: it is not. Of one file, and at once, nothing is. */
static const struct sbx_result *find_known(struct sbx_object *object, const struct sbx_fs_method *method,
                                           const struct sbx_call *call)
{
    bool asks = method->kind.synchronous || call->file.ino != 0;
    return asks ? NULL
                : sbx_cache_find(&object->cache, (enum sbx_op_code)call->row->code, call->args.path,
                                 object->env->changes);
}

/* The promise, or the value, of a call whose arguments have been read. From here to the op's own copy of
 * them no JavaScript runs: they borrow a buffer that it could take away. */
static napi_value start(napi_env env, struct sbx_object *object, const struct sbx_fs_method *method,
                        struct sbx_call *call, const struct sbx_call_options *options,
                        struct sbx_endpoint *endpoint)
{
    struct sbx_op *op = NULL;
    struct sbx_args patch;
    enum sbx_status status = call->refused;
    if (status == SBX_OK && endpoint == NULL && method->kind.synchronous) {
        return sbx_lazy_refuse(object, method->kind.syscall, call->args.path);
    }
    const struct sbx_result *known =
        status == SBX_OK && endpoint != NULL ? find_known(object, method, call) : NULL;
    if (known != NULL) {
        napi_value answer = sbx_answer_known(object, &method->kind, call->row, call->args.path, known);
        sbx_ahead_known(object, call, endpoint);
        return answer;
    }
    bool patches = status == SBX_OK && call->row->code == SBX_OP_WRITE &&
                   sbx_known_patch(&object->known, call->args.path, call->args.data, &patch);
    if (patches || (status == SBX_OK && sbx_large_write_is(call))) {
        return sbx_large_write_start(object, call, patches ? &patch : NULL, options, endpoint);
    }
    if (status == SBX_OK) {
        status = method->kind.plan == &sbx_large_read_plan
                     ? sbx_large_read_create(&op, object, endpoint, call->args.path)
                     : sbx_fs_op_create(&op, object->fs, call->row, endpoint, &call->args);
    }
    if (status != SBX_OK) {
        return sbx_answer_refuse(env, &method->kind, status, call->args.path);
    }
    op->file = call->file;
    op->of_file = call->file.ino != 0;
    sbx_patience_limit(op, options->timeout_ms);
    if (method->kind.synchronous) {
        return run(env, object, op, &method->kind, options);
    }
    if (options->signal == NULL) { /* who may take it back waits for nothing else */
        sbx_ahead_look(object, op);
    }
    return sbx_job_start(object, op, &method->kind, NULL, options);
}

static napi_value call_method(napi_env env, napi_callback_info info)
{
    struct sbx_binding *binding = NULL;
    napi_value argv[SBX_ARGUMENTS];
    size_t argc = SBX_ARGUMENTS;
    if (napi_get_cb_info(env, info, &argc, argv, NULL, (void **)&binding) != napi_ok) {
        return sbx_try_throw(env);
    }
    const struct sbx_fs_method *method = binding->row;
    struct sbx_call call = {.row = sbx_op_row(method->code)};
    struct sbx_call_options options;
    /* These first, because the fields of the client and the options may be getters. */
    struct sbx_endpoint *endpoint = NULL;
    bool read = sbx_object_endpoint(binding->object, method->kind.syscall, &endpoint) &&
                sbx_call_options_read(env, argv[sbx_fs_method_options(method)], binding->object, &options) &&
                (method->read == NULL ? sbx_args_read(env, argv, &call) : method->read(env, argv, &call));
    keep_owner(binding->object, &call);
    look_around(binding->object, &call);
    napi_value value = read ? start(env, binding->object, method, &call, &options, endpoint)
                            : sbx_answer_reject(env, &method->kind);
    sbx_endpoint_unref(endpoint);
    sbx_args_clear(&call);
    return value;
}

/* fsync(path): core calls it without looking at the promise, so it resolves, whatever there is. */
static napi_value call_fsync(napi_env env, napi_callback_info info)
{
    (void)info;
    return sbx_answer_resolve(env);
}

static bool create_fs(napi_env env, struct sbx_object *object, const struct sbx_options *options)
{
    struct sbx_span root = SBX_SPAN("/");
    struct sbx_span given = {options->base_path, options->base_path_length};
    sbx_fresh_init(&object->fresh);
    object->owner = options->owner;
    sbx_cache_init(&object->cache, options->cache_ttl_ms, (size_t)options->cache_bytes);
    enum sbx_status status = sbx_fs_create(
        &object->fs,
        &(struct sbx_fs_options){
            .base_path = given.data == NULL ? root : given,
            .timeout_ms = (int)options->timeout_ms,
            .read_only = options->read_only,
            .max_full_read = options->max_full_read,
            .companion = {options->no_companion, {options->companion_path, options->companion_path_length}},
        });
    if (status != SBX_OK) {
        sbx_error_throw(env,
                        &(struct sbx_failure){.status = status, .syscall = "createSandboxFs", .path = given});
    }
    return status == SBX_OK;
}

static napi_value text_or_null(napi_env env, const char *text)
{
    napi_value value;
    SBX_TRY(text[0] == '\0' ? napi_get_null(env, &value)
                            : napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value));
    return value;
fail:
    return sbx_try_throw(env);
}

/* fs.lane: { lane, carrier, reason }. */
static napi_value get_lane(napi_env env, napi_callback_info info)
{
    struct sbx_binding *binding = NULL;
    char reason[SBX_DETAIL_MAX];
    napi_value target;
    SBX_TRY(napi_get_cb_info(env, info, NULL, NULL, NULL, (void **)&binding));
    bool up = sbx_fs_report(binding->object->fs, reason, sizeof(reason)) == SBX_COMPANION_UP;
    const struct {
        const char *name;
        const char *text;
    } properties[] = {{"lane", up ? "companion" : "http"},
                      {"carrier", up ? sbx_fs_carrier(binding->object->fs) : ""},
                      {"reason", reason}};
    SBX_TRY(napi_create_object(env, &target));
    for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
        napi_value value = text_or_null(env, properties[i].text);
        SBX_TRY(value == NULL ? napi_pending_exception : napi_ok);
        SBX_TRY(napi_set_named_property(env, target, properties[i].name, value));
    }
    return target;
fail:
    return sbx_try_throw(env);
}

/* A property whose getter is a function of the object's own, as its methods are: Object.defineProperty takes one,
 * Node-API does not. */
static bool add_lane(napi_env env, struct sbx_object *object, napi_value target)
{
    napi_value global;
    napi_value class;
    napi_value define;
    napi_value name;
    napi_value descriptor;
    napi_value yes;
    napi_value getter = sbx_object_function(object, "lane", get_lane, NULL);
    SBX_TRY(getter == NULL ? napi_pending_exception : napi_ok);
    SBX_TRY(napi_get_global(env, &global));
    SBX_TRY(napi_get_named_property(env, global, "Object", &class));
    SBX_TRY(napi_get_named_property(env, class, "defineProperty", &define));
    SBX_TRY(napi_create_string_utf8(env, "lane", NAPI_AUTO_LENGTH, &name));
    SBX_TRY(napi_create_object(env, &descriptor));
    SBX_TRY(napi_get_boolean(env, true, &yes));
    SBX_TRY(napi_set_named_property(env, descriptor, "get", getter));
    SBX_TRY(napi_set_named_property(env, descriptor, "enumerable", yes));
    napi_value argv[] = {target, name, descriptor};
    SBX_TRY(napi_call_function(env, class, define, 3, argv, NULL));
    return true;
fail:
    (void)sbx_try_throw(env);
    return false;
}

static napi_value fill(napi_env env, struct sbx_object *object)
{
    size_t count = 0;
    const struct sbx_fs_method *methods = sbx_fs_methods(&count);
    napi_value target;
    SBX_TRY(napi_create_object(env, &target));
    for (size_t i = 0; i < count; i++) {
        if (methods[i].name == NULL) {
            continue;
        }
        bool fsync = methods[i].code == SBX_OP_FSYNC;
        napi_callback callback = fsync ? call_fsync : call_method;
        napi_value function = sbx_object_function(object, methods[i].name, callback, &methods[i]);
        SBX_TRY(function == NULL ? napi_pending_exception : napi_ok);
        SBX_TRY(napi_set_named_property(env, target, methods[i].name, function));
    }
    return add_lane(env, object, target) && sbx_object_add_close(object, target) ? target : NULL;
fail:
    return sbx_try_throw(env);
}

napi_value sbx_fs_object_create(napi_env env, napi_callback_info info)
{
    static const struct sbx_factory factory = {sbx_options_read_fs, create_fs, fill};
    return sbx_object_make(env, info, &factory);
}

napi_value sbx_fs_object_method_names(napi_env env)
{
    size_t count = 0;
    uint32_t named = 0;
    const struct sbx_fs_method *methods = sbx_fs_methods(&count);
    napi_value names;
    SBX_TRY(napi_create_array(env, &names));
    for (size_t i = 0; i < count; i++) {
        napi_value name;
        if (methods[i].name == NULL) {
            continue;
        }
        SBX_TRY(napi_create_string_utf8(env, methods[i].name, NAPI_AUTO_LENGTH, &name));
        SBX_TRY(napi_set_element(env, names, named++, name));
    }
    return names;
fail:
    return sbx_try_throw(env);
}
