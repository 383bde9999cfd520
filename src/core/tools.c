/* tools.c: the table of the toolkit, and the toolkit itself.
 *
 * Descriptions and examples are what an agent sees of a tool; the examples hold no spaces, because core
 * prints their values as flags without quotes.
 *
 * Thread: as tools.h says; a toolkit is immutable.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/tools.h"

#include <stdlib.h>
#include <string.h>

#include "core/companion/companion_lane.h"
#include "core/tool_calls.h"
#include "core/tool_env.h"
#include "core/tool_run.h"
#include "core/tool_shown.h"
#include "core/utf8.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FIELDS(array) .fields = (array), .field_count = COUNT(array)
#define EXAMPLES(array) .examples = (array), .example_count = COUNT(array)

static const char *const streams[] = {"stdout", "stderr", "combined", "pty", NULL};
static const char *const encodings[] = {"utf8", "base64", NULL};

#define JSON_FIELD                                                                                           \
    {                                                                                                        \
        "json", SBX_FIELD_TEXT, false, "All fields, or some of them, as one JSON object.", NULL              \
    }
#define ID_FIELD                                                                                             \
    {                                                                                                        \
        "id", SBX_FIELD_STRING, true, "Id of the process, as create-process or list-processes tells it.",    \
            NULL                                                                                             \
    }

#define PROGRAM_FIELDS(required)                                                                             \
    {"command", SBX_FIELD_STRING, (required),                                                                \
     "Program to run; without args, a line with spaces or shell characters runs under sh -c.", NULL},        \
        {"args", SBX_FIELD_STRINGS, false, "Arguments, passed as they are, never split.", NULL},             \
        {"cwd", SBX_FIELD_STRING, false, "Working directory, a path of the sandbox.", NULL},                 \
    {                                                                                                        \
        "env", SBX_FIELD_RECORD, false,                                                                      \
            "Environment variable, NAME=VALUE. In --json: {\"env\":{\"NAME\":\"value\"}}.", NULL             \
    }

static const struct sbx_field run_fields[] = {
    PROGRAM_FIELDS(false), /* or an id */
    {"timeoutMs", SBX_FIELD_NUMBER, false,
     "Milliseconds after which the command is ended (120000, a day at most).", NULL},
    {"waitMs", SBX_FIELD_WAIT, false,
     "Milliseconds after which a command that goes on is answered with status running (25000).", NULL},
    {"id", SBX_FIELD_STRING, false,
     "Instead of a command: one that goes on, by the id of its answer, is waited for again.", NULL},
    {"stdin", SBX_FIELD_TEXT, false, "Text that is its standard input; without it that is empty.", NULL},
    {"maxOutputBytes", SBX_FIELD_NUMBER, false,
     "Bytes of each stream that come back whole (1 MiB, 64 MiB at most); of more its head and tail.", NULL},
    JSON_FIELD,
};

static const struct sbx_field create_fields[] = {
    PROGRAM_FIELDS(true),
    {"tty", SBX_FIELD_BOOLEAN, false, "Give it a terminal of 80 columns and 24 rows.", NULL},
    {"cols", SBX_FIELD_NUMBER, false, "Columns of the terminal.", NULL},
    {"rows", SBX_FIELD_NUMBER, false, "Rows of the terminal.", NULL},
    {"waitForPort", SBX_FIELD_NUMBER, false, "Answer when something listens on this TCP port.", NULL},
    {"waitForLog", SBX_FIELD_STRING, false, "Answer when it has printed this text.", NULL},
    {"waitMs", SBX_FIELD_WAIT, false,
     "Milliseconds to wait for that (20000; 25000 at most in a VM); then its last lines are shown.", NULL},
    JSON_FIELD,
};

static const struct sbx_field list_fields[] = {JSON_FIELD};

static const struct sbx_field id_fields[] = {ID_FIELD, JSON_FIELD};

static const struct sbx_field log_fields[] = {
    ID_FIELD,
    {"stream", SBX_FIELD_ENUM, false, "Which output to read; combined unless told.", streams},
    {"tail", SBX_FIELD_NUMBER, false, "Only the last N lines.", NULL},
    {"since", SBX_FIELD_STRING, false, "Only what came later: the nextSince of an earlier answer.", NULL},
    {"follow", SBX_FIELD_WAIT, false,
     "Wait for more, up to N milliseconds (25000 at most in a VM), or until the process ends.", NULL},
    JSON_FIELD,
};

static const struct sbx_field input_fields[] = {
    ID_FIELD,
    {"input", SBX_FIELD_TEXT, false, "A typed line: a newline is added where it has none.", NULL},
    {"data", SBX_FIELD_TEXT, false, "Text sent exactly as it is, without a newline.", NULL},
    {"encoding", SBX_FIELD_ENUM, false, "How data is written; utf8 unless told.", encodings},
    {"eof", SBX_FIELD_BOOLEAN, false, "Then end its input (of a terminal: Ctrl-D).", NULL},
    JSON_FIELD,
};

static const struct sbx_example run_examples[] = {
    {"Run a program with arguments", "{\"command\":\"node\",\"args\":[\"/app/index.ts\"]}"},
    {"Run it in a directory", "{\"command\":\"npm\",\"args\":[\"install\"],\"cwd\":\"/app\"}"},
    {"Wait on for one that goes on", "{\"id\":\"proc_1\"}"},
};
static const struct sbx_example create_examples[] = {
    {"Start a development server", "{\"command\":\"npm\",\"args\":[\"run\",\"dev\"],\"cwd\":\"/app\"}"},
    {"Start it, and wait until it listens",
     "{\"command\":\"npm\",\"args\":[\"start\"],\"waitForPort\":3000,\"waitMs\":15000}"},
};
static const struct sbx_example list_examples[] = {{"See what runs", "{}"}};
static const struct sbx_example log_examples[] = {
    {"Read what it printed", "{\"id\":\"proc_1\"}"},
    {"Read the end of its errors", "{\"id\":\"proc_1\",\"stream\":\"stderr\",\"tail\":20}"},
    {"Read on where nextSince was 17, until it ends",
     "{\"id\":\"proc_1\",\"since\":\"17\",\"follow\":20000}"},
};
static const struct sbx_example stop_examples[] = {{"Stop it", "{\"id\":\"proc_1\"}"}};
static const struct sbx_example kill_examples[] = {{"Kill it", "{\"id\":\"proc_1\"}"}};
static const struct sbx_example input_examples[] = {
    {"Answer its question", "{\"id\":\"proc_1\",\"input\":\"yes\"}"},
    {"Send bytes, and end its input",
     "{\"id\":\"proc_1\",\"data\":\"3q2+7w==\",\"encoding\":\"base64\",\"eof\":true}"},
};

static const struct sbx_tool tools[] = {
    {.name = "run-command",
     .description =
         "Run a command in the sandbox and return its stdout, stderr and exit code. One that goes on "
         "after 25 seconds answers status running, and an id to wait on with.",
     .subject = "command",
     FIELDS(run_fields),
     EXAMPLES(run_examples),
     .steps = sbx_tool_run_command,
     .caveat =
         "No companion supervised it: what the command has started may go on after it, and after its limit."},
    {.name = "create-process",
     .description = "Start a long-running background process in the sandbox. Returns its id for the other "
                    "tools.",
     .subject = "command",
     FIELDS(create_fields),
     EXAMPLES(create_examples),
     .steps = sbx_tool_create_process,
     .caveat =
         "No companion supervises it: stop-process and kill-process end this one process alone, what it "
         "starts may go on, and the end of its input cannot be sent unless it has a terminal."},
    {.name = "list-processes",
     .description = "List the processes that were started in the sandbox, running or ended.",
     FIELDS(list_fields),
     EXAMPLES(list_examples),
     .steps = sbx_tool_list_processes},
    {.name = "get-process-logs",
     .description =
         "Read what a process of the sandbox has printed, the end of it (tail), what came since an "
         "earlier answer, or what comes now (follow). With its status.",
     .subject = "id",
     FIELDS(log_fields),
     EXAMPLES(log_examples),
     .steps = sbx_tool_get_process_logs},
    {.name = "stop-process",
     .description = "End a process of the sandbox with all that descends from it: told to (SIGTERM), killed "
                    "a second later.",
     .subject = "id",
     FIELDS(id_fields),
     EXAMPLES(stop_examples),
     .steps = sbx_tool_stop_process,
     .caveat =
         "No companion saw to its end: this one process alone was told to end, is not killed where it goes "
         "on, and what it has started may go on."},
    {.name = "kill-process",
     .description = "End a process of the sandbox at once, with all that descends from it (SIGKILL).",
     .subject = "id",
     FIELDS(id_fields),
     EXAMPLES(kill_examples),
     .steps = sbx_tool_kill_process,
     .caveat =
         "No companion saw to its end: this one process alone was killed; what it has started may go on."},
    {.name = "send-input",
     .description =
         "Send a line, text or bytes to the standard input of a process of the sandbox, or end it.",
     .subject = "id",
     FIELDS(input_fields),
     EXAMPLES(input_examples),
     .steps = sbx_tool_send_input},
};

const struct sbx_tool *sbx_tools(size_t *count)
{
    *count = COUNT(tools);
    return tools;
}

static enum sbx_status read_cwd(char **cwd, struct sbx_span text)
{
    if (text.length == 0) {
        return SBX_OK;
    }
    if (!sbx_utf8_valid(text) || memchr(text.data, '\0', text.length) != NULL) {
        return SBX_EINVAL;
    }
    *cwd = strndup(text.data, text.length);
    return *cwd == NULL ? SBX_ENOMEM : SBX_OK;
}

enum sbx_status sbx_toolkit_create(struct sbx_toolkit **toolkit, const struct sbx_toolkit_options *options)
{
    struct sbx_toolkit *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return SBX_ENOMEM;
    }
    char words[SBX_ENV_WORDS];
    char *wrong = options->wrong == NULL ? words : options->wrong;
    made->timeout_ms = options->timeout_ms;
    made->counted = calloc(1, sizeof(*made->counted));
    made->shown = sbx_shown_create();
    enum sbx_status status = made->counted == NULL || made->shown == NULL
                                 ? SBX_ENOMEM
                                 : sbx_env_parse(options->env, &made->env, wrong);
    if (status == SBX_OK) {
        status = read_cwd(&made->cwd, options->cwd);
    }
    if (status == SBX_OK) {
        status = sbx_companion_create(&made->companion, &options->companion);
    }
    if (status == SBX_OK) {
        status = sbx_companion_lane_create(&made->lane, made->companion);
    }
    if (status != SBX_OK) {
        sbx_toolkit_destroy(made);
        return status;
    }
    *toolkit = made;
    return SBX_OK;
}

void sbx_toolkit_destroy(struct sbx_toolkit *toolkit)
{
    if (toolkit == NULL) {
        return;
    }
    sbx_companion_lane_unref(toolkit->lane);
    sbx_companion_unref(toolkit->companion);
    json_decref(toolkit->env);
    free(toolkit->cwd);
    free(toolkit->counted);
    sbx_shown_destroy(toolkit->shown);
    free(toolkit);
}

enum sbx_status sbx_tool_op_create(struct sbx_op **op, const struct sbx_toolkit *toolkit,
                                   const struct sbx_tool *tool, struct sbx_endpoint *endpoint,
                                   struct sbx_span input)
{
    struct sbx_args args = {.data = input};
    enum sbx_status status = sbx_op_create(op, endpoint, &args);
    if (status == SBX_OK) {
        (*op)->toolkit = toolkit;
        (*op)->tool = tool;
        (*op)->timeout_ms = toolkit->timeout_ms;
    }
    return status;
}

struct sbx_op *sbx_tool_op_rest(struct sbx_op *op)
{
    return sbx_run_rest(op);
}

void sbx_tool_submit(struct sbx_op *op, struct sbx_engine *engine)
{
    sbx_op_submit(op, engine, op->steps == NULL ? op->tool->steps : op->steps);
}
