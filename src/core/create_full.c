/* create_full.c: the server runs as many processes as it may: the error says how many of them tools show, and which.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "core/create.h"
#include "core/supervisor.h"
#include "core/tool_answers.h"
#include "core/tool_calls.h"
#include "core/utf8.h"

#define SHOWN_MAX 600  /* bytes of the processes that are named; the error has room for them */
#define COMMAND_MAX 40 /* bytes of each one's command */

static enum sbx_step ask_list(struct sbx_op *op)
{
    struct sbx_request *request = NULL;
    enum sbx_status status = sbx_request_create(&request, op->endpoint, SBX_GET, "/v1/processes");
    return sbx_tool_send(op, status, request, NULL, SBX_BUDGET_FILES);
}

static bool runs(const json_t *process)
{
    const char *status = json_string_value(json_object_get(process, "status"));
    return status != NULL && strcmp(status, "running") == 0;
}

/* "proc_7 (npm run dev)". */
static void append_process(struct sbx_bytes *words, json_t *process)
{
    char command[COMMAND_MAX + 1] = "";
    json_t *own = sbx_supervisor_unwrap(json_deep_copy(process));
    const json_t *args = json_object_get(own, "args");
    const char *id = json_string_value(json_object_get(own, "id"));
    const char *word = json_string_value(json_object_get(own, "command"));
    size_t used = 0;
    for (size_t i = 0; word != NULL && used < COMMAND_MAX; i++) {
        used += (size_t)snprintf(command + used, sizeof(command) - used, "%s%s", i == 0 ? "" : " ", word);
        word = json_string_value(json_array_get(args, i));
    }
    sbx_utf8_tidy(command, strlen(command));
    sbx_bytes_append_text(words, id == NULL ? "?" : id);
    sbx_bytes_append_text(words, " (");
    sbx_bytes_append_text(words, command);
    sbx_bytes_append_text(words, used > COMMAND_MAX || word != NULL ? "...)" : ")");
    json_decref(own);
}

/* Those that run, as many as there is room for; returns how many there are. */
static size_t append_running(struct sbx_bytes *words, const json_t *processes, size_t *named)
{
    size_t count = 0;
    *named = 0;
    for (size_t i = 0; i < json_array_size(processes); i++) {
        json_t *process = json_array_get(processes, i);
        count += runs(process) ? 1 : 0;
        if (runs(process) && words->length < SHOWN_MAX) {
            sbx_bytes_append_text(words, *named == 0 ? "" : ", ");
            append_process(words, process);
            ++*named;
        }
    }
    return count;
}

static enum sbx_step take_list(struct sbx_op *op)
{
    struct sbx_bytes list;
    char words[SBX_DETAIL_MAX];
    char more[32] = "";
    size_t named = 0;
    json_t *reply = sbx_tool_read_reply(op);
    if (reply == NULL) {
        return SBX_STEP_END;
    }
    sbx_bytes_init(&list, SBX_BODY_MAX);
    sbx_tool_hide_residents(json_object_get(reply, "processes"));
    size_t count = append_running(&list, json_object_get(reply, "processes"), &named);
    json_decref(reply);
    if (count > named) {
        (void)snprintf(more, sizeof(more), " and %zu more", count - named);
    }
    const char *shown = sbx_bytes_text(&list);
    (void)snprintf(words, sizeof(words),
                   "%zu processes run, and the sandbox's server allows no more: %s%s. stop-process ends one.",
                   count, shown == NULL ? "" : shown, more);
    sbx_bytes_clear(&list);
    return sbx_tool_fail(op, SBX_EBUSY, words);
}

enum sbx_step sbx_create_full(struct sbx_op *op)
{
    static const sbx_step_function steps[] = {ask_list, take_list, NULL};
    return sbx_op_turn_to(op, steps);
}
