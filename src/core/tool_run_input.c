/* tool_run_input.c: the text that is a command's standard input: a file beside its record, which the supervisor opens and
 * removes before the program starts.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/tool_run.h"

#include <stdio.h>
#include <string.h>

#include "core/supervisor.h"
#include "core/tool_answers.h"
#include "core/tool_calls.h"
#include "core/tool_input.h"

static struct sbx_span input_of(const struct sbx_op *op)
{
    const json_t *text = json_object_get(op->run->body, "stdin");
    return (struct sbx_span){json_string_value(text), json_string_length(text)};
}

bool sbx_run_has_input(const struct sbx_op *op)
{
    return input_of(op).length > 0;
}

static enum sbx_status append_path(const struct sbx_op *op, struct sbx_request *request)
{
    struct sbx_bytes path;
    char name[32];
    (void)snprintf(name, sizeof(name), "input%s", strchr(op->run->record, '-')); /* companion/private.h */
    sbx_bytes_init(&path, 2 * SBX_PATH_MAX);
    sbx_supervisor_append_directory(op, name, &path);
    enum sbx_status status = path.status;
    sbx_request_query(request, "path", sbx_bytes_span(&path));
    sbx_bytes_clear(&path);
    return status;
}

enum sbx_step sbx_run_put_input(struct sbx_op *op)
{
    struct sbx_request *request = NULL;
    struct sbx_span input = input_of(op);
    if (input.length == 0) {
        op->step++; /* there is no reply to take */
        return SBX_STEP_NEXT;
    }
    if (input.length > SBX_BODY_MAX) {
        return sbx_tool_usage(op, "\"stdin\" has 2 MiB at most");
    }
    enum sbx_status status = sbx_request_create(&request, op->endpoint, SBX_PUT, "/v1/fs/file");
    if (status == SBX_OK) {
        status = append_path(op, request);
    }
    if (status != SBX_OK) {
        sbx_request_destroy(request);
        return sbx_op_fail(op, status, NULL);
    }
    request->accept = "application/json";
    request->body_type = "application/octet-stream";
    request->body = input;
    return sbx_op_send(op, SBX_OK, request);
}

enum sbx_step sbx_run_take_input(struct sbx_op *op)
{
    return sbx_tool_need_reply(op);
}
