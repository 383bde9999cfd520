/* tool_input.h: the input of a call: read, merged with its `json` field, and held against the tool's
 * fields, strictly.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_TOOL_INPUT_H
#define SBX_CORE_TOOL_INPUT_H

#include <jansson.h>

#include "core/tools.h"

/* The checked input of `op`, an object the caller owns; NULL where it is wrong: the op has failed then,
 * with words that begin "usage: ". */
json_t *sbx_tool_input(struct sbx_op *op) SBX_CHECKED;

/* Ends the op with "usage: <tool>: <words>", `words` as printf makes them. */
enum sbx_step sbx_tool_usage(struct sbx_op *op, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether `command` means more than a program's name: it holds what only a shell gives a meaning to. */
bool sbx_tool_needs_shell(const char *command);

#endif
