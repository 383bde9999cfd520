/* resident_leave.c: how it ends: looked at, ended, forgotten by the server; in that order, for its id may be another
 * one's by now.
 *
 *     dismiss ── is it still ours? ── runs ──▶ stop ── runs ──▶ kill ──▶ delete ──▶ go
 *                       │               └─ ended ───┴─ ended ────────────────▲        ▲
 *                       └── gone, or no answer ──────────┴────────────────────────────┘
 *
 * Stopped, it ends what it is at, and removes its box.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "core/companion/companion_lane.h"
#include "core/companion/resident_ask.h"
#include "core/companion/resident_state.h"

enum { LEAVING_MS = 1000 }; /* for each answer: close() waits for them, and what is left leaves by itself */

/* There is no process any more, or none that can be reached: nothing of it is touched afterwards. */
void sbx_resident_go(struct sbx_resident *resident)
{
    sbx_resident_cancel(&resident->request);
    sbx_resident_cancel(&resident->stream);
    sbx_resident_cancel(&resident->look);
    sbx_engine_disarm(resident->engine, &resident->clock);
    sbx_engine_disarm(resident->engine, &resident->pause);
    sbx_link_remove(&resident->arrived.link);
    sbx_letters_clear(&resident->letters);
    sbx_tail_clear(&resident->tail);
    sbx_bytes_clear(&resident->body);
    sbx_bytes_clear(&resident->box);
    sbx_endpoint_unref(resident->endpoint);
    json_decref(resident->others);
    free(resident->process.id);
    resident->endpoint = NULL;
    resident->others = NULL;
    resident->process.id = NULL;
    resident->streak = 0;
    sbx_resident_enter(resident, NONE);
    sbx_companion_lane_unref(resident->lane);
}

/* Sends the next request of its end, or ends it here where that cannot be. */
static void go_on(struct sbx_resident *resident, struct sbx_request *request,
                  void (*done)(struct sbx_request *request))
{
    if (request != NULL) {
        request->timeout_ms = LEAVING_MS;
    }
    if (!sbx_resident_send(resident, &resident->request, request, done)) {
        sbx_resident_go(resident);
    }
}

/* Takes back the request that is over. */
static void take(struct sbx_resident *resident)
{
    sbx_request_destroy(resident->request);
    resident->request = NULL;
}

static void on_deleted(struct sbx_request *request)
{
    struct sbx_resident *resident = request->owner;
    take(resident);
    sbx_resident_go(resident);
}

static void on_killed(struct sbx_request *request)
{
    struct sbx_resident *resident = request->owner;
    bool well = request->outcome == SBX_OK;
    take(resident);
    if (well) {
        go_on(resident, sbx_resident_ask_delete(resident->endpoint, resident->process.id), on_deleted);
    } else {
        sbx_resident_go(resident);
    }
}

/* What is next after an answer that says how it is: where it runs, it is to `end`, and then `ended`. */
static void take_state(struct sbx_request *request, enum sbx_resident_end end,
                       void (*ended)(struct sbx_request *request))
{
    struct sbx_resident *resident = request->owner;
    enum sbx_resident_life life = sbx_resident_read_state(request, &resident->process);
    take(resident);
    if (life == SBX_RESIDENT_RUNS) {
        go_on(resident, sbx_resident_ask_to_end(resident->endpoint, resident->process.id, end), ended);
    } else if (life == SBX_RESIDENT_ENDED) {
        go_on(resident, sbx_resident_ask_delete(resident->endpoint, resident->process.id), on_deleted);
    } else {
        sbx_resident_go(resident);
    }
}

static void on_stopped(struct sbx_request *request)
{
    take_state(request, SBX_RESIDENT_KILL, on_killed);
}

static void on_looked_at(struct sbx_request *request)
{
    take_state(request, SBX_RESIDENT_STOP, on_stopped);
}

void sbx_resident_dismiss(struct sbx_resident *resident)
{
    sbx_resident_enter(resident, LEAVING);
    sbx_resident_cancel(&resident->request);
    sbx_resident_cancel(&resident->stream);
    sbx_resident_cancel(&resident->look);
    sbx_engine_disarm(resident->engine, &resident->clock);
    sbx_engine_disarm(resident->engine, &resident->pause);
    go_on(resident, sbx_resident_ask_state(resident->endpoint, resident->process.id), on_looked_at);
}

void sbx_resident_dismiss_for_long(struct sbx_resident *resident)
{
    resident->not_before_ms = sbx_now_ms() + SBX_COMPANION_AGAIN_MS;
    sbx_resident_dismiss(resident);
}

bool sbx_resident_stays(const struct sbx_resident *resident)
{
    return sbx_resident_shown(resident) != NONE;
}

/* STARTING and RETIRING come to their end by themselves, as far as the server answers: not much longer. */
void sbx_resident_leave(struct sbx_resident *resident)
{
    if (resident == NULL) {
        return;
    }
    resident->unwanted = true;
    if ((resident->mode == STARTING || resident->mode == RETIRING) &&
        !sbx_resident_arm(resident, &resident->clock, sbx_now_ms() + LEAVING_MS)) {
        sbx_resident_go(resident);
        return;
    }
    bool idle = sbx_resident_is_up(resident) || resident->mode == GREETING || resident->mode == ASLEEP;
    if (idle && sbx_resident_is_wanted(resident, true)) {
        sbx_resident_go(resident); /* what it is at, it ends, and leaves by itself */
    } else if (idle) {
        sbx_resident_dismiss(resident);
    }
}
