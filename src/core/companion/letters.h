/* letters.h: the batches that are under way to a resident companion, by their numbers.
 *
 * A letter is here until it is answered and its request is over; its batch may have ended before, because nobody waits for
 * it any more: the companion has to have it all the same, for the sake of those behind it.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_COMPANION_LETTERS_H
#define SBX_CORE_COMPANION_LETTERS_H

#include "core/companion/batch.h"

struct sbx_letter {
    struct sbx_link link;
    struct sbx_letters *letters; /* borrowed */
    struct sbx_batch *batch;     /* borrowed; NULL: nobody waits for it any more */
    struct sbx_request *request; /* owned; NULL: none is under way */
    struct sbx_request *file;    /* owned: for the replies that were left in a file; NULL: they were not */
    uint64_t file_hash;          /* of those */
    size_t file_length;
    struct sbx_bytes body;
    uint64_t sent_ms;
    uint32_t number;
    uint8_t tries;  /* how often it was sent */
    bool change;    /* something in it changes something */
    bool reads;     /* its replies may be left in a file */
    bool delivered; /* the server has taken it */
    bool answered;
};

struct sbx_letters {
    struct sbx_queue all; /* the oldest first */
    size_t count;
    uint32_t number; /* of the last one */
};

void sbx_letters_init(struct sbx_letters *letters);

/* Ends the requests, and lets go of the batches, which stay as they are. */
void sbx_letters_clear(struct sbx_letters *letters);

/* The next letter, with `batch`; NULL: there is no memory. */
struct sbx_letter *sbx_letters_add(struct sbx_letters *letters, struct sbx_batch *batch);

/* It was never sent: it, the last one, goes as if it had not been. */
void sbx_letters_take_back(struct sbx_letter *letter);

/* The oldest that is not answered; NULL: there is none. */
struct sbx_letter *sbx_letters_oldest(const struct sbx_letters *letters);

/* The one of this number that is not answered; NULL: there is none. */
struct sbx_letter *sbx_letters_find(const struct sbx_letters *letters, uint32_t number);

/* Nothing more is expected of it: it goes when its request is over. Its batch, which is the caller's now; NULL: nobody
 * waits for it. */
struct sbx_batch *sbx_letter_answered(struct sbx_letter *letter);

/* Its batch, which is the caller's now, while the letter goes on; NULL: nobody waits for it. */
struct sbx_batch *sbx_letter_release(struct sbx_letter *letter);

/* Its request is over: that, and the letter where nothing is expected of it, go. Whether the letter is still there. */
bool sbx_letter_posted(struct sbx_letter *letter);

#endif
