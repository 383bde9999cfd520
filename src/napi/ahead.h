/* ahead.h: what is going to be asked, asked with what is: whoever looks at a path from a place that nothing is known of looks
 * at the directories above it next (a guest's mkdir -p, a resolver of modules). In one batch that is the same request.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_AHEAD_H
#define SBX_NAPI_AHEAD_H

#include <stddef.h>
#include <stdint.h>

#define SBX_AHEAD_PLACES ((size_t)64)

struct sbx_object;
struct sbx_op;

/* Which directories were asked for, by their hashes: the latest of those that share a place. */
struct sbx_ahead {
    struct {
        uint64_t directory;
        uint64_t changes;  /* of the environment, then */
        uint64_t until_ms; /* what was said is kept */
    } asked[SBX_AHEAD_PLACES];
};

/* Asks for the directories above the path of `op`, which is about to be sent, as far as nothing is known of them and they
 * were not asked for; where what is said is kept, and the companion is there. They have as much time as `op`. */
void sbx_ahead_look(struct sbx_object *object, const struct sbx_op *op);

#endif
