/* tool_answers.c: the server's answers about processes, as the JSON that a tool returns. What the server
 * leaves out (the exit code of a process that runs) is left out here too.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/tool_answers.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "core/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD, for a byte that is no UTF-8 */

static const char *const run_names[] = {"stdout", "stderr", "exitCode", "timedOut", "durationMs", NULL};
static const char *const created_names[] = {"id", "command", "args", "status", "pid", NULL};
static const char *const listed_names[] = {"id", "command", "args", "status", "exitCode", "pid", NULL};
static const char *const ended_names[] = {"id", "status", "exitCode", NULL};

/* A failure says which tool and which command or process it is about. */
static enum sbx_step need_reply(struct sbx_op *op)
{
    enum sbx_step next = sbx_op_need_reply(op);
    const char *subject = sbx_bytes_text(&op->subject);
    if (next == SBX_STEP_END && subject != NULL) {
        char words[2 * SBX_DETAIL_MAX];
        (void)snprintf(words, sizeof(words), "%s; %s", subject, sbx_op_detail(op));
        return sbx_op_fail(op, op->result.status, words);
    }
    return next;
}

/* The reply as an object the caller owns; NULL: the op has ended. */
static json_t *read_object(struct sbx_op *op)
{
    if (need_reply(op) == SBX_STEP_END) {
        return NULL;
    }
    struct sbx_span reply = sbx_bytes_span(&op->request->reply);
    json_t *root = reply.length == 0 ? NULL : json_loadb(reply.data, reply.length, JSON_ALLOW_NUL, NULL);
    if (!json_is_object(root)) {
        json_decref(root);
        (void)sbx_op_fail(op, SBX_EPROTO, "the reply is of another shape than the Sandbox Agent's");
        return NULL;
    }
    return root;
}

/* Those members of `from` that `names` lists; NULL: no memory. */
static json_t *pick(const json_t *from, const char *const *names)
{
    json_t *picked = json_object();
    for (; *names != NULL && picked != NULL; names++) {
        json_t *value = json_object_get(from, *names);
        if (value != NULL && json_object_set(picked, *names, value) != 0) {
            json_decref(picked);
            return NULL;
        }
    }
    return picked;
}

/* Ends the op with `answer` (taken; NULL: no memory) as its text. */
static enum sbx_step give(struct sbx_op *op, json_t *answer)
{
    char *text = answer == NULL ? NULL : json_dumps(answer, JSON_COMPACT);
    json_decref(answer);
    if (text == NULL) {
        return sbx_op_fail(op, SBX_ENOMEM, NULL);
    }
    op->result.bytes = (struct sbx_buffer){text, strlen(text)};
    return sbx_op_succeed(op);
}

static enum sbx_step give_members(struct sbx_op *op, const char *const *names)
{
    json_t *root = read_object(op);
    if (root == NULL) {
        return SBX_STEP_END;
    }
    json_t *answer = pick(root, names);
    json_decref(root);
    return give(op, answer);
}

enum sbx_step sbx_tool_answer_run(struct sbx_op *op)
{
    return give_members(op, run_names);
}

enum sbx_step sbx_tool_answer_create(struct sbx_op *op)
{
    return give_members(op, created_names);
}

enum sbx_step sbx_tool_answer_end(struct sbx_op *op)
{
    return give_members(op, ended_names);
}

enum sbx_step sbx_tool_answer_input(struct sbx_op *op)
{
    enum sbx_step next = need_reply(op);
    return next == SBX_STEP_NEXT ? give(op, json_pack("{s:b}", "sent", 1)) : next;
}

enum sbx_step sbx_tool_answer_list(struct sbx_op *op)
{
    json_t *root = read_object(op);
    if (root == NULL) {
        return SBX_STEP_END;
    }
    json_t *listed = json_array();
    json_t *processes = json_object_get(root, "processes");
    for (size_t i = 0; i < json_array_size(processes); i++) {
        if (json_array_append_new(listed, pick(json_array_get(processes, i), listed_names)) != 0) {
            json_decref(listed);
            listed = NULL;
            break;
        }
    }
    json_decref(root);
    return give(op, json_pack("{s:o}", "processes", listed));
}

/* `bytes` as text: what is no UTF-8 becomes U+FFFD. NULL: no memory. */
static json_t *as_text(struct sbx_span bytes)
{
    struct sbx_bytes text;
    sbx_bytes_init(&text, SBX_JSON_MAX);
    while (bytes.length > 0 && text.status == SBX_OK) {
        size_t length = sbx_utf8_character(bytes);
        struct sbx_span character = {bytes.data, length};
        sbx_bytes_append(&text, length == 0 ? SBX_SPAN(REPLACEMENT) : character);
        bytes.data += length == 0 ? 1 : length;
        bytes.length -= length == 0 ? 1 : length;
    }
    const char *made = sbx_bytes_text(&text);
    json_t *string = made == NULL ? NULL : json_stringn(made, text.length);
    sbx_bytes_clear(&text);
    return string;
}

/* {data, stream, timestampMs} of one entry of a log; NULL: no memory, or no such entry. */
static json_t *log_of(const json_t *entry)
{
    const json_t *encoded = json_object_get(entry, "data");
    const char *encoding = json_string_value(json_object_get(entry, "encoding"));
    struct sbx_span data = {json_string_value(encoded), json_string_length(encoded)};
    bool is_base64 = encoding != NULL && strcmp(encoding, "base64") == 0;
    struct sbx_bytes bytes;
    sbx_bytes_init(&bytes, SBX_JSON_MAX);
    enum sbx_status status = data.data == NULL ? SBX_EPROTO : SBX_OK;
    if (status == SBX_OK && is_base64) {
        status = sbx_base64_decode(&bytes, data);
        data = sbx_bytes_span(&bytes);
    }
    json_t *text = status == SBX_OK ? as_text(data) : NULL;
    sbx_bytes_clear(&bytes);
    return text == NULL
               ? NULL
               : json_pack("{s:o, s:O*, s:O*}", "data", text, "stream", json_object_get(entry, "stream"),
                           "timestampMs", json_object_get(entry, "timestampMs"));
}

enum sbx_step sbx_tool_answer_logs(struct sbx_op *op)
{
    json_t *root = read_object(op);
    if (root == NULL) {
        return SBX_STEP_END;
    }
    json_t *logs = json_array();
    json_t *entries = json_object_get(root, "entries");
    for (size_t i = 0; i < json_array_size(entries) && logs != NULL; i++) {
        if (json_array_append_new(logs, log_of(json_array_get(entries, i))) != 0) {
            json_decref(logs);
            logs = NULL;
        }
    }
    bool whole = json_is_array(entries);
    json_decref(root);
    if (!whole || logs == NULL) {
        json_decref(logs);
        return sbx_op_fail(op, SBX_EPROTO, "the reply is of another shape than the Sandbox Agent's");
    }
    return give(op, json_pack("{s:o}", "logs", logs));
}
