/* fs_object.c: an object with a function for each method. A function knows its method and its object by
 * its own data, never by `this`: core wraps drivers in objects of its own.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/fs_object.h"

#include "napi/error.h"
#include "napi/fs_methods.h"
#include "napi/object.h"

/* The op of a call; NULL: thrown. */
static struct sbx_op *make_op(napi_env env, struct sbx_object *object, const struct sbx_fs_method *method,
                              const struct sbx_call *call)
{
    struct sbx_op *op = NULL;
    struct sbx_endpoint *endpoint = sbx_object_endpoint(object, method->kind.syscall);
    if (endpoint == NULL) {
        return NULL;
    }
    enum sbx_status status = call->refused;
    if (status == SBX_OK) {
        status = sbx_fs_op_create(&op, object->fs, call->row, endpoint, &call->args);
    }
    if (status != SBX_OK) {
        sbx_error_throw(env, &(struct sbx_failure){
                                 .status = status, .syscall = method->kind.syscall, .path = call->args.path});
    }
    sbx_endpoint_unref(endpoint);
    return op;
}

static napi_value call_method(napi_env env, napi_callback_info info)
{
    struct sbx_binding *binding = NULL;
    napi_value argv[SBX_ARGUMENTS];
    size_t argc = SBX_ARGUMENTS;
    if (napi_get_cb_info(env, info, &argc, argv, NULL, (void **)&binding) != napi_ok) {
        return sbx_addon_throw(env);
    }
    const struct sbx_fs_method *method = binding->row;
    struct sbx_call call = {.row = sbx_op_row(method->code)};
    bool read = method->read == NULL ? sbx_args_read(env, argv, &call) : method->read(env, argv, &call);
    struct sbx_op *op = read ? make_op(env, binding->object, method, &call) : NULL;
    sbx_args_clear(&call);
    if (method->synchronous) {
        return op == NULL ? NULL : sbx_job_run(binding->object, op, &method->kind);
    }
    return op == NULL ? sbx_job_reject(env) : sbx_job_start(binding->object, op, &method->kind);
}

static bool create_fs(napi_env env, struct sbx_object *object, const struct sbx_options *options)
{
    struct sbx_span root = SBX_SPAN("/");
    struct sbx_span given = {options->base_path, options->base_path_length};
    enum sbx_status status = sbx_fs_create(&object->fs, &(struct sbx_fs_options){
                                                            .base_path = given.data == NULL ? root : given,
                                                            .timeout_ms = (int)options->timeout_ms,
                                                            .read_only = options->read_only,
                                                            .max_full_read = options->max_full_read,
                                                        });
    if (status != SBX_OK) {
        sbx_error_throw(env,
                        &(struct sbx_failure){.status = status, .syscall = "createSandboxFs", .path = given});
    }
    return status == SBX_OK;
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
        napi_value function = sbx_object_function(object, methods[i].name, call_method, &methods[i]);
        SBX_TRY(function == NULL ? napi_pending_exception : napi_ok);
        SBX_TRY(napi_set_named_property(env, target, methods[i].name, function));
    }
    return sbx_object_add_close(object, target) ? target : NULL;
fail:
    return sbx_addon_throw(env);
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
    return sbx_addon_throw(env);
}
