/* connections.c: a multi closes the connections that it keeps when it goes; another one takes its place.
 *
 * Thread: as connections.h says.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/connections.h"

#include "wire/limits.h"

static const size_t budgets[SBX_BUDGETS] = {
    [SBX_BUDGET_FILES] = SBX_FILE_CONNECTIONS,       [SBX_BUDGET_FRAMES] = SBX_BATCHES_MAX,
    [SBX_BUDGET_LONG] = SBX_LONG_BATCHES_MAX,        [SBX_BUDGET_CONTENTS] = SBX_FILE_CONNECTIONS,
    [SBX_BUDGET_PROGRAMS] = SBX_PROGRAM_CONNECTIONS,
};

/* How a request leaves. */
struct transport {
    enum sbx_status (*send)(struct sbx_connections *connections, struct sbx_request *request);
    void (*cancel)(struct sbx_connections *connections, struct sbx_request *request);
};

static enum sbx_status send_by_curl(struct sbx_connections *connections, struct sbx_request *request)
{
    enum sbx_status status = sbx_request_prepare(request);
    return status == SBX_OK ? sbx_multi_add(connections->multi, request->easy) : status;
}

static void cancel_at_curl(struct sbx_connections *connections, struct sbx_request *request)
{
    sbx_multi_remove(connections->multi, request->easy);
}

static enum sbx_status send_by_fetch(struct sbx_connections *connections, struct sbx_request *request)
{
    return sbx_exchanges_send(&connections->exchanges, request);
}

static void cancel_at_fetch(struct sbx_connections *connections, struct sbx_request *request)
{
    (void)connections;
    sbx_exchanges_cancel(request);
}

static const struct transport *transport_of(const struct sbx_request *request)
{
    static const struct transport native = {send_by_curl, cancel_at_curl};
    static const struct transport fetch = {send_by_fetch, cancel_at_fetch};
    return sbx_endpoint_fetcher(request->endpoint) == 0 ? &native : &fetch;
}

enum sbx_status sbx_connections_init(struct sbx_connections *connections, struct sbx_poller *poller,
                                     enum sbx_budget budget, const struct sbx_connections *first)
{
    *connections = (struct sbx_connections){.poller = poller, .max = budgets[budget], .unsized_max = 1};
    sbx_queue_init(&connections->waiting);
    enum sbx_status status = sbx_exchanges_init(&connections->exchanges, poller);
    connections->owns_sessions = first == connections;
    connections->sessions = connections->owns_sessions ? sbx_multi_create_sessions() : first->sessions;
    if (status == SBX_OK && connections->sessions == NULL) {
        status = SBX_ENOMEM;
    }
    return status == SBX_OK ? sbx_multi_create(&connections->multi, poller, connections->sessions) : status;
}

void sbx_connections_clear(struct sbx_connections *connections)
{
    if (connections->poller != NULL) { /* else it was never made */
        sbx_exchanges_clear(&connections->exchanges);
    }
    sbx_multi_destroy(connections->multi);
    connections->multi = NULL;
    if (connections->owns_sessions && connections->sessions != NULL) {
        (void)curl_share_cleanup(connections->sessions); /* no transfer has it any more */
    }
}

size_t sbx_connections_count(const struct sbx_connections *connections, size_t most)
{
    const struct sbx_link *end = &connections->waiting.head;
    size_t count = connections->active;
    for (const struct sbx_link *link = end->next; link != end && count < most; link = link->next) {
        count++;
    }
    return count < most ? count : most;
}

static bool is_like(const struct sbx_request *request, const struct sbx_link *link)
{
    const struct sbx_request *other = SBX_CONTAINER(link, struct sbx_request, link);
    return other->budget == request->budget && sbx_endpoint_same_sandbox(other->endpoint, request->endpoint);
}

/* What it counts for: the bytes that it sends; what it asks for, as the largest body. */
static size_t weight_of(const struct sbx_request *request)
{
    return request->body.length > 0 ? request->body.length : SBX_BODY_MAX;
}

/* Whether the sandbox of `request` is given as many of its budget as it may have: one whose answer has begun keeps the
 * server busy no more, but has its memory still, so that there is one more of those at most. */
static bool is_busy(const struct sbx_request *request, const struct sbx_queue *active)
{
    size_t most = request->at_once * SBX_BODY_MAX;
    size_t all = weight_of(request);
    size_t unanswered = all;
    for (const struct sbx_link *link = active->head.next; link != &active->head; link = link->next) {
        if (is_like(request, link)) {
            const struct sbx_request *other = SBX_CONTAINER(link, struct sbx_request, link);
            all += weight_of(other);
            unanswered += other->http_status == 0 ? weight_of(other) : 0;
        }
    }
    return unanswered > most || all > most + SBX_BODY_MAX;
}

/* Whether none for the same sandbox waits longer: a small one would always find room before a large one. */
static bool is_first(const struct sbx_request *request, const struct sbx_queue *waiting)
{
    const struct sbx_link *link = waiting->head.next;
    while (link != &request->link && !is_like(request, link)) {
        link = link->next;
    }
    return link == &request->link;
}

/* Whether the sandbox of `request` has not answered as many that may be large as may be. */
static bool is_full(const struct sbx_connections *connections, const struct sbx_request *request,
                    const struct sbx_queue *active)
{
    size_t count = 0;
    for (const struct sbx_link *link = active->head.next; link != &active->head; link = link->next) {
        const struct sbx_request *other = SBX_CONTAINER(link, struct sbx_request, link);
        count += other->unsized && other->http_status == 0 && is_like(request, link);
    }
    return count >= connections->unsized_max;
}

/* How large this one was says how many may be asked for. */
static void note_size(struct sbx_connections *connections, const struct sbx_request *request)
{
    uint64_t length = request->reply_length > 0 ? request->reply_length : request->reply.length;
    if (!request->unsized || request->http_status == 0) {
        return;
    }
    if (length > SBX_REPLY_CONTENT_MAX) {
        connections->unsized_max = 1;
    } else if (connections->unsized_max < connections->max) {
        connections->unsized_max *= 2;
    }
}

static bool may_leave(const struct sbx_connections *connections, const struct sbx_request *request,
                      const struct sbx_queue *active)
{
    if (request->unsized) {
        return !is_full(connections, request, active);
    }
    return request->at_once == 0 || (is_first(request, &connections->waiting) && !is_busy(request, active));
}

struct sbx_request *sbx_connections_next_waiting(const struct sbx_connections *connections,
                                                 const struct sbx_queue *active)
{
    const struct sbx_queue *waiting = &connections->waiting;
    const struct sbx_request *held = NULL; /* an unsized one: those like it wait with it */
    if (connections->active >= connections->max) {
        return NULL;
    }
    for (struct sbx_link *link = waiting->head.next; link != &waiting->head; link = link->next) {
        struct sbx_request *request = SBX_CONTAINER(link, struct sbx_request, link);
        if (held != NULL && request->unsized && is_like(held, link)) {
            continue;
        }
        if (may_leave(connections, request, active)) {
            return request;
        }
        held = request->unsized ? request : held;
    }
    return NULL;
}

enum sbx_status sbx_connections_send(struct sbx_connections *connections, struct sbx_request *request)
{
    enum sbx_status status = transport_of(request)->send(connections, request);
    if (status == SBX_OK) {
        connections->active++;
        connections->peak = connections->active > connections->peak ? connections->active : connections->peak;
    }
    return status;
}

void sbx_connections_cancel(struct sbx_connections *connections, struct sbx_request *request)
{
    if (request->easy != NULL || request->exchange != NULL) {
        transport_of(request)->cancel(connections, request);
        connections->active--;
    }
}

struct sbx_request *sbx_connections_next_ended(struct sbx_connections *connections)
{
    CURLcode code = CURLE_OK;
    CURL *easy = sbx_multi_next_ended(connections->multi, &code);
    struct sbx_request *request = NULL;
    if (easy != NULL) {
        request = sbx_request_of(easy);
        sbx_multi_remove(connections->multi, easy);
        sbx_request_conclude(request, code);
    } else {
        request = sbx_exchanges_next(&connections->exchanges);
    }
    if (request != NULL) {
        connections->active--;
        note_size(connections, request);
    }
    return request;
}

void sbx_connections_forget(struct sbx_connections *connections, bool all)
{
    struct sbx_multi *fresh = NULL;
    connections->stale = connections->stale || all || connections->peak > SBX_FILE_CONNECTIONS;
    if (!connections->stale || connections->active > 0) {
        return;
    }
    if (sbx_multi_create(&fresh, connections->poller, connections->sessions) ==
        SBX_OK) { /* else it is done at the next turn */
        sbx_multi_destroy(connections->multi);
        connections->multi = fresh;
        connections->stale = false;
        connections->peak = 0;
    }
}
