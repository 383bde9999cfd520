/* fs_object.c: an object with a function for each method. A function knows its method and its object by
 * its own data, never by `this`: core wraps drivers in objects of its own.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/fs_object.h"

#include <stdlib.h>

#include "napi/client.h"
#include "napi/error.h"
#include "napi/fs_methods.h"
#include "napi/object.h"
#include "napi/options.h"

/* What one function is called with: owned by the function. */
struct binding {
    struct sbx_object *object; /* borrowed: the function holds a count of it */
    struct sbx_fs_method method;
};

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
    struct binding *binding = NULL;
    napi_value argv[SBX_ARGUMENTS];
    size_t argc = SBX_ARGUMENTS;
    if (napi_get_cb_info(env, info, &argc, argv, NULL, (void **)&binding) != napi_ok) {
        return sbx_addon_throw(env);
    }
    const struct sbx_fs_method *method = &binding->method;
    struct sbx_call call = {.row = method->row};
    bool read = method->read == NULL ? sbx_args_read(env, argv, &call) : method->read(env, argv, &call);
    struct sbx_op *op = read ? make_op(env, binding->object, method, &call) : NULL;
    sbx_args_clear(&call);
    if (method->synchronous) {
        return op == NULL ? NULL : sbx_job_run(binding->object, op, &method->kind);
    }
    return op == NULL ? sbx_job_reject(env) : sbx_job_start(binding->object, op, &method->kind);
}

static void free_binding(napi_env env, void *data, void *hint)
{
    (void)env;
    (void)hint;
    free(data);
}

static bool add_method(napi_env env, napi_value target, struct sbx_object *object,
                       const struct sbx_fs_method *method)
{
    struct binding *binding = malloc(sizeof(*binding));
    if (binding == NULL) {
        sbx_error_throw(env, &(struct sbx_failure){.status = SBX_ENOMEM});
        return false;
    }
    *binding = (struct binding){.object = object, .method = *method};
    napi_value function = sbx_object_function(object, method->name, call_method, binding);
    if (function == NULL || napi_add_finalizer(env, function, binding, free_binding, NULL, NULL) != napi_ok) {
        free(binding);
        return false;
    }
    if (napi_set_named_property(env, target, method->name, function) != napi_ok) {
        (void)sbx_addon_throw(env);
        return false;
    }
    return true;
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
    struct sbx_fs_method methods[SBX_METHODS];
    size_t count = sbx_fs_methods(methods);
    napi_value target;
    SBX_TRY(napi_create_object(env, &target));
    for (size_t i = 0; i < count; i++) {
        if (!add_method(env, target, object, &methods[i])) {
            return NULL;
        }
    }
    return sbx_object_add_close(object, target) ? target : NULL;
fail:
    return sbx_addon_throw(env);
}

napi_value sbx_fs_object_create(napi_env env, napi_callback_info info)
{
    struct sbx_env *data = NULL;
    napi_value argument;
    size_t argc = 1;
    struct sbx_options options;
    if (napi_get_cb_info(env, info, &argc, &argument, NULL, (void **)&data) != napi_ok) {
        return sbx_addon_throw(env);
    }
    if (!sbx_options_read_fs(env, argument, &options)) {
        return NULL;
    }
    napi_value target = NULL;
    struct sbx_object *object = sbx_object_create(data, options.client);
    if (object != NULL) {
        target = create_fs(env, object, &options) ? fill(env, object) : NULL;
        sbx_object_unref(object);
    }
    sbx_options_clear(&options);
    return target;
}

napi_value sbx_fs_object_method_names(napi_env env)
{
    struct sbx_fs_method methods[SBX_METHODS];
    size_t count = sbx_fs_methods(methods);
    napi_value names;
    SBX_TRY(napi_create_array_with_length(env, count, &names));
    for (size_t i = 0; i < count; i++) {
        napi_value name;
        SBX_TRY(napi_create_string_utf8(env, methods[i].name, NAPI_AUTO_LENGTH, &name));
        SBX_TRY(napi_set_element(env, names, (uint32_t)i, name));
    }
    return names;
fail:
    return sbx_addon_throw(env);
}
