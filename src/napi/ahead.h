/* ahead.h: what is going to be asked, asked with what is: whoever looks at a path from a place that nothing is known of looks
 * at the directories above it next (a guest's mkdir -p, a resolver of modules). In one batch that is the same request.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_AHEAD_H
#define SBX_NAPI_AHEAD_H

#include <stdint.h>

struct sbx_object;
struct sbx_op;

struct sbx_ahead {
    uint64_t directory; /* the hash of the one whose way was asked for last */
    uint64_t changes;   /* of the environment, then */
    uint64_t until_ms;  /* it counts as known */
};

/* Asks for the directories above the path of `op`, which is about to be sent, as far as nothing is known of them, where what
 * is said is kept and the companion is there. */
void sbx_ahead_look(struct sbx_object *object, const struct sbx_op *op);

#endif
