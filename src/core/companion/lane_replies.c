/* lane_replies.c: what becomes of the asks of a batch when it is answered, or lost.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion/lane_state.h"
#include "core/companion/resident.h"

static void lose(struct sbx_ask *ask, enum sbx_fate fate, enum sbx_status status, const char *words)
{
    enum sbx_again_when when = sbx_again_judge(ask, fate, &status, &words);
    if (when == SBX_AGAIN_NEVER) {
        sbx_companion_lane_fail(ask, status, words);
    } else if (when == SBX_AGAIN_LATER) {
        sbx_again_add(&ask->lane->again, ask->lane->engine, ask);
    } else {
        sbx_companion_lane_await_turn(ask);
    }
}

/* The batch does not end when whoever is told of one takes back the rest. */
static void hold(struct sbx_batch *batch)
{
    batch->left++;
}

/* Those that are of none of the kinds `kept`; it is held. */
static void lose_asks(struct sbx_batch *batch, unsigned kept, enum sbx_fate fate, enum sbx_status status,
                      const char *words)
{
    hold(batch);
    for (size_t id = 0; id < batch->count; id++) {
        if (batch->asks[id] != NULL && (batch->asks[id]->row->kind & kept) == 0) {
            lose(sbx_batch_take_out(batch, id), fate, status, words);
        }
    }
}

void sbx_companion_lane_lost_reads(struct sbx_batch *batch, const char *words)
{
    lose_asks(batch, SBX_CHANGE, SBX_FATE_UNKNOWN, SBX_EIO, words);
    batch->left--;
    sbx_companion_lane_end_unwanted(batch);
}

void sbx_companion_lane_lost(struct sbx_batch *batch, enum sbx_fate fate, enum sbx_status status,
                             const char *words)
{
    struct sbx_companion_lane *lane = batch->lane;
    if (fate == SBX_FATE_GONE) {
        sbx_companion_is_unknown(lane->companion, words);
    } else if (fate == SBX_FATE_NEVER) {
        sbx_companion_is_off(lane->companion, batch->endpoint, words);
    } else if (fate == SBX_FATE_TOO_BIG && batch->count > 1) {
        lane->fill_max = sbx_batch_smaller(batch, lane->fill_max);
    }
    lose_asks(batch, 0, fate, status, words);
    sbx_companion_lane_end_batch(batch);
}

void sbx_companion_lane_answer(struct sbx_ask *ask, const struct sbx_frame *reply)
{
    sbx_batch_read_reply(ask, reply);
    if (ask->status == SBX_ENOBUFS && !ask->alone) { /* it was not done: it wants a batch of its own */
        ask->alone = true;
        sbx_companion_lane_await_turn(ask);
    } else {
        sbx_companion_lane_give_back(ask);
    }
}

/* One that answers nothing may be damaged: it has to greet before it is asked again. */
void sbx_companion_lane_replied(struct sbx_batch *batch, struct sbx_span replies)
{
    static const char words[] = "the companion ended before it answered";
    struct sbx_reader reader = sbx_buf_reader(replies);
    struct sbx_frame reply;
    uint64_t took_ms = sbx_now_ms() - batch->sent_ms;
    hold(batch);
    if (!batch->takes_long) { /* how long others take says nothing */
        sbx_pace_measure(&batch->lane->pace, took_ms);
        sbx_companion_answered(batch->lane->companion, batch->endpoint, took_ms);
    }
    while (sbx_frame_next(&reader, &reply) == SBX_OK) {
        struct sbx_ask *ask = reply.id < batch->count ? sbx_batch_take_out(batch, reply.id) : NULL;
        if (ask != NULL) {
            sbx_companion_lane_answer(ask, &reply);
        }
    }
    if (batch->carrier == &sbx_carrier_run) {
        sbx_resident_note_run(batch->lane->resident, batch);
    }
    if (sbx_buf_left(&reader) == replies.length) {
        sbx_companion_is_unknown(batch->lane->companion, words);
    }
    sbx_companion_lane_lost(batch, SBX_FATE_UNKNOWN, SBX_EIO, words);
}
