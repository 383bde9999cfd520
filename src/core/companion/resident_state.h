/* resident_state.h: what the parts of resident.c know of each other: its state, and what they ask of each other.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_COMPANION_RESIDENT_STATE_H
#define SBX_CORE_COMPANION_RESIDENT_STATE_H

#include <stdatomic.h>

#include "core/companion/letters.h"
#include "core/companion/resident.h"
#include "core/companion/resident_ask.h"
#include "core/companion/tail.h"

enum sbx_resident_mode { NONE, STARTING, GREETING, STREAM, POLL, ASLEEP, RETIRING, LEAVING };

enum {
    PATIENCE_MS = 100, /* what takes longer holds nothing up, and the log is looked at */
    SETTLE_MS = 50, /* between two looks for what became of a change; twice as long after each that failed */
    SBX_RESIDENT_LOOKS = 3, /* after the end of a process: the last entries of its log may come later */
    FAILURES_MAX = 4,       /* of looks, or of sending a letter */
};

struct sbx_resident {
    struct sbx_companion_lane *lane; /* borrowed; counted while there is a process */
    struct sbx_companion *companion; /* borrowed: the lane's */
    struct sbx_engine *engine;       /* borrowed */
    struct sbx_endpoint *endpoint;   /* owned: one count */
    struct sbx_resident_process process;
    json_t *others;              /* owned: those of which some may have been left behind */
    struct sbx_bytes body;       /* of `request` */
    struct sbx_request *request; /* owned: its start, the end of others, its end */
    struct sbx_request *stream;  /* owned */
    struct sbx_request *look;    /* owned */
    struct sbx_tail tail;
    struct sbx_bytes box; /* its path; empty: there is none, or it failed */
    uint32_t box_file;    /* the last that was left there */
    uint32_t box_before;  /* the last that was left in that of another process */
    size_t boxing;        /* batches that are on their way there */
    uint64_t boxing_ms;   /* since when none has arrived there, or was given up */
    struct sbx_letters letters;
    struct sbx_deferred arrived; /* a piece of the stream */
    struct sbx_deadline clock;   /* what happens when nothing else does */
    struct sbx_deadline pause;   /* the next look */
    atomic_int shown;            /* the mode, for main */
    enum sbx_resident_mode mode;
    uint64_t since_ms;      /* of GREETING */
    uint64_t used_ms;       /* the last batch was sent, or answered */
    uint64_t not_before_ms; /* none is started */
    uint64_t look_us;       /* the last look began */
    uint64_t round_trip_us; /* the shortest */
    unsigned looks;         /* so far; or that brought nothing, one after the other */
    unsigned failures;      /* of looks, one after the other */
    unsigned looks_after_end;
    bool greeted;
    bool streamed;   /* the stream brought something */
    bool missed;     /* and something else it did not */
    bool ended;      /* the process has */
    bool unwanted;   /* whoever had it is closed */
    bool files_fail; /* a file with replies could not be had: all are printed */
    /* Before there is one. */
    unsigned streak;
    uint64_t last_run_ms;
};

static inline bool sbx_resident_is_up(const struct sbx_resident *resident)
{
    return resident->mode == STREAM || resident->mode == POLL;
}

/* The mode as other threads see it; NULL is allowed. */
static inline int sbx_resident_shown(const struct sbx_resident *resident)
{
    return resident == NULL ? NONE : atomic_load_explicit(&resident->shown, memory_order_relaxed);
}

/* Of resident.c. */

void sbx_resident_init(struct sbx_resident *resident);

/* It is asked whether it is there, and how far away: at its start, and when it slept. */
void sbx_resident_greet(struct sbx_resident *resident);
void sbx_resident_wake(struct sbx_resident *resident);

/* When it is idle for so long that it sleeps. */
uint64_t sbx_resident_sleep_ms(const struct sbx_resident *resident);

/* Sends the letter of a batch, which has its frames; or they are in the box. */
enum sbx_status sbx_resident_send_letter(struct sbx_batch *batch) SBX_CHECKED;

/* The letters of which nobody knows whether they arrived are sent once more. It was just seen to be there. */
void sbx_resident_post_again(struct sbx_resident *resident);

/* Of resident_start.c. */

/* Lets the server forget those that others left behind. */
void sbx_resident_sweep(struct sbx_resident *resident);

/* Of resident_end.c. */

void sbx_resident_enter(struct sbx_resident *resident, enum sbx_resident_mode mode);

/* Sends a request of the resident's, which stands in `*place` until it is done. false: there is none, for want of memory. */
bool sbx_resident_send(struct sbx_resident *resident, struct sbx_request **place, struct sbx_request *request,
                       void (*done)(struct sbx_request *request));

/* false: there is no memory. */
bool sbx_resident_arm(struct sbx_resident *resident, struct sbx_deadline *deadline, uint64_t at_ms);

/* A batch that is nobody's letter any more; NULL: none. */
void sbx_resident_lose(struct sbx_batch *batch, enum sbx_fate fate);

/* The letters from `number` on, or all: nothing is expected of them. */
void sbx_resident_lose_from(struct sbx_resident *resident, uint32_t number, enum sbx_fate fate);
void sbx_resident_lose_all(struct sbx_resident *resident, enum sbx_fate fate);

/* It is not used any more; what became of the changes that it was given is found out. Reads are asked again elsewhere. */
void sbx_resident_doubt(struct sbx_resident *resident);

/* What is next, after all that an event said was taken in: it may be gone then. */
void sbx_resident_decide(struct sbx_resident *resident);

/* Whether anybody waits for an answer still; `change`: or would not want it to be cut off in the middle of one. */
bool sbx_resident_is_wanted(const struct sbx_resident *resident, bool change);

/* Of resident_leave.c. */

/* There is no process any more, or none that can be reached: nothing of it is touched afterwards. */
void sbx_resident_go(struct sbx_resident *resident);

/* Ends the process: nothing is expected of it any more, and nothing that it does is left half done. For long: none is
 * started for a minute. */
void sbx_resident_dismiss(struct sbx_resident *resident);
void sbx_resident_dismiss_for_long(struct sbx_resident *resident);

/* Something was sent, and an answer is expected: if that takes too long nothing waits for it. */
void sbx_resident_expect(struct sbx_resident *resident, uint64_t sent_ms);

/* Of resident_box.c. */

/* Keeps the path of its box, which it tells when it greets. */
void sbx_resident_take_box(struct sbx_resident *resident, struct sbx_span path);

/* Whether a batch with so many bytes of frames goes by way of the box. */
bool sbx_resident_boxes(const struct sbx_resident *resident, size_t bytes);

/* Leaves the frames of the batch there, and sends the letter that says so. It counts as one that is under way. */
enum sbx_status sbx_resident_put_in_box(struct sbx_batch *batch) SBX_CHECKED;

/* Nobody waits for a batch that is on its way there. */
void sbx_resident_take_out_of_box(struct sbx_batch *batch);

/* Of resident_file.c. */

/* `frame` says in which file the replies to the letter are, which was not answered yet: they are asked for. */
void sbx_resident_fetch(struct sbx_resident *resident, struct sbx_letter *letter,
                        const struct sbx_frame *frame);

/* Of resident_log.c. */

void sbx_resident_open_stream(struct sbx_resident *resident);

/* Asks the log for what is new; in doubt, after whether the process is there at all. */
void sbx_resident_look(struct sbx_resident *resident);
void sbx_resident_on_arrived(struct sbx_deferred *deferred);

#endif
