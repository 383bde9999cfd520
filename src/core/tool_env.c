/* tool_env.c: see tool_env.h.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/tool_env.h"

#include <stdbool.h>
#include <string.h>

static bool has_nul(const json_t *string)
{
    return strlen(json_string_value(string)) != json_string_length(string);
}

/* "NAME=VALUE"; a later one of the same name wins. */
static enum sbx_status add_assignment(json_t *env, const json_t *assignment)
{
    const char *text = json_string_value(assignment);
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || has_nul(assignment)) {
        return SBX_EINVAL;
    }
    int failed = json_object_setn_new(env, text, (size_t)(equals - text), json_string(equals + 1));
    return failed == 0 ? SBX_OK : SBX_ENOMEM;
}

static enum sbx_status read_list(const json_t *list, json_t *env, const char **wrong)
{
    enum sbx_status status = SBX_OK;
    for (size_t i = 0; i < json_array_size(list) && status == SBX_OK; i++) {
        *wrong = json_string_value(json_array_get(list, i));
        status = add_assignment(env, json_array_get(list, i));
    }
    return status;
}

static enum sbx_status read_object(json_t *object, json_t *env, const char **wrong)
{
    const char *name;
    size_t length;
    json_t *value;
    json_object_keylen_foreach(object, name, length, value)
    {
        *wrong = name;
        if (length == 0 || memchr(name, '=', length) != NULL || memchr(name, '\0', length) != NULL ||
            has_nul(value)) {
            return SBX_EINVAL;
        }
    }
    return json_object_update(env, object) == 0 ? SBX_OK : SBX_ENOMEM;
}

enum sbx_status sbx_env_read(json_t *value, json_t **env, const char **wrong)
{
    *env = json_object();
    if (*env == NULL) {
        return SBX_ENOMEM;
    }
    enum sbx_status status =
        json_is_array(value) ? read_list(value, *env, wrong) : read_object(value, *env, wrong);
    if (status != SBX_OK) {
        json_decref(*env);
        *env = NULL;
    }
    return status;
}
