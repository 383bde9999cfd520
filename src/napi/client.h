/* client.h: what we read from the SDK's client: base URL, token, headers. They are read anew at each
 * call, because the SDK does so too: `client.token = …` takes effect at once.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_CLIENT_H
#define SBX_NAPI_CLIENT_H

#include <node_api.h>

#include "core/http/endpoint.h"

/* Whether `client` can be one of ours. `caller` ("createSandboxFs") is for the error; false: thrown. */
bool sbx_client_check(napi_env env, napi_value client, const char *caller);

/* The client's endpoint as it is now, by way of `proxy` (a URL; empty: as the environment says); the caller owns a count
 * of it. NULL: thrown. */
struct sbx_endpoint *sbx_client_endpoint(napi_env env, napi_value client, struct sbx_span proxy,
                                         const char *syscall);

#endif
