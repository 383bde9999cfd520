/* value.c: reading JavaScript values, strictly: no value is converted that is not of the type asked for.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "napi/error.h"
#include "napi/try.h"

#define NS_PER_MS 1000000.0
#define TIME_MAX_MS 8.64e15 /* of a Date */

/* What a view, or an ArrayBuffer, shows. */
struct view {
    bool found;
    void *data;
    size_t length; /* bytes */
    napi_value buffer;
};

bool sbx_value_is(napi_env env, napi_value value, napi_valuetype type)
{
    napi_valuetype found;
    return napi_typeof(env, value, &found) == napi_ok && found == type;
}

napi_value sbx_value_property(napi_env env, napi_value object, const char *name)
{
    napi_value value;
    SBX_TRY(napi_get_named_property(env, object, name, &value));
    return value;
fail:
    return sbx_try_throw(env);
}

/* Whether every surrogate of the string has its other half. */
static bool has_pairs(const char16_t *units, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        bool high = units[i] >= 0xd800 && units[i] < 0xdc00;
        bool low = units[i] >= 0xdc00 && units[i] < 0xe000;
        if (low || (high && (i + 1 == length || units[i + 1] < 0xdc00 || units[i + 1] >= 0xe000))) {
            return false;
        }
        i += high ? 1 : 0;
    }
    return true;
}

/* Only a text with U+FFFD in it can have had an unpaired surrogate. */
static bool is_whole(napi_env env, napi_value value, const char *text, size_t length)
{
    size_t units = 0;
    if (length == 0 || memmem(text, length, "\xef\xbf\xbd", 3) == NULL) {
        return true;
    }
    char16_t *copy = malloc((length + 1) * sizeof(*copy)); /* never more units than bytes */
    bool whole = copy != NULL &&
                 napi_get_value_string_utf16(env, value, copy, length + 1, &units) == napi_ok &&
                 has_pairs(copy, units);
    free(copy);
    return whole;
}

char *sbx_value_text(napi_env env, napi_value value, const char *what, size_t *length, bool *whole)
{
    char *text = NULL;
    if (!sbx_value_is(env, value, napi_string)) {
        sbx_error_throw_type(env, what, "of type string", value);
        return NULL;
    }
    SBX_TRY(napi_get_value_string_utf8(env, value, NULL, 0, length));
    text = malloc(*length + 1);
    if (text == NULL) {
        sbx_error_throw(env, &(struct sbx_failure){.status = SBX_ENOMEM});
        return NULL;
    }
    SBX_TRY(napi_get_value_string_utf8(env, value, text, *length + 1, length));
    if (whole != NULL) {
        *whole = is_whole(env, value, text, *length);
    }
    return text;
fail:
    free(text);
    (void)sbx_try_throw(env);
    return NULL;
}

bool sbx_value_whole(napi_env env, napi_value value, const char *what, double max, uint64_t *number)
{
    double read = 0;
    if (!sbx_value_is(env, value, napi_number) || napi_get_value_double(env, value, &read) != napi_ok) {
        sbx_error_throw_type(env, what, "of type number", value);
        return false;
    }
    if (!(read >= 0 && read <= max) || read != floor(read)) {
        sbx_error_throw_range(env, what, "a whole number that is not negative and not too large");
        return false;
    }
    *number = (uint64_t)read;
    return true;
}

/* A BigInt is the time in ns. */
static bool read_ns(napi_env env, napi_value value, const char *what, int64_t *time_ns)
{
    bool lossless = false;
    if (napi_get_value_bigint_int64(env, value, time_ns, &lossless) != napi_ok || !lossless) {
        sbx_error_throw_range(env, what, "a time in nanoseconds that 64 bits can hold");
        return false;
    }
    return true;
}

bool sbx_value_file(napi_env env, napi_value value, const char *what, struct sbx_file *file)
{
    uint64_t words[3] = {0};
    size_t count = sizeof(words) / sizeof(words[0]);
    int sign = 0;
    if (sbx_value_is(env, value, napi_undefined)) {
        return true;
    }
    if (!sbx_value_is(env, value, napi_bigint) ||
        napi_get_value_bigint_words(env, value, &sign, &count, words) != napi_ok) {
        sbx_error_throw_type(env, what, "of type bigint", value);
        return false;
    }
    *file = (struct sbx_file){.dev = words[0], .born_ns = (int64_t)words[1], .ino = words[2]};
    return true;
}

bool sbx_value_time(napi_env env, napi_value value, const char *what, int64_t *time_ns)
{
    double ms = 0;
    if (sbx_value_is(env, value, napi_bigint)) {
        return read_ns(env, value, what, time_ns);
    }
    if (!sbx_value_is(env, value, napi_number) || napi_get_value_double(env, value, &ms) != napi_ok) {
        sbx_error_throw_type(env, what, "of type number", value);
        return false;
    }
    if (!(ms >= -TIME_MAX_MS / 1000 && ms <= TIME_MAX_MS / 1000)) {
        sbx_error_throw_range(env, what, "a time in milliseconds");
        return false;
    }
    double whole = floor(ms); /* exact: a double has too few bits for the ns of a whole time */
    *time_ns = (int64_t)whole * (int64_t)NS_PER_MS + (int64_t)((ms - whole) * NS_PER_MS);
    return true;
}

/* Bytes of an element, by napi_typedarray_type; 0 for one that this Node knows and we do not. */
static size_t element_size(napi_typedarray_type type)
{
    static const size_t sizes[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8, 2};
    return (size_t)type < sizeof(sizes) / sizeof(sizes[0]) ? sizes[type] : 0;
}

static napi_status typed_bytes(napi_env env, napi_value value, struct view *view)
{
    napi_typedarray_type type = (napi_typedarray_type)-1;
    size_t count = 0;
    napi_status status =
        napi_get_typedarray_info(env, value, &type, &count, &view->data, &view->buffer, NULL);
    view->found = element_size(type) > 0;
    view->length = count * element_size(type);
    return status;
}

static napi_status view_bytes(napi_env env, napi_value value, struct view *view)
{
    bool is = false;
    napi_status status = napi_is_typedarray(env, value, &is);
    if (status == napi_ok && is) {
        return typed_bytes(env, value, view);
    }
    status = status == napi_ok ? napi_is_dataview(env, value, &is) : status;
    if (status == napi_ok && is) {
        view->found = true;
        return napi_get_dataview_info(env, value, &view->length, &view->data, &view->buffer, NULL);
    }
    status = status == napi_ok ? napi_is_arraybuffer(env, value, &is) : status;
    if (status == napi_ok && is) {
        view->found = true;
        view->buffer = value;
        return napi_get_arraybuffer_info(env, value, &view->data, &view->length);
    }
    return status;
}

bool sbx_value_bytes(napi_env env, napi_value value, struct sbx_span *bytes)
{
    struct view view = {0};
    bool detached = false;
    SBX_TRY(view_bytes(env, value, &view));
    if (view.found) {
        SBX_TRY(napi_is_detached_arraybuffer(env, view.buffer, &detached));
    }
    *bytes = (struct sbx_span){view.data, view.length};
    return view.found && !detached;
fail:
    return false;
}

char *sbx_value_message(napi_env env, napi_value error)
{
    napi_value message = NULL;
    napi_value exception;
    size_t length = 0;
    bool has_words = sbx_value_is(env, error, napi_object) &&
                     napi_get_named_property(env, error, "message", &message) == napi_ok &&
                     sbx_value_is(env, message, napi_string);
    char *words = has_words ? sbx_value_text(env, message, "message", &length, NULL) : NULL;
    (void)napi_get_and_clear_last_exception(env, &exception); /* of a getter: it says nothing */
    return words;
}
