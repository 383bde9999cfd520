/* value.h: JavaScript values as C has them. Each function throws what Node would throw where the value
 * is another; `what` names it: `"path" argument`, `"options.timeoutMs" property`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_VALUE_H
#define SBX_NAPI_VALUE_H

#include <node_api.h>

#include "wire/wire.h"

/* A string as UTF-8, which the caller frees. `whole` tells whether it had no unpaired surrogate, which
 * UTF-8 cannot hold and which is U+FFFD in it; NULL: that does not matter. NULL: thrown. */
char *sbx_value_text(napi_env env, napi_value value, const char *what, size_t *length, bool *whole);

/* A whole number of 0 to `max`. false: thrown. */
bool sbx_value_whole(napi_env env, napi_value value, const char *what, double max, uint64_t *number);

/* A point in time, a number of ms or a BigInt of ns, as ns. false: thrown. */
bool sbx_value_time(napi_env env, napi_value value, const char *what, int64_t *time_ns);

/* What sbx_result_piece made of a file; one that is not known for undefined. false: thrown. */
bool sbx_value_file(napi_env env, napi_value value, const char *what, struct sbx_file *file);

/* The bytes of an ArrayBuffer, or of any view of one, borrowed from the value until JavaScript runs
 * again. false: it is something else, or its memory was taken away; nothing is thrown. */
bool sbx_value_bytes(napi_env env, napi_value value, struct sbx_span *bytes);

bool sbx_value_is(napi_env env, napi_value value, napi_valuetype type);

/* A property; NULL: a getter threw, or Node-API failed. */
napi_value sbx_value_property(napi_env env, napi_value object, const char *name);

/* What an error says of itself, which the caller frees; NULL: nothing, or no memory. */
char *sbx_value_message(napi_env env, napi_value error);

#endif
