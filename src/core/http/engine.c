/* engine.c: the slice.
 *
 * Two budgets of connections: a request waits in the queue of its budget until one is free, so that files
 * never wait behind programs. Deadlines are the engine's own and count the wait in that queue; where a
 * deadline counts from the last progress, it is put off lazily, when it is met.
 *
 * Invariant: a request is in exactly one place: a waiting queue, the active queue, or its owner's hands.
 *
 * Thread: as engine.h says; `lock` guards inbox and done alone.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/engine.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/http/multi.h"
#include "core/http/poller.h"
#include "core/http/request.h"

#define EVENTS 64
#define LINGER_MS 1
#define SLICE_MS 50

static const size_t budgets[SBX_BUDGETS] = {
    [SBX_BUDGET_FILES] = SBX_FILE_CONNECTIONS,
    [SBX_BUDGET_PROGRAMS] = SBX_PROGRAM_CONNECTIONS,
};

struct sbx_engine {
    struct sbx_multi *multis[SBX_BUDGETS]; /* owned: each budget keeps connections of its own */
    bool stale[SBX_BUDGETS];               /* its kept connections are to be closed */
    struct sbx_poller *poller;             /* owned */
    struct sbx_deadlines deadlines;
    struct sbx_queue waiting[SBX_BUDGETS]; /* borrowed requests, not yet with curl */
    struct sbx_queue active;               /* borrowed requests, with curl */
    size_t active_count[SBX_BUDGETS];
    size_t peak[SBX_BUDGETS]; /* the most that were active at once with this multi */
    bool something_done;      /* in this slice */
    atomic_bool closing;
    atomic_bool forgetting; /* the kept connections are to be closed */
    pthread_mutex_t lock;
    struct sbx_queue inbox; /* under lock */
    struct sbx_queue done;  /* under lock */
};

enum sbx_status sbx_engine_create(struct sbx_engine **engine)
{
    struct sbx_engine *made = calloc(1, sizeof(*made));
    if (made == NULL || pthread_mutex_init(&made->lock, NULL) != 0) {
        free(made);
        return SBX_ENOMEM;
    }
    sbx_deadlines_init(&made->deadlines);
    sbx_queue_init(&made->waiting[SBX_BUDGET_FILES]);
    sbx_queue_init(&made->waiting[SBX_BUDGET_PROGRAMS]);
    sbx_queue_init(&made->active);
    sbx_queue_init(&made->inbox);
    sbx_queue_init(&made->done);
    atomic_init(&made->closing, false);
    atomic_init(&made->forgetting, false);
    enum sbx_status status = sbx_poller_create(&made->poller);
    for (int budget = 0; budget < SBX_BUDGETS && status == SBX_OK; budget++) {
        status = sbx_multi_create(&made->multis[budget], made->poller);
    }
    if (status != SBX_OK) {
        sbx_engine_destroy(made);
        return status;
    }
    *engine = made;
    return SBX_OK;
}

void sbx_engine_destroy(struct sbx_engine *engine)
{
    if (engine == NULL) {
        return;
    }
    for (int budget = 0; budget < SBX_BUDGETS; budget++) {
        sbx_multi_destroy(engine->multis[budget]);
    }
    sbx_poller_destroy(engine->poller);
    sbx_deadlines_clear(&engine->deadlines);
    (void)pthread_mutex_destroy(&engine->lock);
    free(engine);
}

int sbx_engine_fd(const struct sbx_engine *engine)
{
    return sbx_poller_fd(engine->poller);
}

void sbx_engine_submit(struct sbx_engine *engine, struct sbx_task *task)
{
    task->engine = engine;
    (void)pthread_mutex_lock(&engine->lock);
    sbx_queue_push(&engine->inbox, &task->link);
    (void)pthread_mutex_unlock(&engine->lock);
    sbx_poller_wake(engine->poller);
}

void sbx_engine_finish(struct sbx_engine *engine, struct sbx_task *task)
{
    (void)pthread_mutex_lock(&engine->lock);
    sbx_queue_push(&engine->done, &task->link);
    (void)pthread_mutex_unlock(&engine->lock);
    engine->something_done = true;
}

void sbx_engine_take_done(struct sbx_engine *engine, struct sbx_queue *done)
{
    (void)pthread_mutex_lock(&engine->lock);
    sbx_queue_move(&engine->done, done);
    (void)pthread_mutex_unlock(&engine->lock);
}

void sbx_engine_forget(struct sbx_engine *engine)
{
    atomic_store(&engine->forgetting, true);
    sbx_poller_wake(engine->poller);
}

void sbx_engine_close(struct sbx_engine *engine)
{
    atomic_store(&engine->closing, true);
    sbx_poller_wake(engine->poller);
}

static void give_back(struct sbx_engine *engine, struct sbx_request *request)
{
    sbx_link_remove(&request->link);
    sbx_deadlines_remove(&engine->deadlines, &request->deadline);
    request->done(request);
}

static void take_from_curl(struct sbx_engine *engine, struct sbx_request *request)
{
    sbx_multi_remove(engine->multis[request->budget], request->easy);
    engine->active_count[request->budget]--;
}

static void abandon(struct sbx_engine *engine, struct sbx_request *request, enum sbx_status status,
                    const char *why)
{
    if (request->easy != NULL) {
        take_from_curl(engine, request);
    }
    sbx_request_abandon(request, status, why);
    give_back(engine, request);
}

void sbx_engine_send(struct sbx_engine *engine, struct sbx_request *request)
{
    request->progress_ms = sbx_now_ms();
    request->deadline.at_ms = request->progress_ms + (uint64_t)request->timeout_ms;
    /* Without memory for the deadline it is refused when its turn comes: not in here, where its owner waits. */
    (void)!sbx_deadlines_add(&engine->deadlines, &request->deadline);
    sbx_queue_push(&engine->waiting[request->budget], &request->link);
}

/* Hands `request` to curl; one that cannot be handed over comes back at once. */
static void activate(struct sbx_engine *engine, struct sbx_request *request)
{
    bool has_deadline = request->deadline.place != 0;
    enum sbx_status status = has_deadline ? sbx_request_prepare(request) : SBX_ENOMEM;
    if (status == SBX_OK) {
        status = sbx_multi_add(engine->multis[request->budget], request->easy);
    }
    if (status != SBX_OK) {
        sbx_request_abandon(request, status, "the request could not be made");
        give_back(engine, request);
        return;
    }
    size_t active = ++engine->active_count[request->budget];
    engine->peak[request->budget] =
        active > engine->peak[request->budget] ? active : engine->peak[request->budget];
    sbx_queue_push(&engine->active, &request->link);
}

static void activate_waiting(struct sbx_engine *engine)
{
    for (int budget = 0; budget < SBX_BUDGETS; budget++) {
        while (engine->active_count[budget] < budgets[budget]) {
            struct sbx_link *link = sbx_queue_pop(&engine->waiting[budget]);
            if (link == NULL) {
                break;
            }
            activate(engine, SBX_CONTAINER(link, struct sbx_request, link));
        }
    }
}

static void start_inbox(struct sbx_engine *engine)
{
    struct sbx_queue submitted;
    sbx_queue_init(&submitted);
    (void)pthread_mutex_lock(&engine->lock);
    sbx_queue_move(&engine->inbox, &submitted);
    (void)pthread_mutex_unlock(&engine->lock);
    struct sbx_link *link;
    while ((link = sbx_queue_pop(&submitted)) != NULL) {
        struct sbx_task *task = SBX_CONTAINER(link, struct sbx_task, link);
        task->start(task);
    }
}

static void expire(struct sbx_engine *engine, struct sbx_request *request, uint64_t now)
{
    uint64_t extended = request->progress_ms + (uint64_t)request->timeout_ms;
    if (request->until_stalled && extended > now) {
        sbx_deadlines_remove(&engine->deadlines, &request->deadline);
        request->deadline.at_ms = extended;
        if (sbx_deadlines_add(&engine->deadlines, &request->deadline) == SBX_OK) {
            return;
        }
    }
    char why[128];
    int limit_ms = request->limit_ms > request->timeout_ms ? request->limit_ms : request->timeout_ms;
    (void)snprintf(why, sizeof(why), "no %s within %d ms%s", request->until_stalled ? "progress" : "answer",
                   limit_ms,
                   request->change && request->easy != NULL ? "; the operation may have completed" : "");
    abandon(engine, request, SBX_ETIMEDOUT, why);
}

static void expire_deadlines(struct sbx_engine *engine)
{
    uint64_t now = sbx_now_ms();
    struct sbx_deadline *first;
    while ((first = sbx_deadlines_first(&engine->deadlines)) != NULL && first->at_ms <= now) {
        expire(engine, SBX_CONTAINER(first, struct sbx_request, deadline), now);
    }
}

/* Gives back what curl has ended; false where nothing was. */
static bool collect(struct sbx_engine *engine, struct sbx_multi *multi)
{
    bool any = false;
    CURLcode code = CURLE_OK;
    CURL *easy;
    while ((easy = sbx_multi_next_ended(multi, &code)) != NULL) {
        struct sbx_request *request = sbx_request_of(easy);
        take_from_curl(engine, request);
        sbx_request_conclude(request, code);
        give_back(engine, request);
        any = true;
    }
    return any;
}

static void cancel_queue(struct sbx_engine *engine, struct sbx_queue *queue)
{
    while (!sbx_queue_empty(queue)) {
        struct sbx_link *link = queue->head.next;
        abandon(engine, SBX_CONTAINER(link, struct sbx_request, link), SBX_ECANCELED, "closed");
    }
}

static void cancel_all(struct sbx_engine *engine)
{
    cancel_queue(engine, &engine->active);
    for (int budget = 0; budget < SBX_BUDGETS; budget++) {
        cancel_queue(engine, &engine->waiting[budget]);
    }
}

static bool is_idle(const struct sbx_engine *engine)
{
    return sbx_queue_empty(&engine->waiting[SBX_BUDGET_FILES]) &&
           sbx_queue_empty(&engine->waiting[SBX_BUDGET_PROGRAMS]) && sbx_queue_empty(&engine->active);
}

static void advance(struct sbx_engine *engine)
{
    bool again;
    do {
        again = false;
        expire_deadlines(engine);
        activate_waiting(engine);
        for (int budget = 0; budget < SBX_BUDGETS; budget++) {
            sbx_multi_serve_due(engine->multis[budget]);
            again = collect(engine, engine->multis[budget]) || again; /* what came back may ask for more */
        }
    } while (again);
}

/* A multi closes the connections that it keeps when it goes; another one takes its place. While it has
 * transfers it stays: those connections are in use. One that has waited for many programs keeps many. */
static void forget_connections(struct sbx_engine *engine)
{
    bool all = atomic_exchange(&engine->forgetting, false);
    for (int budget = 0; budget < SBX_BUDGETS; budget++) {
        struct sbx_multi *fresh = NULL;
        engine->stale[budget] = engine->stale[budget] || all || engine->peak[budget] > SBX_FILE_CONNECTIONS;
        if (!engine->stale[budget] || engine->active_count[budget] > 0) {
            continue;
        }
        if (sbx_multi_create(&fresh, engine->poller) == SBX_OK) { /* else it is done at the next turn */
            sbx_multi_destroy(engine->multis[budget]);
            engine->multis[budget] = fresh;
            engine->stale[budget] = false;
            engine->peak[budget] = 0;
        }
    }
}

/* Everything that can be done without waiting. */
static void turn(struct sbx_engine *engine)
{
    start_inbox(engine);
    if (!atomic_load(&engine->closing)) {
        advance(engine);
    }
    while (atomic_load(&engine->closing) && !is_idle(engine)) {
        cancel_all(engine);
    }
    forget_connections(engine);
}

/* Waits at most `timeout_ms` and serves what became ready; false where nothing did. */
static bool serve(struct sbx_engine *engine, int timeout_ms)
{
    struct sbx_poll_event events[EVENTS];
    size_t count = sbx_poller_wait(engine->poller, events, EVENTS, timeout_ms);
    for (size_t i = 0; i < count; i++) {
        if (events[i].fd >= 0) {
            /* The socket is one of either's; the other does not know it, and does nothing. */
            sbx_multi_serve(engine->multis[SBX_BUDGET_FILES], events[i]);
            sbx_multi_serve(engine->multis[SBX_BUDGET_PROGRAMS], events[i]);
        }
    }
    return count > 0;
}

void sbx_engine_slice(struct sbx_engine *engine)
{
    uint64_t end = sbx_now_ms() + SLICE_MS;
    engine->something_done = false;
    turn(engine);
    while (!engine->something_done && !atomic_load(&engine->closing) && sbx_now_ms() < end &&
           serve(engine, LINGER_MS)) {
        turn(engine);
    }
}

int sbx_engine_due_ms(const struct sbx_engine *engine)
{
    const struct sbx_deadline *first = sbx_deadlines_first(&engine->deadlines);
    uint64_t due = first == NULL ? 0 : first->at_ms;
    for (int budget = 0; budget < SBX_BUDGETS; budget++) {
        due = sbx_sooner_ms(due, sbx_multi_due_ms(engine->multis[budget]));
    }
    uint64_t now = sbx_now_ms();
    if (atomic_load(&engine->forgetting) || (due != 0 && due <= now)) {
        return 0;
    }
    return due == 0 ? -1 : (int)(due - now < INT32_MAX ? due - now : INT32_MAX);
}

void sbx_engine_run(struct sbx_engine *engine)
{
    engine->something_done = false;
    turn(engine);
    while (!engine->something_done && !atomic_load(&engine->closing)) {
        (void)serve(engine, sbx_engine_due_ms(engine));
        turn(engine);
    }
}
