/* tool_run.c: see tool_run.h. The program is a process of the server, which runs on whatever becomes of our
 * connections; what it printed stands in files beside its record. When the answer is complete both go (tool_run_rest.c).
 *
 * Thread: pool, but for create, destroy and rest.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/tool_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/create.h"
#include "core/http/problem.h"
#include "core/json.h"
#include "core/supervisor.h"
#include "core/tool_answers.h"
#include "core/tool_calls.h"
#include "core/tool_input.h"

#define FIRST_WAIT_MS 10000 /* in which there is a record, or never will be */
#define WAIT_MS 16000       /* with what else it may need, no request is silent for 20 s */
#define OUTPUT_MIN 2        /* bytes: a head and a tail */
#define OUTPUT_DEFAULT SBX_MIB
#define OUTPUT_MAX (64 * SBX_MIB)

struct sbx_run *sbx_run_create(void)
{
    struct sbx_run *run = calloc(1, sizeof(*run));
    if (run != NULL) {
        sbx_bytes_init(&run->id, SBX_KIB);
        sbx_bytes_init(&run->directory, 2 * SBX_PATH_MAX);
    }
    return run;
}

/* It is no more among the processes of the server. */
static void uncount(struct sbx_run *run)
{
    if (run->counted != NULL) {
        (void)atomic_fetch_sub(run->counted, 1);
        run->counted = NULL;
    }
}

void sbx_run_destroy(struct sbx_run *run)
{
    if (run == NULL) {
        return;
    }
    uncount(run);
    json_decref(run->body);
    json_decref(run->created);
    sbx_bytes_clear(&run->id);
    sbx_bytes_clear(&run->directory);
    for (size_t i = 0; i < SBX_RUN_STREAMS; i++) {
        free(run->streams[i].data);
    }
    free(run);
}

static enum sbx_step go_find(struct sbx_op *op);
static enum sbx_step go_uncounted(struct sbx_op *op);
static enum sbx_step go_output(struct sbx_op *op);

/* ---- Start --------------------------------------------------------------------------------------------------- */

static enum sbx_step check(struct sbx_op *op)
{
    struct sbx_run *run = op->run == NULL ? sbx_run_create() : op->run;
    op->run = run;
    if (run == NULL) {
        return sbx_op_fail(op, SBX_ENOMEM, NULL);
    }
    run->body = sbx_tool_read_program(op);
    if (run->body == NULL) {
        return SBX_STEP_END;
    }
    json_t *most = json_object_get(run->body, "maxOutputBytes");
    run->limit_ms = (uint64_t)json_number_value(json_object_get(run->body, "timeoutMs"));
    run->limit_ms = run->limit_ms == 0 ? SBX_TOOL_PROGRAM_MS : run->limit_ms;
    run->most = most == NULL ? OUTPUT_DEFAULT : (uint64_t)json_number_value(most);
    if (run->most < OUTPUT_MIN || run->most > OUTPUT_MAX) {
        return sbx_tool_usage(op, "\"maxOutputBytes\" must be %d to %d", OUTPUT_MIN, (int)OUTPUT_MAX);
    }
    enum sbx_status status = sbx_supervisor_name(run->record, sizeof(run->record));
    return status == SBX_OK ? SBX_STEP_NEXT : sbx_op_fail(op, status, NULL);
}

static enum sbx_step check_created(struct sbx_op *op)
{
    enum sbx_step next = check(op);
    if (op->run != NULL) {
        op->run->stays = true;
    }
    return next;
}

/* The same without a supervisor. */
static const sbx_step_function *otherwise(const struct sbx_op *op)
{
    return op->run->stays ? sbx_tool_create_over_http : sbx_tool_run_over_http;
}

static enum sbx_step find(struct sbx_op *op)
{
    return sbx_supervisor_find(op, otherwise(op));
}

void sbx_run_set_directory(struct sbx_op *op)
{
    struct sbx_run *run = op->run;
    sbx_bytes_clear(&run->directory);
    sbx_bytes_init(&run->directory, 2 * SBX_PATH_MAX);
    sbx_supervisor_append_directory(op, run->record, &run->directory);
}

enum sbx_step sbx_run_choose_directory(struct sbx_op *op)
{
    struct sbx_run *run = op->run;
    sbx_run_set_directory(op);
    if (run->directory.status != SBX_OK) {
        return sbx_op_fail(op, run->directory.status, NULL);
    }
    return run->directory.length == 0 ? sbx_op_turn_to(op, otherwise(op)) : SBX_STEP_NEXT;
}

static json_t *wrap_created(const struct sbx_op *op)
{
    bool terminal = json_is_true(json_object_get(op->run->body, "tty"));
    char columns[12];
    char rows[12];
    unsigned size[2];
    sbx_create_size(op, &size[0], &size[1]);
    (void)snprintf(columns, sizeof(columns), "%u", size[0]);
    (void)snprintf(rows, sizeof(rows), "%u", size[1]);
    const char *const options[] = {"--record",
                                   op->run->record,
                                   terminal ? "--terminal" : "--feed",
                                   size[0] > 0 ? "--columns" : NULL,
                                   columns,
                                   "--rows",
                                   rows,
                                   NULL};
    json_t *body = sbx_supervisor_wrap(op, op->run->body, options);
    if (terminal && json_object_set_new(body, "tty", json_true()) != 0) {
        json_decref(body);
        return NULL;
    }
    return body;
}

static json_t *wrap(const struct sbx_op *op)
{
    const struct sbx_run *run = op->run;
    char most[24];
    char limit[24];
    const char *const options[] = {"--record",
                                   run->record,
                                   "--spool",
                                   most,
                                   "--limit-ms",
                                   limit,
                                   sbx_run_has_input(op) ? "--input" : "--no-input",
                                   run->uncounted ? "--detach" : NULL,
                                   NULL};
    (void)snprintf(most, sizeof(most), "%llu", (unsigned long long)run->most);
    (void)snprintf(limit, sizeof(limit), "%llu", (unsigned long long)run->limit_ms);
    return sbx_supervisor_wrap(op, run->body, options);
}

static enum sbx_step ask_start(struct sbx_op *op)
{
    struct sbx_request *request = NULL;
    json_t *body = op->run->stays ? wrap_created(op) : wrap(op);
    enum sbx_status status =
        body == NULL ? SBX_ENOMEM : sbx_request_create(&request, op->endpoint, SBX_POST, "/v1/processes");
    op->to_the_end = true; /* the reply says what has to be removed */
    return sbx_tool_send(op, status, request, body, SBX_BUDGET_FILES);
}

/* Whether it shall be one of the server's processes: not where there are many of ours, or they could leave no place for
 * those of create-process. */
static enum sbx_step count(struct sbx_op *op)
{
    struct sbx_run *run = op->run;
    uncount(run);
    if (run->stays) {
        return SBX_STEP_NEXT;
    }
    run->counted = op->toolkit->counted;
    bool many = atomic_fetch_add(run->counted, 1) >= SBX_TOOL_COUNTED_MAX;
    return many ? go_uncounted(op) : SBX_STEP_NEXT;
}

/* The server runs as many processes as it may. What it runs to its end, and so what that leaves behind, it does not
 * count. */
static enum sbx_step ask_uncounted(struct sbx_op *op)
{
    struct sbx_request *request = NULL;
    op->run->uncounted = true;
    uncount(op->run);
    json_t *body = wrap(op);
    bool made = body != NULL && json_object_set_new(body, "timeoutMs", json_integer(FIRST_WAIT_MS)) == 0;
    enum sbx_status status =
        made ? sbx_request_create(&request, op->endpoint, SBX_POST, "/v1/processes/run") : SBX_ENOMEM;
    op->run->may_run = op->run->sent = true; /* given up meanwhile, it is ended by its record */
    return sbx_tool_send(op, status, request, body, SBX_BUDGET_FILES);
}

/* Nothing was started: the companion itself is not there, or cannot be executed (any more). */
static bool is_gone(const struct sbx_op *op, const struct sbx_problem *problem)
{
    bool refused = op->request->outcome == SBX_OK && op->request->http_status >= 500 &&
                   strstr(problem->detail, "spawn") != NULL;
    return refused &&
           (problem->status == SBX_ENOENT || problem->status == SBX_EACCES || problem->status == SBX_ETXTBSY);
}

static enum sbx_step search_again(struct sbx_op *op, const struct sbx_problem *problem)
{
    if (op->run->searched) {
        return sbx_op_turn_to(op, otherwise(op));
    }
    op->run->searched = true;
    sbx_companion_is_unknown(op->toolkit->companion, problem->detail);
    return go_find(op);
}

static enum sbx_step take_start(struct sbx_op *op)
{
    struct sbx_problem problem;
    json_t *root = NULL;
    sbx_problem_of(op->request, &problem);
    op->to_the_end = false;
    bool refused = op->request->outcome == SBX_OK && problem.status != SBX_OK;
    op->run->may_run = op->run->sent = !refused; /* what was lost may have come there */
    if (is_gone(op, &problem)) {
        return search_again(op, &problem);
    }
    if (problem.status == SBX_EBUSY && !op->run->uncounted && !op->run->stays) {
        return go_uncounted(op);
    }
    if (problem.status == SBX_EBUSY && op->run->stays) {
        return sbx_create_full(op);
    }
    if (sbx_tool_need_reply(op) == SBX_STEP_END) {
        return SBX_STEP_END;
    }
    enum sbx_status status = sbx_json_parse(&root, sbx_bytes_span(&op->request->reply), 0);
    const char *id = json_string_value(json_object_get(root, "id")); /* none: it has ended already */
    sbx_bytes_append_text(&op->run->id, id == NULL ? "" : id);
    json_decref(op->run->created);
    op->run->created = root;
    return status == SBX_OK ? sbx_run_wait(op) : sbx_op_fail(op, status, NULL);
}

/* ---- Wait ---------------------------------------------------------------------------------------------------- */

static enum sbx_step ask_wait(struct sbx_op *op)
{
    struct sbx_run *run = op->run;
    bool is_first = run->state.state == 0;
    uint64_t now = sbx_now_ms();
    uint64_t left = run->due_ms > now ? run->due_ms - now : 0;
    run->snapshot = !is_first && left <= WAIT_MS;
    const struct sbx_wait wait = {
        .record = run->record,
        .ms = is_first        ? FIRST_WAIT_MS
              : run->snapshot ? (int)left
                              : WAIT_MS,
        .start = run->stays || (is_first && left < FIRST_WAIT_MS),
        .snapshot = run->snapshot,
        .budget = run->stays ? SBX_BUDGET_FILES : SBX_BUDGET_PROGRAMS,
    };
    return sbx_supervisor_ask_wait(op, &wait);
}

static enum sbx_step fail_wait(struct sbx_op *op, enum sbx_status status)
{
    if (status == SBX_ENOENT) {
        return op->run->sent
                   ? sbx_op_fail(op, SBX_EIO,
                                 "no record of the program could be made in the sandbox: it was not started")
                   : sbx_tool_fail(op, SBX_ESRCH, "its end was told already, or there was no such command");
    }
    if (status == SBX_ESRCH) {
        op->run->may_run = false;
        op->run->sent = true; /* what is left is to be removed */
        return sbx_op_fail(
            op, SBX_EIO,
            "the program's supervisor was killed, and the program with it: how it ended is not known");
    }
    bool lost = status != SBX_ETIMEDOUT && status != SBX_ECANCELED;
    if (lost && ++op->run->tries < SBX_ASK_TRIES) {
        return sbx_run_wait(op);
    }
    (void)sbx_tool_need_reply(op);
    return op->result.status == SBX_OK ? sbx_op_fail(op, status, NULL) : SBX_STEP_END;
}

static enum sbx_step take_wait(struct sbx_op *op)
{
    struct sbx_run *run = op->run;
    enum sbx_status status = sbx_supervisor_take_wait(op, &run->state);
    if (status != SBX_OK) {
        return fail_wait(op, status);
    }
    run->tries = 0;
    if (run->stays && run->state.state != SBX_SUPERVISED_NOT_STARTED) {
        run->sent = false; /* nothing of it is to be removed */
        return sbx_run_answer_created(op);
    }
    if (run->state.state == SBX_SUPERVISED_RUNS) {
        return run->snapshot ? sbx_run_show(op) : sbx_run_wait(op);
    }
    run->may_run = false;
    run->sent = true; /* what is left of it is to be removed, whoever started it */
    return run->state.state == SBX_SUPERVISED_ENDED ? go_output(op) : sbx_run_answer_not_started(op);
}

/* ---- Output -------------------------------------------------------------------------------------------------- */

enum sbx_step sbx_run_ask_file(struct sbx_op *op, const char *name, size_t most)
{
    struct sbx_request *request = NULL;
    struct sbx_bytes path;
    sbx_bytes_init(&path, 2 * SBX_PATH_MAX);
    sbx_bytes_append(&path, sbx_bytes_span(&op->run->directory));
    sbx_bytes_append_text(&path, name);
    enum sbx_status status = sbx_request_create(&request, op->endpoint, SBX_GET, "/v1/fs/file");
    if (status == SBX_OK) {
        sbx_request_query(request, "path", sbx_bytes_span(&path));
        request->accept = "application/octet-stream";
        request->until_stalled = true;
        request->reply_max = most;
    }
    sbx_bytes_clear(&path);
    return sbx_op_send(op, status, request);
}

static enum sbx_step ask_output(struct sbx_op *op)
{
    static const char *const names[SBX_RUN_STREAMS] = {"/output", "/errors"};
    struct sbx_run *run = op->run;
    while (run->stream < SBX_RUN_STREAMS && (run->stream == 0 ? run->state.output : run->state.errors) == 0) {
        run->stream++;
    }
    if (run->stream == SBX_RUN_STREAMS) {
        return sbx_run_answer(op);
    }
    return sbx_run_ask_file(op, names[run->stream], (size_t)run->state.most);
}

static enum sbx_step take_output(struct sbx_op *op)
{
    if (sbx_tool_need_reply(op) == SBX_STEP_END) {
        return SBX_STEP_END;
    }
    op->run->streams[op->run->stream++] = sbx_bytes_take(&op->request->reply);
    return go_output(op);
}

/* ---- From one part to the next ------------------------------------------------------------------------------- */

static enum sbx_step go_find(struct sbx_op *op)
{
    static const sbx_step_function steps[] = {find,
                                              sbx_supervisor_need,
                                              sbx_run_choose_directory,
                                              sbx_run_put_input,
                                              sbx_run_take_input,
                                              count,
                                              ask_start,
                                              take_start,
                                              NULL};
    return sbx_op_turn_to(op, steps);
}

static enum sbx_step go_uncounted(struct sbx_op *op)
{
    static const sbx_step_function steps[] = {ask_uncounted, take_start, NULL};
    return sbx_op_turn_to(op, steps);
}

enum sbx_step sbx_run_wait(struct sbx_op *op)
{
    static const sbx_step_function steps[] = {ask_wait, take_wait, NULL};
    return sbx_op_turn_to(op, steps);
}

static enum sbx_step go_output(struct sbx_op *op)
{
    static const sbx_step_function steps[] = {ask_output, take_output, NULL};
    return sbx_op_turn_to(op, steps);
}

const sbx_step_function sbx_tool_run_command[] = {sbx_run_choose, check, go_find, NULL};
const sbx_step_function sbx_tool_start_process[] = {check_created, go_find, NULL};
