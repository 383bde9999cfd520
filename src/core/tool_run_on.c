/* tool_run_on.c: a program that goes on after run-command has answered: what it printed so far, and asking again by the
 * id of that answer, until its end is told.
 *
 *     choose ─ command ─▶ check …                    (tool_run.c)
 *        └──── id ─▶ find ─ process ─▶ wait …        (likewise)
 *     wait ─ it goes on ─▶ snapshot ─▶ answer
 *
 * An id is the server's of the process. A program that had no place there has the name of its record.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "core/http/problem.h"
#include "core/json.h"
#include "core/supervisor.h"
#include "core/tool_answers.h"
#include "core/tool_calls.h"
#include "core/tool_input.h"
#include "core/tool_run.h"
#include "core/tool_shown.h"

/* ---- Which of the two is meant -------------------------------------------------------------------------------- */

/* Fields that an id has beside it. */
static bool has_others(json_t *input)
{
    const char *name;
    json_t *value;
    json_object_foreach (input, name, value) {
        if (strcmp(name, "id") != 0 && strcmp(name, "waitMs") != 0) {
            return true;
        }
    }
    return false;
}

static enum sbx_step take_id(struct sbx_op *op, const char *id)
{
    struct sbx_run *run = op->run;
    sbx_bytes_append_text(&op->subject, " '");
    sbx_bytes_append_text(&op->subject, id);
    sbx_bytes_append_text(&op->subject, "'");
    sbx_bytes_append_text(&run->id, id);
    run->state.state = SBX_SUPERVISED_RUNS; /* as far as is known */
    return run->id.status == SBX_OK ? sbx_op_turn_to(op, sbx_run_by_id) : sbx_op_fail(op, SBX_E2BIG, NULL);
}

enum sbx_step sbx_run_choose(struct sbx_op *op)
{
    enum sbx_step next = SBX_STEP_NEXT;
    json_t *input = sbx_tool_read_input(op);
    if (input == NULL) {
        return SBX_STEP_END;
    }
    const char *id = json_string_value(json_object_get(input, "id"));
    op->run = sbx_run_create();
    if (op->run == NULL) {
        next = sbx_op_fail(op, SBX_ENOMEM, NULL);
    } else if (id == NULL && json_object_get(input, "command") == NULL) {
        next = sbx_tool_usage(op, "\"command\" is required");
    } else if (id != NULL && has_others(input)) {
        next = sbx_tool_usage(op,
                              "\"id\" is of a command that goes on; beside it there can be \"waitMs\" alone");
    } else {
        op->run->wait_ms = (uint64_t)json_number_value(json_object_get(input, "waitMs"));
        op->run->due_ms = sbx_now_ms() + (op->run->wait_ms == 0 ? SBX_TOOL_WAIT_MS : op->run->wait_ms);
        next = id == NULL ? SBX_STEP_NEXT : take_id(op, id);
    }
    json_decref(input);
    return next;
}

/* ---- By its id ------------------------------------------------------------------------------------------------ */

static enum sbx_step no_companion(struct sbx_op *op)
{
    return sbx_tool_fail(
        op, SBX_ENOTSUP,
        "without a companion no command goes on after its answer; get-process-logs reads what "
        "a process printed");
}

static enum sbx_step find(struct sbx_op *op)
{
    static const sbx_step_function otherwise[] = {no_companion, NULL};
    return sbx_supervisor_find(op, otherwise);
}

static enum sbx_step ask_process(struct sbx_op *op)
{
    struct sbx_request *request = NULL;
    struct sbx_run *run = op->run;
    if (sbx_supervisor_is_record(sbx_bytes_span(&run->id))) {
        memcpy(run->record, run->id.data, SBX_RECORD_LENGTH);
        sbx_bytes_clear(&run->id); /* the server does not know it */
        return SBX_STEP_NEXT;
    }
    enum sbx_status status = sbx_request_create(&request, op->endpoint, SBX_GET, "/v1/processes");
    if (status == SBX_OK) {
        sbx_request_segment(request, sbx_bytes_span(&run->id), "");
    }
    return sbx_tool_send(op, status, request, NULL, SBX_BUDGET_FILES);
}

const char *sbx_run_option(const json_t *args, const char *option)
{
    const char *found = NULL;
    for (size_t i = 1; i + 1 < json_array_size(args); i++) {
        const char *argument = json_string_value(json_array_get(args, i));
        if (argument == NULL || strcmp(argument, "--") == 0) {
            break;
        }
        if (strcmp(argument, option) == 0) {
            found = json_string_value(json_array_get(args, i + 1));
        }
    }
    return found;
}

static enum sbx_step take_process(struct sbx_op *op)
{
    struct sbx_run *run = op->run;
    json_t *root = NULL;
    if (run->record[0] != '\0') {
        return SBX_STEP_NEXT;
    }
    if (sbx_tool_need_reply(op) == SBX_STEP_END) {
        return SBX_STEP_END;
    }
    enum sbx_status status = sbx_json_parse(&root, sbx_bytes_span(&op->request->reply), JSON_ALLOW_NUL);
    const json_t *args = json_object_get(root, "args");
    const char *record = sbx_supervisor_record_of(root);
    const char *limit = sbx_run_option(args, "--limit-ms");
    bool is_command = record != NULL && limit != NULL && sbx_run_option(args, "--spool") != NULL;
    if (is_command) {
        memcpy(run->record, record, SBX_RECORD_LENGTH);
        run->limit_ms = strtoull(limit, NULL, 10);
    }
    enum sbx_step same = sbx_shown_need_meant(op, root);
    sbx_shown_note(op->toolkit->shown, same == SBX_STEP_END ? NULL : root);
    json_decref(root);
    if (same == SBX_STEP_END) {
        return same;
    }
    if (status != SBX_OK) {
        return sbx_op_fail(op, status, NULL);
    }
    return is_command
               ? SBX_STEP_NEXT
               : sbx_tool_fail(op, SBX_EINVAL,
                               "this process was not started by run-command: get-process-logs reads what it "
                               "printed, list-processes tells whether it runs");
}

const sbx_step_function sbx_run_by_id[] = {
    find, sbx_supervisor_need, ask_process, take_process, sbx_run_choose_directory, sbx_run_wait, NULL,
};

/* ---- So far --------------------------------------------------------------------------------------------------- */

static enum sbx_step ask_snapshot(struct sbx_op *op)
{
    size_t most = SBX_SNAPSHOT_HEAD + SBX_RUN_STREAMS * (size_t)op->run->state.most;
    return sbx_run_ask_file(op, "/" SBX_SNAPSHOT_FILE, most);
}

static enum sbx_status copy(struct sbx_buffer *stream, struct sbx_span bytes)
{
    stream->data = malloc(bytes.length + 1);
    if (stream->data == NULL) {
        return SBX_ENOMEM;
    }
    memcpy(stream->data, bytes.data, bytes.length);
    stream->length = bytes.length;
    return SBX_OK;
}

enum sbx_status sbx_run_read_snapshot(struct sbx_span snapshot, struct sbx_supervised *state,
                                      struct sbx_buffer *streams)
{
    struct sbx_supervised read;
    if (snapshot.length < SBX_SNAPSHOT_HEAD) {
        return SBX_EPROTO;
    }
    enum sbx_status status =
        sbx_supervised_decode((struct sbx_span){snapshot.data, SBX_SUPERVISED_LENGTH}, &read);
    struct sbx_reader lengths = sbx_buf_reader(
        (struct sbx_span){snapshot.data + SBX_SUPERVISED_LENGTH, SBX_SNAPSHOT_HEAD - SBX_SUPERVISED_LENGTH});
    struct sbx_span rest = {snapshot.data + SBX_SNAPSHOT_HEAD, snapshot.length - SBX_SNAPSHOT_HEAD};
    for (size_t i = 0; i < SBX_RUN_STREAMS && status == SBX_OK; i++) {
        uint64_t length = sbx_buf_get(&lengths, 8);
        status = length > rest.length ? SBX_EPROTO
                                      : copy(&streams[i], (struct sbx_span){rest.data, (size_t)length});
        rest.data += status == SBX_OK ? length : 0;
        rest.length -= status == SBX_OK ? (size_t)length : 0;
    }
    if (status == SBX_OK) {
        *state = read;
    }
    return status;
}

/* Without a snapshot (its file system is full, or somebody else's program was told its end) it goes on all the same. */
static enum sbx_step take_snapshot(struct sbx_op *op)
{
    struct sbx_run *run = op->run;
    struct sbx_problem problem;
    sbx_problem_of(op->request, &problem);
    enum sbx_status status = problem.status;
    if (status == SBX_OK) {
        status = sbx_run_read_snapshot(sbx_bytes_span(&op->request->reply), &run->state, run->streams);
    }
    if (status == SBX_ENOMEM) {
        return sbx_op_fail(op, status, NULL);
    }
    return sbx_run_answer(op);
}

enum sbx_step sbx_run_show(struct sbx_op *op)
{
    static const sbx_step_function steps[] = {ask_snapshot, take_snapshot, NULL};
    return sbx_op_turn_to(op, steps);
}
