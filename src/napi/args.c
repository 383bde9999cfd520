/* args.c: one loop over the row's arguments, one reader for each kind of slot.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/args.h"

#include <stdlib.h>
#include <string.h>

#include "napi/error.h"
#include "napi/value.h"

#define SAFE_INTEGER 9007199254740991.0
#define UINT32_LIMIT 4294967295.0

static char *keep_text(napi_env env, napi_value value, const char *what, struct sbx_call *call,
                       struct sbx_span *span, bool *whole)
{
    size_t length = 0;
    char *text = sbx_value_text(env, value, what, &length, whole);
    if (text != NULL) {
        call->texts[call->text_count++] = text;
        *span = (struct sbx_span){text, length};
    }
    return text;
}

static bool read_path(napi_env env, napi_value value, const char *what, struct sbx_call *call,
                      struct sbx_span *span)
{
    bool whole = false;
    if (keep_text(env, value, what, call, span, &whole) == NULL) {
        return false;
    }
    if (!whole || memchr(span->data, '\0', span->length) != NULL) {
        call->refused = SBX_EINVAL;
    }
    return true;
}

static bool read_data(napi_env env, napi_value value, struct sbx_call *call)
{
    call->data = value;
    if (sbx_value_is(env, value, napi_string)) {
        return keep_text(env, value, "\"data\" argument", call, &call->args.data, NULL) != NULL;
    }
    if (!sbx_value_bytes(env, value, &call->args.data)) {
        sbx_error_throw_type(env, "\"data\" argument",
                             "a string, an ArrayBuffer or a view of one, not detached", value);
        return false;
    }
    return true;
}

static bool read_uint32(napi_env env, napi_value value, const char *what, uint32_t *number)
{
    uint64_t read = 0;
    bool good = sbx_value_whole(env, value, what, UINT32_LIMIT, &read);
    *number = (uint32_t)read;
    return good;
}

static bool read_slot(napi_env env, napi_value value, enum sbx_arg slot, struct sbx_call *call)
{
    struct sbx_args *args = &call->args;
    switch (slot) {
    case SBX_ARG_NONE:
    case SBX_ARG_HASH: /* no method has one */
        return true;
    case SBX_ARG_PATH:
        return read_path(env, value, "\"path\" argument", call, &args->path);
    case SBX_ARG_NEW_PATH:
        return read_path(env, value, "\"newPath\" argument", call, &args->new_path);
    case SBX_ARG_TARGET:
        return read_path(env, value, "\"target\" argument", call, &args->target);
    case SBX_ARG_OFFSET:
        return sbx_value_whole(env, value, "\"offset\" argument", SAFE_INTEGER, &args->offset);
    case SBX_ARG_LENGTH:
        return sbx_value_whole(env, value, "\"length\" argument", SAFE_INTEGER, &args->length);
    case SBX_ARG_MODE:
        return read_uint32(env, value, "\"mode\" argument", &args->mode);
    case SBX_ARG_FLAGS:
        return read_uint32(env, value, "\"flags\" argument", &args->flags);
    case SBX_ARG_UID:
        return read_uint32(env, value, "\"uid\" argument", &args->uid);
    case SBX_ARG_GID:
        return read_uint32(env, value, "\"gid\" argument", &args->gid);
    case SBX_ARG_ATIME:
        return sbx_value_time(env, value, "\"atime\" argument", &args->atime_ns);
    case SBX_ARG_MTIME:
        return sbx_value_time(env, value, "\"mtime\" argument", &args->mtime_ns);
    case SBX_ARG_DATA:
        return read_data(env, value, call);
    }
    return false;
}

bool sbx_args_read(napi_env env, const napi_value *argv, struct sbx_call *call)
{
    const struct sbx_op_row *row = call->row;
    for (size_t i = 0; i < SBX_ROW_ARGS && row->arguments[i] != SBX_ARG_NONE; i++) {
        if (!read_slot(env, argv[i], row->arguments[i], call)) {
            return false;
        }
    }
    return true;
}

char *sbx_args_take_text(struct sbx_call *call, const char *data)
{
    char *taken = NULL;
    for (size_t i = 0; i < call->text_count; i++) {
        if (call->texts[i] == data) {
            taken = call->texts[i];
            call->texts[i] = NULL;
        }
    }
    return taken;
}

void sbx_args_clear(struct sbx_call *call)
{
    while (call->text_count > 0) {
        free(call->texts[--call->text_count]);
    }
}
