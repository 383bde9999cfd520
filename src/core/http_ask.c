/* http_ask.c: requests about paths, each sent from a step of http_fs.c.
 *
 * Thread: pool (main for a synchronous method).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http_ask.h"

#include <jansson.h>
#include <stdlib.h>

#include "core/fs.h"

char *sbx_http_ask_full_path(const struct sbx_op *op, struct sbx_span path)
{
    struct sbx_bytes bytes;
    sbx_bytes_init(&bytes, 2 * SBX_PATH_MAX);
    sbx_fs_append_path(op->fs, &bytes, path);
    return sbx_bytes_text(&bytes) == NULL ? NULL : sbx_bytes_take(&bytes).data;
}

static enum sbx_status with_path(struct sbx_op *op, enum sbx_method method, const char *route,
                                 struct sbx_span path, struct sbx_request **request)
{
    struct sbx_bytes full;
    enum sbx_status status = sbx_request_create(request, op->endpoint, method, route);
    if (status != SBX_OK) {
        return status;
    }
    sbx_bytes_init(&full, 2 * SBX_PATH_MAX);
    sbx_fs_append_path(op->fs, &full, path);
    sbx_request_query(*request, "path", sbx_bytes_span(&full));
    if (full.status != SBX_OK) {
        status = full.status == SBX_EFBIG ? SBX_ENAMETOOLONG : full.status;
        sbx_request_destroy(*request);
    } else {
        (*request)->accept = "application/json";
        (*request)->change = method != SBX_GET;
    }
    sbx_bytes_clear(&full);
    return status;
}

enum sbx_step sbx_http_ask(struct sbx_op *op, enum sbx_method method, const char *route, struct sbx_span path)
{
    struct sbx_request *request = NULL;
    enum sbx_status status = with_path(op, method, route, path, &request);
    return sbx_op_send(op, status, request);
}

enum sbx_step sbx_http_ask_delete(struct sbx_op *op, bool recursive)
{
    struct sbx_request *request = NULL;
    enum sbx_status status = with_path(op, SBX_DELETE, "/v1/fs/entry", op->args.path, &request);
    if (status == SBX_OK && recursive) {
        sbx_request_query(request, "recursive", SBX_SPAN("true"));
    }
    return sbx_op_send(op, status, request);
}

enum sbx_step sbx_http_send_content(struct sbx_op *op, enum sbx_status status, struct sbx_request *request,
                                    uint64_t max)
{
    bool large = op->room != NULL || op->result.total > SBX_REPLY_CONTENT_MAX;
    if (status == SBX_OK) {
        request->accept = "application/octet-stream";
        request->until_stalled = true;
        request->reply_max = max;
        request->room = op->room;
        request->size_above = op->room != NULL ? max : op->size_first ? SBX_REPLY_CONTENT_MAX : 0;
        request->budget = large ? SBX_BUDGET_CONTENTS : SBX_BUDGET_FILES;
        request->at_once = large ? sbx_fs_contents_at_once(op->fs) : 0;
        request->unsized = !large && !op->sized;
    }
    return sbx_op_send(op, status, request);
}

enum sbx_step sbx_http_ask_content(struct sbx_op *op, uint64_t max)
{
    struct sbx_request *request = NULL;
    enum sbx_status status = with_path(op, SBX_GET, "/v1/fs/file", op->args.path, &request);
    return sbx_http_send_content(op, status, request, max);
}

enum sbx_step sbx_http_ask_too_long(struct sbx_op *op)
{
    return sbx_op_fail(op, SBX_EFBIG, "a content over HTTP can have 2 MiB at most");
}

enum sbx_step sbx_http_ask_put(struct sbx_op *op, struct sbx_span path, struct sbx_span content)
{
    if (content.length > SBX_BODY_MAX) {
        return sbx_http_ask_too_long(op);
    }
    if (sbx_fs_is_stuck(op->fs, path)) {
        return sbx_op_fail(op, SBX_ETIMEDOUT,
                           "a write of this path met its deadline less than a minute ago (it may be a FIFO); "
                           "it was not sent again");
    }
    struct sbx_request *request = NULL;
    enum sbx_status status = with_path(op, SBX_PUT, "/v1/fs/file", path, &request);
    if (status == SBX_OK) {
        request->until_stalled = true;
        request->body_type = "application/octet-stream";
        request->body = content;
    }
    return sbx_op_send(op, status, request);
}

/* {"from":…,"to":…} in op->body. */
static enum sbx_status write_move(struct sbx_op *op)
{
    char *from = sbx_http_ask_full_path(op, op->args.path);
    char *to = sbx_http_ask_full_path(op, op->args.new_path);
    json_t *move = from == NULL || to == NULL ? NULL : json_pack("{s:s, s:s}", "from", from, "to", to);
    char *text = move == NULL ? NULL : json_dumps(move, JSON_COMPACT);
    sbx_bytes_append_text(&op->body, text == NULL ? "" : text);
    enum sbx_status status = text == NULL ? SBX_ENOMEM : op->body.status;
    free(text);
    json_decref(move);
    free(from);
    free(to);
    return status;
}

enum sbx_step sbx_http_ask_move(struct sbx_op *op)
{
    struct sbx_request *request = NULL;
    enum sbx_status status = write_move(op);
    if (status == SBX_OK) {
        status = sbx_request_create(&request, op->endpoint, SBX_POST, "/v1/fs/move");
    }
    if (status == SBX_OK) {
        request->accept = "application/json";
        request->change = true;
        request->body_type = "application/json";
        request->body = sbx_bytes_span(&op->body);
    }
    return sbx_op_send(op, status, request);
}
