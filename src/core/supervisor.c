/* supervisor.c: see supervisor.h. A wait takes long and there may be many: so it goes by the connections of programs,
 * not with the batches of the files, as a frame of its own.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/supervisor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/base64.h"
#include "core/companion/companion_lane.h"
#include "core/http/problem.h"
#include "core/json.h"
#include "core/tool_calls.h"

#define GRACE_MS 5000 /* that a companion which waits may need beyond its time */
#define FRAME_SIZE 64

enum sbx_step sbx_supervisor_find(struct sbx_op *op, const sbx_step_function *otherwise)
{
    const struct sbx_args anything = {.path = SBX_SPAN("/")};
    switch (sbx_companion_look(op->toolkit->companion, op->endpoint)) {
    case SBX_COMPANION_UP:
        return SBX_STEP_NEXT;
    case SBX_COMPANION_OFF:
        return sbx_op_turn_to(op, otherwise);
    case SBX_COMPANION_UNKNOWN:
        break;
    }
    op->otherwise = otherwise; /* a question whose answer does not matter: the lane looks for whom to ask */
    return sbx_op_ask(op, op->toolkit->lane, SBX_OP_ACCESS, &anything);
}

enum sbx_step sbx_supervisor_need(struct sbx_op *op)
{
    if (sbx_companion_look(op->toolkit->companion, op->endpoint) == SBX_COMPANION_UP) {
        return SBX_STEP_NEXT;
    }
    return sbx_op_fail(op, op->ask.status == SBX_OK ? SBX_EIO : op->ask.status, op->ask.words);
}

enum sbx_status sbx_supervisor_name(char *name, size_t size)
{
    uint64_t random = 0;
    if (getentropy(&random, sizeof(random)) != 0) {
        return SBX_EIO;
    }
    (void)snprintf(name, size, "run-%016llx", (unsigned long long)random);
    return SBX_OK;
}

void sbx_supervisor_append_directory(const struct sbx_op *op, const char *record, struct sbx_bytes *bytes)
{
    sbx_companion_append_directory(op->toolkit->companion, bytes);
    if (bytes->length > 0) {
        sbx_bytes_append_text(bytes, "/");
        sbx_bytes_append_text(bytes, record);
    }
}

/* Where the companion is, as JSON; NULL: no memory, or no UTF-8. */
static json_t *program_of(const struct sbx_op *op)
{
    struct sbx_bytes program;
    sbx_bytes_init(&program, SBX_PATH_MAX);
    sbx_companion_append_program(op->toolkit->companion, &program);
    json_t *string = json_stringn(program.data, program.length);
    sbx_bytes_clear(&program);
    return string;
}

static int add_text(json_t *array, const char *text)
{
    return json_array_append_new(array, json_string(text));
}

json_t *sbx_supervisor_wrap(const struct sbx_op *op, const json_t *body, const char *const *options)
{
    json_t *args = json_array();
    json_t *own_args = json_object_get(body, "args");
    json_t *cwd = json_object_get(body, "cwd");
    int failed = add_text(args, "supervise");
    for (; *options != NULL; options++) {
        failed |= add_text(args, *options);
    }
    if (cwd != NULL) {
        failed |= add_text(args, "--cwd") | json_array_append(args, cwd);
    }
    failed |= add_text(args, "--") | json_array_append(args, json_object_get(body, "command"));
    failed |= own_args == NULL ? 0 : json_array_extend(args, own_args);
    json_t *wrapped = json_pack("{s:o, s:o, s:O}", "command", program_of(op), "args", args, "env",
                                json_object_get(body, "env"));
    if (failed != 0) {
        json_decref(wrapped);
        return NULL;
    }
    return wrapped;
}

static bool is_text(const json_t *args, size_t index, const char *text)
{
    const char *argument = json_string_value(json_array_get(args, index));
    return argument != NULL && strcmp(argument, text) == 0;
}

bool sbx_supervisor_is_record(struct sbx_span name)
{
    return name.length == SBX_RECORD_LENGTH && memcmp(name.data, "run-", 4) == 0;
}

const char *sbx_supervisor_record_of(const json_t *process)
{
    const json_t *args = json_object_get(process, "args");
    const char *record = json_string_value(json_array_get(args, 2));
    bool ours = is_text(args, 0, "supervise") && is_text(args, 1, "--record") && record != NULL &&
                sbx_supervisor_is_record((struct sbx_span){record, strlen(record)});
    return ours ? record : NULL;
}

json_t *sbx_supervisor_unwrap(json_t *process)
{
    const json_t *args = json_object_get(process, "args");
    if (sbx_supervisor_record_of(process) == NULL) {
        return process;
    }
    size_t at = 0;
    while (at < json_array_size(args) && !is_text(args, at, "--")) {
        at++;
    }
    json_t *command = json_array_get(args, at + 1);
    json_t *own = json_array();
    int failed = command == NULL || own == NULL;
    for (size_t i = at + 2; i < json_array_size(args); i++) {
        failed |= json_array_append(own, json_array_get(args, i));
    }
    failed = failed || json_object_set(process, "command", command) != 0 ||
             json_object_set(process, "args", own) != 0 ||
             json_object_set_new(process, "pid", json_null()) != 0;
    json_decref(own);
    if (failed) {
        json_decref(process);
        return NULL;
    }
    return process;
}

/* ---- Questions ----------------------------------------------------------------------------------------------- */

static enum sbx_status put_wait(struct sbx_writer *writer, uint32_t id, const struct sbx_wait *wait)
{
    const struct sbx_args args = {.target = {wait->record, strlen(wait->record)},
                                  .length = (uint64_t)wait->ms,
                                  .flags = (wait->start ? SBX_WAIT_START : 0U) |
                                           (wait->snapshot ? SBX_WAIT_SNAPSHOT : 0U)};
    size_t start = sbx_frame_begin(writer, id, SBX_OP_WAIT);
    enum sbx_status status = sbx_args_encode(sbx_op_row(SBX_OP_WAIT), &args, writer);
    return status == SBX_OK ? sbx_frame_end(writer, start) : status;
}

/* Asks with `frames`, for which the companion may need `ms`. */
static enum sbx_step ask(struct sbx_op *op, struct sbx_span frames, int ms, enum sbx_budget budget)
{
    struct sbx_request *request = NULL;
    json_t *body = json_pack("{s:o, s:[s, o], s:i}", "command", program_of(op), "args", "run",
                             sbx_base64_json(frames), "timeoutMs", ms + GRACE_MS);
    enum sbx_status status =
        body == NULL ? SBX_ENOMEM : sbx_request_create(&request, op->endpoint, SBX_POST, "/v1/processes/run");
    return sbx_tool_send(op, status, request, body, budget);
}

enum sbx_step sbx_supervisor_ask_wait(struct sbx_op *op, const struct sbx_wait *wait)
{
    char frame[FRAME_SIZE];
    struct sbx_writer writer = sbx_buf_writer(frame, sizeof(frame));
    enum sbx_status status = put_wait(&writer, 0, wait);
    op->deadline_ms = sbx_now_ms() + (uint64_t)(wait->ms + op->timeout_ms);
    return status == SBX_OK ? ask(op, sbx_buf_written(&writer), wait->ms, wait->budget)
                            : sbx_op_fail(op, status, NULL);
}

enum sbx_step sbx_supervisor_ask_records(struct sbx_op *op, const char *const *records, size_t count)
{
    char frames[SBX_RECORDS_MAX * FRAME_SIZE];
    struct sbx_writer writer = sbx_buf_writer(frames, sizeof(frames));
    enum sbx_status status = SBX_OK;
    for (size_t i = 0; i < count && status == SBX_OK; i++) {
        const struct sbx_wait wait = {.record = records[i], .start = true};
        status = put_wait(&writer, (uint32_t)i, &wait);
    }
    return status == SBX_OK ? ask(op, sbx_buf_written(&writer), 0, SBX_BUDGET_FILES)
                            : sbx_op_fail(op, status, NULL);
}

/* ---- Replies ------------------------------------------------------------------------------------------------- */

/* What the companion printed, as the bytes that it stands for. */
static enum sbx_status read_output(const struct sbx_op *op, struct sbx_bytes *bytes)
{
    struct sbx_problem problem;
    json_t *root = NULL;
    sbx_problem_of(op->request, &problem);
    if (problem.status != SBX_OK) {
        return op->request->outcome == SBX_OK ? SBX_EPROTO : problem.status;
    }
    enum sbx_status status = sbx_json_parse(&root, sbx_bytes_span(&op->request->reply), 0);
    const json_t *output = json_object_get(root, "stdout");
    if (status == SBX_OK) {
        status = sbx_base64_decode(bytes,
                                   (struct sbx_span){json_string_value(output), json_string_length(output)});
    }
    json_decref(root);
    return status;
}

static enum sbx_status read_record(const struct sbx_frame *reply, struct sbx_supervised *state)
{
    struct sbx_answer answer;
    if (reply->code != 0) {
        return sbx_status_from_errno(reply->code);
    }
    enum sbx_status status = sbx_result_decode(sbx_op_row(SBX_OP_WAIT), reply->payload, &answer);
    if (status == SBX_OK) {
        *state = answer.supervised;
    }
    return status;
}

enum sbx_status sbx_supervisor_take_wait(const struct sbx_op *op, struct sbx_supervised *state)
{
    struct sbx_bytes bytes;
    struct sbx_frame reply;
    sbx_bytes_init(&bytes, SBX_REPLIES_MAX);
    enum sbx_status status = read_output(op, &bytes);
    struct sbx_reader reader = sbx_buf_reader(sbx_bytes_span(&bytes));
    if (status == SBX_OK) {
        status = sbx_frame_next(&reader, &reply);
    }
    if (status == SBX_OK) {
        status = read_record(&reply, state);
    }
    sbx_bytes_clear(&bytes);
    return status;
}

enum sbx_status sbx_supervisor_take_records(const struct sbx_op *op, struct sbx_supervised *states,
                                            size_t count)
{
    struct sbx_bytes bytes;
    struct sbx_frame reply;
    memset(states, 0, count * sizeof(*states));
    sbx_bytes_init(&bytes, SBX_REPLIES_MAX);
    enum sbx_status status = read_output(op, &bytes);
    struct sbx_reader reader = sbx_buf_reader(sbx_bytes_span(&bytes));
    while (status == SBX_OK && sbx_buf_left(&reader) > 0) {
        status = sbx_frame_next(&reader, &reply);
        if (status == SBX_OK && reply.id < count) {
            (void)!read_record(&reply, &states[reply.id]); /* there is none: it says nothing */
        }
    }
    sbx_bytes_clear(&bytes);
    return status;
}
