/* watch.c: see watch.h. It asks and does not listen: the server's stream of a log has no end where the process has, and
 * loses entries when it is behind.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/tool_answers.h"
#include "core/tool_calls.h"
#include "core/tool_shown.h"

#define PAUSE_MIN_MS 50
#define PAUSE_MAX_MS 500

enum sbx_status sbx_watch_begin(struct sbx_watch *watch, const char *id)
{
    watch->id = strdup(id);
    return watch->id == NULL ? SBX_ENOMEM : SBX_OK;
}

void sbx_watch_clear(struct sbx_watch *watch)
{
    sbx_log_clear(&watch->log);
    json_decref(watch->process);
    free(watch->id);
}

static enum sbx_step ask(struct sbx_op *op, enum sbx_status status, struct sbx_request *request)
{
    op->deadline_ms = sbx_now_ms() + (uint64_t)op->timeout_ms;
    return sbx_tool_send(op, status, request, NULL, SBX_BUDGET_FILES);
}

static enum sbx_status make_request(const struct sbx_op *op, const struct sbx_watch *watch, const char *rest,
                                    struct sbx_request **request)
{
    enum sbx_status status = sbx_request_create(request, op->endpoint, SBX_GET, "/v1/processes");
    if (status == SBX_OK) {
        sbx_request_segment(*request, (struct sbx_span){watch->id, strlen(watch->id)}, rest);
    }
    return status;
}

enum sbx_step sbx_watch_ask_process(struct sbx_op *op, const struct sbx_watch *watch)
{
    struct sbx_request *request = NULL;
    enum sbx_status status = make_request(op, watch, "", &request);
    return ask(op, status, request);
}

enum sbx_step sbx_watch_take_process(struct sbx_op *op, struct sbx_watch *watch)
{
    json_t *process = sbx_tool_read_reply(op);
    if (process == NULL) {
        return SBX_STEP_END;
    }
    json_decref(watch->process);
    watch->process = process;
    const char *status = json_string_value(json_object_get(process, "status"));
    if (status == NULL) {
        return sbx_tool_malformed(op);
    }
    watch->ended = strcmp(status, "running") != 0;
    enum sbx_step same = sbx_shown_need_meant(op, process);
    sbx_shown_note(op->toolkit->shown, same == SBX_STEP_END ? NULL : process);
    return same;
}

static void add_number(struct sbx_request *request, const char *name, uint64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    sbx_request_query(request, name, (struct sbx_span){text, strlen(text)});
}

/* Without a stream: then the numbers have no gaps but where entries were dropped. */
enum sbx_step sbx_watch_ask_log(struct sbx_op *op, const struct sbx_watch *watch)
{
    struct sbx_request *request = NULL;
    enum sbx_status status = make_request(op, watch, "/logs", &request);
    if (status == SBX_OK && watch->log.last > 0) {
        add_number(request, "since", watch->log.last);
    }
    if (status == SBX_OK && watch->window > 0) {
        add_number(request, "tail", watch->window);
    }
    return ask(op, status, request);
}

enum sbx_step sbx_watch_ask_last(struct sbx_op *op, const struct sbx_watch *watch, enum sbx_log_stream stream)
{
    struct sbx_request *request = NULL;
    const char *name = sbx_log_stream_name(stream);
    enum sbx_status status = make_request(op, watch, "/logs", &request);
    if (status == SBX_OK) {
        sbx_request_query(request, "stream", (struct sbx_span){name, strlen(name)});
        add_number(request, "tail", SBX_LOG_LAST);
    }
    return ask(op, status, request);
}

enum sbx_step sbx_watch_take_log(struct sbx_op *op, struct sbx_watch *watch)
{
    uint64_t last = watch->log.last;
    json_t *reply = sbx_tool_read_reply(op);
    if (reply == NULL) {
        return SBX_STEP_END;
    }
    enum sbx_status status = sbx_log_take(&watch->log, reply, watch->window > 0);
    json_decref(reply);
    watch->news = watch->log.last != last;
    if (status == SBX_OK) {
        return SBX_STEP_NEXT;
    }
    return status == SBX_EPROTO ? sbx_tool_malformed(op) : sbx_op_fail(op, status, NULL);
}

enum sbx_step sbx_watch_pause(struct sbx_op *op, struct sbx_watch *watch, uint64_t until_ms)
{
    uint64_t now_ms = sbx_now_ms();
    uint64_t left_ms = until_ms > now_ms ? until_ms - now_ms : 0;
    uint64_t longer_ms = watch->pause_ms * 3 / 2;
    watch->pause_ms = watch->news || watch->pause_ms == 0 ? PAUSE_MIN_MS
                      : longer_ms < PAUSE_MAX_MS          ? longer_ms
                                                          : PAUSE_MAX_MS;
    return sbx_op_pause(op, (int)(watch->pause_ms < left_ms ? watch->pause_ms : left_ms));
}

int sbx_watch_tell(const struct sbx_watch *watch, json_t *answer)
{
    json_t *code = json_object_get(watch->process, "exitCode");
    int failed = json_object_set(answer, "status", json_object_get(watch->process, "status"));
    if (watch->ended) {
        failed |= json_object_set_new(answer, "exitCode", code == NULL ? json_null() : json_incref(code));
    }
    return failed;
}
