/* again.h: asks that were lost and wait a while before they are asked again: 50, 200 and 800 ms, so that a server that
 * is away for a moment does not use up all their tries. They come back in the order in which they were lost.
 *
 * Thread: that of the lane's engine.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_COMPANION_AGAIN_H
#define SBX_CORE_COMPANION_AGAIN_H

#include "core/companion/ask.h"
#include "core/companion/batch.h"
#include "core/http/engine.h"

struct sbx_again {
    struct sbx_queue asks;             /* by their links */
    struct sbx_deadline next;          /* armed while there are any: the first of their turns */
    struct sbx_engine *engine;         /* borrowed; of the last ask */
    void (*turn)(struct sbx_ask *ask); /* its pause is over, and it is in no queue */
};

/* Whether what was not done for this reason can be done a moment later: nobody listened, the way was cut, the program was
 * being written. */
bool sbx_again_may_pass(enum sbx_status status);

enum sbx_again_when { SBX_AGAIN_NEVER, SBX_AGAIN_LATER, SBX_AGAIN_AT_ONCE };

/* Whether an ask that was lost is asked once more: where that helps and was not done too often. After a pause, but for what
 * the loss itself has changed (how large a batch is, or where the companion is looked for). Where never, `status` and
 * `words` become those that it fails with. */
enum sbx_again_when sbx_again_judge(struct sbx_ask *ask, enum sbx_fate fate, enum sbx_status *status,
                                    const char **words);

void sbx_again_init(struct sbx_again *again, void (*turn)(struct sbx_ask *ask));

/* `ask`, which is in no queue and was sent ask->tries times, waits; for half of the time that it has left at most. Where
 * there is no memory for a deadline it is its turn at once. */
void sbx_again_add(struct sbx_again *again, struct sbx_engine *engine, struct sbx_ask *ask);

/* An ask was taken from whatever queue it was in: where it was the last one here, the engine holds nothing of this. */
void sbx_again_left(struct sbx_again *again);

#endif
