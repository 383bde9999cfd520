/* deadlines.h: what ends when: a binary heap of points in time, so that the next one is known at once
 * and one that is met in time leaves in O(log n).
 *
 * Thread: one at a time.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_HTTP_DEADLINES_H
#define SBX_CORE_HTTP_DEADLINES_H

#include <stddef.h>
#include <stdint.h>

#include "wire/status.h"

/* A member of what has a deadline. */
struct sbx_deadline {
    uint64_t at_ms; /* on the clock of sbx_now_ms */
    size_t place;   /* in the heap, counted from 1; 0: not in it */
    /* It is met, and out of the heap. `why`: SBX_ETIMEDOUT; SBX_ECANCELED, and before its time. Pool. */
    void (*due)(struct sbx_deadline *deadline, enum sbx_status why);
};

struct sbx_deadlines {
    struct sbx_deadline **heap; /* owned; what it points to is borrowed */
    size_t count;
    size_t capacity;
};

/* ms of a clock that never goes back. */
uint64_t sbx_now_ms(void);

/* The earlier of two points in time, of which 0 is never. */
static inline uint64_t sbx_sooner_ms(uint64_t a, uint64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

void sbx_deadlines_init(struct sbx_deadlines *deadlines);
void sbx_deadlines_clear(struct sbx_deadlines *deadlines);

/* Borrows `deadline` until it is removed. */
enum sbx_status sbx_deadlines_add(struct sbx_deadlines *deadlines, struct sbx_deadline *deadline) SBX_CHECKED;

/* Nothing happens where it is not in the heap. */
void sbx_deadlines_remove(struct sbx_deadlines *deadlines, struct sbx_deadline *deadline);

/* The earliest; NULL where there is none. Borrowed. */
struct sbx_deadline *sbx_deadlines_first(const struct sbx_deadlines *deadlines);

/* Takes out those that are met at `now_ms` (UINT64_MAX: all), and calls `due` of each. Thread: pool. */
void sbx_deadlines_expire(struct sbx_deadlines *deadlines, uint64_t now_ms, enum sbx_status why);

#endif
