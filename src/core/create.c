/* create.c: see create.h. What listens on a port stands in /proc/net of the sandbox, which the server reads as any file.
 * That it is the new process's is known because nothing listened there before.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/create.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/http/problem.h"
#include "core/port.h"
#include "core/tool_answers.h"
#include "core/tool_calls.h"
#include "core/tool_input.h"
#include "core/watch.h"

#define WAIT_MS 20000 /* where it is not told */
#define SIZE_MAX_OF_TERMINAL 65535
#define LAST_LINES 20
#define TABLE_MAX (16 * SBX_MIB) /* bytes of a table of the kernel's */

static const char *const tables[] = {"/proc/net/tcp", "/proc/net/tcp6"};
#define TABLES 2

struct create {
    struct sbx_watch watch; /* of the process, once it is there */
    json_t *input;          /* owned */
    json_t *answer;         /* owned: that the process was made */
    unsigned columns;       /* of its terminal; 0: not told */
    unsigned rows;
    unsigned port;    /* to wait for; 0: none */
    const char *text; /* borrowed from `input`: to wait for in its output; NULL: none */
    uint64_t wait_ms;
    uint64_t until_ms;
    size_t table;  /* the next to be read */
    bool listens;  /* something does on the port, by the tables that were read */
    bool has_text; /* it was there */
    bool settles;  /* it has ended, and what was still on its way comes into its log */
    struct sbx_bytes seen[SBX_LOG_STREAMS]; /* owned: the end of each stream, in which the text may begin */
};

static void end_create(void *call)
{
    struct create *it = call;
    sbx_watch_clear(&it->watch);
    json_decref(it->input);
    json_decref(it->answer);
    for (size_t i = 0; i < SBX_LOG_STREAMS; i++) {
        sbx_bytes_clear(&it->seen[i]);
    }
    free(it);
}

/* ---- What is asked for --------------------------------------------------------------------------------------- */

static bool read_number(const json_t *input, const char *name, unsigned most, unsigned *number)
{
    double value = json_number_value(json_object_get(input, name));
    *number = value <= most ? (unsigned)value : 0;
    return value <= most;
}

/* What is wrong with it; NULL: nothing. */
static const char *read_fields(struct create *it, const json_t *input)
{
    const json_t *wait = json_object_get(input, "waitMs");
    it->text = json_string_value(json_object_get(input, "waitForLog"));
    if (!read_number(input, "cols", SIZE_MAX_OF_TERMINAL, &it->columns) ||
        !read_number(input, "rows", SIZE_MAX_OF_TERMINAL, &it->rows) ||
        !read_number(input, "waitForPort", SBX_PORT_MAX, &it->port)) {
        return "\"cols\", \"rows\" and \"waitForPort\" are 65535 at most";
    }
    if ((it->columns > 0 || it->rows > 0) && !json_is_true(json_object_get(input, "tty"))) {
        return "\"cols\" and \"rows\" are of a terminal: give \"tty\"";
    }
    if (wait != NULL && it->port == 0 && it->text == NULL) {
        return "\"waitMs\" goes with \"waitForPort\" or \"waitForLog\"";
    }
    if (it->columns > 0 || it->rows > 0) { /* of what is not told the usual */
        it->columns = it->columns == 0 ? 80 : it->columns;
        it->rows = it->rows == 0 ? 24 : it->rows;
    }
    it->wait_ms = wait == NULL ? WAIT_MS : (uint64_t)json_number_value(wait);
    return it->text != NULL && it->text[0] == '\0' ? "\"waitForLog\" must not be empty" : NULL;
}

static enum sbx_step ask_table(struct sbx_op *op)
{
    const struct create *it = op->call;
    struct sbx_request *request = NULL;
    if (it->port == 0 || it->table == TABLES || it->listens) {
        return SBX_STEP_NEXT;
    }
    enum sbx_status status = sbx_request_create(&request, op->endpoint, SBX_GET, "/v1/fs/file");
    if (status == SBX_OK) {
        sbx_request_query(request, "path", (struct sbx_span){tables[it->table], strlen(tables[it->table])});
        request->accept = "application/octet-stream";
        request->reply_max = TABLE_MAX;
    }
    op->deadline_ms = sbx_now_ms() + (uint64_t)op->timeout_ms;
    return sbx_op_send(op, status, request);
}

/* A kernel without IPv6 has no table of it. */
static enum sbx_step take_table(struct sbx_op *op)
{
    struct create *it = op->call;
    struct sbx_problem problem;
    if (it->port == 0 || it->table == TABLES || it->listens) {
        return SBX_STEP_NEXT;
    }
    sbx_problem_of(op->request, &problem);
    if (problem.status != SBX_OK && (problem.status != SBX_ENOENT || it->table == 0)) {
        return sbx_tool_need_reply(op);
    }
    it->listens = problem.status == SBX_OK && sbx_port_listens(sbx_bytes_span(&op->request->reply), it->port);
    it->table++;
    return SBX_STEP_NEXT;
}

/* Who waits for a port on which something listens already would take that for the new one. */
static enum sbx_step need_free(struct sbx_op *op)
{
    const struct create *it = op->call;
    char words[128];
    if (!it->listens) {
        return SBX_STEP_NEXT;
    }
    (void)snprintf(words, sizeof(words), "something listens on port %u already: the program was not started",
                   it->port);
    return sbx_tool_fail(op, SBX_EBUSY, words);
}

static enum sbx_step begin(struct sbx_op *op)
{
    struct create *it = calloc(1, sizeof(*it));
    op->call = it;
    op->end_call = end_create;
    if (it == NULL) {
        return sbx_op_fail(op, SBX_ENOMEM, NULL);
    }
    for (size_t i = 0; i < SBX_LOG_STREAMS; i++) {
        sbx_bytes_init(&it->seen[i], SBX_CONTENT_MAX);
    }
    it->input = sbx_tool_read_input(op);
    if (it->input == NULL) {
        return SBX_STEP_END;
    }
    const char *fault = read_fields(it, it->input);
    return fault == NULL ? SBX_STEP_NEXT : sbx_tool_usage(op, "%s", fault);
}

static enum sbx_step go_start(struct sbx_op *op)
{
    return sbx_op_turn_to(op, sbx_tool_start_process);
}

void sbx_create_size(const struct sbx_op *op, unsigned *columns, unsigned *rows)
{
    const struct create *it = op->call;
    *columns = it->columns;
    *rows = it->rows;
}

/* ---- Ready --------------------------------------------------------------------------------------------------- */

static enum sbx_step ask_process(struct sbx_op *op)
{
    struct create *it = op->call;
    it->table = 0;
    return sbx_watch_ask_process(op, &it->watch);
}

static enum sbx_step take_process(struct sbx_op *op)
{
    struct create *it = op->call;
    return sbx_watch_take_process(op, &it->watch);
}

static enum sbx_step ask_log(struct sbx_op *op)
{
    const struct create *it = op->call;
    return sbx_watch_ask_log(op, &it->watch);
}

/* Looks for the text in what a stream had before and now has. */
static bool find_text(struct sbx_bytes *seen, const struct sbx_log_piece *piece, const char *text)
{
    size_t length = strlen(text);
    sbx_bytes_append(seen, (struct sbx_span){piece->data + piece->start, piece->length - piece->start});
    bool found = seen->status == SBX_OK && memmem(seen->data, seen->length, text, length) != NULL;
    size_t kept = seen->length < length - 1 ? seen->length : length - 1;
    if (seen->status == SBX_OK && kept < seen->length) {
        memmove(seen->data, seen->data + seen->length - kept, kept);
        seen->length = kept;
    }
    return found;
}

static enum sbx_step take_log(struct sbx_op *op)
{
    struct create *it = op->call;
    struct sbx_log *log = &it->watch.log;
    size_t before = log->count;
    enum sbx_step next = sbx_watch_take_log(op, &it->watch);
    for (size_t i = before; i < log->count && it->text != NULL && !it->has_text; i++) {
        struct sbx_bytes *seen = &it->seen[log->pieces[i].stream];
        it->has_text = find_text(seen, &log->pieces[i], it->text);
        if (seen->status != SBX_OK) {
            return sbx_op_fail(op, seen->status, NULL);
        }
    }
    (void)sbx_log_keep_lines(log, LAST_LINES);
    return next;
}

static bool is_ready(const struct create *it)
{
    return (it->port == 0 || it->listens) && (it->text == NULL || it->has_text);
}

static json_t *hint_of(const struct create *it)
{
    return it->watch.ended
               ? json_string("It ended before it was ready.")
               : json_sprintf("It was not ready within %llu ms and goes on: get-process-logs reads on, "
                              "stop-process ends it.",
                              (unsigned long long)it->wait_ms);
}

/* Of what is not ready the last lines are shown. */
static enum sbx_step give(struct sbx_op *op)
{
    struct create *it = op->call;
    json_t *answer = it->answer;
    char place[SBX_LOG_PLACE_SIZE];
    bool ready = is_ready(it);
    it->answer = NULL;
    int failed =
        sbx_watch_tell(&it->watch, answer) | json_object_set_new(answer, "ready", json_boolean(ready));
    if (!ready) {
        sbx_log_place(&it->watch.log, place);
        failed |= json_object_set_new(answer, "hint", hint_of(it)) |
                  json_object_set_new(answer, "logs", sbx_log_show(&it->watch.log)) |
                  json_object_set_new(answer, "nextSince", json_string(place));
    }
    if (failed != 0) {
        json_decref(answer);
        return sbx_op_fail(op, SBX_ENOMEM, NULL);
    }
    return sbx_tool_give(op, answer);
}

static enum sbx_step go_on(struct sbx_op *op);

/* The server sees the end before it has read all of the output: one more look, and another one after news. */
static enum sbx_step judge(struct sbx_op *op)
{
    struct create *it = op->call;
    bool settled = it->settles && !it->watch.news;
    it->settles = it->watch.ended;
    if (is_ready(it) || settled || sbx_now_ms() >= it->until_ms) {
        return give(op);
    }
    return sbx_watch_pause(op, &it->watch, it->until_ms);
}

static enum sbx_step go_on(struct sbx_op *op)
{
    static const sbx_step_function steps[] = {ask_process, take_process, ask_log,   take_log,
                                              ask_table,   take_table,   ask_table, take_table,
                                              judge,       go_on,        NULL};
    return sbx_op_turn_to(op, steps);
}

/* ---- Created ------------------------------------------------------------------------------------------------- */

static enum sbx_step ask_resize(struct sbx_op *op)
{
    const struct create *it = op->call;
    struct sbx_request *request = NULL;
    enum sbx_status status = sbx_request_create(&request, op->endpoint, SBX_POST, "/v1/processes");
    if (status == SBX_OK) {
        sbx_request_segment(request, (struct sbx_span){it->watch.id, strlen(it->watch.id)},
                            "/terminal/resize");
    }
    json_t *body = json_pack("{s:i, s:i}", "cols", (int)it->columns, "rows", (int)it->rows);
    return sbx_tool_send(op, body == NULL ? SBX_ENOMEM : status, request, body, SBX_BUDGET_FILES);
}

/* One that has ended already has no terminal any more. */
static enum sbx_step take_resize(struct sbx_op *op)
{
    return op->request->http_status == 409 ? SBX_STEP_NEXT : sbx_tool_need_reply(op);
}

static enum sbx_step give_or_wait(struct sbx_op *op)
{
    struct create *it = op->call;
    json_t *answer = it->answer;
    if (it->port > 0 || it->text != NULL) {
        it->until_ms = sbx_now_ms() + it->wait_ms;
        return go_on(op);
    }
    it->answer = NULL;
    return sbx_tool_give(op, answer);
}

enum sbx_step sbx_create_created(struct sbx_op *op, json_t *answer, bool over_http)
{
    static const sbx_step_function resize[] = {ask_resize, take_resize, give_or_wait, NULL};
    struct create *it = op->call;
    const char *id = json_string_value(json_object_get(answer, "id"));
    if (it == NULL || id == NULL) {
        return sbx_tool_give(op, answer);
    }
    it->answer = answer;
    enum sbx_status status = sbx_watch_begin(&it->watch, id);
    if (status != SBX_OK) {
        return sbx_op_fail(op, status, NULL);
    }
    return over_http && it->columns > 0 ? sbx_op_turn_to(op, resize) : give_or_wait(op);
}

const sbx_step_function sbx_tool_create_process[] = {
    begin, ask_table, take_table, ask_table, take_table, need_free, go_start, NULL,
};
