/* tool_calls.h: what each tool asks the server, and what it makes of the answer: the steps of the rows.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_TOOL_CALLS_H
#define SBX_CORE_TOOL_CALLS_H

#include <jansson.h>

#include "core/tools.h"

struct sbx_toolkit {
    char *cwd;   /* owned; NULL: none */
    json_t *env; /* owned; an object, perhaps empty; never changed */
    int timeout_ms;
};

extern const sbx_step_function sbx_tool_run_command[];
extern const sbx_step_function sbx_tool_create_process[];
extern const sbx_step_function sbx_tool_list_processes[];
extern const sbx_step_function sbx_tool_get_process_logs[];
extern const sbx_step_function sbx_tool_stop_process[];
extern const sbx_step_function sbx_tool_kill_process[];
extern const sbx_step_function sbx_tool_send_input[];

#endif
