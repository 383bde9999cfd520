/* ask.h: one question to the companion, and its answer: what struct sbx_request is to HTTP. Whoever asks fills
 * the first part, hands it to a lane (sbx_companion_lane_ask), and gets it back in `done`.
 *
 * Thread: one at a time: its maker's until it is asked, the slice's until `done`.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_COMPANION_ASK_H
#define SBX_CORE_COMPANION_ASK_H

#include "core/http/deadlines.h"
#include "core/http/endpoint.h"
#include "core/queue.h"
#include "wire/wire.h"

struct sbx_batch;
struct sbx_companion_lane;
struct sbx_task;

struct sbx_ask {
    /* Asked. */
    const struct sbx_op_row *row;
    struct sbx_args args;              /* its spans are borrowed until done; its paths are the sandbox's */
    struct sbx_endpoint *endpoint;     /* borrowed until done */
    int timeout_ms;                    /* > 0 */
    int limit_ms;                      /* what an error says the deadline was */
    void (*done)(struct sbx_ask *ask); /* pool; the ask is its owner's again */
    void *owner;                       /* borrowed: for whoever asks */
    struct sbx_task *task;             /* borrowed: whose change it is; NULL: it cannot be given up */

    /* Came back. */
    bool no_companion; /* nothing was asked: there is none, or status says how the search for it failed */
    enum sbx_status status;   /* the companion's, or that of a failed way there */
    const char *words;        /* about a way that failed; NULL: none. Borrowed until done returns */
    struct sbx_answer answer; /* where status is SBX_OK. Borrowed until done returns */

    /* The lane's. */
    struct sbx_companion_lane *lane; /* borrowed */
    struct sbx_link link;            /* in the lane's queue, or in that of again.h, while it waits */
    struct sbx_batch *batch;         /* borrowed; NULL: it waits */
    struct sbx_deadline deadline;
    uint64_t again_ms; /* when its turn comes, while it waits in again.h */
    uint32_t id;       /* its place in the batch */
    uint8_t tries;     /* how often it was sent in vain */
    bool alone;        /* in a batch of its own */
};

/* Whether it takes long, or may. What found no room beside others, and reads, is as quick by itself. */
static inline bool sbx_ask_takes_long(const struct sbx_ask *ask)
{
    return (ask->row->kind & SBX_ALONE) != 0 || (ask->alone && (ask->row->kind & SBX_CHANGE) != 0);
}

#endif
