/* tool_run_rest.c: what a call of run-command leaves in the sandbox goes, whatever became of the call: a program that may
 * still run, the server's process, the record with the output beside it. Where the program goes on, that is left to whoever
 * is told its end; but for one that adds itself the oldest goes of those that have ended, where nobody has asked for the
 * ends of many.
 *
 * Thread: pool, but for sbx_run_rest.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "core/http/problem.h"
#include "core/json.h"
#include "core/supervisor.h"
#include "core/tool_calls.h"
#include "core/tool_run.h"

#define START_MS 5000 /* in which what was sent there has a record, or never will */
#define GONE_MS 5000  /* that a program which is killed may take */
#define ENDED_MAX 32  /* programs that have ended, whose end nobody was told */

static enum sbx_step ask_wait(struct sbx_op *op, int ms, bool start)
{
    const struct sbx_wait wait = {
        .record = op->run->record, .ms = ms, .start = start, .budget = SBX_BUDGET_PROGRAMS};
    return op->run->may_run ? sbx_supervisor_ask_wait(op, &wait) : SBX_STEP_NEXT;
}

/* A program whose start was lost may be about to start: without a record there would be nothing to end, and then it
 * would run. */
static enum sbx_step rest_await_start(struct sbx_op *op)
{
    return ask_wait(op, START_MS, true);
}

static enum sbx_step rest_see_start(struct sbx_op *op)
{
    struct sbx_run *run = op->run;
    if (run->may_run && sbx_supervisor_take_wait(op, &run->state) == SBX_ENOENT) {
        run->may_run = false; /* it never came there */
    }
    return SBX_STEP_NEXT;
}

static enum sbx_step rest_kill(struct sbx_op *op)
{
    const struct sbx_run *run = op->run;
    const struct sbx_args args = {.target = {run->record, strlen(run->record)}, .mode = SBX_END_KILL};
    return run->may_run ? sbx_op_ask(op, op->toolkit->lane, SBX_OP_END, &args) : SBX_STEP_NEXT;
}

static enum sbx_step rest_wait(struct sbx_op *op)
{
    return ask_wait(op, GONE_MS, false);
}

static enum sbx_status about_process(const struct sbx_op *op, enum sbx_method method, const char *rest,
                                     struct sbx_request **request)
{
    enum sbx_status status = sbx_request_create(request, op->endpoint, method, "/v1/processes");
    if (status == SBX_OK) {
        sbx_request_segment(*request, sbx_bytes_span(&op->run->id), rest);
        (*request)->change = true;
    }
    return status;
}

static enum sbx_step rest_delete(struct sbx_op *op)
{
    struct sbx_request *request = NULL;
    if (op->run->id.length == 0) {
        return SBX_STEP_NEXT;
    }
    op->run->busy = true; /* until it has gone */
    enum sbx_status status = about_process(op, SBX_DELETE, "", &request);
    return sbx_op_send(op, status, request);
}

static enum sbx_step rest_deleted(struct sbx_op *op)
{
    struct sbx_problem problem;
    if (op->run->busy) {
        sbx_problem_of(op->request, &problem);
        op->run->busy = problem.status == SBX_EBUSY;
    }
    return SBX_STEP_NEXT;
}

/* The server answers when it has seen the process end. */
static enum sbx_step rest_settle(struct sbx_op *op)
{
    struct sbx_request *request = NULL;
    if (!op->run->busy) {
        return SBX_STEP_NEXT;
    }
    enum sbx_status status = about_process(op, SBX_POST, "/stop", &request);
    return sbx_op_send(op, status, request);
}

static enum sbx_step rest_delete_again(struct sbx_op *op)
{
    return op->run->busy ? rest_delete(op) : SBX_STEP_NEXT;
}

static enum sbx_step rest_remove(struct sbx_op *op)
{
    struct sbx_request *request = NULL;
    enum sbx_status status = sbx_request_create(&request, op->endpoint, SBX_DELETE, "/v1/fs/entry");
    if (status == SBX_OK) {
        sbx_request_query(request, "path", sbx_bytes_span(&op->run->directory));
        sbx_request_query(request, "recursive", SBX_SPAN("true"));
        request->change = true;
    }
    return sbx_op_send(op, status, request);
}

static enum sbx_step rest_end(struct sbx_op *op)
{
    return sbx_op_give_bytes(op, SBX_SPAN("")); /* nobody asks */
}

static const sbx_step_function rest_steps[] = {
    rest_await_start, rest_see_start,    rest_kill,   rest_wait, rest_delete, rest_deleted,
    rest_settle,      rest_delete_again, rest_remove, rest_end,  NULL,
};

/* ---- Many that nobody asks for --------------------------------------------------------------------------------- */

static enum sbx_step sweep_ask(struct sbx_op *op)
{
    struct sbx_request *request = NULL;
    enum sbx_status status = sbx_request_create(&request, op->endpoint, SBX_GET, "/v1/processes");
    return sbx_op_send(op, status, request);
}

/* Whether it was started by run-command, and has ended. */
static bool is_left(const json_t *process)
{
    const char *status = json_string_value(json_object_get(process, "status"));
    return status != NULL && strcmp(status, "exited") == 0 && sbx_supervisor_record_of(process) != NULL &&
           sbx_run_option(json_object_get(process, "args"), "--spool") != NULL;
}

/* The one that ended first of more than ENDED_MAX, borrowed; NULL: there are not so many. */
static const json_t *oldest_of(const json_t *processes)
{
    const json_t *oldest = NULL;
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(processes); i++) {
        const json_t *process = json_array_get(processes, i);
        if (!is_left(process)) {
            continue;
        }
        count++;
        if (oldest == NULL || json_integer_value(json_object_get(process, "exitedAtMs")) <
                                  json_integer_value(json_object_get(oldest, "exitedAtMs"))) {
            oldest = process;
        }
    }
    return count > ENDED_MAX ? oldest : NULL;
}

static enum sbx_step sweep_choose(struct sbx_op *op)
{
    static const sbx_step_function nothing[] = {rest_end, NULL};
    struct sbx_run *run = op->run;
    struct sbx_problem problem;
    json_t *root = NULL;
    sbx_problem_of(op->request, &problem);
    enum sbx_status status = problem.status;
    if (status == SBX_OK) {
        status = sbx_json_parse(&root, sbx_bytes_span(&op->request->reply), JSON_ALLOW_NUL);
    }
    const json_t *oldest = status == SBX_OK ? oldest_of(json_object_get(root, "processes")) : NULL;
    const char *id = json_string_value(json_object_get(oldest, "id"));
    sbx_bytes_clear(&run->id);
    sbx_bytes_init(&run->id, SBX_KIB);
    sbx_bytes_clear(&run->directory);
    sbx_bytes_init(&run->directory, 2 * SBX_PATH_MAX);
    if (id != NULL) {
        sbx_bytes_append_text(&run->id, id);
        sbx_supervisor_append_directory(op, sbx_supervisor_record_of(oldest), &run->directory);
    }
    json_decref(root);
    bool found = run->directory.length > 0 && run->id.status == SBX_OK && run->directory.status == SBX_OK;
    return found ? SBX_STEP_NEXT : sbx_op_turn_to(op, nothing);
}

static const sbx_step_function sweep_steps[] = {
    sweep_ask, sweep_choose, rest_delete, rest_deleted, rest_remove, rest_end, NULL,
};

struct sbx_op *sbx_run_rest(struct sbx_op *op)
{
    struct sbx_op *rest = NULL;
    const struct sbx_args none = {0};
    if (op->run == NULL || !(op->run->sent || op->run->goes_on) ||
        sbx_op_create(&rest, op->endpoint, &none) != SBX_OK) {
        return NULL;
    }
    rest->toolkit = op->toolkit;
    rest->tool = op->tool;
    rest->timeout_ms = op->timeout_ms;
    rest->steps = op->run->goes_on ? sweep_steps : rest_steps;
    rest->run = op->run;
    rest->run->sent = rest->run->goes_on = false; /* nothing is left of what it removes */
    op->run = NULL;
    return rest;
}
