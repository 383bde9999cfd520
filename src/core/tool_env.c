/* tool_env.c: see tool_env.h. What is wrong is the same for every way to start a program, so it is found here, before
 * anything is asked: a server takes "A=B" for a name, and of a NUL it says no more than that there is one.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/tool_env.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"

#define SHOWN_MAX 200 /* bytes of a variable that are shown */
#define NUL_IN_NAME "the name '%s' has a NUL"

static struct sbx_span text_of(const json_t *string)
{
    return (struct sbx_span){json_string_value(string), json_string_length(string)};
}

static bool has(struct sbx_span text, char character)
{
    return text.length > 0 && memchr(text.data, character, text.length) != NULL;
}

/* `format` has one %s, for what is wrong; a NUL in it is shown as \0. */
__attribute__((format(printf, 3, 0))) static enum sbx_status refuse(char *words, struct sbx_span wrong,
                                                                    const char *format)
{
    char shown[2 * SHOWN_MAX + 1];
    size_t used = 0;
    for (size_t i = 0; i < wrong.length && used < SHOWN_MAX; i++) {
        bool nul = wrong.data[i] == '\0';
        shown[used++] = nul ? '\\' : wrong.data[i];
        if (nul) {
            shown[used++] = '0';
        }
    }
    shown[used] = '\0';
    (void)snprintf(words, SBX_ENV_WORDS, format, shown);
    return SBX_EINVAL;
}

/* `whole` is as it was written: what is shown where there is no name to show. */
static enum sbx_status check(struct sbx_span name, struct sbx_span value, struct sbx_span whole, char *words)
{
    if (name.length == 0) {
        return refuse(words, whole, "'%s' has no name");
    }
    if (has(name, '=')) {
        return refuse(words, name, "the name '%s' has a \"=\"");
    }
    if (has(name, '\0')) {
        return refuse(words, name, NUL_IN_NAME);
    }
    return has(value, '\0') ? refuse(words, name, "the value of '%s' has a NUL") : SBX_OK;
}

/* "NAME=VALUE"; a later one of the same name wins. */
static enum sbx_status add_assignment(json_t *env, const json_t *assignment, char *words)
{
    struct sbx_span whole = text_of(assignment);
    const char *equals = whole.length == 0 ? NULL : memchr(whole.data, '=', whole.length);
    if (equals == NULL) {
        return refuse(words, whole, "'%s' is no NAME=VALUE");
    }
    struct sbx_span name = {whole.data, (size_t)(equals - whole.data)};
    struct sbx_span value = {equals + 1, whole.length - name.length - 1};
    enum sbx_status status = check(name, value, whole, words);
    if (status != SBX_OK) {
        return status;
    }
    int failed = json_object_setn_new(env, name.data, name.length, json_stringn(value.data, value.length));
    return failed == 0 ? SBX_OK : SBX_ENOMEM;
}

static enum sbx_status read_list(const json_t *list, json_t *env, char *words)
{
    enum sbx_status status = SBX_OK;
    for (size_t i = 0; i < json_array_size(list) && status == SBX_OK; i++) {
        status = add_assignment(env, json_array_get(list, i), words);
    }
    return status;
}

static enum sbx_status read_object(json_t *object, json_t *env, char *words)
{
    const char *name;
    size_t length;
    json_t *value;
    json_object_keylen_foreach(object, name, length, value)
    {
        enum sbx_status status = check((struct sbx_span){name, length}, text_of(value), SBX_SPAN(""), words);
        if (status != SBX_OK) {
            return status;
        }
    }
    return json_object_update(env, object) == 0 ? SBX_OK : SBX_ENOMEM;
}

enum sbx_status sbx_env_read(json_t *value, json_t **env, char words[SBX_ENV_WORDS])
{
    *env = json_object();
    if (*env == NULL) {
        return SBX_ENOMEM;
    }
    enum sbx_status status =
        json_is_array(value) ? read_list(value, *env, words) : read_object(value, *env, words);
    if (status != SBX_OK) {
        json_decref(*env);
        *env = NULL;
    }
    return status;
}

static bool is_object_of_strings(json_t *value)
{
    const char *name;
    json_t *member;
    json_object_foreach (value, name, member) {
        if (!json_is_string(member)) {
            return false;
        }
    }
    return json_is_object(value);
}

enum sbx_status sbx_env_parse(struct sbx_span text, json_t **env, char words[SBX_ENV_WORDS])
{
    json_t *value = NULL;
    struct sbx_span name;
    struct sbx_span given = text.length == 0 ? SBX_SPAN("{}") : text;
    words[0] = '\0';
    enum sbx_status status = sbx_json_parse(&value, given, JSON_ALLOW_NUL);
    if (status == SBX_OK && is_object_of_strings(value)) {
        status = sbx_env_read(value, env, words);
    } else if (status != SBX_ENOMEM) {
        status = sbx_json_name_with_nul(given, &name) ? refuse(words, name, NUL_IN_NAME) : SBX_EINVAL;
    }
    json_decref(value);
    return status;
}
