/* tool_input.c: from the JSON of a call to an object that holds only known fields of the right type.
 *
 * A flag wins over the same field in `json`: it was written by itself.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/tool_input.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/tool_calls.h"
#include "core/tool_env.h"

#define JSON_FIELD "json"
#define NAME_SHOWN_MAX 200 /* bytes */

static const char *const type_words[] = {
    [SBX_FIELD_STRING] = "a string without NUL",
    [SBX_FIELD_TEXT] = "a string",
    [SBX_FIELD_NUMBER] = "a whole number above zero",
    [SBX_FIELD_WAIT] = "a whole number above zero",
    [SBX_FIELD_BOOLEAN] = "true or false",
    [SBX_FIELD_STRINGS] = "a list of strings",
    [SBX_FIELD_RECORD] = "an object of strings, or a list of NAME=VALUE",
    [SBX_FIELD_ENUM] = "one of the words that --help names",
};

enum sbx_step sbx_tool_usage(struct sbx_op *op, const char *format, ...)
{
    char words[SBX_DETAIL_MAX];
    int used = snprintf(words, sizeof(words), "usage: %s: ", op->tool->name);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(words + used, sizeof(words) - (size_t)used, format, args);
    va_end(args);
    return sbx_op_fail(op, SBX_EINVAL, words);
}

static bool all_strings(json_t *value)
{
    const char *name;
    json_t *member;
    json_object_foreach (value, name, member) {
        if (!json_is_string(member)) {
            return false;
        }
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (!json_is_string(json_array_get(value, i))) {
            return false;
        }
    }
    return true;
}

static bool is_one_of(const json_t *value, const char *const *values)
{
    const char *text = json_string_value(value);
    if (text == NULL || strlen(text) != json_string_length(value)) {
        return false;
    }
    for (; *values != NULL; values++) {
        if (strcmp(text, *values) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_count(const json_t *value)
{
    double number = json_number_value(value);
    return number >= 1 && number <= SBX_TIMEOUT_MAX_MS && number == (double)(int64_t)number;
}

static bool has_type(json_t *value, const struct sbx_field *field)
{
    switch (field->type) {
    case SBX_FIELD_STRING:
        return json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value);
    case SBX_FIELD_TEXT:
        return json_is_string(value);
    case SBX_FIELD_NUMBER:
    case SBX_FIELD_WAIT:
        return is_count(value);
    case SBX_FIELD_BOOLEAN:
        return json_is_boolean(value);
    case SBX_FIELD_STRINGS:
        return json_is_array(value) && all_strings(value);
    case SBX_FIELD_RECORD:
        return (json_is_object(value) || json_is_array(value)) && all_strings(value);
    case SBX_FIELD_ENUM:
        return is_one_of(value, field->values);
    }
    return false;
}

static const struct sbx_field *find_field(const struct sbx_tool *tool, const char *name)
{
    for (size_t i = 0; i < tool->field_count; i++) {
        if (strcmp(tool->fields[i].name, name) == 0) {
            return &tool->fields[i];
        }
    }
    return NULL;
}

/* "command, args, cwd": what a misspelt name could have been. */
static void list_fields(const struct sbx_tool *tool, char *list, size_t size)
{
    size_t used = 0;
    list[0] = '\0';
    for (size_t i = 0; i < tool->field_count && used < size; i++) {
        int added = snprintf(list + used, size - used, "%s%s", i == 0 ? "" : ", ", tool->fields[i].name);
        used += added > 0 ? (size_t)added : 0;
    }
}

static bool check_field(struct sbx_op *op, const char *name, json_t *value)
{
    const struct sbx_field *field = find_field(op->tool, name);
    char list[256];
    if (field == NULL) {
        list_fields(op->tool, list, sizeof(list));
        (void)sbx_tool_usage(op, "there is no field \"%s\"; it has %s", name,
                             list[0] == '\0' ? "none" : list);
        return false;
    }
    if (!has_type(value, field)) {
        (void)sbx_tool_usage(op, "\"%s\" must be %s", name, type_words[field->type]);
        return false;
    }
    return true;
}

static bool check(struct sbx_op *op, json_t *input)
{
    const char *name;
    json_t *value;
    json_object_foreach (input, name, value) {
        if (!check_field(op, name, value)) {
            return false;
        }
    }
    for (size_t i = 0; i < op->tool->field_count; i++) {
        const struct sbx_field *field = &op->tool->fields[i];
        if (field->required && json_object_get(input, field->name) == NULL) {
            (void)sbx_tool_usage(op, "\"%s\" is required", field->name);
            return false;
        }
    }
    return true;
}

/* Makes an object of each environment. */
static bool read_environments(struct sbx_op *op, json_t *input)
{
    for (size_t i = 0; i < op->tool->field_count; i++) {
        const struct sbx_field *field = &op->tool->fields[i];
        json_t *value = field->type == SBX_FIELD_RECORD ? json_object_get(input, field->name) : NULL;
        json_t *env = NULL;
        char wrong[SBX_ENV_WORDS];
        enum sbx_status status = value == NULL ? SBX_OK : sbx_env_read(value, &env, wrong);
        if (status == SBX_EINVAL) {
            (void)sbx_tool_usage(op, "\"%s\": %s", field->name, wrong);
        } else if (status != SBX_OK || (env != NULL && json_object_set_new(input, field->name, env) != 0)) {
            (void)sbx_op_fail(op, SBX_ENOMEM, NULL);
            status = SBX_ENOMEM;
        }
        if (status != SBX_OK) {
            return false;
        }
    }
    return true;
}

/* The text comes from a command line, whose tool server gives a call up after 30 s; a flag's value is looked at by the
 * schema. */
static bool waits_fit(struct sbx_op *op, json_t *fields)
{
    const char *name;
    json_t *value;
    json_object_foreach (fields, name, value) {
        const struct sbx_field *field = find_field(op->tool, name);
        if (field != NULL && field->type == SBX_FIELD_WAIT && json_number_value(value) > SBX_TOOL_WAIT_MS) {
            (void)sbx_tool_usage(op, "\"%s\" is %d at most in --json", name, SBX_TOOL_WAIT_MS);
            return false;
        }
    }
    return true;
}

/* It is no object: of what jansson does not take a NUL in a name is told apart. */
static void refuse_text(struct sbx_op *op, struct sbx_span text, const char *otherwise)
{
    struct sbx_span name;
    if (text.length > 0 && sbx_json_name_with_nul(text, &name)) {
        int shown = name.length < NAME_SHOWN_MAX ? (int)name.length : NAME_SHOWN_MAX;
        (void)sbx_tool_usage(op, "the name '%.*s' has a NUL", shown, name.data);
    } else {
        (void)sbx_tool_usage(op, "%s", otherwise);
    }
}

/* Puts the fields of the `json` text beneath the others. */
static bool merge_json(struct sbx_op *op, json_t *input)
{
    json_t *fields = NULL;
    json_t *text = json_object_get(input, JSON_FIELD);
    if (text == NULL) {
        return true;
    }
    struct sbx_span span = {json_string_value(text), json_string_length(text)};
    enum sbx_status status = sbx_json_parse(&fields, span, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL);
    bool object = json_is_object(fields) && json_object_get(fields, JSON_FIELD) == NULL;
    if (status == SBX_OK && object && !waits_fit(op, fields)) {
        status = SBX_EINVAL;
    } else if (status == SBX_OK && object) {
        bool merged =
            json_object_del(input, JSON_FIELD) == 0 && json_object_update_missing(input, fields) == 0;
        status = merged ? SBX_OK : SBX_ENOMEM;
    }
    if (status == SBX_ENOMEM) {
        (void)sbx_op_fail(op, status, NULL);
    } else if (!object) {
        refuse_text(op, span, "--json must be one JSON object, each of its fields given once");
        status = SBX_EINVAL;
    }
    json_decref(fields);
    return status == SBX_OK;
}

json_t *sbx_tool_input(struct sbx_op *op)
{
    json_t *input = NULL;
    enum sbx_status status = sbx_json_parse(&input, op->args.data, JSON_ALLOW_NUL);
    if (status == SBX_ENOMEM) {
        (void)sbx_op_fail(op, status, NULL);
    } else if (!json_is_object(input)) {
        refuse_text(op, op->args.data, "the input must be an object");
    } else if (merge_json(op, input) && check(op, input) && read_environments(op, input)) {
        return input;
    }
    json_decref(input);
    return NULL;
}

bool sbx_tool_needs_shell(const char *command)
{
    return strpbrk(command, " \t\r\n\v\f|&;<>()$`\\\"'*?[]#~!{}") != NULL;
}
