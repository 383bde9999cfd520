/* tool_calls.c: the calls of the tools over the server's own endpoints for processes. Results have the
 * field names of the upstream package.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/tool_calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/tool_answers.h"
#include "core/tool_input.h"
#include "core/tool_run.h"
#include "core/tool_shown.h"

/* Remembers what an error of this call is about: "run-command 'node'". */
static void set_subject(struct sbx_op *op, const json_t *input)
{
    const char *subject =
        op->tool->subject == NULL ? NULL : json_string_value(json_object_get(input, op->tool->subject));
    sbx_bytes_append_text(&op->subject, op->tool->name);
    if (subject != NULL) {
        sbx_bytes_append_text(&op->subject, " '");
        sbx_bytes_append_text(&op->subject, subject);
        sbx_bytes_append_text(&op->subject, "'");
    }
    const char *own_cwd = json_string_value(json_object_get(input, "cwd"));
    const char *cwd =
        own_cwd == NULL && json_object_get(input, "command") != NULL ? op->toolkit->cwd : own_cwd;
    if (cwd != NULL) { /* the server does not say which of the two is missing */
        sbx_bytes_append_text(&op->subject, " in '");
        sbx_bytes_append_text(&op->subject, cwd);
        sbx_bytes_append_text(&op->subject, "'");
    }
}

json_t *sbx_tool_read_input(struct sbx_op *op)
{
    json_t *input = sbx_tool_input(op);
    if (input != NULL && op->subject.length == 0) {
        set_subject(op, input);
    }
    return input;
}

enum sbx_step sbx_tool_send(struct sbx_op *op, enum sbx_status status, struct sbx_request *request,
                            json_t *body, enum sbx_budget budget)
{
    bool has_body = body != NULL;
    char *text = has_body ? json_dumps(body, JSON_COMPACT) : NULL;
    sbx_bytes_clear(&op->body);
    sbx_bytes_init(&op->body, SBX_BODY_MAX);
    if (status == SBX_OK && has_body) {
        sbx_bytes_append_text(&op->body, text == NULL ? "" : text);
        status = text == NULL ? SBX_ENOMEM : op->body.status;
    }
    free(text);
    json_decref(body);
    if (status != SBX_OK) {
        sbx_request_destroy(request);
        return status == SBX_EFBIG ? sbx_op_fail(op, SBX_E2BIG, "a request can have 2 MiB at most")
                                   : sbx_op_fail(op, status, NULL);
    }
    request->accept = "application/json";
    request->change = request->method != SBX_GET;
    request->budget = budget;
    if (has_body) {
        request->body_type = "application/json";
        request->body = sbx_bytes_span(&op->body);
    }
    return sbx_op_send(op, SBX_OK, request);
}

/* Copies the field `name` of `input` to `body`, where it is there. */
static int copy_field(const json_t *input, json_t *body, const char *name)
{
    json_t *value = json_object_get(input, name);
    return value == NULL ? 0 : json_object_set(body, name, value);
}

/* command and args: exec'd as they are, or, a line that means something to a shell, by one. */
static int set_program(const json_t *input, json_t *body)
{
    const char *command = json_string_value(json_object_get(input, "command"));
    if (json_object_get(input, "args") == NULL && sbx_tool_needs_shell(command)) {
        int failed = json_object_set_new(body, "command", json_string("sh"));
        return failed | json_object_set_new(body, "args", json_pack("[s, s]", "-c", command));
    }
    return copy_field(input, body, "command") | copy_field(input, body, "args");
}

/* The toolkit's environment beneath the call's own. */
static int set_env(const struct sbx_toolkit *toolkit, const json_t *input, json_t *body)
{
    json_t *env = json_copy(toolkit->env);
    json_t *own = json_object_get(input, "env");
    int failed = own == NULL ? 0 : json_object_update(env, own);
    return failed | json_object_set_new(body, "env", env);
}

/* What both ways to start a program have in common; NULL: no memory. */
static json_t *program_of(const struct sbx_op *op, const json_t *input)
{
    json_t *body = json_object();
    int failed = set_program(input, body) | set_env(op->toolkit, input, body);
    failed |= copy_field(input, body, "cwd") | copy_field(input, body, "timeoutMs") |
              copy_field(input, body, "tty") | copy_field(input, body, "maxOutputBytes") |
              copy_field(input, body, "stdin");
    if (op->toolkit->cwd != NULL && json_object_get(input, "cwd") == NULL) {
        failed |= json_object_set_new(body, "cwd", json_string(op->toolkit->cwd));
    }
    if (failed != 0) {
        json_decref(body);
        return NULL;
    }
    return body;
}

json_t *sbx_tool_read_program(struct sbx_op *op)
{
    json_t *input = sbx_tool_read_input(op);
    if (input == NULL) {
        return NULL;
    }
    json_t *body = program_of(op, input);
    json_decref(input);
    if (body == NULL) {
        (void)sbx_op_fail(op, SBX_ENOMEM, NULL);
    }
    return body;
}

/* Nothing goes on after its answer, for which nobody waits longer: the limit is the least of these. */
static int limit_over_http(const struct sbx_run *run, const json_t *body)
{
    const json_t *given = json_object_get(body, "timeoutMs");
    int limit_ms = given == NULL ? SBX_TOOL_SILENT_MS : (int)json_number_value(given);
    int wait_ms = run->wait_ms == 0 ? SBX_TOOL_SILENT_MS : (int)run->wait_ms;
    limit_ms = limit_ms < wait_ms ? limit_ms : wait_ms;
    return limit_ms < SBX_TOOL_SILENT_MS ? limit_ms : SBX_TOOL_SILENT_MS;
}

static enum sbx_step ask_run(struct sbx_op *op)
{
    struct sbx_request *request = NULL;
    json_t *body = sbx_tool_read_program(op);
    if (body == NULL) {
        return SBX_STEP_END;
    }
    if (json_object_get(body, "stdin") != NULL) {
        json_decref(body);
        return sbx_tool_fail(op, SBX_ENOTSUP,
                             "without a companion a command has no \"stdin\"; write a file and read it");
    }
    int limit_ms = limit_over_http(op->run, body);
    op->run->limit_ms = (uint64_t)limit_ms;
    if (json_object_set_new(body, "timeoutMs", json_integer(limit_ms)) != 0) {
        json_decref(body);
        return sbx_op_fail(op, SBX_ENOMEM, NULL);
    }
    op->to_the_end = true;                 /* a server whose client has gone lets the program run for ever */
    op->deadline_ms += (uint64_t)limit_ms; /* the server ends the program; we only wait for its word */
    enum sbx_status status = sbx_request_create(&request, op->endpoint, SBX_POST, "/v1/processes/run");
    return sbx_tool_send(op, status, request, body, SBX_BUDGET_PROGRAMS);
}

static enum sbx_step ask_create(struct sbx_op *op)
{
    struct sbx_request *request = NULL;
    json_t *body = sbx_tool_read_program(op);
    if (body == NULL) {
        return SBX_STEP_END;
    }
    enum sbx_status status = sbx_request_create(&request, op->endpoint, SBX_POST, "/v1/processes");
    return sbx_tool_send(op, status, request, body, SBX_BUDGET_FILES);
}

enum sbx_step sbx_tool_ask_about(struct sbx_op *op, json_t *input, enum sbx_method method, const char *rest)
{
    struct sbx_request *request = NULL;
    if (input == NULL) {
        return SBX_STEP_END;
    }
    const json_t *id = json_object_get(input, "id");
    enum sbx_status status = sbx_request_create(&request, op->endpoint, method, "/v1/processes");
    if (status == SBX_OK) {
        sbx_request_segment(request, (struct sbx_span){json_string_value(id), json_string_length(id)}, rest);
    }
    json_decref(input);
    /* Not behind programs, which it may be meant to end; the server answers within two seconds. */
    return sbx_tool_send(op, status, request, NULL, SBX_BUDGET_FILES);
}

static enum sbx_step ask_stop(struct sbx_op *op)
{
    return sbx_tool_ask_about(op, sbx_tool_read_input(op), SBX_POST, "/stop");
}

static enum sbx_step ask_kill(struct sbx_op *op)
{
    return sbx_tool_ask_about(op, sbx_tool_read_input(op), SBX_POST, "/kill");
}

const sbx_step_function sbx_tool_run_over_http[] = {ask_run, sbx_tool_answer_run, NULL};
const sbx_step_function sbx_tool_create_over_http[] = {ask_create, sbx_tool_answer_create, NULL};
const sbx_step_function sbx_tool_stop_over_http[] = {sbx_shown_ask, sbx_shown_see, ask_stop,
                                                     sbx_tool_answer_end, NULL};
const sbx_step_function sbx_tool_kill_over_http[] = {sbx_shown_ask, sbx_shown_see, ask_kill,
                                                     sbx_tool_answer_end, NULL};
