/* reach.c: two flags behind a count of owners, and what a reply says about who sent it.
 *
 * Thread: any: all of it is atomic.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/reach.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "core/json.h"

struct sbx_reach {
    atomic_size_t owners;
    atomic_bool answered;
    atomic_bool gone;
};

enum sbx_status sbx_reach_create(struct sbx_reach **reach)
{
    struct sbx_reach *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return SBX_ENOMEM;
    }
    atomic_init(&made->owners, 1);
    *reach = made;
    return SBX_OK;
}

struct sbx_reach *sbx_reach_ref(struct sbx_reach *reach)
{
    if (reach != NULL) {
        atomic_fetch_add_explicit(&reach->owners, 1, memory_order_relaxed);
    }
    return reach;
}

void sbx_reach_unref(struct sbx_reach *reach)
{
    if (reach != NULL && atomic_fetch_sub_explicit(&reach->owners, 1, memory_order_acq_rel) == 1) {
        free(reach);
    }
}

/* Whether a reply that is no success is the server's own: a problem document has a title. */
static bool is_the_servers(struct sbx_span reply)
{
    json_t *root = NULL;
    (void)!sbx_json_parse(&root, reply, 0); /* no JSON, or no memory */
    bool is = json_string_value(json_object_get(root, "title")) != NULL;
    json_decref(root);
    return is;
}

/* With what an edge answers for a sandbox that it does not have. */
static bool is_of_an_edge(long http_status)
{
    return http_status == 404 || http_status == 410 || (http_status >= 502 && http_status <= 504) ||
           http_status == 530;
}

void sbx_reach_note(struct sbx_reach *reach, enum sbx_status outcome, long http_status, struct sbx_span reply)
{
    if (reach == NULL) {
        return;
    }
    bool unreached = outcome == SBX_ECONNREFUSED || outcome == SBX_EHOSTUNREACH;
    bool success = outcome == SBX_OK && http_status >= 200 && http_status < 300;
    bool from_edge = outcome == SBX_OK && is_of_an_edge(http_status) && !is_the_servers(reply);
    if (success) {
        atomic_store(&reach->answered, true);
    } else if ((unreached || from_edge) && atomic_load(&reach->answered)) {
        atomic_store(&reach->gone, true);
    }
}

bool sbx_reach_is_gone(const struct sbx_reach *reach)
{
    return reach != NULL && atomic_load(&reach->gone);
}
