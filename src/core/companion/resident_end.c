/* resident_end.c: what becomes of those who wait for it when it is doubted, and what is next after each event.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "core/companion/companion_lane.h"
#include "core/companion/resident_ask.h"
#include "core/companion/resident_state.h"

enum {
    LOOKS_MAX = 32,    /* that measure a round trip: one that is short is enough */
    NEAR_US = 2000,    /* one that is short */
    GREETING_MS = 250, /* the stream is proven by then, or held back by something */
    NO_GREETING_MS = 5000,
    SOON_LOOKS = 2, /* without a pause */
    PAUSES_MAX = 5, /* each twice as long as the one before it */
};

void sbx_resident_enter(struct sbx_resident *resident, enum sbx_resident_mode mode)
{
    resident->mode = mode;
    atomic_store_explicit(&resident->shown, (int)mode, memory_order_relaxed);
}

/* ---- Requests and times ---------------------------------------------------------------------------------------- */

bool sbx_resident_send(struct sbx_resident *resident, struct sbx_request **place, struct sbx_request *request,
                       void (*done)(struct sbx_request *request))
{
    if (request != NULL) {
        request->owner = resident;
        request->done = done;
        *place = request;
        sbx_engine_send(resident->engine, request);
    }
    return request != NULL;
}

bool sbx_resident_arm(struct sbx_resident *resident, struct sbx_deadline *deadline, uint64_t at_ms)
{
    sbx_engine_disarm(resident->engine, deadline);
    deadline->at_ms = at_ms;
    return sbx_engine_arm(resident->engine, deadline) == SBX_OK;
}

/* ---- Batches that are lost ------------------------------------------------------------------------------------- */

static const char lost_words[] = "the connection was lost";

void sbx_resident_lose(struct sbx_batch *batch, enum sbx_fate fate)
{
    if (batch != NULL) {
        sbx_companion_lane_lost(batch, fate, SBX_EIO, lost_words);
    }
}

/* Those from `number` on; nothing is expected of them. */
void sbx_resident_lose_from(struct sbx_resident *resident, uint32_t number, enum sbx_fate fate)
{
    struct sbx_letters *letters = &resident->letters;
    for (uint32_t last = letters->number; (int32_t)(last - number) >= 0; number++) {
        struct sbx_letter *letter = sbx_letters_find(letters, number);
        sbx_resident_lose(letter == NULL ? NULL : sbx_letter_answered(letter), fate);
    }
}

void sbx_resident_lose_all(struct sbx_resident *resident, enum sbx_fate fate)
{
    const struct sbx_letter *oldest = sbx_letters_oldest(&resident->letters);
    if (oldest != NULL) {
        sbx_resident_lose_from(resident, oldest->number, fate);
    }
}

/* Whether anybody waits for an answer still; or would not want it to be cut off in the middle of a change. */
bool sbx_resident_is_wanted(const struct sbx_resident *resident, bool change)
{
    bool wanted = false;
    const struct sbx_queue *all = &resident->letters.all;
    for (struct sbx_link *link = all->head.next; link != &all->head; link = link->next) {
        const struct sbx_letter *letter = SBX_CONTAINER(link, struct sbx_letter, link);
        wanted = wanted || (!letter->answered && (letter->batch != NULL || (change && letter->change)));
    }
    return wanted;
}

/* It is not used any more; what became of the changes that it was given is found out. Reads are asked again elsewhere. */
void sbx_resident_doubt(struct sbx_resident *resident)
{
    if (!sbx_resident_is_up(resident)) {
        return;
    }
    sbx_resident_enter(resident, RETIRING);
    sbx_resident_cancel(&resident->stream);
    sbx_resident_cancel(&resident->look);
    resident->failures = 0;
    resident->not_before_ms = sbx_now_ms() + SBX_COMPANION_AGAIN_MS;
    const struct sbx_letter *oldest = sbx_letters_oldest(&resident->letters);
    uint32_t number = oldest == NULL ? resident->letters.number + 1 : oldest->number;
    for (; (int32_t)(resident->letters.number - number) >= 0; number++) {
        struct sbx_letter *letter = sbx_letters_find(&resident->letters, number);
        if (letter != NULL && letter->batch != NULL) {
            sbx_companion_lane_lost_reads(letter->batch, lost_words);
        }
    }
    sbx_companion_lane_look_again(resident->lane); /* what waits for a place with it goes another way */
    if (!sbx_resident_arm(resident, &resident->pause, sbx_now_ms())) {
        sbx_resident_look(resident);
    }
}

/* ---- What is next ---------------------------------------------------------------------------------------------- */

/* Its clock always runs, or it is not used: by that the end of the engine is heard. */
static void begin_use(struct sbx_resident *resident)
{
    if (resident->stream != NULL && !resident->streamed) {
        sbx_companion_streamed(resident->companion, resident->endpoint, false);
        sbx_resident_cancel(&resident->stream);
    }
    sbx_resident_enter(resident, resident->stream != NULL ? STREAM : POLL);
    resident->used_ms = sbx_now_ms();
    if (sbx_resident_arm(resident, &resident->clock, sbx_resident_sleep_ms(resident))) {
        sbx_resident_sweep(resident);
    } else {
        sbx_resident_dismiss(resident);
    }
}

static void decide_greeting(struct sbx_resident *resident)
{
    bool near = resident->round_trip_us <= NEAR_US;
    bool over = sbx_now_ms() >= resident->since_ms + GREETING_MS;
    bool silent = resident->ended || resident->failures == FAILURES_MAX ||
                  sbx_now_ms() >= resident->since_ms + NO_GREETING_MS;
    bool far = resident->greeted && !near && resident->looks >= LOOKS_MAX;
    if (silent || far) {
        sbx_resident_dismiss_for_long(resident);
    } else if (!resident->greeted || !near) {
        (void)sbx_resident_arm(resident, &resident->pause, sbx_now_ms() + 1); /* else the clock looks */
    } else if (resident->streamed || resident->stream == NULL || over) {
        begin_use(resident);
    }
}

static void decide_retiring(struct sbx_resident *resident)
{
    if (resident->ended && resident->looks_after_end >= SBX_RESIDENT_LOOKS) {
        sbx_resident_lose_all(resident, SBX_FATE_UNKNOWN);
    }
    if (sbx_resident_is_wanted(resident, false)) {
        uint64_t next_ms = sbx_now_ms() + ((uint64_t)SETTLE_MS << resident->failures);
        if (!sbx_resident_arm(resident, &resident->pause, next_ms)) {
            sbx_resident_lose_all(resident, SBX_FATE_UNKNOWN);
            sbx_resident_go(resident);
        }
    } else if (sbx_resident_is_wanted(resident, true)) {
        sbx_resident_go(resident); /* what it is at, it ends, and leaves by itself */
    } else {
        sbx_resident_dismiss(resident);
    }
}

void sbx_resident_decide(struct sbx_resident *resident)
{
    if (resident->mode == GREETING) {
        decide_greeting(resident);
    } else if (resident->mode == RETIRING && resident->look == NULL) {
        decide_retiring(resident);
    } else if (sbx_resident_is_up(resident) && resident->ended) {
        sbx_resident_lose_all(resident, SBX_FATE_UNKNOWN);
        sbx_companion_lane_look_again(resident->lane); /* what waits for a place with it goes another way */
        sbx_resident_dismiss(resident);
    } else if (resident->mode == POLL && resident->look == NULL &&
               sbx_letters_oldest(&resident->letters) != NULL) {
        unsigned pauses = resident->looks < SOON_LOOKS ? 0 : resident->looks - SOON_LOOKS;
        uint64_t pause_ms =
            resident->looks < SOON_LOOKS ? 0 : 1U << (pauses < PAUSES_MAX ? pauses : PAUSES_MAX);
        if (!sbx_resident_arm(resident, &resident->pause, sbx_now_ms() + pause_ms)) {
            sbx_resident_look(resident);
        }
    }
}
