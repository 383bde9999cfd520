/* deadlines.c: a binary heap in an array; place i has its children at 2i and 2i + 1, counted from 1.
 *
 * Thread: one at a time.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/deadlines.h"

#include <stdlib.h>
#include <time.h>

uint64_t sbx_now_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void sbx_deadlines_init(struct sbx_deadlines *deadlines)
{
    *deadlines = (struct sbx_deadlines){0};
}

void sbx_deadlines_clear(struct sbx_deadlines *deadlines)
{
    free(deadlines->heap);
    sbx_deadlines_init(deadlines);
}

static void put(struct sbx_deadlines *deadlines, size_t place, struct sbx_deadline *deadline)
{
    deadlines->heap[place - 1] = deadline;
    deadline->place = place;
}

static struct sbx_deadline *at(const struct sbx_deadlines *deadlines, size_t place)
{
    return deadlines->heap[place - 1];
}

static void sift_up(struct sbx_deadlines *deadlines, size_t place, struct sbx_deadline *deadline)
{
    while (place > 1 && at(deadlines, place / 2)->at_ms > deadline->at_ms) {
        put(deadlines, place, at(deadlines, place / 2));
        place /= 2;
    }
    put(deadlines, place, deadline);
}

static void sift_down(struct sbx_deadlines *deadlines, size_t place, struct sbx_deadline *deadline)
{
    for (;;) {
        size_t child = 2 * place;
        if (child > deadlines->count) {
            break;
        }
        if (child < deadlines->count && at(deadlines, child + 1)->at_ms < at(deadlines, child)->at_ms) {
            child++;
        }
        if (at(deadlines, child)->at_ms >= deadline->at_ms) {
            break;
        }
        put(deadlines, place, at(deadlines, child));
        place = child;
    }
    put(deadlines, place, deadline);
}

static enum sbx_status make_room(struct sbx_deadlines *deadlines)
{
    if (deadlines->count < deadlines->capacity) {
        return SBX_OK;
    }
    size_t capacity = deadlines->capacity == 0 ? 64 : 2 * deadlines->capacity;
    struct sbx_deadline **grown = reallocarray(deadlines->heap, capacity, sizeof(*grown));
    if (grown == NULL) {
        return SBX_ENOMEM;
    }
    deadlines->heap = grown;
    deadlines->capacity = capacity;
    return SBX_OK;
}

enum sbx_status sbx_deadlines_add(struct sbx_deadlines *deadlines, struct sbx_deadline *deadline)
{
    enum sbx_status status = make_room(deadlines);
    if (status == SBX_OK) {
        deadlines->count++;
        sift_up(deadlines, deadlines->count, deadline);
    }
    return status;
}

void sbx_deadlines_remove(struct sbx_deadlines *deadlines, struct sbx_deadline *deadline)
{
    size_t place = deadline->place;
    if (place == 0) {
        return;
    }
    deadline->place = 0;
    struct sbx_deadline *last = at(deadlines, deadlines->count);
    deadlines->count--;
    if (last == deadline) {
        return;
    }
    sift_up(deadlines, place, last);
    sift_down(deadlines, last->place, last);
}

struct sbx_deadline *sbx_deadlines_first(const struct sbx_deadlines *deadlines)
{
    return deadlines->count == 0 ? NULL : at(deadlines, 1);
}

void sbx_deadlines_expire(struct sbx_deadlines *deadlines, uint64_t now_ms, enum sbx_status why)
{
    struct sbx_deadline *first;
    while ((first = sbx_deadlines_first(deadlines)) != NULL && first->at_ms <= now_ms) {
        sbx_deadlines_remove(deadlines, first);
        first->due(first, why);
    }
}
