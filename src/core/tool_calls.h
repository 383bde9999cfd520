/* tool_calls.h: what each tool asks the server, and what it makes of the answer: the steps of the rows.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_TOOL_CALLS_H
#define SBX_CORE_TOOL_CALLS_H

#include <jansson.h>
#include <stdatomic.h>

#include "core/tools.h"

struct sbx_toolkit {
    char *cwd;   /* owned; NULL: none */
    json_t *env; /* owned; an object, perhaps empty; never changed */
    int timeout_ms;
    struct sbx_companion *companion; /* owned: one count */
    struct sbx_companion_lane *lane; /* owned: one count */
    struct sbx_shown *shown;         /* owned: the processes that were shown */
    atomic_int *counted;             /* owned: run-commands that are among the server's processes */
};

/* Of the processes that the server runs at once (64 by default) these are left to others. */
#define SBX_TOOL_COUNTED_MAX 32

/* ms: a program's limit, where it is not told. */
#define SBX_TOOL_PROGRAM_MS 120000

/* ms: how long run-command waits for the end, where that is not told: less than core waits for the tool. Over HTTP alone
 * the request is silent meanwhile, and edges cut what is for more than 20 s: so long at most, whatever was told. */
#define SBX_TOOL_WAIT_MS 25000
#define SBX_TOOL_SILENT_MS 18000

/* For steps of tools. */

/* The program that the input asks for, as the server's endpoint wants it; its subject is noted. The caller's; NULL: the
 * op has failed. */
json_t *sbx_tool_read_program(struct sbx_op *op);

/* Sends `body` (taken; NULL: none) to `request` (taken), once; on SBX_OK only: `status` is how making it went. */
enum sbx_step sbx_tool_send(struct sbx_op *op, enum sbx_status status, struct sbx_request *request,
                            json_t *body, enum sbx_budget budget);

/* The checked input, its subject noted. The caller's; NULL: the op has failed. */
json_t *sbx_tool_read_input(struct sbx_op *op);

/* Asks /v1/processes/{id}`rest` for the process that `input` (taken) names; NULL: the op has failed already. */
enum sbx_step sbx_tool_ask_about(struct sbx_op *op, json_t *input, enum sbx_method method, const char *rest);

extern const sbx_step_function sbx_tool_run_command[]; /* tool_run.c */
extern const sbx_step_function sbx_tool_run_over_http[];
extern const sbx_step_function sbx_tool_create_process[]; /* create.c */
extern const sbx_step_function sbx_tool_start_process[];  /* tool_run.c: the start alone */
extern const sbx_step_function sbx_tool_create_over_http[];
extern const sbx_step_function sbx_tool_list_processes[];   /* tool_list.c */
extern const sbx_step_function sbx_tool_get_process_logs[]; /* tool_logs.c */
extern const sbx_step_function sbx_tool_stop_process[];     /* tool_end.c */
extern const sbx_step_function sbx_tool_stop_over_http[];
extern const sbx_step_function sbx_tool_kill_process[]; /* tool_end.c */
extern const sbx_step_function sbx_tool_kill_over_http[];
extern const sbx_step_function sbx_tool_send_input[]; /* tool_send.c */

#endif
