/* ahead.h: what is going to be asked, asked before it is. Whoever looks at a path from a place that nothing is known of looks
 * at the directories above it next (a guest's mkdir -p, a resolver of modules): in one batch that is the same request.
 *
 * Whoever reads a small file reads others beside it next (a node program and its modules, a search). So where the sandbox is
 * far away, and nothing else is under way, its directory is listed, and up to 16 small files of the same extension that
 * stand behind it there are read at once; of a script what Node looks for besides, too: the names without ".js", and
 * package.json in the directories above. Each of them is a question of its own, with its own answer: no listing says that a
 * name is not there (cache.h).
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_AHEAD_H
#define SBX_NAPI_AHEAD_H

#include <stddef.h>
#include <stdint.h>

#define SBX_AHEAD_PLACES ((size_t)64)

struct sbx_call;
struct sbx_endpoint;
struct sbx_job;
struct sbx_object;
struct sbx_op;

/* What was asked for, by hashes of operation and path: the latest of those that share a place. */
struct sbx_ahead {
    struct {
        uint64_t question;
        uint64_t changes;  /* of the environment, then */
        uint64_t until_ms; /* what was said is kept */
    } asked[SBX_AHEAD_PLACES];
};

/* Asks for the directories above the path of `op`, which is about to be sent, as far as what is known of them is not of
 * the last half of the time that it counts, and they were not asked for since; where what is said is kept, and the
 * companion is there. They have as much time as `op`. */
void sbx_ahead_look(struct sbx_object *object, const struct sbx_op *op);

/* Of what somebody has asked for, and `op` of `job` has brought: asks for what is read next. */
void sbx_ahead_answered(const struct sbx_job *job, const struct sbx_op *op);

/* Of a call that was answered by what is known, which may soon be too old: likewise, where it has read a script. */
void sbx_ahead_known(struct sbx_object *object, const struct sbx_call *call, struct sbx_endpoint *endpoint);

#endif
