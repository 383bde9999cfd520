/* tool_answers.h: what the toolkit makes of the server's answers: the last step of each tool.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_TOOL_ANSWERS_H
#define SBX_CORE_TOOL_ANSWERS_H

#include <jansson.h>

#include "core/op.h"

/* Ends the op, which failed, with what it is about and `said`. */
enum sbx_step sbx_tool_fail(struct sbx_op *op, enum sbx_status status, const char *said);

/* Ends it so with what its last request amounts to, where that is a failure: SBX_STEP_END, else SBX_STEP_NEXT. */
enum sbx_step sbx_tool_need_reply(struct sbx_op *op);

/* Its reply as an object, which the caller owns; NULL: the op has ended with what it is instead. */
json_t *sbx_tool_read_reply(struct sbx_op *op);

/* Ends it because the reply is of another shape. */
enum sbx_step sbx_tool_malformed(struct sbx_op *op);

/* The server's list of processes as it is shown, element by element; the caller's. NULL: it is none, or no memory. */
json_t *sbx_tool_listed(const json_t *processes);

/* Ends the op with `answer` (taken; NULL: the reply was of another shape) as its text. */
enum sbx_step sbx_tool_give(struct sbx_op *op, json_t *answer);

/* Ends it with a process that was made, as the server describes it. */
enum sbx_step sbx_tool_give_created(struct sbx_op *op, const json_t *process);

enum sbx_step sbx_tool_answer_run(struct sbx_op *op);
enum sbx_step sbx_tool_answer_create(struct sbx_op *op);
enum sbx_step sbx_tool_answer_list(struct sbx_op *op);
enum sbx_step sbx_tool_answer_end(struct sbx_op *op); /* of stop and kill */

/* Takes the companions that stay (companion/resident.h) out of a list of processes. */
void sbx_tool_hide_residents(json_t *processes);

#endif
