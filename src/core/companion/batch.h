/* batch.h: frames that travel together, and the questions that they are. A carrier takes it to the companion
 * and says how it ended: with replies, or lost.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_COMPANION_BATCH_H
#define SBX_CORE_COMPANION_BATCH_H

#include "core/companion/ask.h"
#include "core/companion/companion.h"
#include "core/http/engine.h"
#include "core/http/request.h"

/* What is known of the frames of a batch that was lost. */
enum sbx_fate {
    SBX_FATE_NOT_DONE, /* none of them was done */
    SBX_FATE_UNKNOWN,  /* each may have been done */
    SBX_FATE_GONE,     /* none was done: the companion is not there any more */
    SBX_FATE_NEVER,    /* none was done: there can be no companion; the words say why */
    SBX_FATE_TOO_BIG,  /* none was done: the sandbox takes no batch of that many bytes */
};

struct sbx_letter;
struct sbx_resident;

struct sbx_batch {
    struct sbx_companion_lane *lane; /* owned: one count */
    struct sbx_engine *engine;       /* borrowed */
    struct sbx_endpoint *endpoint;   /* owned: one count */
    bool takes_long;                 /* it is one question that does */
    struct sbx_ask **asks;           /* owned; what it points to is borrowed; NULL where one has ended */
    size_t count;                    /* places in `asks`: the ids are 0 to count - 1 */
    size_t left;                     /* asks that have not ended */
    struct sbx_buffer frames;        /* owned; freed once they are on their way */
    size_t frames_length;            /* bytes that they were counted as */
    bool change;                     /* one of them changes something */
    uint64_t sent_ms;
    int timeout_ms; /* of the last to be waited for */

    const struct sbx_carrier *carrier;
    struct sbx_resident *resident; /* borrowed; where that is its carrier */

    /* The carrier's. */
    struct sbx_letter *letter;   /* borrowed; of sbx_carrier_resident */
    uint32_t file;               /* likewise: how many were left in a box, with it; 0: it was not */
    struct sbx_request *request; /* owned */
    struct sbx_bytes body;       /* owned: of the request */
};

/* A way for batches. */
struct sbx_carrier {
    const char *name;
    /* Sends it; it comes back by one of the two functions below, never from within this call. */
    enum sbx_status (*send)(struct sbx_batch *batch, struct sbx_span program);
    /* Nobody waits for it any more: it is not heard of again. */
    void (*cancel)(struct sbx_batch *batch);
};

extern const struct sbx_carrier sbx_carrier_run;

/* For carriers; the first two take the batch back. */

/* `replies` are borrowed until it returns; what has no reply among them is lost, its fate unknown. */
void sbx_companion_lane_replied(struct sbx_batch *batch, struct sbx_span replies);

/* `status` and `words` are of the loss; SBX_FATE_UNKNOWN has words of its own for what changes something. */
void sbx_companion_lane_lost(struct sbx_batch *batch, enum sbx_fate fate, enum sbx_status status,
                             const char *words);

/* Those of its questions that change nothing are lost, and asked again; the rest stays with the carrier, where there is any. */
void sbx_companion_lane_lost_reads(struct sbx_batch *batch, const char *words);

/* One owner more, until sbx_companion_lane_unref. */
void sbx_companion_lane_ref(struct sbx_companion_lane *lane);

/* What waits may go another way by now. */
void sbx_companion_lane_look_again(struct sbx_companion_lane *lane);

/* For the lane. */

/* Bytes of the frame that `ask` becomes, at most; and of the reply, as far as that can be told. */
size_t sbx_batch_frame_bytes(const struct sbx_ask *ask);
size_t sbx_batch_reply_bytes(const struct sbx_ask *ask, bool stays);

/* Chooses what the next batch takes of the asks of `waiting`: `first`, and of those behind it what goes
 * the same way and fits into `fill_max` bytes, with no more expected back than can be; `stays`: by the companion that does. `chosen` has SBX_BATCH_FRAMES_MAX
 * places; how many are taken. */
size_t sbx_batch_choose(const struct sbx_queue *waiting, struct sbx_ask *first, size_t fill_max, bool stays,
                        struct sbx_ask **chosen);

/* Bytes that a batch may have where `fill_max` was allowed and this one was too big: half of it. So however many are lost at
 * once, the next ones shrink once. */
size_t sbx_batch_smaller(const struct sbx_batch *batch, size_t fill_max);

/* Puts the frame of `ask`, or nothing. */
enum sbx_status sbx_batch_put_frame(struct sbx_writer *writer, const struct sbx_ask *ask,
                                    uint32_t id) SBX_CHECKED;

/* A batch of the `count` asks of `asks`, which stay where they are until they are encoded. Those that make no
 * frame have ended in it: their status says why, and `batch` is NULL. */
enum sbx_status sbx_batch_create(struct sbx_batch **batch, struct sbx_ask *const *asks,
                                 size_t count) SBX_CHECKED;
void sbx_batch_destroy(struct sbx_batch *batch);

/* The ask of that id, out of the batch; NULL: it is not in it any more. */
struct sbx_ask *sbx_batch_take_out(struct sbx_batch *batch, size_t id);

/* The words for the deadline of `ask`, which is met. */
void sbx_batch_say_deadline(const struct sbx_ask *ask, char *words, size_t size);

/* Sets what came back for `ask`. */
void sbx_batch_read_reply(struct sbx_ask *ask, const struct sbx_frame *reply);

/* Sends it by its carrier to where `companion` is. */
enum sbx_status sbx_batch_send(struct sbx_batch *batch, struct sbx_companion *companion) SBX_CHECKED;

#endif
