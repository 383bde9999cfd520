/* options.c: a table of options for each factory: name, and the function that reads the value.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "napi/cache.h"
#include "napi/call_options.h"
#include "napi/client.h"
#include "napi/error.h"
#include "napi/lazy.h"
#include "napi/result.h"
#include "napi/try.h"
#include "napi/value.h"

#define ID_MAX 4294967294.0 /* of a user or a group: the highest number means "as it is" to chown */

struct option {
    const char *name;
    bool required;
    bool (*read)(napi_env env, napi_value value, const char *what, struct sbx_options *into);
};

static bool read_client(napi_env env, napi_value value, const char *what, struct sbx_options *into)
{
    (void)env;
    (void)what; /* it is checked when all else is known to be right */
    into->client = value;
    return true;
}

static bool read_path(napi_env env, napi_value value, const char *what, char **path, size_t *length)
{
    bool whole = false;
    *path = sbx_value_text(env, value, what, length, &whole);
    if (*path == NULL) {
        return false;
    }
    if (!whole || strlen(*path) != *length || *length == 0 || (*path)[0] != '/') {
        char message[128];
        (void)snprintf(message, sizeof(message), "The %s must be an absolute path of the sandbox", what);
        sbx_error_throw_value(env, message);
        return false;
    }
    return true;
}

static bool read_base_path(napi_env env, napi_value value, const char *what, struct sbx_options *into)
{
    return read_path(env, value, what, &into->base_path, &into->base_path_length);
}

static bool read_cwd(napi_env env, napi_value value, const char *what, struct sbx_options *into)
{
    return read_path(env, value, what, &into->cwd, &into->cwd_length);
}

static bool read_timeout(napi_env env, napi_value value, const char *what, struct sbx_options *into)
{
    if (!sbx_value_whole(env, value, what, SBX_TIMEOUT_MAX_MS, &into->timeout_ms)) {
        return false;
    }
    if (into->timeout_ms == 0) {
        sbx_error_throw_range(env, what, "at least 1 ms");
        return false;
    }
    return true;
}

static bool read_signal(napi_env env, napi_value value, const char *what, struct sbx_options *into)
{
    into->signal = value;
    return sbx_call_options_check_signal(env, value, what);
}

static bool read_max_full_read(napi_env env, napi_value value, const char *what, struct sbx_options *into)
{
    double bytes = 0;
    if (!sbx_value_is(env, value, napi_number) || napi_get_value_double(env, value, &bytes) != napi_ok) {
        sbx_error_throw_type(env, what, "of type number", value);
        return false;
    }
    if (!(bytes >= 0) || bytes != floor(bytes)) {
        sbx_error_throw_range(env, what, "a whole number of bytes");
        return false;
    }
    into->max_full_read = bytes < (double)SBX_CONTENT_MAX ? (uint64_t)bytes : SBX_CONTENT_MAX;
    return true;
}

static bool read_read_only(napi_env env, napi_value value, const char *what, struct sbx_options *into)
{
    if (!sbx_value_is(env, value, napi_boolean)) {
        sbx_error_throw_type(env, what, "of type boolean", value);
        return false;
    }
    return napi_get_value_bool(env, value, &into->read_only) == napi_ok;
}

static bool check_names(napi_env env, napi_value options, const struct option *table);

static bool read_companion_path(napi_env env, napi_value value, const char *what, struct sbx_options *into)
{
    return read_path(env, value, what, &into->companion_path, &into->companion_path_length);
}

static const struct option companion_options[] = {
    {"path", true, read_companion_path},
    {NULL, false, NULL},
};

/* "auto", false, or { path }. */
static bool read_companion(napi_env env, napi_value value, const char *what, struct sbx_options *into)
{
    bool on = true;
    (void)what;
    if (sbx_value_is(env, value, napi_boolean) && napi_get_value_bool(env, value, &on) == napi_ok && !on) {
        into->no_companion = true;
        return true;
    }
    if (sbx_value_is(env, value, napi_object)) {
        napi_value path = sbx_value_property(env, value, "path");
        return path != NULL && check_names(env, value, companion_options) &&
               read_companion_path(env, path, "\"options.companion.path\" property", into);
    }
    char word[8];
    size_t length = 0;
    bool automatic = sbx_value_is(env, value, napi_string) &&
                     napi_get_value_string_utf8(env, value, word, sizeof(word), &length) == napi_ok &&
                     strcmp(word, "auto") == 0;
    if (!automatic) {
        sbx_error_throw_value(env, "The \"options.companion\" property must be \"auto\", false or { path }");
    }
    return automatic;
}

static bool read_transport(napi_env env, napi_value value, const char *what, struct sbx_options *into)
{
    static const char *const words[] = {
        [SBX_TRANSPORT_AUTO] = "auto", [SBX_TRANSPORT_NATIVE] = "native", [SBX_TRANSPORT_FETCH] = "fetch"};
    char word[16] = "";
    bool text = sbx_value_is(env, value, napi_string) &&
                napi_get_value_string_utf8(env, value, word, sizeof(word), NULL) == napi_ok;
    (void)what;
    for (size_t i = 0; text && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(word, words[i]) == 0) {
            into->transport = (enum sbx_transport)i;
            return true;
        }
    }
    sbx_error_throw_value(env,
                          "The \"options.transport\" property must be \"auto\", \"native\" or \"fetch\"");
    return false;
}

static bool read_env(napi_env env, napi_value value, const char *what, struct sbx_options *into)
{
    napi_value json =
        sbx_value_is(env, value, napi_object) ? sbx_result_call_json(env, "stringify", value) : NULL;
    if (json == NULL) {
        sbx_error_throw_type(env, what, "an object of strings", value);
        return false;
    }
    into->env = sbx_value_text(env, json, what, &into->env_length, NULL);
    return into->env != NULL;
}

/* A URL of http or https. It may hold a password, so no error repeats it. */
static bool read_proxy(napi_env env, napi_value value, const char *what, struct sbx_options *into)
{
    into->proxy = sbx_value_text(env, value, what, &into->proxy_length, NULL);
    if (into->proxy == NULL) {
        return false;
    }
    bool url = sbx_endpoint_is_url((struct sbx_span){into->proxy, into->proxy_length});
    if (!url) {
        sbx_error_throw_value(env, "The \"options.proxy\" property must be an http or https URL");
    }
    return url;
}

static bool read_id(napi_env env, napi_value owner, const char *name, uint32_t *id)
{
    char what[64];
    uint64_t read = 0;
    (void)snprintf(what, sizeof(what), "\"options.owner.%s\" property", name);
    napi_value value = sbx_value_property(env, owner, name);
    bool good = value != NULL && sbx_value_whole(env, value, what, ID_MAX, &read);
    *id = (uint32_t)read;
    return good;
}

static const struct option owner_options[] = {
    {"uid", true, NULL}, /* read_owner reads them: the table is of their names */
    {"gid", true, NULL},
    {NULL, false, NULL},
};

static bool read_owner(napi_env env, napi_value value, const char *what, struct sbx_options *into)
{
    if (!sbx_value_is(env, value, napi_object)) {
        sbx_error_throw_type(env, what, "an object { uid, gid }", value);
        return false;
    }
    into->owner.given = check_names(env, value, owner_options) &&
                        read_id(env, value, "uid", &into->owner.uid) &&
                        read_id(env, value, "gid", &into->owner.gid);
    return into->owner.given;
}

static const struct option cache_options[] = {
    {"ttlMs", false, NULL}, /* read_cache reads them: the table is of their names */
    {"maxBytes", false, NULL},
    {NULL, false, NULL},
};

/* A whole number that stays as it is where it is not given. */
static bool read_number(napi_env env, napi_value object, const char *name, double most, uint64_t *number)
{
    char what[64];
    (void)snprintf(what, sizeof(what), "\"options.cache.%s\" property", name);
    napi_value value = sbx_value_property(env, object, name);
    return value != NULL &&
           (sbx_value_is(env, value, napi_undefined) || sbx_value_whole(env, value, what, most, number));
}

static bool read_cache(napi_env env, napi_value value, const char *what, struct sbx_options *into)
{
    bool on = true;
    if (sbx_value_is(env, value, napi_boolean) && napi_get_value_bool(env, value, &on) == napi_ok && !on) {
        into->cache_ttl_ms = 0;
        return true;
    }
    if (!sbx_value_is(env, value, napi_object)) {
        sbx_error_throw_type(env, what, "false or an object { ttlMs, maxBytes }", value);
        return false;
    }
    return check_names(env, value, cache_options) &&
           read_number(env, value, "ttlMs", SBX_TIMEOUT_MAX_MS, &into->cache_ttl_ms) &&
           read_number(env, value, "maxBytes", (double)SBX_CONTENT_MAX, &into->cache_bytes);
}

static const struct option fs_options[] = {
    {"client", true, read_client},       {"basePath", false, read_base_path},
    {"timeoutMs", false, read_timeout},  {"maxFullReadBytes", false, read_max_full_read},
    {"readOnly", false, read_read_only}, {"companion", false, read_companion},
    {"cache", false, read_cache},        {"proxy", false, read_proxy},
    {"signal", false, read_signal},      {"transport", false, read_transport},
    {"owner", false, read_owner},        {NULL, false, NULL},
};

static const struct option toolkit_options[] = {
    {"client", true, read_client},
    {"cwd", false, read_cwd},
    {"env", false, read_env},
    {"timeoutMs", false, read_timeout},
    {"signal", false, read_signal},
    {"companion", false, read_companion},
    {"proxy", false, read_proxy},
    {"transport", false, read_transport},
    {NULL, false, NULL},
};

static bool read_one(napi_env env, napi_value options, const struct option *option, struct sbx_options *into)
{
    char what[64];
    (void)snprintf(what, sizeof(what), "\"options.%s\" property", option->name);
    napi_value value = sbx_value_property(env, options, option->name);
    if (value == NULL) {
        return false;
    }
    if (sbx_value_is(env, value, napi_undefined) && !option->required) {
        return true;
    }
    return option->read(env, value, what, into);
}

static bool is_known(const struct option *table, const char *name)
{
    for (; table->name != NULL; table++) {
        if (strcmp(table->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool check_name(napi_env env, napi_value key, const struct option *table)
{
    size_t length = 0;
    char *name = sbx_value_text(env, key, "name of an option", &length, NULL);
    bool known = name != NULL && is_known(table, name);
    if (name != NULL && !known) {
        char message[256];
        (void)snprintf(message, sizeof(message), "The option \"%.100s\" is unknown", name);
        sbx_error_throw_value(env, message);
    }
    free(name);
    return known;
}

static bool check_names(napi_env env, napi_value options, const struct option *table)
{
    napi_value keys;
    uint32_t count = 0;
    SBX_TRY(napi_get_all_property_names(env, options, napi_key_own_only,
                                        napi_key_enumerable | napi_key_skip_symbols,
                                        napi_key_numbers_to_strings, &keys));
    SBX_TRY(napi_get_array_length(env, keys, &count));
    for (uint32_t i = 0; i < count; i++) {
        napi_value key;
        SBX_TRY(napi_get_element(env, keys, i, &key));
        if (!check_name(env, key, table)) {
            return false;
        }
    }
    return true;
fail:
    (void)sbx_try_throw(env);
    return false;
}

static bool read_all(napi_env env, napi_value options, const struct option *table, const char *caller,
                     struct sbx_options *read)
{
    *read = (struct sbx_options){.timeout_ms = SBX_TIMEOUT_MS,
                                 .max_full_read = SBX_CONTENT_MAX,
                                 .cache_ttl_ms = SBX_CACHE_TTL_MS,
                                 .cache_bytes = SBX_CACHE_BYTES};
    if (!sbx_value_is(env, options, napi_object)) {
        sbx_error_throw_type(env, "\"options\" argument", "of type object", options);
        return false;
    }
    bool good = check_names(env, options, table);
    for (; good && table->name != NULL; table++) {
        good = read_one(env, options, table, read);
    }
    good = good && (sbx_lazy_is(env, read->client) ||
                    sbx_client_check(env, read->client,
                                     &(struct sbx_client_use){
                                         .transport = read->transport, .number = 1, .syscall = caller}));
    if (!good) {
        sbx_options_clear(read);
    }
    return good;
}

bool sbx_options_read_fs(napi_env env, napi_value options, struct sbx_options *read)
{
    return read_all(env, options, fs_options, "createSandboxFs", read);
}

bool sbx_options_read_toolkit(napi_env env, napi_value options, struct sbx_options *read)
{
    return read_all(env, options, toolkit_options, "createSandboxToolkit", read);
}

void sbx_options_clear(struct sbx_options *read)
{
    free(read->base_path);
    free(read->cwd);
    free(read->companion_path);
    free(read->env);
    free(read->proxy);
    *read = (struct sbx_options){0};
}
