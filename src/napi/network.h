/* network.h: what this process says about connections: the proxies of its environment, and whether certificates are
 * looked at. The loader tells it, as Node means it.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_NETWORK_H
#define SBX_NAPI_NETWORK_H

#include <node_api.h>

#include "core/http/endpoint.h"

struct sbx_network;

/* The method setNetwork({ verifies, http, https, none }): a function that tells whether certificates are looked at, and
 * the proxies, "" for none. The callback's data is the environment. */
napi_value sbx_network_set(napi_env env, napi_callback_info info);

/* NULL is allowed. */
void sbx_network_destroy(struct sbx_network *network);

/* Sets how options->base_url is reached: by `proxy`, or, where that is empty, by the environment's. It borrows until
 * the environment ends. false: thrown. */
bool sbx_network_choose(napi_env env, struct sbx_span proxy, struct sbx_endpoint_options *options);

#endif
