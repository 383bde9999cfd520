/* client.h: what we read from the SDK's client: base URL, token, headers. They are read anew at each
 * call, because the SDK does so too: `client.token = …` takes effect at once.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_CLIENT_H
#define SBX_NAPI_CLIENT_H

#include <node_api.h>

#include "core/http/endpoint.h"

/* The `transport` option. */
enum sbx_transport {
    SBX_TRANSPORT_AUTO,   /* the client's fetch where it has one of its own, or no URL */
    SBX_TRANSPORT_NATIVE, /* libcurl */
    SBX_TRANSPORT_FETCH,  /* the client's fetch */
};

/* How a client is used. */
struct sbx_client_use {
    enum sbx_transport transport;
    uint64_t number;         /* of the object whose client it is */
    struct sbx_span proxy;   /* a URL that libcurl goes by; empty: as the environment says */
    const char *syscall;     /* of an error */
    struct sbx_reach *reach; /* borrowed: what is known of the client's sandbox; NULL: nobody wants to know */
    struct sbx_reach **kept; /* where that is kept from call to call, in place of `reach`; NULL: nowhere */
};

/* Whether `client` can be one of ours. `use->syscall` is "createSandboxFs"; false: thrown. */
bool sbx_client_check(napi_env env, napi_value client, const struct sbx_client_use *use);

/* Whether the client says that it was disposed: it is of no use any more. */
bool sbx_client_is_disposed(napi_env env, napi_value client);

/* The client's endpoint as it is now; the caller owns a count
 * of it. NULL: thrown. */
struct sbx_endpoint *sbx_client_endpoint(napi_env env, napi_value client, const struct sbx_client_use *use);

#endif
