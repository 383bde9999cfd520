/* companion_lane.h: questions in, batches out, replies back to whoever asked.
 *
 *     ask ──▶ waiting ── flush, once all that came together is there ──▶ batch ──▶ carrier
 *                ▲                                                         │
 *                └── was not done, or only reads ── the carrier lost it ◀──┤
 *     done ◀──────────────────── id → ask ◀──────────────────── replies ◀──┘
 *
 * Where the companion is not known the first question makes the lane look for it, and all wait; where there is
 * none they come back with `no_companion`.
 *
 * Thread: pool: that of its engine, but for create, ref and unref.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_COMPANION_COMPANION_LANE_H
#define SBX_CORE_COMPANION_COMPANION_LANE_H

#include "core/companion/ask.h"
#include "core/companion/companion.h"
#include "core/http/engine.h"

struct sbx_companion_lane;
struct sbx_resident;

/* It counts `companion`. Thread: main. */
enum sbx_status sbx_companion_lane_create(struct sbx_companion_lane **lane,
                                          struct sbx_companion *companion) SBX_CHECKED;

/* Where that pays, its companion stays (resident.h). Before the first ask. Thread: main. */
enum sbx_status sbx_companion_lane_stay(struct sbx_companion_lane *lane) SBX_CHECKED;

/* The one that stays. Borrowed; NULL: none does. Thread: any. */
struct sbx_resident *sbx_companion_lane_resident(const struct sbx_companion_lane *lane);

/* One owner less: its maker, or a batch under way. Thread: any. */
void sbx_companion_lane_unref(struct sbx_companion_lane *lane);

/* Asks; `ask` comes back in its `done`, never from within this call. SBX_ENOMEM: it was not taken. */
enum sbx_status sbx_companion_lane_ask(struct sbx_companion_lane *lane, struct sbx_engine *engine,
                                       struct sbx_ask *ask) SBX_CHECKED;

/* Takes back an ask: `done` is not called. Where its batch has left, its reply is not listened to; one in which nobody
 * waits for anything any more is taken back with its connection. */
void sbx_companion_lane_cancel(struct sbx_ask *ask);

/* Whether nothing waits for a batch, and none is under way. Thread: pool. */
bool sbx_companion_lane_is_quiet(const struct sbx_companion_lane *lane);

#endif
