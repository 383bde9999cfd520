/* error.c: the one place where a status goes out to JavaScript.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "napi/try.h"

#define MESSAGE_MAX (4 * SBX_PATH_MAX)

static void append_path(struct sbx_bytes *message, const char *before, struct sbx_span path)
{
    if (path.data != NULL) {
        sbx_bytes_append_text(message, before);
        sbx_bytes_append(message, path);
        sbx_bytes_append_text(message, "'");
    }
}

/* "ENOENT: no such file or directory, open '/x'"; of a tool its words stand where the path would. */
static void write_message(struct sbx_bytes *message, const struct sbx_failure *failure)
{
    sbx_bytes_append_text(message, sbx_status_name(failure->status));
    sbx_bytes_append_text(message, ": ");
    sbx_bytes_append_text(message, sbx_status_text(failure->status));
    if (failure->syscall != NULL) {
        sbx_bytes_append_text(message, ", ");
        sbx_bytes_append_text(message, failure->syscall);
        append_path(message, " '", failure->path);
        append_path(message, " -> '", failure->new_path);
    }
    if (failure->advice != NULL) {
        sbx_bytes_append_text(message, "; ");
        sbx_bytes_append_text(message, failure->advice);
    }
    if (failure->detail_in_message && failure->detail != NULL && failure->detail[0] != '\0') {
        sbx_bytes_append_text(message, ", ");
        sbx_bytes_append_text(message, failure->detail);
    }
}

/* A plain property, as Node sets them on its own errors. */
static napi_status set_text(napi_env env, napi_value error, const char *name, struct sbx_span text)
{
    napi_value value;
    napi_status status = napi_create_string_utf8(env, text.data, text.length, &value);
    return status == napi_ok ? napi_set_named_property(env, error, name, value) : status;
}

/* `cause` as `new Error(…, { cause })` sets it: not enumerable. */
static napi_status set_cause(napi_env env, napi_value error, const struct sbx_failure *failure)
{
    napi_value message;
    napi_value cause = failure->cause;
    napi_status status = napi_ok;
    if (cause == NULL) {
        status = napi_create_string_utf8(env, failure->detail, NAPI_AUTO_LENGTH, &message);
        status = status == napi_ok ? napi_create_error(env, NULL, message, &cause) : status;
    }
    if (status == napi_ok) {
        napi_property_descriptor property = {
            .utf8name = "cause", .value = cause, .attributes = napi_writable | napi_configurable};
        status = napi_define_properties(env, error, 1, &property);
    }
    return status;
}

static napi_status set_properties(napi_env env, napi_value error, const struct sbx_failure *failure)
{
    napi_value number;
    napi_status status = napi_create_int32(env, -(int32_t)failure->status, &number);
    if (status == napi_ok) {
        status = napi_set_named_property(env, error, "errno", number);
    }
    if (status == napi_ok && failure->syscall != NULL) {
        struct sbx_span syscall = {failure->syscall, strlen(failure->syscall)};
        status = set_text(env, error, "syscall", syscall);
    }
    if (status == napi_ok && failure->path.data != NULL) {
        status = set_text(env, error, "path", failure->path);
    }
    if (status == napi_ok && failure->new_path.data != NULL) {
        status = set_text(env, error, "dest", failure->new_path);
    }
    bool has_words = failure->detail != NULL && failure->detail[0] != '\0';
    if (status == napi_ok && (has_words || failure->cause != NULL)) {
        status = set_cause(env, error, failure);
    }
    return status;
}

/* The words of a usage error are the whole message: they are for whoever typed the command. */
static bool is_usage(const struct sbx_failure *failure)
{
    return failure->detail_in_message && failure->detail != NULL &&
           strncmp(failure->detail, "usage: ", 7) == 0;
}

napi_value sbx_error_create(napi_env env, const struct sbx_failure *failure)
{
    napi_value error = NULL;
    napi_value code;
    napi_value text;
    struct sbx_bytes message;
    sbx_bytes_init(&message, MESSAGE_MAX);
    if (is_usage(failure)) {
        sbx_bytes_append_text(&message, failure->detail);
    } else {
        write_message(&message, failure);
    }
    if (message.status != SBX_OK) { /* longer than any path makes it, or no memory */
        sbx_bytes_clear(&message);
        sbx_bytes_append_text(&message, sbx_status_name(failure->status));
        sbx_bytes_append_text(&message, ": ");
        sbx_bytes_append_text(&message, sbx_status_text(failure->status));
    }
    SBX_TRY(napi_create_string_utf8(env, message.data, message.length, &text));
    SBX_TRY(napi_create_string_utf8(env, sbx_status_name(failure->status), NAPI_AUTO_LENGTH, &code));
    SBX_TRY(napi_create_error(env, code, text, &error));
    SBX_TRY(set_properties(env, error, failure));
    sbx_bytes_clear(&message);
    return error;
fail:
    sbx_bytes_clear(&message);
    return NULL;
}

void sbx_error_throw(napi_env env, const struct sbx_failure *failure)
{
    napi_value error = sbx_error_create(env, failure);
    if (error == NULL || napi_throw(env, error) != napi_ok) {
        (void)sbx_try_throw(env);
    }
}

/* "type number (7)", "undefined", "an instance of Date": as Node's own messages put it, without calling
 * anything that belongs to the value. */
static void describe(napi_env env, napi_value value, char *words, size_t size)
{
    static const char *const types[] = {"undefined",   "null",       "type boolean", "type number",
                                        "type string", "a symbol",   "an object",    "a function",
                                        "an object",   "type bigint"};
    napi_valuetype type = napi_undefined;
    double number = 0;
    (void)napi_typeof(env, value, &type);
    if (type == napi_number && napi_get_value_double(env, value, &number) == napi_ok) {
        (void)snprintf(words, size, "type number (%.17g)", number);
        return;
    }
    (void)snprintf(words, size, "%s",
                   (size_t)type < sizeof(types) / sizeof(types[0]) ? types[type] : "a value");
}

void sbx_error_throw_type(napi_env env, const char *what, const char *expected, napi_value value)
{
    char received[64];
    char message[512];
    describe(env, value, received, sizeof(received));
    (void)snprintf(message, sizeof(message), "The %s must be %s. Received %s", what, expected, received);
    (void)napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", message);
}

void sbx_error_throw_value(napi_env env, const char *message)
{
    (void)napi_throw_type_error(env, "ERR_INVALID_ARG_VALUE", message);
}

void sbx_error_throw_range(napi_env env, const char *what, const char *expected)
{
    char message[256];
    (void)snprintf(message, sizeof(message), "The %s is out of range. It must be %s", what, expected);
    (void)napi_throw_range_error(env, "ERR_OUT_OF_RANGE", message);
}
