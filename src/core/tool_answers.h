/* tool_answers.h: what the toolkit makes of the server's answers: the last step of each tool.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_TOOL_ANSWERS_H
#define SBX_CORE_TOOL_ANSWERS_H

#include "core/op.h"

enum sbx_step sbx_tool_answer_run(struct sbx_op *op);
enum sbx_step sbx_tool_answer_create(struct sbx_op *op);
enum sbx_step sbx_tool_answer_list(struct sbx_op *op);
enum sbx_step sbx_tool_answer_logs(struct sbx_op *op);
enum sbx_step sbx_tool_answer_end(struct sbx_op *op); /* of stop and kill */
enum sbx_step sbx_tool_answer_input(struct sbx_op *op);

#endif
