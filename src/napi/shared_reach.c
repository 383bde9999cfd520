/* shared_reach.c: looked for among the objects that there are.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/shared_reach.h"

#include <stdlib.h>

#include "core/http/reach.h"
#include "napi/object.h"

static bool has_client(const struct sbx_object *object, napi_value client)
{
    napi_env env = object->env->env;
    napi_value own;
    bool same = false;
    return napi_get_reference_value(env, object->client, &own) == napi_ok && own != NULL &&
           napi_strict_equals(env, own, client, &same) == napi_ok && same;
}

struct sbx_shared_reach *sbx_shared_reach_of(struct sbx_env *env, napi_value client)
{
    struct sbx_shared_reach *found = NULL;
    for (struct sbx_link *link = env->all.head.next; link != &env->all.head; link = link->next) {
        const struct sbx_object *object = SBX_CONTAINER(link, struct sbx_object, link);
        found = has_client(object, client) ? object->reach : found;
    }
    found = found == NULL ? calloc(1, sizeof(*found)) : found;
    if (found != NULL) {
        found->owners++;
    }
    return found;
}

void sbx_shared_reach_unref(struct sbx_shared_reach *shared)
{
    if (shared != NULL && --shared->owners == 0) {
        sbx_reach_unref(shared->reach);
        free(shared);
    }
}
