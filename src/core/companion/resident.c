/* resident.c: the life of the process, and what becomes of the batches that it was given.
 *
 * Each event (an answer, a piece of the log, a time) is taken in, and then decided on; where that ends it all
 * (`go`), nothing of it is touched afterwards: the lane may have gone with it.
 *
 * Invariant: outside of NONE the lane is counted, and something is under way or a deadline armed, by which the end of the
 * engine is heard.
 *
 * Thread: as resident.h says.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion/resident.h"

#include <stdlib.h>

#include "core/companion/resident_state.h"

enum {
    GREETING_LOOK_MS = 250,
    DOUBT_MS = 2000,
    SLEEP_MS = 10000,     /* after the last batch: the stream is closed */
    POLL_SLEEP_MS = 1000, /* likewise where there is none, by which the end of the server would be noticed */
    LEAVE_MS = 55000,     /* likewise: the process is ended, before it leaves by itself */
    LETTERS_MAX = 16,     /* also those that are answered, but whose requests are not */
};

static void on_posted(struct sbx_request *request);

const char *sbx_resident_carrier(const struct sbx_resident *resident)
{
    static const char *const carriers[] = {[STREAM] = "stream", [POLL] = "poll", [LEAVING] = NULL};
    int mode = sbx_resident_shown(resident);
    return carriers[mode] == NULL ? sbx_carrier_run.name : carriers[mode];
}

bool sbx_resident_is_near(const struct sbx_resident *resident)
{
    int mode = sbx_resident_shown(resident);
    return mode == STREAM || mode == POLL;
}

static bool post(struct sbx_resident *resident, struct sbx_letter *letter)
{
    struct sbx_request *request =
        sbx_resident_ask_input(resident->endpoint, resident->process.id, sbx_bytes_span(&letter->body));
    letter->tries++;
    bool sent = sbx_resident_send(resident, &letter->request, request, on_posted);
    if (sent) {
        request->owner = letter;
    }
    return sent;
}

void sbx_resident_post_again(struct sbx_resident *resident)
{
    const struct sbx_letters *letters = &resident->letters;
    for (struct sbx_link *link = letters->all.head.next; link != &letters->all.head; link = link->next) {
        struct sbx_letter *letter = SBX_CONTAINER(link, struct sbx_letter, link);
        if (letter->request == NULL && !letter->delivered && !letter->answered &&
            letter->tries < FAILURES_MAX) {
            (void)post(resident, letter);
        }
    }
}

static void on_pause(struct sbx_deadline *deadline, enum sbx_status why)
{
    struct sbx_resident *resident = SBX_CONTAINER(deadline, struct sbx_resident, pause);
    if (why == SBX_ECANCELED) {
        sbx_resident_go(resident);
        return;
    }
    sbx_resident_look(resident);
}

/* Since when the oldest letter is not answered, or nothing has arrived in the box; 0: nothing is expected. */
static uint64_t oldest_ms(const struct sbx_resident *resident)
{
    const struct sbx_letter *oldest = sbx_letters_oldest(&resident->letters);
    return sbx_sooner_ms(oldest == NULL ? 0 : oldest->sent_ms,
                         resident->boxing == 0 ? 0 : resident->boxing_ms);
}

/* Without memory for that it is not used any more. */
static void keep_time(struct sbx_resident *resident, uint64_t at_ms)
{
    if (!sbx_resident_arm(resident, &resident->clock, at_ms)) {
        sbx_resident_doubt(resident);
    }
}

/* The oldest was sent at `sent_ms`, and is not answered. */
static void be_patient(struct sbx_resident *resident, uint64_t sent_ms)
{
    uint64_t now_ms = sbx_now_ms();
    if (now_ms >= sent_ms + DOUBT_MS) {
        sbx_resident_doubt(resident);
    } else if (now_ms >= sent_ms + PATIENCE_MS) {
        sbx_resident_look(resident);
        sbx_companion_lane_look_again(resident->lane);
        keep_time(resident, now_ms + PATIENCE_MS);
    } else {
        keep_time(resident, sent_ms + PATIENCE_MS);
    }
}

uint64_t sbx_resident_sleep_ms(const struct sbx_resident *resident)
{
    return resident->used_ms + (resident->mode == POLL ? POLL_SLEEP_MS : SLEEP_MS);
}

void sbx_resident_expect(struct sbx_resident *resident, uint64_t sent_ms)
{
    resident->used_ms = sent_ms;
    if (resident->clock.place == 0 || resident->clock.at_ms > sent_ms + PATIENCE_MS) {
        keep_time(resident, sent_ms + PATIENCE_MS);
    }
}

static void fall_asleep(struct sbx_resident *resident)
{
    if (resident->mode == STREAM) { /* it was never late */
        sbx_companion_streamed(resident->companion, resident->endpoint, true);
    }
    sbx_resident_cancel(&resident->stream);
    sbx_resident_cancel(&resident->look);
    sbx_engine_disarm(resident->engine, &resident->pause);
    sbx_resident_enter(resident, ASLEEP);
    resident->streak = 0;
    if (!sbx_resident_arm(resident, &resident->clock, resident->used_ms + LEAVE_MS)) {
        sbx_resident_dismiss(resident);
    }
}

static void on_clock(struct sbx_deadline *deadline, enum sbx_status why)
{
    struct sbx_resident *resident = SBX_CONTAINER(deadline, struct sbx_resident, clock);
    uint64_t sent_ms = oldest_ms(resident);
    uint64_t now_ms = sbx_now_ms();
    if (why == SBX_ECANCELED || resident->unwanted) { /* what may have been started leaves by itself */
        sbx_resident_go(resident);
    } else if (resident->mode == GREETING) {
        (void)sbx_resident_arm(resident, &resident->clock, now_ms + GREETING_LOOK_MS); /* it has its place */
        sbx_resident_decide(resident);
    } else if (resident->mode == ASLEEP) {
        sbx_resident_dismiss(resident);
    } else if (!sbx_resident_is_up(resident)) {
        return;
    } else if (sent_ms != 0) {
        be_patient(resident, sent_ms);
    } else if (now_ms >= sbx_resident_sleep_ms(resident)) {
        fall_asleep(resident);
    } else {
        keep_time(resident, sbx_resident_sleep_ms(resident));
    }
}

void sbx_resident_init(struct sbx_resident *resident)
{
    sbx_link_init(&resident->arrived.link);
    resident->arrived.run = sbx_resident_on_arrived;
    resident->clock = (struct sbx_deadline){.due = on_clock};
    resident->pause = (struct sbx_deadline){.due = on_pause};
    sbx_letters_init(&resident->letters);
    sbx_tail_init(&resident->tail);
    sbx_bytes_init(&resident->body, SBX_BODY_MAX);
    sbx_bytes_init(&resident->box, SBX_PATH_MAX);
    resident->round_trip_us = UINT64_MAX;
    resident->looks = 0;
    resident->failures = 0;
    resident->looks_after_end = 0;
    resident->greeted = false;
    resident->streamed = false;
    resident->ended = false;
    resident->files_fail = false;
}

enum sbx_status sbx_resident_create(struct sbx_resident **resident, struct sbx_companion_lane *lane,
                                    struct sbx_companion *companion)
{
    struct sbx_resident *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return SBX_ENOMEM;
    }
    made->lane = lane;
    made->companion = companion;
    sbx_resident_init(made);
    *resident = made;
    return SBX_OK;
}

void sbx_resident_destroy(struct sbx_resident *resident)
{
    free(resident); /* without a process it owns nothing */
}

/* ---- Whether it is there -------------------------------------------------------------------------------------- */

void sbx_resident_greet(struct sbx_resident *resident)
{
    resident->since_ms = sbx_now_ms();
    resident->round_trip_us = UINT64_MAX;
    resident->looks = 0;
    resident->failures = 0;
    resident->streamed = false;
    sbx_resident_enter(resident, GREETING);
    if (!sbx_resident_arm(resident, &resident->clock, resident->since_ms + GREETING_LOOK_MS)) {
        sbx_resident_dismiss(resident);
        return;
    }
    if (sbx_companion_streams(resident->companion)) {
        sbx_resident_open_stream(resident);
    }
    sbx_resident_look(resident);
}

static void on_seen(struct sbx_request *request)
{
    struct sbx_resident *resident = request->owner;
    enum sbx_resident_life life = sbx_resident_read_state(request, &resident->process);
    bool closed = request->outcome == SBX_ECANCELED;
    sbx_request_destroy(request);
    resident->look = NULL;
    if (closed) {
        sbx_resident_go(resident);
    } else if (life == SBX_RESIDENT_RUNS) {
        sbx_resident_greet(resident);
    } else if (life != SBX_RESIDENT_UNSAID) {
        sbx_resident_dismiss(resident);
    }
}

void sbx_resident_wake(struct sbx_resident *resident)
{
    if (resident->look == NULL) { /* no memory: the next time, perhaps */
        (void)sbx_resident_send(resident, &resident->look,
                                sbx_resident_ask_state(resident->endpoint, resident->process.id), on_seen);
    }
}

/* ---- Batches --------------------------------------------------------------------------------------------------- */

/* Whether replies may be left in a file. */
static bool may_file(const struct sbx_resident *resident, bool change)
{
    return !change && !resident->files_fail;
}

/* Bytes of a frame that can go that way. */
static size_t longest_frame(const struct sbx_resident *resident)
{
    return sbx_resident_boxes(resident, SBX_BATCH_MAX) ? SBX_BATCH_MAX : SBX_RESIDENT_MAX - SBX_RESIDENT_HEAD;
}

size_t sbx_resident_fill_max(const struct sbx_resident *resident, size_t most)
{
    size_t longest = longest_frame(resident);
    size_t fill_max = longest < SBX_RESIDENT_BOXED_MAX ? longest : SBX_RESIDENT_BOXED_MAX;
    return fill_max < most ? fill_max : most;
}

/* Numbers from the oldest that is not answered on, with those that the batches on their way to the box will get: what it
 * keeps for the oldest goes with the one that has the same place. */
static size_t under_way(const struct sbx_resident *resident)
{
    const struct sbx_letter *oldest = sbx_letters_oldest(&resident->letters);
    return resident->boxing + (oldest == NULL ? 0 : resident->letters.number + 1 - oldest->number);
}

enum sbx_way sbx_resident_way(const struct sbx_resident *resident, const struct sbx_ask *first)
{
    bool change = (first->row->kind & SBX_CHANGE) != 0;
    size_t reply_max =
        resident != NULL && may_file(resident, change) ? SBX_REPLIES_MAX : SBX_RESIDENT_REPLY_MAX;
    if (resident == NULL || !sbx_resident_is_up(resident) || first->alone ||
        resident->letters.count >= LETTERS_MAX || !sbx_endpoint_equal(first->endpoint, resident->endpoint) ||
        sbx_batch_frame_bytes(first) > longest_frame(resident) ||
        sbx_batch_reply_bytes(first, true) > reply_max) {
        return SBX_WAY_RUN;
    }
    uint64_t sent_ms = oldest_ms(resident);
    if (sent_ms != 0 && sbx_now_ms() >= sent_ms + PATIENCE_MS) {
        return SBX_WAY_RUN;
    }
    return under_way(resident) >= SBX_RESIDENT_WINDOW ? SBX_WAY_LATER : SBX_WAY_RESIDENT;
}

/* The server did not take it, and so those behind it are not done either. */
static void refuse(struct sbx_resident *resident, const struct sbx_letter *letter)
{
    sbx_resident_lose_from(resident, letter->number, SBX_FATE_NOT_DONE);
    sbx_resident_doubt(resident);
}

static void on_posted(struct sbx_request *request)
{
    struct sbx_letter *letter = request->owner;
    struct sbx_resident *resident = SBX_CONTAINER(letter->letters, struct sbx_resident, letters);
    enum sbx_status outcome = request->outcome;
    long http_status = request->http_status;
    bool there = sbx_letter_posted(letter);
    if (outcome == SBX_ECANCELED) {
        sbx_resident_go(resident);
    } else if (!there) {
        return;
    } else if (outcome == SBX_OK && http_status < 300) {
        letter->delivered = true;
        if (resident->mode == POLL) {
            resident->looks = 0;
            sbx_resident_look(resident);
        }
    } else if (outcome == SBX_OK && http_status < 500 && letter->tries == 1) {
        refuse(resident, letter);
    } else {
        sbx_resident_doubt(resident);
    }
}

/* What stands behind the hash of the frames: they, or the number of the file that they are in. */
static enum sbx_status write_letter(struct sbx_letter *letter, const struct sbx_batch *batch)
{
    char number[sizeof(uint32_t)];
    struct sbx_writer writer = sbx_buf_writer(number, sizeof(number));
    const struct sbx_span frames = {batch->frames.data, batch->frames.length};
    bool boxed = batch->file != 0;
    letter->reads = may_file(batch->resident, batch->change);
    uint16_t code = SBX_RESIDENT_BATCH | (boxed ? SBX_RESIDENT_BOXED : 0);
    code |= letter->reads ? SBX_RESIDENT_READS : 0;
    sbx_buf_put(&writer, batch->file % SBX_RESIDENT_BOX_FILES, sizeof(uint32_t));
    return sbx_resident_write_input(&letter->body, code, letter->number, sbx_hash_of(frames),
                                    boxed ? sbx_buf_written(&writer) : frames);
}

enum sbx_status sbx_resident_send_letter(struct sbx_batch *batch)
{
    struct sbx_resident *resident = batch->resident;
    struct sbx_letter *letter = sbx_letters_add(&resident->letters, batch);
    enum sbx_status status = letter == NULL ? SBX_ENOMEM : write_letter(letter, batch);
    if (status == SBX_OK && !post(resident, letter)) {
        status = SBX_ENOMEM;
    }
    if (status != SBX_OK) {
        if (letter != NULL) {
            sbx_letters_take_back(letter);
        }
        return status;
    }
    free(batch->frames.data);
    batch->frames = (struct sbx_buffer){0};
    sbx_resident_expect(resident, letter->sent_ms);
    return SBX_OK;
}

static enum sbx_status send_batch(struct sbx_batch *batch, struct sbx_span program)
{
    (void)program;
    return sbx_resident_boxes(batch->resident, batch->frames.length) ? sbx_resident_put_in_box(batch)
                                                                     : sbx_resident_send_letter(batch);
}

static void cancel_batch(struct sbx_batch *batch)
{
    if (batch->request != NULL) {
        sbx_resident_take_out_of_box(batch);
    } else if (batch->letter != NULL) { /* else it is here no more */
        (void)sbx_letter_release(batch->letter);
    }
}

const struct sbx_carrier sbx_carrier_resident = {
    .name = "resident", .send = send_batch, .cancel = cancel_batch};
