/* tool_shown.h: the processes that a toolkit has shown. The server counts its ids from 1 at each start: the record of an
 * id may by now be another one's, and what was meant for the process that was shown must not reach that.
 *
 * Thread: pool: that of the toolkit's engine, but for create and destroy.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_TOOL_SHOWN_H
#define SBX_CORE_TOOL_SHOWN_H

#include <jansson.h>

#include "core/op.h"

#define SBX_SHOWN_MAX 1024 /* processes; of more the first that were shown are forgotten */

struct sbx_shown;

/* NULL: no memory. */
struct sbx_shown *sbx_shown_create(void);
void sbx_shown_destroy(struct sbx_shown *shown); /* NULL is allowed */

/* Notes a process as the server describes it: what its id names from now on. What is none is not noted. */
void sbx_shown_note(struct sbx_shown *shown, const json_t *process);

/* The same with each of a list. */
void sbx_shown_note_all(struct sbx_shown *shown, const json_t *processes);

/* Whether the end of a process that was noted was among what was. */
bool sbx_shown_has_ended(const struct sbx_shown *shown, const char *id);

/* Ends the op (SBX_STEP_END) where `process`, as the server describes what has the id now, is none that can be meant by it: not
 * the one that was shown, or a companion that stays (companion/resident.h), which no tool reaches. */
enum sbx_step sbx_shown_need_meant(struct sbx_op *op, const json_t *process);

/* Two steps, one behind the other, before what changes a process: they end the op likewise, and where the look fails.
 * Nothing is asked where a step before has looked (op->run). */
enum sbx_step sbx_shown_ask(struct sbx_op *op);
enum sbx_step sbx_shown_see(struct sbx_op *op);

#endif
