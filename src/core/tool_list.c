/* tool_list.c: list-processes. The server knows the supervisors' pids alone: those of the programs stand in their records,
 * which one more question asks for. Where nobody can be asked they are null.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "core/supervisor.h"
#include "core/tool_answers.h"
#include "core/tool_calls.h"
#include "core/tool_run.h"
#include "core/tool_shown.h"

static enum sbx_step ask_list(struct sbx_op *op)
{
    struct sbx_request *request = NULL;
    json_t *input = sbx_tool_read_input(op);
    if (input == NULL) {
        return SBX_STEP_END;
    }
    json_decref(input);
    enum sbx_status status = sbx_request_create(&request, op->endpoint, SBX_GET, "/v1/processes");
    return sbx_tool_send(op, status, request, NULL, SBX_BUDGET_FILES);
}

/* The record of a program that runs under the supervisor; NULL: it is another process, or has ended. */
static const char *running(const json_t *process)
{
    const char *status = json_string_value(json_object_get(process, "status"));
    bool runs = status != NULL && strcmp(status, "running") == 0;
    return runs ? sbx_supervisor_record_of(process) : NULL;
}

static json_t *processes_of(const struct sbx_op *op)
{
    return json_object_get(op->run->created, "processes");
}

/* Those of the list, in its order; borrowed from it. */
static size_t find_records(const json_t *processes, const char **records)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(processes) && count < SBX_RECORDS_MAX; i++) {
        const char *record = running(json_array_get(processes, i));
        if (record != NULL) {
            records[count++] = record;
        }
    }
    return count;
}

static enum sbx_step find(struct sbx_op *op)
{
    static const sbx_step_function without[] = {sbx_tool_answer_list, NULL};
    return sbx_supervisor_find(op, without);
}

static enum sbx_step ask_records(struct sbx_op *op)
{
    const char *records[SBX_RECORDS_MAX];
    size_t count = find_records(processes_of(op), records);
    if (sbx_companion_look(op->toolkit->companion, op->endpoint) != SBX_COMPANION_UP) {
        return sbx_tool_answer_list(op);
    }
    return sbx_supervisor_ask_records(op, records, count);
}

/* Sets the pids of the programs in `list`, whose elements are those of `processes`; 0, or there is no memory. */
static int set_pids(json_t *list, const json_t *processes, const struct sbx_supervised *states, size_t count)
{
    int failed = 0;
    size_t next = 0;
    for (size_t i = 0; i < json_array_size(list) && next < count; i++) {
        if (running(json_array_get(processes, i)) == NULL) {
            continue;
        }
        uint32_t pid = states[next++].pid;
        if (pid != 0) {
            failed |= json_object_set_new(json_array_get(list, i), "pid", json_integer(pid));
        }
    }
    return failed;
}

static enum sbx_step take_records(struct sbx_op *op)
{
    struct sbx_supervised states[SBX_RECORDS_MAX];
    const char *records[SBX_RECORDS_MAX];
    const json_t *processes = processes_of(op);
    size_t count = find_records(processes, records);
    enum sbx_status status = sbx_supervisor_take_records(op, states, count);
    if (status != SBX_OK && ++op->run->tries < SBX_ASK_TRIES) {
        return sbx_op_again(op);
    }
    json_t *list = sbx_tool_listed(processes);
    if (list != NULL && set_pids(list, processes, states, count) != 0) {
        json_decref(list);
        return sbx_op_fail(op, SBX_ENOMEM, NULL);
    }
    return sbx_tool_give(op, list == NULL ? NULL : json_pack("{s:o}", "processes", list));
}

static enum sbx_step see_list(struct sbx_op *op)
{
    static const sbx_step_function with_records[] = {find, ask_records, take_records, NULL};
    const char *records[SBX_RECORDS_MAX];
    json_t *root = sbx_tool_read_reply(op);
    if (root == NULL) {
        return SBX_STEP_END;
    }
    op->run = sbx_run_create();
    if (op->run == NULL) {
        json_decref(root);
        return sbx_op_fail(op, SBX_ENOMEM, NULL);
    }
    op->run->created = root;
    sbx_tool_hide_residents(processes_of(op));
    sbx_shown_note_all(op->toolkit->shown, processes_of(op));
    return find_records(processes_of(op), records) == 0 ? sbx_tool_answer_list(op)
                                                        : sbx_op_turn_to(op, with_records);
}

const sbx_step_function sbx_tool_list_processes[] = {ask_list, see_list, NULL};
