/* shared_reach.h: what is known of a client's sandbox (core/http/reach.h), in one place for all file systems and toolkits
 * of that client: what one of them has found out, none of the others waits for.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_SHARED_REACH_H
#define SBX_NAPI_SHARED_REACH_H

#include <node_api.h>

#include "napi/env.h"

struct sbx_reach;

struct sbx_shared_reach {
    size_t owners;           /* objects */
    struct sbx_reach *reach; /* owned: one count; NULL: nothing was asked yet */
};

/* That of the objects that have `client`, or a new one, counted; NULL: no memory. */
struct sbx_shared_reach *sbx_shared_reach_of(struct sbx_env *env, napi_value client);

/* NULL is allowed. */
void sbx_shared_reach_unref(struct sbx_shared_reach *shared);

#endif
