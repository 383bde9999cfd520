/* carrier_run.c: a batch in one POST /v1/processes/run of the companion: its frames as base64 in variables, which
 * nobody but the owner of the process can read, its replies as base64 on standard output. Each batch is a process
 * of its own, so any number may be under way, and none leaves anything behind.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base64.h"
#include "core/companion/batch.h"
#include "core/http/problem.h"
#include "core/json.h"
#include "core/utf8.h"
#include "wire/base64.h"

#define GRACE_MS 1000 /* the server ends a companion that nobody waits for any more */
#define CHANGE_GRACE_MS                                                                                      \
    60000 /* but not in the middle of a write because its client is held up for a moment */
#define REPLY_MAX (2 * SBX_MIB) /* bytes: 1 MiB of base64, and what stands around it */
#define EXIT_NO_BATCH 65        /* of the companion: nothing was done */

static void append_number(struct sbx_bytes *bytes, const char *format, unsigned long number)
{
    char text[64];
    (void)snprintf(text, sizeof(text), format, number);
    sbx_bytes_append_text(bytes, text);
}

static void append_json_string(struct sbx_bytes *bytes, struct sbx_span span)
{
    json_t *string = json_stringn(span.data, span.length);
    char *text = string == NULL ? NULL : json_dumps(string, JSON_ENCODE_ANY);
    sbx_bytes_append_text(bytes, text == NULL ? "" : text);
    if (text == NULL) { /* JSON cannot carry what is no UTF-8 */
        bytes->status = sbx_utf8_valid(span) ? SBX_ENOMEM : SBX_EINVAL;
    }
    free(text);
    json_decref(string);
}

static void append_piece(struct sbx_bytes *body, struct sbx_span piece)
{
    size_t length = SBX_BASE64_LENGTH(piece.length);
    sbx_bytes_reserve(body, length);
    if (body->status == SBX_OK) {
        sbx_base64_encode(body->data + body->length, piece);
        body->length += length;
    }
}

/* {"command":…,"args":["run","@0",…],"env":{"SBX_0":"…",…},"timeoutMs":…} */
static enum sbx_status write_body(struct sbx_batch *batch, struct sbx_span program)
{
    struct sbx_bytes *body = &batch->body;
    size_t length = batch->frames.length;
    size_t pieces = (length + SBX_PIECE_MAX - 1) / SBX_PIECE_MAX;
    sbx_bytes_reserve(body, SBX_BASE64_LENGTH(length) + program.length + 64 * pieces + 256);
    sbx_bytes_append_text(body, "{\"command\":");
    append_json_string(body, program);
    sbx_bytes_append_text(body, ",\"args\":[\"run\"");
    for (size_t i = 0; i < pieces; i++) {
        append_number(body, ",\"@%lu\"", i);
    }
    sbx_bytes_append_text(body, "],\"env\":{");
    for (size_t i = 0; i < pieces; i++) {
        size_t start = i * SBX_PIECE_MAX;
        size_t left = length - start;
        append_number(body, i == 0 ? "\"SBX_%lu\":\"" : ",\"SBX_%lu\":\"", i);
        append_piece(
            body, (struct sbx_span){batch->frames.data + start, left < SBX_PIECE_MAX ? left : SBX_PIECE_MAX});
        sbx_bytes_append_text(body, "\"");
    }
    unsigned long grace_ms = batch->change ? CHANGE_GRACE_MS : GRACE_MS;
    append_number(body, "},\"timeoutMs\":%lu}", (unsigned long)batch->timeout_ms + grace_ms);
    return body->status == SBX_EFBIG ? SBX_E2BIG : body->status;
}

/* Serves the replies in the answer of the server, `root`. */
static void take_answer(struct sbx_batch *batch, const json_t *root)
{
    const json_t *output = json_object_get(root, "stdout");
    const json_t *code = json_object_get(root, "exitCode");
    struct sbx_bytes replies;
    if (!json_is_string(output)) {
        sbx_companion_lane_lost(batch, SBX_FATE_UNKNOWN, SBX_EPROTO,
                                "the reply is of another shape than the Sandbox Agent's");
        return;
    }
    if (json_is_integer(code) && json_integer_value(code) == EXIT_NO_BATCH) {
        sbx_companion_lane_lost(batch, SBX_FATE_NOT_DONE, SBX_EPROTO,
                                "the companion does not understand its batch");
        return;
    }
    sbx_bytes_init(&replies, SBX_REPLIES_MAX);
    struct sbx_span text = {json_string_value(output), json_string_length(output) / 4 * 4};
    (void)!sbx_base64_decode(&replies, text); /* what was cut is missed by those who asked */
    sbx_companion_lane_replied(batch, sbx_bytes_span(&replies));
    sbx_bytes_clear(&replies);
}

/* Where the companion was there is none that can be started: its file went, or was overwritten, or its place was. */
static bool is_gone(enum sbx_status spawn)
{
    static const enum sbx_status gone[] = {SBX_ENOENT, SBX_EACCES, SBX_ENOEXEC, SBX_ENOTDIR, SBX_ELOOP};
    for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
        if (gone[i] == spawn) {
            return true;
        }
    }
    return false;
}

/* What is known of a batch that the server refused, with HTTP status `http`. */
static enum sbx_fate fate_of(long http, const struct sbx_problem *problem)
{
    if (http == 404 || http == 405) {
        return SBX_FATE_NEVER;
    }
    if (http == 413) {
        return SBX_FATE_TOO_BIG; /* of a proxy: the server itself takes more than any batch has */
    }
    if (http < 500) {
        return SBX_FATE_NOT_DONE;
    }
    if (!sbx_problem_is_of_start(http, problem)) {
        return SBX_FATE_UNKNOWN; /* of a proxy, perhaps */
    }
    if (problem->status == SBX_E2BIG) {
        return SBX_FATE_TOO_BIG;
    }
    return is_gone(problem->status) ? SBX_FATE_GONE : SBX_FATE_NOT_DONE;
}

static void on_reply(struct sbx_request *request)
{
    struct sbx_batch *batch = request->owner;
    struct sbx_problem problem;
    json_t *root = NULL;
    sbx_problem_of(request, &problem);
    if (request->outcome != SBX_OK) {
        bool sent = request->body_sent == request->body.length;
        sbx_companion_lane_lost(batch, sent ? SBX_FATE_UNKNOWN : SBX_FATE_NOT_DONE, problem.status,
                                problem.detail);
    } else if (problem.status != SBX_OK) {
        sbx_companion_lane_lost(batch, fate_of(request->http_status, &problem), problem.status,
                                problem.detail);
    } else if (sbx_json_parse(&root, sbx_bytes_span(&request->reply), 0) != SBX_OK) {
        sbx_companion_lane_lost(batch, SBX_FATE_UNKNOWN, SBX_EPROTO, "the reply is no JSON");
    } else {
        take_answer(batch, root);
        json_decref(root);
    }
}

static enum sbx_status send_batch(struct sbx_batch *batch, struct sbx_span program)
{
    enum sbx_status status = write_body(batch, program);
    free(batch->frames.data);
    batch->frames = (struct sbx_buffer){0};
    if (status == SBX_OK) {
        status = sbx_request_create(&batch->request, batch->endpoint, SBX_POST, "/v1/processes/run");
    }
    if (status == SBX_OK) {
        struct sbx_request *request = batch->request;
        request->budget = batch->takes_long ? SBX_BUDGET_LONG : SBX_BUDGET_FRAMES;
        request->change = batch->change;
        request->timeout_ms = batch->timeout_ms + GRACE_MS; /* each question has a deadline of its own */
        request->reply_max = REPLY_MAX;
        request->accept = "application/json";
        request->body_type = "application/json";
        request->body = sbx_bytes_span(&batch->body);
        request->owner = batch;
        request->done = on_reply;
        sbx_engine_send(batch->engine, request);
    }
    return status;
}

static void cancel_batch(struct sbx_batch *batch)
{
    sbx_engine_cancel(batch->request);
}

const struct sbx_carrier sbx_carrier_run = {.name = "run", .send = send_batch, .cancel = cancel_batch};
