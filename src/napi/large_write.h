/* large_write.h: writeFile and pwrite of more bytes than travel at once.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_LARGE_WRITE_H
#define SBX_NAPI_LARGE_WRITE_H

#include "napi/args.h"
#include "napi/call_options.h"

/* Whether the call is one. */
bool sbx_large_write_is(const struct sbx_call *call);

/* Starts it; the promise of its end. Takes from the call what it keeps. `patch`: it is tried first as that range of
 * the content that is known (known.h); NULL: it is not. */
napi_value sbx_large_write_start(struct sbx_object *object, struct sbx_call *call,
                                 const struct sbx_args *patch, const struct sbx_call_options *options,
                                 struct sbx_endpoint *endpoint);

/* Undefined, of a write that went as one op; its content is known then. */
napi_value sbx_large_write_result(napi_env env, struct sbx_op *op);

#endif
