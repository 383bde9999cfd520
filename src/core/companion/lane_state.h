/* lane_state.h: what the parts of companion_lane.c know of each other: its state, and what becomes of one ask or batch.
 *
 * Thread: pool; only the count of owners is shared.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_COMPANION_LANE_STATE_H
#define SBX_CORE_COMPANION_LANE_STATE_H

#include <stdatomic.h>

#include "core/companion/again.h"
#include "core/companion/batch.h"
#include "core/companion/companion_lane.h"
#include "core/companion/pace.h"

/* Batches of one kind: what is quick never waits behind what takes long, neither for its turn nor for a connection. */
struct sbx_flow {
    size_t under_way;
    size_t max;       /* at once */
    uint64_t last_ms; /* when the last one left; 0: it is over */
};

struct sbx_companion_lane {
    atomic_size_t owners;
    struct sbx_companion *companion; /* owned: one count */
    struct sbx_resident *resident;   /* owned; NULL: all goes by `run` */
    struct sbx_engine *engine;       /* borrowed: of the last ask */
    struct sbx_queue waiting;        /* asks */
    struct sbx_again again;          /* asks that were lost */
    struct sbx_flow flows[2];        /* of batches; the second, of those that take long */
    size_t fill_max;                 /* bytes of a batch */
    struct sbx_deferred flush;
    struct sbx_pace pace;
    struct sbx_deadline next; /* armed while something waits for the last batch of its flow to age */
    bool finding;
};

/* Of companion_lane.c. */

/* It waits for a batch, as one that was never sent. */
void sbx_companion_lane_await_turn(struct sbx_ask *ask);

/* It is its owner's again, answered or failed: nothing of it is touched afterwards, nor of the lane where nobody else
 * counts that. */
void sbx_companion_lane_give_back(struct sbx_ask *ask);
void sbx_companion_lane_fail(struct sbx_ask *ask, enum sbx_status status, const char *words);

/* The batch is over: nobody waits for anything in it. end_unwanted: it is, if that is so. */
void sbx_companion_lane_end_batch(struct sbx_batch *batch);
void sbx_companion_lane_end_unwanted(struct sbx_batch *batch);

/* Of lane_replies.c. */

/* A reply to `ask`, which is in no batch any more. */
void sbx_companion_lane_answer(struct sbx_ask *ask, const struct sbx_frame *reply);

#endif
