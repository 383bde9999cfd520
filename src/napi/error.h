/* error.h: a status becomes an Error of Node's kind: code, errno, syscall, path, message, cause.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_ERROR_H
#define SBX_NAPI_ERROR_H

#include <node_api.h>

#include "wire/wire.h"

struct sbx_failure {
    enum sbx_status status;
    const char *syscall;      /* "open", or what was called; NULL: none */
    struct sbx_span path;     /* as the caller sees it; no data: none */
    struct sbx_span new_path; /* likewise */
    const char *detail;       /* words of the server or of curl: the cause; "" or NULL: none */
    napi_value cause;         /* instead of an Error of these words; NULL: none */
    const char *advice;       /* what to do about it: ends the message; NULL: nothing */
    bool detail_in_message;   /* the words belong to the message: of a tool, whose caller sees no more */
};

/* The Error; NULL where Node-API fails. */
napi_value sbx_error_create(napi_env env, const struct sbx_failure *failure);

/* Throws it. */
void sbx_error_throw(napi_env env, const struct sbx_failure *failure);

/* Throws a TypeError, ERR_INVALID_ARG_TYPE: "The <what> must be <expected>. Received <value>". */
void sbx_error_throw_type(napi_env env, const char *what, const char *expected, napi_value value);

/* Throws a TypeError, ERR_INVALID_ARG_VALUE, with `message`. */
void sbx_error_throw_value(napi_env env, const char *message);

/* Throws a RangeError, ERR_OUT_OF_RANGE: "The <what> is out of range. It must be <expected>." */
void sbx_error_throw_range(napi_env env, const char *what, const char *expected);

#endif
