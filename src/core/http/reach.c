/* reach.c: a table of states, and what is kept beside the state, behind a lock.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/reach.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/http/problem.h"
#include "core/http/request.h"

enum state { AWAITED, GOOD, DOUBTED, PROBED, SILENT, STATES };

enum event {
    NOTHING,    /* that says anything about the sandbox */
    HEARD,      /* an answer of its own */
    NOBODY,     /* nobody is there, and that was said at once */
    DEADLINE,   /* nothing was heard until a deadline */
    UNANSWERED, /* nor to a probe */
    EVENTS
};

/* Who finds nobody hears so at once: there is nothing to be probed. */
static const enum state after[STATES][EVENTS] = {
    [AWAITED] = {AWAITED, GOOD, AWAITED, DOUBTED, AWAITED}, [GOOD] = {GOOD, GOOD, GOOD, DOUBTED, GOOD},
    [DOUBTED] = {DOUBTED, GOOD, GOOD, DOUBTED, DOUBTED},    [PROBED] = {PROBED, GOOD, GOOD, PROBED, SILENT},
    [SILENT] = {SILENT, GOOD, GOOD, SILENT, SILENT},
};

struct sbx_reach {
    atomic_size_t owners;
    char *url; /* owned; NULL: whatever it is */
    pthread_mutex_t lock;
    enum state state;
    bool answered; /* well, once */
    bool gone;
    bool may_start;     /* the last attempt found nobody where the sandbox is to be */
    uint64_t heard_ms;  /* when anything last answered; 0: nothing did */
    uint64_t silent_ms; /* since when nothing does, in doubt */
    uint64_t until_ms;  /* when PROBED and SILENT are over */
};

enum sbx_status sbx_reach_create(struct sbx_reach **reach)
{
    struct sbx_reach *made = calloc(1, sizeof(*made));
    if (made == NULL || pthread_mutex_init(&made->lock, NULL) != 0) {
        free(made);
        return SBX_ENOMEM;
    }
    atomic_init(&made->owners, 1);
    *reach = made;
    return SBX_OK;
}

enum sbx_status sbx_reach_keep(struct sbx_reach **reach, struct sbx_span url)
{
    struct sbx_reach *made = NULL;
    const char *kept = *reach == NULL ? NULL : (*reach)->url;
    if (kept != NULL && sbx_span_equal((struct sbx_span){kept, strlen(kept)}, url)) {
        return SBX_OK;
    }
    if (sbx_reach_create(&made) != SBX_OK || (made->url = strndup(url.data, url.length)) == NULL) {
        sbx_reach_unref(made);
        return SBX_ENOMEM;
    }
    sbx_reach_unref(*reach);
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
        (void)pthread_mutex_destroy(&reach->lock);
        free(reach->url);
        free(reach);
    }
}

static void lock(struct sbx_reach *reach)
{
    (void)pthread_mutex_lock(&reach->lock);
}

static void unlock(struct sbx_reach *reach)
{
    (void)pthread_mutex_unlock(&reach->lock);
}

static bool is_success(const struct sbx_request *request)
{
    return request->outcome == SBX_OK && request->http_status >= 200 && request->http_status < 300;
}

static bool is_unreached(const struct sbx_request *request)
{
    return request->outcome == SBX_ECONNREFUSED || request->outcome == SBX_EHOSTUNREACH;
}

/* What a gateway that stands there from the beginning says while the sandbox starts; a port on which nobody listens yet;
 * and one that takes the connection and ends it (that of a container, or of a tunnel, until the server listens behind
 * it). A proxy's port says nothing about the sandbox. */
static bool is_of_start(const struct sbx_request *request)
{
    bool direct = request->endpoint == NULL || sbx_endpoint_proxy(request->endpoint)[0] == '\0';
    return request->outcome == SBX_ECONNREFUSED || request->lost
               ? direct
               : request->http_status == 502 || request->http_status == 503;
}

void sbx_reach_note(struct sbx_reach *reach, const struct sbx_request *request)
{
    if (reach == NULL) {
        return;
    }
    bool nobody = is_unreached(request) || sbx_problem_is_of_gateway(request);
    bool any = request->http_status != 0;
    bool elsewhere = nobody || sbx_problem_is_of_edge(request);
    lock(reach);
    reach->state = after[reach->state][nobody ? NOBODY : any ? HEARD : NOTHING];
    reach->heard_ms = any ? sbx_now_ms() : reach->heard_ms;
    reach->may_start = nobody || request->lost ? is_of_start(request) : !any && reach->may_start;
    reach->gone = reach->gone || (elsewhere && reach->answered);
    reach->answered = reach->answered || is_success(request);
    unlock(reach);
}

void sbx_reach_doubt(struct sbx_reach *reach, uint64_t asked_ms)
{
    if (reach == NULL) {
        return;
    }
    lock(reach);
    if (reach->heard_ms <= asked_ms && (reach->state == AWAITED || reach->state == GOOD)) {
        reach->state = after[reach->state][DEADLINE];
        reach->silent_ms = asked_ms;
    }
    unlock(reach);
}

/* Under the lock. */
static enum sbx_reach_way choose(struct sbx_reach *reach, uint64_t now_ms)
{
    if (reach->state == AWAITED || reach->state == GOOD) {
        return SBX_REACH_GO;
    }
    if (reach->state != DOUBTED && now_ms < reach->until_ms) {
        return reach->state == PROBED ? SBX_REACH_WAIT : SBX_REACH_FAIL;
    }
    reach->state = PROBED; /* anew, where whoever was to do it was given up */
    reach->until_ms = now_ms + SBX_PROBE_MS + SBX_LATE_MS;
    return SBX_REACH_PROBE;
}

enum sbx_reach_way sbx_reach_look(struct sbx_reach *reach, uint64_t *silent_ms)
{
    if (reach == NULL) {
        return SBX_REACH_GO;
    }
    uint64_t now_ms = sbx_now_ms();
    lock(reach);
    enum sbx_reach_way way = choose(reach, now_ms);
    *silent_ms = now_ms - reach->silent_ms;
    unlock(reach);
    return way;
}

enum sbx_reach_way sbx_reach_probed(struct sbx_reach *reach, uint64_t *silent_ms)
{
    uint64_t now_ms = sbx_now_ms();
    if (reach == NULL) {
        return SBX_REACH_GO;
    }
    lock(reach);
    if (reach->state == PROBED) {
        reach->until_ms = now_ms + SBX_SILENT_MS;
    }
    reach->state = after[reach->state][UNANSWERED];
    reach->gone = reach->gone || (reach->state == SILENT && reach->answered);
    enum sbx_reach_way way = reach->state == AWAITED || reach->state == GOOD ? SBX_REACH_GO : SBX_REACH_FAIL;
    *silent_ms = now_ms - reach->silent_ms;
    unlock(reach);
    return way;
}

bool sbx_reach_may_start(struct sbx_reach *reach)
{
    if (reach == NULL) {
        return false;
    }
    lock(reach);
    bool may = reach->state == AWAITED && reach->may_start;
    unlock(reach);
    return may;
}

bool sbx_reach_is_awaited(struct sbx_reach *reach)
{
    if (reach == NULL) {
        return false;
    }
    lock(reach);
    bool awaited = reach->state == AWAITED;
    unlock(reach);
    return awaited;
}

bool sbx_reach_is_gone(struct sbx_reach *reach)
{
    if (reach == NULL) {
        return false;
    }
    lock(reach);
    bool gone = reach->gone;
    unlock(reach);
    return gone;
}
