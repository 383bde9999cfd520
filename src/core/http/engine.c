/* engine.c: the slice.
 *
 * Five budgets of connections: a request waits in the queue of its budget until one is free, so that files
 * never wait behind programs. Deadlines are the engine's own and count the wait in that queue; where one counts
 * from the last progress, its own or its budget's, it is put off when it is met.
 * Invariant: a request is in one place: a waiting queue, the active queue, a pause (repeat.h), or its owner's hands.
 * Thread: as engine.h says; the inbox, done and what is given up are all that threads share.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/engine.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "core/http/connections.h"
#include "core/http/poller.h"
#include "core/mailbox.h"

enum { EVENTS = 512, LINGER_MS = 1, SLICE_MS = 50 };

struct sbx_engine {
    struct sbx_connections connections[SBX_BUDGETS];
    struct sbx_poller *poller; /* owned */
    struct sbx_deadlines deadlines;
    struct sbx_queue active;   /* borrowed requests, with their transport */
    struct sbx_queue deferred; /* borrowed; run before requests are activated */
    bool something_done;       /* in this slice */
    atomic_bool closing;
    atomic_bool forgetting;  /* the kept connections are to be closed */
    struct sbx_tasks tasks;  /* submitted, and under way */
    struct sbx_mailbox done; /* tasks finished */
};

static void turn(struct sbx_engine *engine);

static enum sbx_status init(struct sbx_engine *engine)
{
    sbx_deadlines_init(&engine->deadlines);
    sbx_queue_init(&engine->active);
    sbx_queue_init(&engine->deferred);
    enum sbx_status status = sbx_tasks_init(&engine->tasks);
    if (status == SBX_OK) {
        status = sbx_mailbox_init(&engine->done);
    }
    if (status == SBX_OK) {
        status = sbx_poller_create(&engine->poller);
    }
    for (int budget = 0; budget < SBX_BUDGETS && status == SBX_OK; budget++) {
        status = sbx_connections_init(&engine->connections[budget], engine->poller, (enum sbx_budget)budget,
                                      engine->connections);
    }
    return status;
}

static void free_engine(struct sbx_engine *engine)
{
    for (int budget = 0; budget < SBX_BUDGETS; budget++) {
        sbx_connections_clear(&engine->connections[budget]);
    }
    sbx_poller_destroy(engine->poller);
    sbx_deadlines_clear(&engine->deadlines);
    sbx_tasks_clear(&engine->tasks);
    sbx_mailbox_clear(&engine->done);
    free(engine);
}

enum sbx_status sbx_engine_create(struct sbx_engine **engine)
{
    struct sbx_engine *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return SBX_ENOMEM;
    }
    enum sbx_status status = init(made);
    if (status != SBX_OK) {
        free_engine(made);
    } else {
        *engine = made;
    }
    return status;
}

void sbx_engine_destroy(struct sbx_engine *engine)
{
    if (engine == NULL) {
        return;
    }
    atomic_store(&engine->closing, true);
    turn(engine);
    free_engine(engine);
}

int sbx_engine_fd(const struct sbx_engine *engine)
{
    return sbx_poller_fd(engine->poller);
}

void sbx_engine_submit(struct sbx_engine *engine, struct sbx_task *task)
{
    task->engine = engine;
    if (sbx_tasks_put(&engine->tasks, task)) { /* else whoever was first there has woken it */
        sbx_poller_wake(engine->poller);
    }
}

void sbx_engine_give_up(struct sbx_engine *engine, struct sbx_task *task)
{
    if (sbx_tasks_give_up(&engine->tasks, task)) {
        sbx_poller_wake(engine->poller);
    }
}

void sbx_engine_finish(struct sbx_engine *engine, struct sbx_task *task)
{
    sbx_link_remove(&task->link);
    (void)sbx_mailbox_put(&engine->done, &task->link);
    engine->something_done = true;
}

void sbx_engine_take_done(struct sbx_engine *engine, struct sbx_queue *done)
{
    sbx_mailbox_take(&engine->done, done);
}

void sbx_engine_take_exchanges(struct sbx_engine *engine, struct sbx_queue *taken)
{
    for (int budget = 0; budget < SBX_BUDGETS; budget++) {
        sbx_queue_move(&engine->connections[budget].exchanges.out, taken);
    }
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

enum sbx_status sbx_engine_arm(struct sbx_engine *engine, struct sbx_deadline *deadline)
{
    return sbx_deadlines_add(&engine->deadlines, deadline);
}

void sbx_engine_disarm(struct sbx_engine *engine, struct sbx_deadline *deadline)
{
    sbx_deadlines_remove(&engine->deadlines, deadline);
}

void sbx_engine_defer(struct sbx_engine *engine, struct sbx_deferred *deferred)
{
    sbx_link_remove(&deferred->link);
    sbx_queue_push(&engine->deferred, &deferred->link);
}

static void run_deferred(struct sbx_engine *engine)
{
    struct sbx_link *link;
    while ((link = sbx_queue_pop(&engine->deferred)) != NULL) {
        struct sbx_deferred *deferred = SBX_CONTAINER(link, struct sbx_deferred, link);
        deferred->run(deferred);
    }
}

static void take_back(struct sbx_request *request)
{
    sbx_link_remove(&request->link);
    sbx_deadlines_remove(&request->engine->deadlines, &request->deadline);
}

static void give_back(struct sbx_request *request)
{
    take_back(request);
    if (!sbx_repeat_begin(request)) {
        request->done(request);
    }
}

static void end_early(struct sbx_request *request, enum sbx_status status, const char *why)
{
    sbx_connections_cancel(&request->engine->connections[request->budget], request);
    sbx_request_abandon(request, status, why);
}

static void abandon(struct sbx_request *request, enum sbx_status status, const char *why)
{
    end_early(request, status, why);
    give_back(request);
}

void sbx_engine_cancel(struct sbx_request *request)
{
    sbx_repeat_stop(request);
    end_early(request, SBX_ECANCELED, "cancelled");
    take_back(request);
}

/* Puts the deadline off where it counts from a progress that was made since; false where it is met. */
static bool put_off(struct sbx_request *request)
{
    uint64_t extended = sbx_request_progress_ms(request) + (uint64_t)request->timeout_ms;
    if (!request->until_stalled || extended <= sbx_now_ms()) {
        return false;
    }
    request->deadline.at_ms = extended;
    return sbx_deadlines_add(&request->engine->deadlines, &request->deadline) == SBX_OK;
}

static void on_due(struct sbx_deadline *deadline, enum sbx_status why)
{
    struct sbx_request *request = SBX_CONTAINER(deadline, struct sbx_request, deadline);
    if (why == SBX_ECANCELED) {
        abandon(request, why, "closed");
    } else if (!put_off(request)) {
        char words[128];
        sbx_request_say_deadline(request, words, sizeof(words));
        abandon(request, why, words);
    }
}

void sbx_engine_send(struct sbx_engine *engine, struct sbx_request *request)
{
    request->engine = engine;
    request->deadline.due = on_due;
    sbx_request_start_clock(request, &engine->connections[request->budget].progress_ms);
    /* Without memory for the deadline it is refused when its turn comes: not in here, where its owner waits. */
    (void)!sbx_deadlines_add(&engine->deadlines, &request->deadline);
    sbx_queue_push(&engine->connections[request->budget].waiting, &request->link);
}

size_t sbx_engine_count(const struct sbx_engine *engine, enum sbx_budget budget, size_t most)
{
    return sbx_connections_count(&engine->connections[budget], most);
}

/* Hands `request` to its transport; one that cannot be handed over comes back at once. */
static void activate(struct sbx_request *request)
{
    struct sbx_engine *engine = request->engine;
    sbx_link_remove(&request->link);
    enum sbx_status status = request->deadline.place != 0 ? SBX_OK : SBX_ENOMEM; /* of its deadline */
    if (status == SBX_OK && request->change && !sbx_task_may_change(request->task)) {
        status = SBX_ECANCELED;
    }
    if (status == SBX_OK) {
        status = sbx_connections_send(&engine->connections[request->budget], request);
    }
    if (status != SBX_OK) {
        sbx_request_abandon(request, status, "the request could not be made");
        give_back(request);
        return;
    }
    engine->something_done =
        engine->something_done || request->exchange != NULL; /* main has to go on with it */
    sbx_queue_push(&engine->active, &request->link);
}

/* false: none may leave now. */
static bool activate_waiting(struct sbx_engine *engine)
{
    bool any = false;
    for (int budget = 0; budget < SBX_BUDGETS; budget++) {
        struct sbx_connections *some = &engine->connections[budget];
        struct sbx_request *request;
        while ((request = sbx_connections_next_waiting(some, &engine->active)) != NULL) {
            activate(request);
            any = true;
        }
    }
    return any;
}

/* Gives back what has ended; false: nothing. */
static bool collect(struct sbx_engine *engine)
{
    bool any = false;
    for (int budget = 0; budget < SBX_BUDGETS; budget++) {
        struct sbx_connections *some = &engine->connections[budget];
        struct sbx_request *request;
        sbx_multi_serve_due(some->multi);
        while ((request = sbx_connections_next_ended(some)) != NULL) {
            give_back(request);
            any = true;
        }
    }
    return any;
}

static void cancel_queue(struct sbx_queue *queue)
{
    while (!sbx_queue_empty(queue)) {
        abandon(SBX_CONTAINER(queue->head.next, struct sbx_request, link), SBX_ECANCELED, "closed");
    }
}

static void cancel_all(struct sbx_engine *engine)
{
    sbx_deadlines_expire(&engine->deadlines, UINT64_MAX, SBX_ECANCELED);
    cancel_queue(&engine->active);
    for (int budget = 0; budget < SBX_BUDGETS; budget++) {
        cancel_queue(&engine->connections[budget].waiting);
    }
    run_deferred(engine);
}

static bool is_idle(const struct sbx_engine *engine)
{
    bool idle = sbx_queue_empty(&engine->active) && sbx_queue_empty(&engine->deferred);
    for (int budget = 0; budget < SBX_BUDGETS; budget++) {
        idle = idle && sbx_queue_empty(&engine->connections[budget].waiting);
    }
    return idle && sbx_deadlines_first(&engine->deadlines) == NULL;
}

/* What has arrived, in its order, is taken in before anything is over for being late: this may be long after that. */
static void advance(struct sbx_engine *engine)
{
    bool again;
    do {
        run_deferred(engine);
        again = collect(engine); /* what came back may ask for more */
        run_deferred(engine);
        sbx_deadlines_expire(&engine->deadlines, sbx_now_ms(), SBX_ETIMEDOUT);
        again = activate_waiting(engine) || again || !sbx_queue_empty(&engine->deferred);
    } while (again);
}

static void forget_connections(struct sbx_engine *engine)
{
    bool all = atomic_exchange(&engine->forgetting, false);
    for (int budget = 0; budget < SBX_BUDGETS; budget++) {
        sbx_connections_forget(&engine->connections[budget], all);
    }
}

/* Everything that can be done without waiting. */
static void turn(struct sbx_engine *engine)
{
    sbx_tasks_serve(&engine->tasks);
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
        for (int budget = 0; events[i].fd >= 0 && budget < SBX_BUDGETS; budget++) {
            sbx_multi_serve(engine->connections[budget].multi, events[i]); /* whose it is not does nothing */
        }
    }
    return count > 0;
}

void sbx_engine_slice(struct sbx_engine *engine)
{
    uint64_t end = sbx_now_ms() + SLICE_MS;
    engine->something_done = false;
    (void)serve(engine, 0);
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
        due = sbx_sooner_ms(due, sbx_multi_due_ms(engine->connections[budget].multi));
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
    (void)serve(engine, 0);
    turn(engine);
    while (!engine->something_done && !atomic_load(&engine->closing)) {
        (void)serve(engine, sbx_engine_due_ms(engine));
        turn(engine);
    }
}
