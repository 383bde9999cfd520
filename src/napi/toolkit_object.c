/* toolkit_object.c: a tool per row of core/tools.c; everything that is shown of it comes from the row.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/toolkit_object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "napi/answer.h"
#include "napi/error.h"
#include "napi/job.h"
#include "napi/object.h"
#include "napi/result.h"
#include "napi/try.h"
#include "napi/value.h"

/* What a call left in the sandbox goes while its answer is on its way. */
static struct sbx_op *remove_rest(struct sbx_job *job, struct sbx_op *op)
{
    struct sbx_op *rest = sbx_tool_op_rest(op);
    if (rest != NULL && sbx_job_go_on(job, rest) != SBX_OK) {
        sbx_op_destroy(rest);
    }
    return op;
}

static void end_nothing(struct sbx_object *object, void *state)
{
    (void)object;
    (void)state;
}

static const struct sbx_job_plan plan = {.next = remove_rest, .end = end_nothing};
static const struct sbx_job_kind kind = {.result = sbx_result_json, .plan = &plan};

static const char *const type_words[] = {
    [SBX_FIELD_STRING] = "string",   [SBX_FIELD_TEXT] = "string",      [SBX_FIELD_NUMBER] = "number",
    [SBX_FIELD_BOOLEAN] = "boolean", [SBX_FIELD_STRINGS] = "string[]", [SBX_FIELD_RECORD] = "record",
    [SBX_FIELD_ENUM] = "enum",       [SBX_FIELD_WAIT] = "wait",
};

/* The input as JSON, which the caller frees; NULL: thrown. */
static char *read_input(napi_env env, napi_value input, size_t *length)
{
    napi_value json =
        sbx_value_is(env, input, napi_object) ? sbx_result_call_json(env, "stringify", input) : NULL;
    if (json == NULL) {
        sbx_error_throw_type(env, "\"input\" argument", "of type object", input);
        return NULL;
    }
    return sbx_value_text(env, json, "\"input\" argument", length, NULL);
}

static struct sbx_op *make_op(napi_env env, const struct sbx_binding *binding, napi_value input,
                              const struct sbx_call_options *options)
{
    struct sbx_op *op = NULL;
    const struct sbx_tool *tool = binding->row;
    size_t length = 0;
    char *json = read_input(env, input, &length);
    struct sbx_endpoint *endpoint = NULL;
    if (json != NULL && sbx_object_endpoint(binding->object, tool->name, &endpoint)) {
        enum sbx_status status = sbx_tool_op_create(&op, binding->object->toolkit, tool, endpoint,
                                                    (struct sbx_span){json, length});
        if (status != SBX_OK) {
            sbx_error_throw(env, &(struct sbx_failure){.status = status, .syscall = tool->name});
        } else {
            sbx_patience_limit(op, options->timeout_ms);
        }
    }
    sbx_endpoint_unref(endpoint);
    free(json);
    return op;
}

static napi_value execute(napi_env env, napi_callback_info info)
{
    struct sbx_binding *binding = NULL;
    napi_value argv[2];
    size_t argc = 2;
    struct sbx_call_options options;
    if (napi_get_cb_info(env, info, &argc, argv, NULL, (void **)&binding) != napi_ok) {
        return sbx_try_throw(env);
    }
    bool read = sbx_call_options_read(env, argv[1], binding->object, &options);
    struct sbx_op *op = read ? make_op(env, binding, argv[0], &options) : NULL;
    return op == NULL ? sbx_answer_reject(env, &kind)
                      : sbx_job_start(binding->object, op, &kind, NULL, &options);
}

static napi_status set_text(napi_env env, napi_value object, const char *name, const char *text)
{
    napi_value value;
    napi_status status = napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value);
    return status == napi_ok ? napi_set_named_property(env, object, name, value) : status;
}

static napi_value make_values(napi_env env, const char *const *values)
{
    napi_value array;
    SBX_TRY(napi_create_array(env, &array));
    for (uint32_t i = 0; values[i] != NULL; i++) {
        napi_value value;
        SBX_TRY(napi_create_string_utf8(env, values[i], NAPI_AUTO_LENGTH, &value));
        SBX_TRY(napi_set_element(env, array, i, value));
    }
    return array;
fail:
    return sbx_try_throw(env);
}

static napi_value make_field(napi_env env, const void *rows, size_t index)
{
    const struct sbx_field *field = (const struct sbx_field *)rows + index;
    napi_value object;
    napi_value required;
    SBX_TRY(napi_create_object(env, &object));
    SBX_TRY(set_text(env, object, "name", field->name));
    SBX_TRY(set_text(env, object, "type", type_words[field->type]));
    SBX_TRY(set_text(env, object, "description", field->description));
    SBX_TRY(napi_get_boolean(env, field->required, &required));
    SBX_TRY(napi_set_named_property(env, object, "required", required));
    if (field->values != NULL) {
        napi_value values = make_values(env, field->values);
        SBX_TRY(values == NULL ? napi_pending_exception : napi_ok);
        SBX_TRY(napi_set_named_property(env, object, "values", values));
    }
    return object;
fail:
    return sbx_try_throw(env);
}

static napi_value make_example(napi_env env, const void *rows, size_t index)
{
    const struct sbx_example *example = (const struct sbx_example *)rows + index;
    napi_value object;
    napi_value text;
    SBX_TRY(napi_create_object(env, &object));
    SBX_TRY(set_text(env, object, "description", example->description));
    SBX_TRY(napi_create_string_utf8(env, example->input, NAPI_AUTO_LENGTH, &text));
    napi_value input = sbx_result_call_json(env, "parse", text);
    SBX_TRY(input == NULL ? napi_pending_exception : napi_ok);
    SBX_TRY(napi_set_named_property(env, object, "input", input));
    return object;
fail:
    return sbx_try_throw(env);
}

/* Sets `name` to an array of what `make` makes of each row. */
static napi_status set_rows(napi_env env, napi_value object, const char *name, const void *rows, size_t count,
                            napi_value (*make)(napi_env env, const void *rows, size_t index))
{
    napi_value array;
    napi_status status = napi_create_array_with_length(env, count, &array);
    for (size_t i = 0; i < count && status == napi_ok; i++) {
        napi_value value = make(env, rows, i);
        status = value == NULL ? napi_pending_exception : napi_set_element(env, array, (uint32_t)i, value);
    }
    return status == napi_ok ? napi_set_named_property(env, object, name, array) : status;
}

static napi_value make_tool(napi_env env, struct sbx_object *object, const struct sbx_tool *tool)
{
    napi_value target;
    napi_value timeout;
    SBX_TRY(napi_create_object(env, &target));
    SBX_TRY(set_text(env, target, "description", tool->description));
    SBX_TRY(napi_create_int32(env, SBX_TOOL_TIMEOUT_MS, &timeout));
    SBX_TRY(napi_set_named_property(env, target, "timeout", timeout));
    SBX_TRY(set_rows(env, target, "fields", tool->fields, tool->field_count, make_field));
    SBX_TRY(set_rows(env, target, "examples", tool->examples, tool->example_count, make_example));
    napi_value function = sbx_object_function(object, "execute", execute, tool);
    SBX_TRY(function == NULL ? napi_pending_exception : napi_ok);
    SBX_TRY(napi_set_named_property(env, target, "execute", function));
    return target;
fail:
    return sbx_try_throw(env);
}

static napi_value fill(napi_env env, struct sbx_object *object)
{
    size_t count = 0;
    const struct sbx_tool *rows = sbx_tools(&count);
    napi_value target;
    napi_value tools;
    SBX_TRY(napi_create_object(env, &target));
    SBX_TRY(set_text(env, target, "name", SBX_TOOLKIT_NAME));
    SBX_TRY(set_text(env, target, "description", SBX_TOOLKIT_DESCRIPTION));
    SBX_TRY(napi_create_object(env, &tools));
    for (size_t i = 0; i < count; i++) {
        napi_value tool = make_tool(env, object, &rows[i]);
        SBX_TRY(tool == NULL ? napi_pending_exception : napi_ok);
        SBX_TRY(napi_set_named_property(env, tools, rows[i].name, tool));
    }
    SBX_TRY(napi_set_named_property(env, target, "tools", tools));
    return sbx_object_add_close(object, target) ? target : NULL;
fail:
    return sbx_try_throw(env);
}

/* `wrong` is what is wrong with a variable; empty: it is none of them. */
static void throw_env(napi_env env, const char *wrong)
{
    static const char expected[] = "The \"options.env\" property must be an object of strings";
    char message[SBX_ENV_WORDS + sizeof(expected) + 2];
    (void)snprintf(message, sizeof(message), "%s: %s", expected, wrong);
    if (wrong[0] == '\0') {
        (void)napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", expected);
    } else {
        sbx_error_throw_value(env, message);
    }
}

static bool create_toolkit(napi_env env, struct sbx_object *object, const struct sbx_options *options)
{
    char wrong[SBX_ENV_WORDS] = "";
    enum sbx_status status = sbx_toolkit_create(
        &object->toolkit,
        &(struct sbx_toolkit_options){
            .cwd = {options->cwd, options->cwd_length},
            .env = {options->env, options->env_length},
            .timeout_ms = (int)options->timeout_ms,
            .companion = {options->no_companion, {options->companion_path, options->companion_path_length}},
            .wrong = wrong,
        });
    if (status == SBX_EINVAL) {
        throw_env(env, wrong);
    } else if (status != SBX_OK) {
        sbx_error_throw(env, &(struct sbx_failure){.status = status, .syscall = "createSandboxToolkit"});
    }
    return status == SBX_OK;
}

napi_value sbx_toolkit_object_create(napi_env env, napi_callback_info info)
{
    static const struct sbx_factory factory = {sbx_options_read_toolkit, create_toolkit, fill};
    return sbx_object_make(env, info, &factory);
}
