/* env.c: the owners of an environment's data, and the end of its clean-up hook.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/env.h"

#include <stdlib.h>

#include "core/http/roots.h"
#include "napi/network.h"

void sbx_env_unref(struct sbx_env *env)
{
    if (--env->owners == 0) {
        sbx_roots_unref(env->roots);
        sbx_network_destroy(env->network);
        free(env);
    }
}

void sbx_env_unhook(struct sbx_env *env)
{
    napi_async_cleanup_hook_handle clean = env->clean;
    env->clean = NULL;
    if (clean != NULL) {
        (void)napi_remove_async_cleanup_hook(clean); /* fails only for no hook */
    }
}

void sbx_env_driver_closed(struct sbx_env *env)
{
    env->drivers--;
    if (env->closing && env->drivers == 0) {
        sbx_env_unhook(env);
    }
}
