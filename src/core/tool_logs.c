/* tool_logs.c: get-process-logs. The server does not know which signal ended a process: that stands in the record of one
 * that ran under the supervisor, which is asked at the end. Where nobody can be asked it is not told.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "core/supervisor.h"
#include "core/tool_answers.h"
#include "core/tool_calls.h"
#include "core/tool_input.h"
#include "core/tool_run.h"
#include "core/watch.h"

struct logs {
    struct sbx_watch watch;
    enum sbx_log_stream stream; /* SBX_LOG_STREAMS: all */
    size_t tail;                /* lines; 0: all */
    enum sbx_log_stream begun;  /* whose last entries are asked for */
    bool is_all;                /* the window has all that was asked for */
    uint64_t began_at;          /* the place in the log that was asked for */
    uint64_t until_ms;          /* it is followed until then; 0: it is not */
    bool settles;               /* it has ended, and what was still on its way comes into its log */
    uint32_t signal;            /* that ended it, by its record; 0: none, or it is not known */
    int tries;                  /* questions for it that were lost */
};

static void end_logs(void *call)
{
    struct logs *logs = call;
    sbx_watch_clear(&logs->watch);
    free(logs);
}

static enum sbx_status read_fields(struct logs *logs, const json_t *input)
{
    const char *since = json_string_value(json_object_get(input, "since"));
    double follow_ms = json_number_value(json_object_get(input, "follow"));
    logs->stream = sbx_log_stream_named(json_string_value(json_object_get(input, "stream")));
    logs->tail = (size_t)json_number_value(json_object_get(input, "tail"));
    logs->until_ms = follow_ms > 0 ? sbx_now_ms() + (uint64_t)follow_ms : 0;
    enum sbx_status status = sbx_watch_begin(&logs->watch, json_string_value(json_object_get(input, "id")));
    if (status == SBX_OK && since != NULL) {
        status = sbx_log_begin_at(&logs->watch.log, (struct sbx_span){since, strlen(since)});
    }
    logs->began_at = logs->watch.log.last;
    /* A line is an entry or less than one, mostly. Followed, or with a character begun, none may be missed. (What is
     * begun on a stream that prints nothing in the window is asked for apart.) */
    bool from_start = since == NULL || strchr(since, '-') == NULL;
    logs->watch.window = logs->tail > 0 && logs->until_ms == 0 && from_start ? logs->tail + 1 : 0;
    return status;
}

static enum sbx_step check(struct sbx_op *op)
{
    struct logs *logs = calloc(1, sizeof(*logs));
    json_t *input = logs == NULL ? NULL : sbx_tool_read_input(op);
    op->call = logs;
    op->end_call = end_logs;
    if (input == NULL) {
        return logs == NULL ? sbx_op_fail(op, SBX_ENOMEM, NULL) : SBX_STEP_END;
    }
    enum sbx_status status = read_fields(logs, input);
    json_decref(input);
    if (status == SBX_EINVAL) {
        return sbx_tool_usage(op, "\"since\" must be the nextSince of an earlier answer");
    }
    return status == SBX_OK ? SBX_STEP_NEXT : sbx_op_fail(op, status, NULL);
}

static enum sbx_step give(struct sbx_op *op)
{
    struct logs *logs = op->call;
    char place[SBX_LOG_PLACE_SIZE];
    enum sbx_status status = logs->watch.ended ? sbx_log_end(&logs->watch.log) : SBX_OK;
    sbx_log_keep_stream(&logs->watch.log, logs->stream);
    if (logs->tail > 0) {
        (void)sbx_log_keep_lines(&logs->watch.log, logs->tail);
    }
    sbx_log_place(&logs->watch.log, place);
    json_t *shown = status == SBX_OK ? sbx_log_show(&logs->watch.log) : NULL;
    json_t *answer = shown == NULL ? NULL : json_pack("{s:o, s:s}", "logs", shown, "nextSince", place);
    uint64_t dropped = logs->watch.log.dropped;
    int failed = answer == NULL ? -1 : sbx_watch_tell(&logs->watch, answer);
    if (logs->signal > 0) {
        failed |= json_object_set_new(answer, "signal", sbx_run_name_signal(logs->signal));
    }
    if (dropped > 0) {
        failed |= json_object_set_new(answer, "droppedEntries", json_integer((json_int_t)dropped));
    }
    if (failed != 0) {
        json_decref(answer);
        return sbx_op_fail(op, SBX_ENOMEM, NULL);
    }
    return sbx_tool_give(op, answer);
}

/* ---- By which signal it was ended ---------------------------------------------------------------------------- */

/* The record of a process that has ended without an exit code; NULL: it has none, or there is nothing to ask. */
static const char *record_of_end(const struct logs *logs)
{
    bool has_code = json_is_integer(json_object_get(logs->watch.process, "exitCode"));
    return logs->watch.ended && !has_code ? sbx_supervisor_record_of(logs->watch.process) : NULL;
}

static enum sbx_step find(struct sbx_op *op)
{
    static const sbx_step_function without[] = {give, NULL};
    op->deadline_ms = sbx_now_ms() + (uint64_t)op->timeout_ms;
    return sbx_supervisor_find(op, without);
}

static enum sbx_step ask_record(struct sbx_op *op)
{
    const char *record = record_of_end(op->call);
    bool up = sbx_companion_look(op->toolkit->companion, op->endpoint) == SBX_COMPANION_UP;
    return up ? sbx_supervisor_ask_records(op, &record, 1) : give(op);
}

static enum sbx_step take_record(struct sbx_op *op)
{
    struct logs *logs = op->call;
    struct sbx_supervised state;
    enum sbx_status status = sbx_supervisor_take_records(op, &state, 1);
    if (status != SBX_OK && ++logs->tries < SBX_ASK_TRIES) {
        return sbx_op_again(op);
    }
    logs->signal = status == SBX_OK && state.state == SBX_SUPERVISED_ENDED ? state.signal : 0;
    return give(op);
}

static enum sbx_step end(struct sbx_op *op)
{
    static const sbx_step_function steps[] = {find, ask_record, take_record, NULL};
    return record_of_end(op->call) == NULL ? give(op) : sbx_op_turn_to(op, steps);
}

/* ---- The log ------------------------------------------------------------------------------------------------- */

static enum sbx_step ask_process(struct sbx_op *op)
{
    struct logs *logs = op->call;
    return sbx_watch_ask_process(op, &logs->watch);
}

static enum sbx_step take_process(struct sbx_op *op)
{
    struct logs *logs = op->call;
    return sbx_watch_take_process(op, &logs->watch);
}

static enum sbx_step ask_log(struct sbx_op *op)
{
    struct logs *logs = op->call;
    return sbx_watch_ask_log(op, &logs->watch);
}

static enum sbx_step take_log(struct sbx_op *op)
{
    struct logs *logs = op->call;
    return sbx_watch_take_log(op, &logs->watch);
}

/* Whether a window at the log's end has all that is asked for: as many lines, whole, or all that there is. */
static bool has_enough(struct logs *logs)
{
    struct sbx_log *log = &logs->watch.log;
    bool is_cut = sbx_log_is_cut(log);
    logs->is_all = log->last - logs->began_at < logs->watch.window;
    sbx_log_keep_stream(log, logs->stream);
    return logs->is_all || (!is_cut && sbx_log_keep_lines(log, logs->tail));
}

static enum sbx_step go_log(struct sbx_op *op);
static enum sbx_step go_on(struct sbx_op *op);

/* Asks for all, in place of a window. */
static enum sbx_step ask_all(struct sbx_op *op)
{
    struct logs *logs = op->call;
    sbx_log_clear(&logs->watch.log);
    logs->watch.log.last = logs->began_at;
    logs->watch.window = 0;
    return go_log(op);
}

/* Where the last entries are not as many lines, all are asked for. */
static enum sbx_step widen(struct sbx_op *op)
{
    struct logs *logs = op->call;
    return logs->watch.window == 0 || has_enough(logs) ? SBX_STEP_NEXT : ask_all(op);
}

/* A stream of which nothing is in the window may have begun a character before it. */
static enum sbx_step ask_begun(struct sbx_op *op)
{
    struct logs *logs = op->call;
    const struct sbx_log *log = &logs->watch.log;
    logs->begun = sbx_log_misses(log, SBX_LOG_STDOUT) ? SBX_LOG_STDOUT : SBX_LOG_STDERR;
    return sbx_log_misses(log, logs->begun) ? sbx_watch_ask_last(op, &logs->watch, logs->begun) : end(op);
}

static enum sbx_step take_begun(struct sbx_op *op)
{
    struct logs *logs = op->call;
    json_t *reply = sbx_tool_read_reply(op);
    if (reply == NULL) {
        return SBX_STEP_END;
    }
    enum sbx_status status = sbx_log_take_begun(&logs->watch.log, logs->begun, reply);
    json_decref(reply);
    if (status == SBX_OK) {
        return sbx_op_again(op);
    }
    return status == SBX_EAGAIN   ? ask_all(op)
           : status == SBX_EPROTO ? sbx_tool_malformed(op)
                                  : sbx_op_fail(op, status, NULL);
}

/* Of a process that has ended nothing follows. */
static enum sbx_step seek_begun(struct sbx_op *op)
{
    static const sbx_step_function steps[] = {ask_begun, take_begun, NULL};
    const struct logs *logs = op->call;
    bool seeks = logs->watch.window > 0 && !logs->is_all && !logs->watch.ended;
    return seeks ? sbx_op_turn_to(op, steps) : SBX_STEP_NEXT;
}

/* The server sees the end before it has read all of the output: one more look, and another one after news. */
static bool goes_on(struct logs *logs)
{
    bool settled = logs->settles && !logs->watch.news;
    logs->settles = logs->watch.ended;
    return sbx_now_ms() < logs->until_ms && !settled;
}

static enum sbx_step pause_or_end(struct sbx_op *op)
{
    struct logs *logs = op->call;
    return goes_on(logs) ? sbx_watch_pause(op, &logs->watch, logs->until_ms) : end(op);
}

static enum sbx_step go_log(struct sbx_op *op)
{
    static const sbx_step_function steps[] = {ask_log,      take_log, widen, seek_begun,
                                              pause_or_end, go_on,    NULL};
    return sbx_op_turn_to(op, steps);
}

static enum sbx_step go_on(struct sbx_op *op)
{
    static const sbx_step_function steps[] = {ask_process, take_process, go_log, NULL};
    return sbx_op_turn_to(op, steps);
}

const sbx_step_function sbx_tool_get_process_logs[] = {check, go_on, NULL};
