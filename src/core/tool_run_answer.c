/* tool_run_answer.c: the answer of run-command: how the program ended, and what it printed. Of a stream of more than is
 * kept the head and the tail are there, and between them how many bytes are not.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "core/supervisor.h"
#include "core/tool_answers.h"
#include "core/tool_calls.h"
#include "core/tool_run.h"
#include "core/tool_shown.h"
#include "core/utf8.h"

/* A stream as it is shown. */
struct shown {
    struct sbx_bytes bytes; /* owned */
    bool cut;
    bool text; /* it is UTF-8 */
};

/* Linux's numbers, whatever the host's are. */
static const char *const signals[] = {
    NULL,        "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",   "SIGTRAP", "SIGABRT", "SIGBUS",
    "SIGFPE",    "SIGKILL", "SIGUSR1",   "SIGSEGV", "SIGUSR2",  "SIGPIPE", "SIGALRM", "SIGTERM",
    "SIGSTKFLT", "SIGCHLD", "SIGCONT",   "SIGSTOP", "SIGTSTP",  "SIGTTIN", "SIGTTOU", "SIGURG",
    "SIGXCPU",   "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS",
};

json_t *sbx_run_name_signal(uint32_t number)
{
    if (number == 0) {
        return NULL;
    }
    return number < sizeof(signals) / sizeof(*signals) ? json_string(signals[number])
                                                       : json_sprintf("SIG%u", (unsigned)number);
}

/* Without a character that was cut at its end. */
static struct sbx_span whole_head(struct sbx_span head)
{
    for (size_t cut = 1; cut < 4 && cut <= head.length; cut++) {
        unsigned char byte = (unsigned char)head.data[head.length - cut];
        if (byte >= 0xc0) { /* a character begins */
            struct sbx_span last = {head.data + head.length - cut, cut};
            return sbx_utf8_character(last) == 0 ? (struct sbx_span){head.data, head.length - cut} : head;
        }
        if (byte < 0x80) {
            break;
        }
    }
    return head;
}

/* Without the rest of one at its start. */
static struct sbx_span whole_tail(struct sbx_span tail)
{
    for (size_t cut = 0; cut < 4 && cut < tail.length; cut++) {
        if (((unsigned char)tail.data[cut] & 0xc0) != 0x80) {
            return (struct sbx_span){tail.data + cut, tail.length - cut};
        }
    }
    return tail.length < 4 ? SBX_SPAN("") : tail;
}

/* The tail of what went round in the second half of the file, in its order; the caller frees it. NULL: no memory. */
static char *unroll(const struct sbx_buffer *file, uint64_t most, uint64_t total, size_t *length)
{
    uint64_t room = 0;
    size_t head = (size_t)(most / 2);
    *length = (size_t)most - head;
    size_t start = (size_t)sbx_spool_place(most, total - *length, &room);
    char *tail = malloc(*length);
    if (tail != NULL) {
        memcpy(tail, file->data + start, (size_t)room);
        memcpy(tail + room, file->data + head, *length - (size_t)room);
    }
    return tail;
}

static void show_cut(struct shown *shown, const struct sbx_buffer *file, uint64_t most, uint64_t total)
{
    char words[80];
    size_t length = 0;
    char *unrolled = unroll(file, most, total, &length);
    if (unrolled == NULL) {
        shown->bytes.status = SBX_ENOMEM;
        return;
    }
    struct sbx_span head = whole_head((struct sbx_span){file->data, (size_t)(most / 2)});
    struct sbx_span tail = whole_tail((struct sbx_span){unrolled, length});
    (void)snprintf(words, sizeof(words), "\n[%llu bytes left out]\n",
                   (unsigned long long)(total - head.length - tail.length));
    sbx_bytes_append(&shown->bytes, head);
    sbx_bytes_append_text(&shown->bytes, words);
    sbx_bytes_append(&shown->bytes, tail);
    free(unrolled);
}

/* A file that could not be written to its end is shown as far as it goes. */
static struct shown show(const struct sbx_run *run, size_t stream)
{
    uint64_t total = stream == 0 ? run->state.output : run->state.errors;
    const struct sbx_buffer *file = &run->streams[stream];
    struct shown shown = {.cut = total > file->length};
    sbx_bytes_init(&shown.bytes, SBX_JSON_MAX);
    bool round = file->length == run->state.most && file->length >= 2;
    if (shown.cut && round) {
        show_cut(&shown, file, run->state.most, total);
    } else {
        sbx_bytes_append(&shown.bytes, (struct sbx_span){file->data, file->length});
    }
    shown.text = sbx_utf8_valid(sbx_bytes_span(&shown.bytes));
    return shown;
}

static json_t *as_json(struct shown *shown, bool text)
{
    struct sbx_span bytes = sbx_bytes_span(&shown->bytes);
    bytes = bytes.data == NULL ? SBX_SPAN("") : bytes;
    json_t *string = text ? json_stringn(bytes.data, bytes.length) : sbx_base64_json(bytes);
    if (shown->bytes.status != SBX_OK) {
        json_decref(string);
        string = NULL;
    }
    sbx_bytes_clear(&shown->bytes);
    return string;
}

/* Sets the member where there is something to say; 0, or it failed. */
static int say(json_t *answer, const char *name, bool said, json_t *value)
{
    if (said) {
        return json_object_set_new(answer, name, value);
    }
    json_decref(value);
    return 0;
}

/* By what a program that goes on is asked for again. */
static const char *id_of(struct sbx_run *run)
{
    return run->id.length > 0 ? sbx_bytes_text(&run->id) : run->record;
}

static json_t *hint_of_running(struct sbx_run *run)
{
    const char *id = id_of(run);
    if (run->id.length == 0) {
        return json_sprintf(
            "It goes on. Wait on with run-command, id %s; stop-process and kill-process end it. The "
            "server has no place for more processes: it is not listed, and has no logs.",
            id);
    }
    return json_sprintf("It goes on. Wait on with run-command, id %s; get-process-logs, stop-process and "
                        "kill-process take that id too.",
                        id);
}

static json_t *hint_of(struct sbx_run *run)
{
    if (run->state.state == SBX_SUPERVISED_RUNS) {
        return hint_of_running(run);
    }
    if (run->limit_ms == 0) {
        return json_string("It was ended after its limit (timeoutMs). For a program that runs longer use "
                           "create-process.");
    }
    return json_sprintf(
        "It was ended after its limit of %llu ms (timeoutMs). For a program that runs longer use "
        "create-process.",
        (unsigned long long)run->limit_ms);
}

enum sbx_step sbx_run_answer(struct sbx_op *op)
{
    struct sbx_run *run = op->run;
    const struct sbx_supervised *state = &run->state;
    struct shown out = show(run, 0);
    struct shown err = show(run, 1);
    bool text = out.text && err.text;
    bool timed_out = state->reason == SBX_END_LIMIT;
    bool runs = state->state == SBX_SUPERVISED_RUNS;
    bool by_signal = state->signal != 0;
    uint64_t took_ms = state->ended_ms > state->started_ms ? state->ended_ms - state->started_ms : 0;
    json_t *answer =
        json_pack("{s:o, s:o, s:o, s:b, s:I}", "stdout", as_json(&out, text), "stderr", as_json(&err, text),
                  "exitCode", runs || by_signal ? json_null() : json_integer((json_int_t)state->exit_code),
                  "timedOut", timed_out, "durationMs", (json_int_t)took_ms);
    int failed = answer == NULL ||
                 say(answer, "signal", by_signal, sbx_run_name_signal(state->signal)) != 0 ||
                 say(answer, "stdoutTruncated", out.cut, json_true()) != 0 ||
                 say(answer, "stderrTruncated", err.cut, json_true()) != 0 ||
                 say(answer, "encoding", !text, json_string("base64")) != 0 ||
                 say(answer, "status", runs, json_string("running")) != 0 ||
                 say(answer, "id", runs, json_string(id_of(run))) != 0 ||
                 say(answer, "hint", timed_out || runs, hint_of(run)) != 0;
    run->goes_on = runs;
    run->sent = run->sent && !runs; /* nothing of what goes on is to be removed */
    if (runs) {
        sbx_shown_note(op->toolkit->shown, run->created);
    }
    if (failed) {
        json_decref(answer);
        return sbx_op_fail(op, SBX_ENOMEM, NULL);
    }
    return sbx_tool_give(op, answer);
}

enum sbx_step sbx_run_answer_created(struct sbx_op *op)
{
    struct sbx_run *run = op->run;
    run->goes_on = true;
    sbx_shown_note(op->toolkit->shown, run->created);
    json_t *process = sbx_supervisor_unwrap(json_incref(run->created));
    bool ended = run->state.state == SBX_SUPERVISED_ENDED;
    if (json_object_set_new(process, "pid", json_integer(run->state.pid)) != 0 ||
        (ended && json_object_set_new(process, "status", json_string("exited")) != 0)) {
        json_decref(process);
        return sbx_op_fail(op, SBX_ENOMEM, NULL);
    }
    enum sbx_step end = sbx_tool_give_created(op, process);
    json_decref(process);
    return end;
}

/* ---- What did not start -------------------------------------------------------------------------------------- */

static const struct {
    enum sbx_start_step step;
    enum sbx_status status; /* SBX_OK: any other */
    const char *format;
} reasons[] = {
    {SBX_START_CWD, SBX_ENOENT, "the working directory '%.512s' does not exist"},
    {SBX_START_CWD, SBX_ENOTDIR, "the working directory '%.512s' is not a directory"},
    {SBX_START_CWD, SBX_OK, "the working directory '%.512s' cannot be entered"},
    {SBX_START_PROGRAM, SBX_ENOENT, "there is no program '%.512s', or what it is to be run by is missing"},
    {SBX_START_PROGRAM, SBX_ENOTDIR, "there is no program '%.512s': a part of its path is not a directory"},
    {SBX_START_PROGRAM, SBX_EACCES, "'%.512s' is not executable"},
    {SBX_START_PROGRAM, SBX_E2BIG, "the arguments and the environment of '%.512s' are too long"},
    {SBX_START_PROGRAM, SBX_OK, "the program '%.512s' cannot be executed"},
    {SBX_START_PROCESS, SBX_OK, "no process could be made for '%.512s'"},
};

enum sbx_step sbx_run_answer_not_started(struct sbx_op *op)
{
    const struct sbx_supervised *state = &op->run->state;
    enum sbx_status status = sbx_status_from_errno((int)state->error);
    const char *name = state->step == SBX_START_CWD ? "cwd" : "command";
    const char *subject = json_string_value(json_object_get(op->run->body, name));
    char words[SBX_DETAIL_MAX];
    size_t i = 0;
    while (i + 1 < sizeof(reasons) / sizeof(*reasons) &&
           (reasons[i].step != state->step || (reasons[i].status != status && reasons[i].status != SBX_OK))) {
        i++;
    }
    (void)snprintf(words, sizeof(words), reasons[i].format, subject == NULL ? "" : subject);
    return sbx_tool_fail(op, status == SBX_OK ? SBX_EIO : status, words);
}
