/* http_end.c: how a request that came back ends its step.
 *
 * Thread: pool (main for a synchronous method).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http_end.h"

#include "core/fs.h"
#include "core/http_reply.h"

/* 401 and 403 are about the token, not about the path. */
enum sbx_step sbx_http_need_reply(struct sbx_op *op)
{
    enum sbx_step next = sbx_op_need_reply(op);
    bool of_the_path = op->request->http_status != 401 && op->request->http_status != 403;
    if (next == SBX_STEP_END && of_the_path) {
        sbx_fs_advise(op);
    }
    return next;
}

/* A reply that came whole and could not be read as `status` says. */
enum sbx_step sbx_http_unreadable(struct sbx_op *op, enum sbx_status status)
{
    const char *words =
        status == SBX_EPROTO ? "the reply is of another shape than the Sandbox Agent's" : NULL;
    return sbx_op_fail(op, status, words);
}

enum sbx_step sbx_http_end(struct sbx_op *op)
{
    if (sbx_http_need_reply(op) == SBX_STEP_END) {
        return SBX_STEP_END;
    }
    enum sbx_status status = sbx_http_reply_done(sbx_bytes_span(&op->request->reply));
    return status == SBX_OK ? sbx_op_succeed(op) : sbx_http_unreadable(op, status);
}
