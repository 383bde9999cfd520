/* resident_log.c: what it says, by the server's stream of its log or by looks at that.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <time.h>

#include "core/companion/resident_state.h"
#include "wire/resident.h"

static uint64_t now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void take_replies(struct sbx_resident *resident, const struct sbx_frame *frame)
{
    struct sbx_letter *letter = sbx_letters_find(&resident->letters, frame->id);
    resident->used_ms = sbx_now_ms();
    if (letter != NULL && letter->batch != NULL && frame->code == SBX_RESIDENT_FILED) {
        sbx_resident_fetch(resident, letter, frame);
        return;
    }
    bool prints = frame->payload.length > SBX_RESIDENT_PRINTED_MAX && letter != NULL && letter->reads;
    resident->files_fail = resident->files_fail || prints; /* it has none to leave them in */
    struct sbx_batch *batch = letter == NULL ? NULL : sbx_letter_answered(letter);
    if (batch == NULL) { /* nobody wants it any more; somebody may wait for its place */
        sbx_companion_lane_look_again(resident->lane);
    } else if (frame->code == SBX_RESIDENT_REPLIES) {
        sbx_companion_lane_replied(batch, frame->payload);
    } else {
        sbx_bytes_clear(&resident->box); /* its frames were not found there, perhaps */
        sbx_resident_lose(batch, SBX_FATE_NOT_DONE);
    }
}

/* Takes what it said. Nothing is gone afterwards but what waited for it. */
static void take_frames(struct sbx_resident *resident)
{
    struct sbx_frame frame;
    enum sbx_status status;
    while ((status = sbx_tail_next(&resident->tail, &frame)) == SBX_OK) {
        if (frame.code == SBX_RESIDENT_LEFT) {
            resident->ended = true;
            resident->looks_after_end = SBX_RESIDENT_LOOKS; /* this was its last word */
            sbx_resident_lose_from(resident, frame.id + 1, SBX_FATE_NOT_DONE);
        } else if (frame.id == 0) {
            resident->greeted = true;
            sbx_resident_take_box(resident, frame.payload);
        } else {
            take_replies(resident, &frame);
        }
    }
    if (status != SBX_EAGAIN) {
        sbx_resident_doubt(resident);
    }
}

void sbx_resident_on_arrived(struct sbx_deferred *deferred)
{
    struct sbx_resident *resident = SBX_CONTAINER(deferred, struct sbx_resident, arrived);
    size_t seen = 0;
    enum sbx_status status = sbx_tail_read_events(&resident->tail, &seen);
    resident->streamed = resident->streamed || seen > 0;
    take_frames(resident);
    if (status == SBX_EAGAIN) {
        sbx_resident_look(resident); /* the stream has lost some */
    } else if (status != SBX_OK) {
        sbx_resident_doubt(resident);
    }
    sbx_resident_decide(resident);
}

static void on_piece(struct sbx_request *request, struct sbx_span piece)
{
    struct sbx_resident *resident = request->owner;
    sbx_tail_add_events(&resident->tail, piece);
    sbx_engine_defer(resident->engine, &resident->arrived);
}

static void on_stream_end(struct sbx_request *request)
{
    struct sbx_resident *resident = request->owner;
    bool closed = request->outcome == SBX_ECANCELED;
    sbx_request_destroy(request);
    resident->stream = NULL;
    if (closed) {
        sbx_resident_go(resident);
    } else if (resident->mode == STREAM) {
        sbx_resident_doubt(resident); /* the server may be another one by now */
    }
}

void sbx_resident_open_stream(struct sbx_resident *resident)
{
    uint64_t since =
        resident->tail.last > 0 ? resident->tail.last - 1 : 0; /* one entry at once, as a proof */
    struct sbx_request *request = sbx_resident_ask_log(resident->endpoint, resident->process.id, since, true);
    sbx_tail_begin_events(&resident->tail);
    if (request != NULL) {
        request->piece = on_piece;
    }
    (void)sbx_resident_send(resident, &resident->stream, request,
                            on_stream_end); /* no memory: the log is looked at */
}

/* The server does not know the process, or what it says is no answer. */
static void take_refusal(struct sbx_resident *resident, long http_status)
{
    resident->failures++;
    if (http_status == 404 || resident->failures == FAILURES_MAX) {
        sbx_resident_doubt(resident);
        sbx_resident_lose_all(resident, SBX_FATE_UNKNOWN);
    } else if (sbx_resident_is_up(resident)) {
        sbx_resident_doubt(resident);
    }
}

/* Whether one has waited for its answer unusually long. */
static bool is_late(const struct sbx_resident *resident)
{
    const struct sbx_letter *oldest = sbx_letters_oldest(&resident->letters);
    return oldest != NULL && oldest->file == NULL && sbx_now_ms() >= oldest->sent_ms + PATIENCE_MS;
}

/* What was missing in the stream is there now, and what waited for it behind that. */
static enum sbx_status take_reply(struct sbx_resident *resident, const struct sbx_request *request,
                                  uint64_t took_us)
{
    size_t seen = 0;
    enum sbx_status status = sbx_tail_read_reply(&resident->tail, sbx_bytes_span(&request->reply));
    if (status != SBX_OK) {
        return status; /* the server has not kept all of it */
    }
    resident->failures = 0;
    resident->round_trip_us = took_us < resident->round_trip_us ? took_us : resident->round_trip_us;
    status = sbx_tail_read_events(&resident->tail, &seen);
    resident->missed = status == SBX_EAGAIN;
    return resident->missed ? SBX_OK : status;
}

static void on_log(struct sbx_request *request)
{
    struct sbx_resident *resident = request->owner;
    uint64_t took_us = now_us() - resident->look_us;
    uint64_t last = resident->tail.last;
    enum sbx_status status = sbx_resident_is_well(request) ? SBX_OK : SBX_EIO;
    if (request->outcome == SBX_ECANCELED) {
        sbx_resident_go(resident);
        return;
    }
    if (status == SBX_OK) {
        status = take_reply(resident, request, took_us);
    }
    long http_status = request->http_status;
    sbx_request_destroy(request);
    resident->look = NULL;
    resident->looks = resident->mode == POLL && resident->tail.last > last ? 0 : resident->looks + 1;
    if (resident->mode == STREAM && resident->tail.last > last && is_late(resident)) {
        sbx_companion_streamed(resident->companion, resident->endpoint, false); /* by now it is held back */
        sbx_resident_enter(resident, POLL);
        sbx_resident_cancel(&resident->stream);
    }
    take_frames(resident);
    if (status != SBX_OK) {
        take_refusal(resident, http_status);
    } else if (resident->missed) {
        sbx_resident_look(resident);
    }
    sbx_resident_decide(resident);
}

static void look_at_log(struct sbx_resident *resident)
{
    resident->look_us = now_us();
    if (!sbx_resident_send(
            resident, &resident->look,
            sbx_resident_ask_log(resident->endpoint, resident->process.id, resident->tail.last, false),
            on_log)) {
        (void)sbx_resident_arm(resident, &resident->pause, sbx_now_ms() + SETTLE_MS); /* else the clock */
    }
}

static void on_state(struct sbx_request *request)
{
    struct sbx_resident *resident = request->owner;
    if (request->outcome == SBX_ECANCELED) {
        sbx_resident_go(resident);
        return;
    }
    enum sbx_resident_life life = sbx_resident_read_state(request, &resident->process);
    sbx_request_destroy(request);
    resident->look = NULL;
    resident->looks_after_end += life == SBX_RESIDENT_ENDED ? 1 : 0;
    resident->ended = resident->ended || life == SBX_RESIDENT_ENDED;
    if (life == SBX_RESIDENT_RUNS || life == SBX_RESIDENT_ENDED) {
        if (!resident->ended) {
            sbx_resident_post_again(resident);
        }
        look_at_log(resident);
    } else {
        take_refusal(resident, life == SBX_RESIDENT_GONE ? 404 : 0);
        sbx_resident_decide(resident);
    }
}

void sbx_resident_look(struct sbx_resident *resident)
{
    if (resident->look != NULL || resident->mode == LEAVING) {
        return;
    }
    if (resident->mode != RETIRING) {
        look_at_log(resident);
    } else if (!sbx_resident_send(resident, &resident->look,
                                  sbx_resident_ask_state(resident->endpoint, resident->process.id),
                                  on_state)) {
        (void)sbx_resident_arm(resident, &resident->pause, sbx_now_ms() + SETTLE_MS);
    }
}
