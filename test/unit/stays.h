/* stays.h: a companion that stays, played by the test's server beside that of frames.h: it takes numbered batches as the
 * input of process "proc_7", does each once and in order, and its log has the replies.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_STAYS_H
#define TEST_STAYS_H

#include "frames.h"

#define STAYS_CREATED_MS 5000000 /* on the server's clock */
#define STAYS_ENTRIES 2000

/* All under the world's lock. Set by the test. */
struct stays {
    const char *list;    /* of the processes that are there before, as JSON */
    const char *refusal; /* the status with which an input is refused; NULL: it is taken */
    bool silent;         /* what was done is not answered yet */
    bool streamless;     /* the stream brings nothing */
    bool another;        /* the server was started again: the id is another one's */
    size_t lost_from; /* entries from this one on, counted from 1, up to lost_to, do not come in the stream */
    size_t lost_to;
    bool cut; /* the stream ends */
    const char *
        files; /* the status with which replies to what reads are given from a file; NULL: they are printed */
    bool stubborn;    /* it does not end when it is told to */
    size_t files_max; /* of so many; 0: of all */
    bool files_wait;  /* until the server is released */
    bool strange;     /* it holds something else */
    const char *box;  /* the status with which a file in its box is taken; NULL: it has none */
    bool box_lost;    /* what was left there is not found */
    bool box_waits;   /* until the server is released */

    /* What came. */
    size_t inputs;            /* requests */
    size_t batches;           /* those that were done */
    size_t changes;           /* frames that make a directory */
    size_t filed;             /* batches whose replies may be left in a file */
    struct sbx_bytes file;    /* what was left there last */
    size_t boxed;             /* batches whose frames were in the box */
    struct sbx_bytes in_box;  /* what was left there last */
    size_t box_number;        /* as which file */
    uint32_t done;            /* number of the last one */
    size_t entries;           /* of the log */
    char *log[STAYS_ENTRIES]; /* owned: base64, from entry 1 on */
    char asked[4000];         /* other requests about processes, each ended by a newline */
};

extern struct stays stays;

int stays_set_up(void **state);
int stays_tear_down(void **state);

/* A file system whose companion stays, by that carrier. */
struct sbx_fs *stays_fs(struct world *world, const char *carrier);

/* It tells that it has a box, whose files are taken with that status. Before there is a file system. */
void stays_have_box(const char *status);

/* Submits it, and lets the pace go by, so that it has a batch of its own. The clock is stopped. */
void stays_submit_apart(struct world *world, struct sbx_op *op);

/* Runs slices until its carrier is that. */
void stays_await(struct world *world, const struct sbx_fs *fs, const char *carrier);

/* Destroys it: it was there to the end, and nothing went another way. */
void stays_end(struct sbx_fs *fs);

/* Says what was not answered so far, and answers from now on. */
void stays_speak(struct world *world);

/* What it says last, and then it is not there any more. */
void stays_leave(struct world *world);

/* Whether that line was asked; for drive_until. */
bool stays_was_asked(struct world *world, const char *line);
void stays_await_asked(struct world *world, const char *line);

#endif
