/* pace.h: how soon a batch may follow the one before it: after the time that batches take, within bounds.
 *
 * Each batch costs the sandbox the start of a program, and two that start at once take a small sandbox more than
 * twice the time of one. So a sandbox near by is quickest with one full batch at a time. One far away has as many
 * under way as there are paces in its distance, and no question waits for longer than the upper bound.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_COMPANION_PACE_H
#define SBX_CORE_COMPANION_PACE_H

#include <stdint.h>

#include "wire/limits.h"

enum { SBX_PACE_SMOOTHING = 8 };

struct sbx_pace {
    uint64_t turnaround; /* of answered batches, the last 8 or so: eighths of a ms */
};

/* A batch was answered after `took_ms`. */
static inline void sbx_pace_measure(struct sbx_pace *pace, uint64_t took_ms)
{
    pace->turnaround = pace->turnaround - pace->turnaround / SBX_PACE_SMOOTHING + took_ms;
}

static inline uint64_t sbx_pace_ms(const struct sbx_pace *pace)
{
    uint64_t turnaround_ms = pace->turnaround / SBX_PACE_SMOOTHING;
    if (turnaround_ms < SBX_BATCH_PACE_MIN_MS) {
        return SBX_BATCH_PACE_MIN_MS;
    }
    return turnaround_ms < SBX_BATCH_PACE_MAX_MS ? turnaround_ms : SBX_BATCH_PACE_MAX_MS;
}

#endif
