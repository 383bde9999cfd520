/* tool_run_rest.c: what a call of run-command leaves in the sandbox goes, whatever became of the call: a program that may
 * still run, the server's process, the record with the output beside it. Where the program goes on, that is left to whoever
 * is told its end. What stays with the server may then be too many (tool_tidy.c).
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

#define START_MS 5000 /* that a supervisor needs at most, from its name to its first record */
#define GONE_MS 5000  /* that a program which is killed may take */

static enum sbx_step go_end(struct sbx_op *op);
static enum sbx_step go_delete(struct sbx_op *op);
static enum sbx_step go_remove(struct sbx_op *op);

/* ---- What is lost is asked again --------------------------------------------------------------------------- */

/* Whether nothing is known of the answer to the last request, and there are tries left: four in all. */
static bool is_lost(struct sbx_op *op)
{
    enum sbx_status outcome = op->request->outcome;
    bool lost = outcome != SBX_OK && outcome != SBX_ETIMEDOUT && outcome != SBX_ECANCELED;
    return lost && ++op->run->tries < SBX_ASK_TRIES;
}

/* For a step that sees an answer: the one before it, which asks, is the next again, after a pause. */
static enum sbx_step ask_again(struct sbx_op *op)
{
    int pause_ms = SBX_ASK_AGAIN_MS;
    for (int tries = 1; tries < op->run->tries; tries++) {
        pause_ms *= SBX_ASK_AGAIN_GROWTH;
    }
    op->step -= 2;
    return sbx_op_pause(op, pause_ms);
}

/* ---- The program ------------------------------------------------------------------------------------------- */

static enum sbx_step ask_wait(struct sbx_op *op, int ms, bool start)
{
    const struct sbx_wait wait = {
        .record = op->run->record, .ms = ms, .start = start, .budget = SBX_BUDGET_PROGRAMS};
    return sbx_supervisor_ask_wait(op, &wait);
}

/* A program whose start was lost may not have come there yet: then it will not start any more. */
static enum sbx_step ask_end(struct sbx_op *op)
{
    const struct sbx_run *run = op->run;
    const struct sbx_args args = {.target = {run->record, strlen(run->record)}, .mode = SBX_END_KILL};
    return sbx_op_ask(op, op->toolkit->lane, SBX_OP_END, &args);
}

static enum sbx_step ask_start(struct sbx_op *op)
{
    return ask_wait(op, START_MS, true);
}

static enum sbx_step see_start(struct sbx_op *op)
{
    return is_lost(op) ? ask_again(op) : go_end(op);
}

/* Its supervisor has just begun, and cannot be told anything yet. */
static enum sbx_step see_end(struct sbx_op *op)
{
    static const sbx_step_function steps[] = {ask_start, see_start, NULL};
    bool first = !op->run->awaited;
    op->run->awaited = true;
    return op->ask.status == SBX_EAGAIN && first ? sbx_op_turn_to(op, steps) : SBX_STEP_NEXT;
}

static enum sbx_step ask_gone(struct sbx_op *op)
{
    return ask_wait(op, GONE_MS, false);
}

/* Where it may be there still, or may yet come, what its record says is needed. */
static enum sbx_step see_gone(struct sbx_op *op)
{
    struct sbx_run *run = op->run;
    enum sbx_status status = sbx_supervisor_take_wait(op, &run->state);
    if (is_lost(op)) {
        return ask_again(op);
    }
    bool never = run->state.state == SBX_SUPERVISED_NOT_STARTED && run->state.error == SBX_ECANCELED;
    bool ended = status == SBX_OK && run->state.state != SBX_SUPERVISED_RUNS && !never;
    run->may_run = !ended && status != SBX_ESRCH;
    return sbx_run_remove(op);
}

/* ---- The server's process ---------------------------------------------------------------------------------- */

static enum sbx_status about_process(const struct sbx_op *op, enum sbx_method method, const char *rest,
                                     struct sbx_request **request)
{
    enum sbx_status status = sbx_request_create(request, op->endpoint, method, "/v1/processes");
    if (status == SBX_OK) {
        sbx_request_segment(*request, sbx_bytes_span(&op->run->id), rest);
        (*request)->change = method != SBX_GET;
    }
    return status;
}

static enum sbx_step ask_process(struct sbx_op *op)
{
    struct sbx_request *request = NULL;
    enum sbx_status status = about_process(op, SBX_GET, "", &request);
    return sbx_op_send(op, status, request);
}

/* A server that was started again gives the id to another one. */
static enum sbx_step see_process(struct sbx_op *op)
{
    struct sbx_problem problem;
    json_t *root = NULL;
    if (is_lost(op)) {
        return ask_again(op);
    }
    sbx_problem_of(op->request, &problem);
    bool read = problem.status == SBX_OK &&
                sbx_json_parse(&root, sbx_bytes_span(&op->request->reply), JSON_ALLOW_NUL) == SBX_OK;
    const char *record = read ? sbx_supervisor_record_of(root) : NULL;
    bool same = record != NULL && strncmp(record, op->run->record, SBX_RECORD_LENGTH) == 0;
    json_decref(root);
    return same ? go_delete(op) : go_remove(op);
}

static enum sbx_step ask_delete(struct sbx_op *op)
{
    struct sbx_request *request = NULL;
    enum sbx_status status = about_process(op, SBX_DELETE, "", &request);
    return sbx_op_send(op, status, request);
}

/* The server answers when it has seen the process end. */
static enum sbx_step ask_settle(struct sbx_op *op)
{
    struct sbx_request *request = NULL;
    enum sbx_status status = about_process(op, SBX_POST, "/stop", &request);
    return sbx_op_send(op, status, request);
}

static enum sbx_step see_settled(struct sbx_op *op)
{
    return is_lost(op) ? ask_again(op) : go_delete(op);
}

static enum sbx_step see_deleted(struct sbx_op *op)
{
    static const sbx_step_function settle[] = {ask_settle, see_settled, NULL};
    struct sbx_problem problem;
    if (is_lost(op)) {
        return ask_again(op);
    }
    sbx_problem_of(op->request, &problem);
    bool first = !op->run->busy;
    op->run->busy = problem.status == SBX_EBUSY;
    return op->run->busy && first ? sbx_op_turn_to(op, settle) : go_remove(op);
}

/* ---- The record -------------------------------------------------------------------------------------------- */

static enum sbx_step ask_remove(struct sbx_op *op)
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

static enum sbx_step see_removed(struct sbx_op *op)
{
    return is_lost(op) ? ask_again(op) : SBX_STEP_NEXT;
}

static enum sbx_step end(struct sbx_op *op)
{
    return op->run->tidies ? sbx_run_tidy(op) : sbx_op_give_bytes(op, SBX_SPAN("")); /* nobody asks */
}

/* ---- From one part to the next ----------------------------------------------------------------------------- */

static enum sbx_step go_end(struct sbx_op *op)
{
    static const sbx_step_function steps[] = {ask_end, see_end, ask_gone, see_gone, NULL};
    return op->run->may_run ? sbx_op_turn_to(op, steps) : sbx_run_remove(op);
}

static enum sbx_step go_delete(struct sbx_op *op)
{
    static const sbx_step_function steps[] = {ask_delete, see_deleted, NULL};
    return sbx_op_turn_to(op, steps);
}

enum sbx_step sbx_run_remove(struct sbx_op *op)
{
    static const sbx_step_function steps[] = {ask_process, see_process, NULL};
    return op->run->id.length > 0 ? sbx_op_turn_to(op, steps) : go_remove(op);
}

/* The record of what may yet run is left to the companion's sweep. */
static enum sbx_step go_remove(struct sbx_op *op)
{
    static const sbx_step_function steps[] = {ask_remove, see_removed, end, NULL};
    return op->run->may_run ? end(op) : sbx_op_turn_to(op, steps);
}

static const sbx_step_function rest_steps[] = {go_end, NULL};
static const sbx_step_function tidy_steps[] = {end, NULL};

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
    rest->timeout_ms = op->toolkit->timeout_ms; /* the call's own may be over */
    rest->patience.insists = true;
    rest->steps = op->run->sent ? rest_steps : tidy_steps;
    rest->run = op->run;
    rest->run->tidies = rest->run->goes_on;
    rest->run->sent = rest->run->goes_on = false; /* nothing is left of what it removes */
    rest->run->tries = 0;
    rest->run->awaited = false;
    rest->run->busy = false;
    op->run = NULL;
    return rest;
}
