/* tool_send.c: send-input: bytes to the standard input of a process, in parts, and its end.
 *
 *     check ─ eof? ── yes: how can it be ended? ─▶ part, part … ─▶ end ─▶ answer
 *
 * The server writes a part before it answers, so parts keep their order, and a process that does not read holds the
 * answer up. The end of a terminal's input is a character; that of a pipe only the supervisor can make, which feeds it.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "core/companion/companion_lane.h"
#include "core/http/problem.h"
#include "core/supervisor.h"
#include "core/tool_answers.h"
#include "core/tool_calls.h"
#include "core/tool_input.h"
#include "core/tool_shown.h"
#include "core/watch.h"

#define PART_MAX ((size_t)65536) /* bytes: the server takes no more at once */
#define LIMIT_MS 20000           /* core waits 30 s for a tool, and the answer shall come before */
#define END_OF_TRANSMISSION "\x04"

struct input {
    struct sbx_watch watch;             /* of the process */
    struct sbx_bytes bytes;             /* owned: what is sent */
    size_t sent;                        /* of them */
    size_t part;                        /* bytes under way */
    bool eof;                           /* its end is wanted */
    char record[SBX_RECORD_LENGTH + 1]; /* of the process that the supervisor feeds; "": it does not */
};

static void end_input(void *call)
{
    struct input *it = call;
    sbx_watch_clear(&it->watch);
    sbx_bytes_clear(&it->bytes);
    free(it);
}

/* ---- What is sent -------------------------------------------------------------------------------------------- */

/* A line that was typed ends with a newline; data is what it is. */
static enum sbx_status read_bytes(struct input *it, const json_t *input)
{
    const json_t *line = json_object_get(input, "input");
    const json_t *data = line == NULL ? json_object_get(input, "data") : line;
    const char *encoding = json_string_value(json_object_get(input, "encoding"));
    struct sbx_span text = {json_string_value(data), json_string_length(data)};
    sbx_bytes_init(&it->bytes, SBX_CONTENT_MAX);
    if (encoding != NULL && strcmp(encoding, "base64") == 0) {
        return sbx_base64_decode(&it->bytes, text);
    }
    bool ended = text.length > 0 && text.data[text.length - 1] == '\n';
    sbx_bytes_append(&it->bytes, text.data == NULL ? SBX_SPAN("") : text);
    sbx_bytes_append_text(&it->bytes, line == NULL || ended ? "" : "\n");
    return it->bytes.status;
}

/* What is wrong with it; NULL: nothing. */
static const char *find_fault(const json_t *input)
{
    bool line = json_object_get(input, "input") != NULL;
    bool data = json_object_get(input, "data") != NULL;
    if (line && data) {
        return "give either \"input\" or \"data\"";
    }
    if (!line && !data && !json_is_true(json_object_get(input, "eof"))) {
        return "give \"input\", \"data\" or \"eof\"";
    }
    return json_object_get(input, "encoding") != NULL && !data ? "\"encoding\" says how \"data\" is written"
                                                               : NULL;
}

static enum sbx_step begin(struct sbx_op *op, struct input *it, const json_t *input)
{
    const char *fault = find_fault(input);
    if (fault != NULL) {
        return sbx_tool_usage(op, "%s", fault);
    }
    enum sbx_status status = read_bytes(it, input);
    if (status == SBX_EPROTO) {
        return sbx_tool_usage(op, "\"data\" is no base64");
    }
    if (status == SBX_OK) {
        status = sbx_watch_begin(&it->watch, json_string_value(json_object_get(input, "id")));
    }
    it->eof = json_is_true(json_object_get(input, "eof"));
    return status == SBX_OK ? SBX_STEP_NEXT : sbx_op_fail(op, status, NULL);
}

static enum sbx_step check(struct sbx_op *op)
{
    struct input *it = calloc(1, sizeof(*it));
    op->call = it;
    op->end_call = end_input;
    json_t *input = it == NULL ? NULL : sbx_tool_read_input(op);
    if (input == NULL) {
        return it == NULL ? sbx_op_fail(op, SBX_ENOMEM, NULL) : SBX_STEP_END;
    }
    enum sbx_step next = begin(op, it, input);
    json_decref(input);
    return next;
}

/* ---- Its end ------------------------------------------------------------------------------------------------- */

static enum sbx_step refuse_eof(struct sbx_op *op)
{
    return sbx_tool_fail(
        op, SBX_ENOTSUP,
        "its input is a pipe of the server's, which cannot end it: only that of a process which "
        "create-process started under the companion can be ended");
}

static const sbx_step_function without_companion[] = {refuse_eof, NULL};

static enum sbx_step ask_process(struct sbx_op *op)
{
    struct input *it = op->call;
    return sbx_watch_ask_process(op, &it->watch);
}

static enum sbx_step go_send(struct sbx_op *op);
static enum sbx_step go_part(struct sbx_op *op);

/* Ends what was typed so far, and then the input: the first one only sends an unfinished line. */
static enum sbx_step end_terminal(struct sbx_op *op, struct input *it)
{
    size_t length = it->bytes.length;
    bool unfinished = length > 0 && it->bytes.data[length - 1] != '\n';
    sbx_bytes_append_text(&it->bytes,
                          unfinished ? END_OF_TRANSMISSION END_OF_TRANSMISSION : END_OF_TRANSMISSION);
    return it->bytes.status == SBX_OK ? go_send(op) : sbx_op_fail(op, it->bytes.status, NULL);
}

static enum sbx_step take_process(struct sbx_op *op)
{
    struct input *it = op->call;
    if (sbx_watch_take_process(op, &it->watch) == SBX_STEP_END) {
        return SBX_STEP_END;
    }
    if (json_is_true(json_object_get(it->watch.process, "tty"))) {
        return end_terminal(op, it);
    }
    const char *record = sbx_supervisor_record_of(it->watch.process);
    if (record == NULL) {
        return refuse_eof(op);
    }
    memcpy(it->record, record, SBX_RECORD_LENGTH);
    return sbx_supervisor_find(op, without_companion);
}

static enum sbx_step ask_end(struct sbx_op *op)
{
    const struct input *it = op->call;
    const struct sbx_args args = {.target = {it->record, SBX_RECORD_LENGTH}, .mode = SBX_END_INPUT};
    return it->record[0] == '\0' ? SBX_STEP_NEXT : sbx_op_ask(op, op->toolkit->lane, SBX_OP_END, &args);
}

static enum sbx_step take_end(struct sbx_op *op)
{
    const struct input *it = op->call;
    enum sbx_status status = it->record[0] == '\0' ? SBX_OK : op->ask.status;
    if (status == SBX_ESRCH || status == SBX_ENOENT) {
        return sbx_tool_fail(op, SBX_EPIPE, "the process has ended");
    }
    return status == SBX_OK ? sbx_tool_give(op, json_pack("{s:b}", "sent", 1))
                            : sbx_tool_fail(op, status, op->ask.words);
}

/* ---- Parts --------------------------------------------------------------------------------------------------- */

static enum sbx_step ask_part(struct sbx_op *op)
{
    struct input *it = op->call;
    struct sbx_request *request = NULL;
    size_t left = it->bytes.length - it->sent;
    it->part = left < PART_MAX ? left : PART_MAX;
    if (it->bytes.length == 0 && it->eof) {
        return SBX_STEP_NEXT;
    }
    struct sbx_span part =
        it->part == 0 ? SBX_SPAN("") : (struct sbx_span){it->bytes.data + it->sent, it->part};
    json_t *body = json_pack("{s:o, s:s}", "data", sbx_base64_json(part), "encoding", "base64");
    enum sbx_status status = sbx_request_create(&request, op->endpoint, SBX_POST, "/v1/processes");
    if (status == SBX_OK) {
        sbx_request_segment(request, (struct sbx_span){it->watch.id, strlen(it->watch.id)}, "/input");
        status = body == NULL ? SBX_ENOMEM : SBX_OK;
    }
    return sbx_tool_send(op, status, request, body, SBX_BUDGET_PROGRAMS);
}

/* The server says of one that has ended that it is not running; and of one that closed its input os error 32. */
static enum sbx_step fail_part(struct sbx_op *op, const struct sbx_problem *problem)
{
    const struct input *it = op->call;
    char words[SBX_DETAIL_MAX];
    bool has_ended = op->request->http_status == 409;
    bool waited = problem->status == SBX_ETIMEDOUT;
    const char *why = has_ended ? "the process has ended"
                      : waited  ? "the process does not read its input"
                                : problem->detail;
    if (it->sent == 0 && !waited) {
        return sbx_tool_fail(op, has_ended ? SBX_EPIPE : problem->status, why);
    }
    (void)snprintf(words, sizeof(words), "%.512s: %zu of %zu bytes were taken%s", why, it->sent,
                   it->bytes.length, waited ? ", and perhaps some more" : "");
    return sbx_tool_fail(op, has_ended ? SBX_EPIPE : problem->status, words);
}

static enum sbx_step take_part(struct sbx_op *op)
{
    struct input *it = op->call;
    struct sbx_problem problem = {.status = SBX_OK};
    bool asked = it->part > 0 || !it->eof;
    if (asked) {
        sbx_problem_of(op->request, &problem);
    }
    if (problem.status != SBX_OK) {
        return fail_part(op, &problem);
    }
    json_t *reply = asked ? sbx_tool_read_reply(op) : NULL;
    bool taken = !asked || json_integer_value(json_object_get(reply, "bytesWritten")) == (json_int_t)it->part;
    bool has_failed = asked && reply == NULL;
    json_decref(reply);
    if (has_failed || !taken) {
        return has_failed ? SBX_STEP_END : sbx_tool_malformed(op);
    }
    it->sent += it->part;
    return it->sent < it->bytes.length ? go_part(op) : SBX_STEP_NEXT;
}

static enum sbx_step set_deadline(struct sbx_op *op)
{
    uint64_t limit_ms = op->timeout_ms < LIMIT_MS ? (uint64_t)op->timeout_ms : LIMIT_MS;
    op->deadline_ms = sbx_now_ms() + limit_ms; /* of all parts */
    return SBX_STEP_NEXT;
}

static enum sbx_step go_part(struct sbx_op *op)
{
    static const sbx_step_function steps[] = {ask_part, take_part, ask_end, take_end, NULL};
    return sbx_op_turn_to(op, steps);
}

static enum sbx_step go_send(struct sbx_op *op)
{
    static const sbx_step_function steps[] = {set_deadline, go_part, NULL};
    return sbx_op_turn_to(op, steps);
}

/* How its input is ended hangs on what it is: that look tells also whether it is the one that was shown. */
static enum sbx_step choose(struct sbx_op *op)
{
    static const sbx_step_function to_its_end[] = {ask_process, take_process, sbx_supervisor_need, go_send,
                                                   NULL};
    const struct input *it = op->call;
    return it->eof ? sbx_op_turn_to(op, to_its_end) : SBX_STEP_NEXT;
}

const sbx_step_function sbx_tool_send_input[] = {check, choose, sbx_shown_ask, sbx_shown_see, go_send, NULL};
