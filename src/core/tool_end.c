/* tool_end.c: stop-process and kill-process of what runs under the supervisor: that ends the whole tree. Afterwards, and
 * wherever there is no supervisor to ask, the server is asked; which then says how the process ended.
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

#define END_MS 15000 /* that a supervisor needs at most, until it gives up */

static const sbx_step_function *over_http(const struct sbx_op *op)
{
    bool kills = op->tool->steps == sbx_tool_kill_process;
    return kills ? sbx_tool_kill_over_http : sbx_tool_stop_over_http;
}

static enum sbx_step check(struct sbx_op *op)
{
    json_t *input = sbx_tool_read_input(op);
    json_decref(input);
    return input == NULL ? SBX_STEP_END : SBX_STEP_NEXT;
}

static enum sbx_step find(struct sbx_op *op)
{
    return sbx_supervisor_find(op, over_http(op));
}

static enum sbx_step ask_end(struct sbx_op *op);
static enum sbx_step ask_wait(struct sbx_op *op);

/* How it ended, by its record alone: the server does not know it. */
static enum sbx_step answer_record(struct sbx_op *op)
{
    struct sbx_supervised *state = &op->run->state;
    enum sbx_status status = op->ask.status;
    status = status == SBX_OK ? sbx_supervisor_take_wait(op, state) : status;
    if (status != SBX_OK) {
        return sbx_tool_fail(op, status == SBX_ENOENT ? SBX_ESRCH : status,
                             "no such command goes on; run-command tells the end of one by its id");
    }
    bool ended = state->state == SBX_SUPERVISED_ENDED;
    bool has_code = ended && state->signal == 0;
    return sbx_tool_give(op, json_pack("{s:s, s:s, s:o}", "id", op->run->record, "status",
                                       ended ? "exited" : "running", "exitCode",
                                       has_code ? json_integer((json_int_t)state->exit_code) : json_null()));
}

/* Of what the name of its record is the id (tool_run_on.c). */
static enum sbx_step end_record(struct sbx_op *op, const char *record)
{
    static const sbx_step_function steps[] = {ask_end, ask_wait, answer_record, NULL};
    op->run = sbx_run_create();
    if (op->run == NULL) {
        return sbx_op_fail(op, SBX_ENOMEM, NULL);
    }
    memcpy(op->run->record, record, SBX_RECORD_LENGTH);
    return sbx_op_turn_to(op, steps);
}

static enum sbx_step ask_process(struct sbx_op *op)
{
    json_t *input = sbx_tool_read_input(op);
    const json_t *id = json_object_get(input, "id");
    if (sbx_supervisor_is_record((struct sbx_span){json_string_value(id), json_string_length(id)})) {
        enum sbx_step next = end_record(op, json_string_value(id));
        json_decref(input);
        return next;
    }
    return sbx_tool_ask_about(op, input, SBX_GET, "");
}

/* Notes the record's name; where there is none, what is left is the server's own way. */
static enum sbx_step see_process(struct sbx_op *op)
{
    op->run = op->run == NULL ? sbx_run_create() : op->run;
    if (op->run == NULL) {
        return sbx_op_fail(op, SBX_ENOMEM, NULL);
    }
    json_t *root = sbx_tool_read_reply(op);
    if (root == NULL || sbx_shown_need_meant(op, root) == SBX_STEP_END) {
        json_decref(root);
        return SBX_STEP_END;
    }
    const char *record = sbx_supervisor_record_of(root);
    if (record != NULL) {
        memcpy(op->run->record, record, SBX_RECORD_LENGTH);
    }
    json_decref(root);
    return record == NULL ? sbx_op_turn_to(op, over_http(op)) : SBX_STEP_NEXT;
}

static enum sbx_step ask_end(struct sbx_op *op)
{
    bool kills = op->tool->steps == sbx_tool_kill_process;
    const struct sbx_args args = {.target = {op->run->record, SBX_RECORD_LENGTH},
                                  .mode = kills ? SBX_END_KILL : SBX_END_TELL};
    return sbx_op_ask(op, op->toolkit->lane, SBX_OP_END, &args);
}

/* Where there was no supervisor any more there is nothing to wait for. */
static enum sbx_step ask_wait(struct sbx_op *op)
{
    const struct sbx_wait wait = {.record = op->run->record, .ms = END_MS, .budget = SBX_BUDGET_FILES};
    enum sbx_status status = op->ask.status;
    op->run->tree_ended = status == SBX_OK || status == SBX_ESRCH || status == SBX_ENOENT;
    return status == SBX_OK ? sbx_supervisor_ask_wait(op, &wait) : SBX_STEP_NEXT;
}

static enum sbx_step go_on(struct sbx_op *op)
{
    return sbx_op_turn_to(op, over_http(op));
}

const sbx_step_function sbx_tool_stop_process[] = {
    check, find, sbx_supervisor_need, ask_process, see_process, ask_end, ask_wait, go_on, NULL,
};
const sbx_step_function sbx_tool_kill_process[] = {
    check, find, sbx_supervisor_need, ask_process, see_process, ask_end, ask_wait, go_on, NULL,
};
