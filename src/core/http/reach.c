/* reach.c: two flags behind a count of owners.
 *
 * Thread: any: all of it is atomic.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/reach.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "core/http/problem.h"
#include "core/http/request.h"

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

void sbx_reach_note(struct sbx_reach *reach, const struct sbx_request *request)
{
    if (reach == NULL) {
        return;
    }
    enum sbx_status outcome = request->outcome;
    bool unreached = outcome == SBX_ECONNREFUSED || outcome == SBX_EHOSTUNREACH;
    bool success = outcome == SBX_OK && request->http_status >= 200 && request->http_status < 300;
    if (success) {
        atomic_store(&reach->answered, true);
    } else if ((unreached || sbx_problem_is_of_gateway(request)) && atomic_load(&reach->answered)) {
        atomic_store(&reach->gone, true);
    }
}

bool sbx_reach_is_gone(const struct sbx_reach *reach)
{
    return reach != NULL && atomic_load(&reach->gone);
}
