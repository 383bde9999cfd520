/* again.c: one queue and one deadline. There are three pauses and few asks that are lost: a walk along all of them when
 * one is over is cheap.
 *
 * Thread: as again.h says.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion/again.h"

bool sbx_again_may_pass(enum sbx_status status)
{
    return status == SBX_EIO || status == SBX_ETXTBSY || status == SBX_ECONNREFUSED;
}

enum sbx_again_when sbx_again_judge(struct sbx_ask *ask, enum sbx_fate fate, enum sbx_status *status,
                                    const char **words)
{
    ask->batch = NULL;
    if (fate == SBX_FATE_UNKNOWN && (ask->row->kind & SBX_CHANGE) != 0) {
        *status = SBX_EIO;
        *words = "the connection was lost; the operation may have completed";
        return SBX_AGAIN_NEVER;
    }
    if (fate == SBX_FATE_NOT_DONE && !sbx_again_may_pass(*status)) {
        return SBX_AGAIN_NEVER; /* it would be the same again */
    }
    *status = fate == SBX_FATE_GONE ? SBX_EIO : *status; /* ENOENT is of the companion */
    if (++ask->tries == SBX_ASK_TRIES) {
        return SBX_AGAIN_NEVER;
    }
    return fate == SBX_FATE_UNKNOWN || fate == SBX_FATE_NOT_DONE ? SBX_AGAIN_LATER : SBX_AGAIN_AT_ONCE;
}

static struct sbx_ask *ask_of(struct sbx_link *link)
{
    return SBX_CONTAINER(link, struct sbx_ask, link);
}

/* The first turn of all; 0: nobody waits. */
static uint64_t first_turn_ms(const struct sbx_again *again)
{
    uint64_t first_ms = 0;
    for (struct sbx_link *link = again->asks.head.next; link != &again->asks.head; link = link->next) {
        first_ms = sbx_sooner_ms(first_ms, ask_of(link)->again_ms);
    }
    return first_ms;
}

static enum sbx_status arm(struct sbx_again *again)
{
    sbx_engine_disarm(again->engine, &again->next);
    again->next.at_ms = first_turn_ms(again);
    return again->next.at_ms == 0 ? SBX_OK : sbx_engine_arm(again->engine, &again->next);
}

/* Those whose turn it is by now: all of them where `now_ms` is UINT64_MAX. */
static void give_turns(struct sbx_again *again, uint64_t now_ms)
{
    struct sbx_queue asks;
    struct sbx_link *link;
    sbx_queue_init(&asks);
    sbx_queue_move(&again->asks, &asks);
    while ((link = sbx_queue_pop(&asks)) != NULL) {
        struct sbx_ask *ask = ask_of(link);
        if (ask->again_ms <= now_ms) {
            again->turn(ask);
        } else {
            sbx_queue_push(&again->asks, link);
        }
    }
    if (arm(again) != SBX_OK) {
        give_turns(again, UINT64_MAX);
    }
}

/* At the engine's end each ask is ended by its own deadline. */
static void on_next(struct sbx_deadline *deadline, enum sbx_status why)
{
    if (why == SBX_ETIMEDOUT) {
        give_turns(SBX_CONTAINER(deadline, struct sbx_again, next), sbx_now_ms());
    }
}

void sbx_again_init(struct sbx_again *again, void (*turn)(struct sbx_ask *ask))
{
    *again = (struct sbx_again){.next = {.due = on_next}, .turn = turn};
    sbx_queue_init(&again->asks);
}

static uint64_t pause_ms(const struct sbx_ask *ask, uint64_t now_ms)
{
    uint64_t left_ms = ask->deadline.at_ms > now_ms ? ask->deadline.at_ms - now_ms : 0;
    uint64_t wanted_ms = SBX_ASK_AGAIN_MS;
    for (unsigned try = 1; try < ask->tries; try++) {
        wanted_ms *= SBX_ASK_AGAIN_GROWTH;
    }
    return wanted_ms < left_ms / 2 ? wanted_ms : left_ms / 2;
}

void sbx_again_add(struct sbx_again *again, struct sbx_engine *engine, struct sbx_ask *ask)
{
    uint64_t now_ms = sbx_now_ms();
    again->engine = engine;
    ask->again_ms = now_ms + pause_ms(ask, now_ms);
    sbx_queue_push(&again->asks, &ask->link);
    if (arm(again) != SBX_OK) {
        give_turns(again, UINT64_MAX);
    }
}

void sbx_again_left(struct sbx_again *again)
{
    if (again->engine != NULL && sbx_queue_empty(&again->asks)) {
        sbx_engine_disarm(again->engine, &again->next);
    }
}
