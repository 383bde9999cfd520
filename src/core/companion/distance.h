/* distance.h: whether a sandbox is near by or far away, by the quickest of its latest answers: the others had to wait, or
 * took long. Near by a request costs little, so there are many small ones; far away it costs its way, so there are few.
 *
 * Thread: any, one at a time.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_COMPANION_DISTANCE_H
#define SBX_CORE_COMPANION_DISTANCE_H

#include <stdbool.h>
#include <stdint.h>

enum sbx_distance { SBX_DISTANCE_UNKNOWN, SBX_NEAR, SBX_FAR };

enum {
    SBX_NEAR_MS = 20,        /* in which one near by has answered, the start of a program in it included */
    SBX_FAR_ANSWERS = 4,     /* none of them quicker, make it far away: the first ones open connections */
    SBX_ANSWERS_COUNTED = 32 /* and the same number before them at most: then it is found out anew */
};

struct sbx_answers {
    unsigned count;
    uint64_t quickest_ms;
    uint64_t before_ms; /* the quickest of those before them */
};

static inline uint64_t sbx_answers_least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Of none so far. */
static inline struct sbx_answers sbx_answers_none(void)
{
    return (struct sbx_answers){.quickest_ms = UINT64_MAX, .before_ms = UINT64_MAX};
}

/* One more, which took so long. */
static inline void sbx_answers_add(struct sbx_answers *answers, uint64_t took_ms)
{
    if (answers->count == SBX_ANSWERS_COUNTED) {
        *answers = (struct sbx_answers){.quickest_ms = UINT64_MAX, .before_ms = answers->quickest_ms};
    }
    answers->count++;
    answers->quickest_ms = sbx_answers_least(answers->quickest_ms, took_ms);
}

static inline enum sbx_distance sbx_answers_distance(const struct sbx_answers *answers)
{
    if (sbx_answers_least(answers->quickest_ms, answers->before_ms) <= SBX_NEAR_MS) {
        return SBX_NEAR;
    }
    bool enough = answers->count >= SBX_FAR_ANSWERS || answers->before_ms < UINT64_MAX;
    return enough ? SBX_FAR : SBX_DISTANCE_UNKNOWN;
}

#endif
