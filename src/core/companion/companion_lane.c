/* companion_lane.c: what waits together travels together.
 *
 * A batch leaves at once unless one like it is under way and the last left less than a pace ago (pace.h); what comes
 * meanwhile shares the next one. An operation that takes long has a batch of its own, and holds nothing up that does not.
 *
 * Invariant: an ask is waiting (in the queue, or to be asked again), or in exactly one batch, or its owner's.
 *
 * Thread: as companion_lane.h says; only the count of owners is shared.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion/companion_lane.h"

#include <stdlib.h>

#include "core/companion/companion_find.h"
#include "core/companion/errand.h"
#include "core/companion/lane_state.h"
#include "core/companion/resident.h"

static void flush(struct sbx_companion_lane *lane);

static void on_flush(struct sbx_deferred *deferred)
{
    flush(SBX_CONTAINER(deferred, struct sbx_companion_lane, flush));
}

static void on_next(struct sbx_deadline *deadline, enum sbx_status why)
{
    if (why == SBX_ETIMEDOUT) {
        flush(SBX_CONTAINER(deadline, struct sbx_companion_lane, next));
    }
}

enum sbx_status sbx_companion_lane_create(struct sbx_companion_lane **lane, struct sbx_companion *companion)
{
    struct sbx_companion_lane *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return SBX_ENOMEM;
    }
    atomic_init(&made->owners, 1);
    made->companion = sbx_companion_ref(companion);
    made->fill_max = SBX_BATCH_FILL_MAX;
    sbx_queue_init(&made->waiting);
    sbx_again_init(&made->again, sbx_companion_lane_await_turn);
    made->flows[false].max = SBX_BATCHES_MAX;
    made->flows[true].max = SBX_LONG_BATCHES_MAX;
    sbx_link_init(&made->flush.link);
    made->flush.run = on_flush;
    made->next.due = on_next;
    *lane = made;
    return SBX_OK;
}

enum sbx_status sbx_companion_lane_stay(struct sbx_companion_lane *lane)
{
    return sbx_resident_create(&lane->resident, lane, lane->companion);
}

struct sbx_resident *sbx_companion_lane_resident(const struct sbx_companion_lane *lane)
{
    return lane->resident;
}

void sbx_companion_lane_ref(struct sbx_companion_lane *lane)
{
    atomic_fetch_add_explicit(&lane->owners, 1, memory_order_relaxed);
}

void sbx_companion_lane_unref(struct sbx_companion_lane *lane)
{
    if (lane == NULL || atomic_fetch_sub_explicit(&lane->owners, 1, memory_order_acq_rel) > 1) {
        return;
    }
    sbx_resident_destroy(lane->resident);
    sbx_companion_unref(lane->companion);
    free(lane);
}

bool sbx_companion_lane_is_quiet(const struct sbx_companion_lane *lane)
{
    return lane->flows[false].under_way == 0 && sbx_queue_empty(&lane->waiting);
}

/* Out of the lane, of which its owner may be the last to hold it: nothing of that stays with the engine. */
static void leave(struct sbx_ask *ask)
{
    struct sbx_companion_lane *lane = ask->lane;
    sbx_link_remove(&ask->link);
    sbx_engine_disarm(lane->engine, &ask->deadline);
    if (sbx_queue_empty(&lane->waiting)) {
        sbx_engine_disarm(lane->engine, &lane->next);
    }
    sbx_again_left(&lane->again);
    ask->batch = NULL;
}

void sbx_companion_lane_give_back(struct sbx_ask *ask)
{
    leave(ask);
    ask->done(ask);
}

void sbx_companion_lane_fail(struct sbx_ask *ask, enum sbx_status status, const char *words)
{
    ask->status = status;
    ask->words = words;
    sbx_companion_lane_give_back(ask);
}

void sbx_companion_lane_look_again(struct sbx_companion_lane *lane)
{
    sbx_engine_defer(lane->engine, &lane->flush);
}

void sbx_companion_lane_await_turn(struct sbx_ask *ask)
{
    ask->batch = NULL;
    ask->id = 0; /* of errand.h */
    sbx_queue_push(&ask->lane->waiting, &ask->link);
    sbx_companion_lane_look_again(ask->lane);
}

void sbx_companion_lane_end_batch(struct sbx_batch *batch)
{
    struct sbx_companion_lane *lane = batch->lane;
    struct sbx_flow *flow = &lane->flows[batch->takes_long];
    flow->under_way--;
    flow->last_ms = flow->last_ms == batch->sent_ms ? 0 : flow->last_ms;
    if (!sbx_queue_empty(&lane->waiting)) {
        sbx_companion_lane_look_again(lane);
    }
    sbx_batch_destroy(batch);
    sbx_companion_lane_unref(lane);
}

void sbx_companion_lane_end_unwanted(struct sbx_batch *batch)
{
    if (batch->left == 0) {
        batch->carrier->cancel(batch);
        sbx_companion_lane_end_batch(batch);
    }
}

static void leave_batch(struct sbx_ask *ask)
{
    if (ask->batch != NULL) {
        (void)sbx_batch_take_out(ask->batch, ask->id);
        sbx_companion_lane_end_unwanted(ask->batch);
    }
}

void sbx_companion_lane_cancel(struct sbx_ask *ask)
{
    leave_batch(ask);
    leave(ask);
}

/* The ask's deadline, or the end of the engine. */
static void on_due(struct sbx_deadline *deadline, enum sbx_status why)
{
    struct sbx_ask *ask = SBX_CONTAINER(deadline, struct sbx_ask, deadline);
    char words[128];
    sbx_batch_say_deadline(ask, words, sizeof(words));
    leave_batch(ask);
    sbx_companion_lane_fail(ask, why, why == SBX_ECANCELED ? "closed" : words);
}

enum sbx_status sbx_companion_lane_ask(struct sbx_companion_lane *lane, struct sbx_engine *engine,
                                       struct sbx_ask *ask)
{
    ask->lane = lane;
    lane->engine = engine;
    ask->no_companion = false;
    ask->status = SBX_OK;
    ask->words = NULL;
    ask->tries = 0;
    ask->alone = ask->alone || (ask->row->kind & SBX_ALONE) != 0;
    ask->deadline.at_ms = sbx_now_ms() + (uint64_t)ask->timeout_ms;
    ask->deadline.due = on_due;
    enum sbx_status status = sbx_engine_arm(engine, &ask->deadline);
    if (status == SBX_OK) {
        sbx_link_init(&ask->link);
        sbx_companion_lane_await_turn(ask);
    }
    return status;
}

/* Sends one batch of what waits: `first`, and what goes with it. */
static void send_some(struct sbx_companion_lane *lane, struct sbx_ask *first, bool stays)
{
    bool takes_long = sbx_ask_takes_long(first);
    struct sbx_flow *flow = &lane->flows[takes_long];
    struct sbx_ask *chosen[SBX_BATCH_FRAMES_MAX];
    size_t fill_max = stays ? sbx_resident_fill_max(lane->resident, lane->fill_max) : lane->fill_max;
    size_t count = sbx_batch_choose(&lane->waiting, first, fill_max, stays, chosen);
    struct sbx_batch *batch = NULL;
    enum sbx_status status = sbx_batch_create(&batch, chosen, count);
    for (size_t i = 0; i < count; i++) {
        struct sbx_ask *ask = chosen[i];
        sbx_link_remove(&ask->link);
        if (ask->batch == NULL) {
            sbx_companion_lane_fail(ask, status == SBX_OK ? ask->status : status, NULL);
        }
    }
    if (status != SBX_OK || batch->left == 0) {
        sbx_batch_destroy(batch);
        return;
    }
    sbx_companion_lane_ref(lane);
    batch->lane = lane;
    batch->resident = lane->resident;
    batch->carrier = stays ? &sbx_carrier_resident : &sbx_carrier_run;
    batch->engine = lane->engine;
    batch->takes_long = takes_long;
    batch->sent_ms = sbx_now_ms();
    flow->last_ms = batch->sent_ms;
    flow->under_way++;
    status = sbx_batch_send(batch, lane->companion);
    if (status != SBX_OK) {
        sbx_companion_lane_lost(batch, SBX_FATE_NOT_DONE, status, NULL);
    }
}

static struct sbx_ask *first_waiting(const struct sbx_companion_lane *lane)
{
    return SBX_CONTAINER(lane->waiting.head.next, struct sbx_ask, link);
}

/* Flushes at that time, if not before. */
static void flush_at(struct sbx_companion_lane *lane, uint64_t at_ms)
{
    if (lane->next.place == 0 || at_ms < lane->next.at_ms) {
        sbx_engine_disarm(lane->engine, &lane->next);
        lane->next.at_ms = at_ms;
        (void)!sbx_engine_arm(lane->engine, &lane->next); /* no memory: the next reply flushes */
    }
}

/* Whether one more batch may leave. Where it is too soon, the lane flushes again when it is not. */
static bool may_send(struct sbx_companion_lane *lane, const struct sbx_flow *flow)
{
    uint64_t next_ms = flow->last_ms + sbx_pace_ms(&lane->pace) + 1; /* the clock has whole ms */
    if (flow->under_way == flow->max) {
        return false;
    }
    if (flow->under_way == 0 || next_ms <= sbx_now_ms()) {
        return true;
    }
    flush_at(lane, next_ms);
    return false;
}

/* The first of those that wait for the same sandbox as the first of all whose batch may leave, and how it goes; NULL: there is
 * none. */
static struct sbx_ask *first_to_leave(struct sbx_companion_lane *lane, enum sbx_way *way)
{
    bool seen[2] = {false, false};
    const struct sbx_link *head = &lane->waiting.head;
    for (struct sbx_link *link = head->next; link != head && !(seen[false] && seen[true]);
         link = link->next) {
        struct sbx_ask *ask = SBX_CONTAINER(link, struct sbx_ask, link);
        bool takes_long = sbx_ask_takes_long(ask);
        if (seen[takes_long] || !sbx_endpoint_same_sandbox(ask->endpoint, first_waiting(lane)->endpoint)) {
            continue;
        }
        *way = sbx_resident_way(lane->resident, ask);
        if (*way != SBX_WAY_LATER && may_send(lane, &lane->flows[takes_long])) {
            return ask;
        }
        seen[takes_long] = true;
    }
    return NULL;
}

/* Those of the first one's sandbox, unasked: it has no companion, or the search for it failed with `status`. */
static void give_some_back(struct sbx_companion_lane *lane, enum sbx_status status, const char *words)
{
    struct sbx_queue waiting;
    struct sbx_link *link;
    struct sbx_endpoint *endpoint = sbx_endpoint_ref(first_waiting(lane)->endpoint);
    sbx_queue_init(&waiting);
    sbx_queue_move(&lane->waiting, &waiting);
    while ((link = sbx_queue_pop(&waiting)) != NULL) {
        struct sbx_ask *ask = SBX_CONTAINER(link, struct sbx_ask, link);
        if (sbx_endpoint_same_sandbox(ask->endpoint, endpoint)) {
            ask->no_companion = true;
            sbx_companion_lane_fail(ask, status, words);
        } else {
            sbx_companion_lane_await_turn(ask);
        }
    }
    sbx_endpoint_unref(endpoint);
}

/* The search is over. Where the way to the sandbox itself failed, what waits finds that out over HTTP. */
static void on_found(void *owner, enum sbx_status status, const char *words, struct sbx_span replies)
{
    struct sbx_companion_lane *lane = owner;
    struct sbx_reader reader = sbx_buf_reader(replies);
    struct sbx_frame reply;
    struct sbx_ask *ask = NULL;
    bool unknown = sbx_companion_report(lane->companion, NULL, 0) == SBX_COMPANION_UNKNOWN;
    lane->finding = false;
    while ((ask = sbx_errand_next(&reader, &lane->waiting, &reply)) != NULL) {
        sbx_companion_lane_answer(ask, &reply);
    }
    if (unknown && !sbx_queue_empty(&lane->waiting)) {
        give_some_back(lane, status, words);
    } else {
        flush(lane);
    }
    sbx_companion_lane_unref(lane);
}

static void find(struct sbx_companion_lane *lane)
{
    if (lane->finding) {
        return;
    }
    lane->finding = true;
    sbx_companion_lane_ref(lane);
    if (sbx_companion_find(lane->companion, first_waiting(lane)->endpoint, lane->engine, &lane->waiting,
                           on_found, lane) != SBX_OK) {
        on_found(lane, SBX_ENOMEM, NULL, SBX_SPAN(""));
    }
}

/* Sends the next batch; false: none may leave now. */
static bool send_next(struct sbx_companion_lane *lane)
{
    enum sbx_way way = SBX_WAY_RUN;
    struct sbx_ask *ask = first_to_leave(lane, &way);
    if (ask != NULL) {
        send_some(lane, ask, way == SBX_WAY_RESIDENT);
    }
    return ask != NULL;
}

/* What waits may be for more than one sandbox: each is looked at by itself. */
static void flush(struct sbx_companion_lane *lane)
{
    enum sbx_companion_state state = SBX_COMPANION_UP;
    sbx_engine_disarm(lane->engine, &lane->next);
    while (state == SBX_COMPANION_UP && !sbx_queue_empty(&lane->waiting)) {
        state = sbx_companion_look(lane->companion, first_waiting(lane)->endpoint);
        if (state == SBX_COMPANION_UNKNOWN) {
            find(lane);
        } else if (state == SBX_COMPANION_OFF) {
            give_some_back(lane, SBX_OK, NULL);
        } else if (!send_next(lane)) {
            return;
        }
    }
}
