/* patience.h: what an operation does about a sandbox that does not answer, by what is known of that (http/reach.h).
 *
 * One that is still starting (nothing was ever heard of it, and nobody is there, or connections end at once) is asked
 * again with short pauses until the operation's time is over: from its first step on, for nothing of it can have been done.
 * A change leaves only where something has answered: else a look goes before it, for what takes the change and does not answer
 * may have done it.
 * One that has ceased to answer is probed first; where the probe is not answered either, the operation fails at once.
 *
 * Thread: pool, but for what says otherwise.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_PATIENCE_H
#define SBX_CORE_PATIENCE_H

#include "core/op.h"

/* Gives an op another time than its kind has: a call's own; 0: none. Before it is sent. Thread: main. */
void sbx_patience_limit(struct sbx_op *op, int timeout_ms);

/* It is about to be sent: `deadline_ms` and `otherwise` are what they are at its beginning. Thread: main. */
void sbx_patience_begin(struct sbx_op *op);

/* The steps that it begins with. */
const sbx_step_function *sbx_patience_steps(struct sbx_op *op);

/* What leaves in place of `request` (taken), which an op is about to send: itself; or, where it is a change and nobody has
 * answered yet, a look, and the op holds it. */
struct sbx_request *sbx_patience_send_first(struct sbx_op *op, struct sbx_request *request);

/* The look has come back: sends what is held where it was answered, or fails as it did. */
enum sbx_step sbx_patience_send_held(struct sbx_op *op);

/* Those where there is no companion: op->otherwise, but for a sandbox that has not started. */
const sbx_step_function *sbx_patience_otherwise(const struct sbx_op *op);

/* Its steps are over; whether it goes on all the same, from the first on, after a pause. */
bool sbx_patience_goes_on(struct sbx_op *op);

/* Takes back what it has done so far, of which the sandbox knows nothing: its steps can run from the first on. */
void sbx_patience_rewind(struct sbx_op *op);

#endif
