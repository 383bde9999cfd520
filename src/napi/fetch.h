/* fetch.h: the second transport: exchanges of the engine, performed by the `fetch` of their client.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_FETCH_H
#define SBX_NAPI_FETCH_H

#include <node_api.h>

#include "napi/env.h"

/* Performs the exchanges in `taken`, and gives up those that are over. Runs JavaScript, unless the environment ends;
 * no slice may run meanwhile. */
void sbx_fetch_take(struct sbx_env *env, struct sbx_queue *taken);

#endif
