/* http_tree.c: listings, trees and their removal over the server's own endpoints.
 *
 * Thread: pool (main for a synchronous method).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http_tree.h"

#include <stdlib.h>

#include "core/http_ask.h"
#include "core/http_end.h"
#include "core/http_reply.h"

/* Of a tree: the entries of the directory that is its turn. A listing follows no link, so the tree has none either. */
enum sbx_step sbx_http_tree_ask(struct sbx_op *op)
{
    enum sbx_status status = sbx_gather_path(&op->gather, op->args.path);
    return status == SBX_OK ? sbx_http_ask(op, SBX_GET, "/v1/fs/entries", sbx_bytes_span(&op->gather.path))
                            : sbx_op_fail(op, status, NULL);
}

/* Only where the server itself says so, and not of the token. */
static bool is_lost_below(const struct sbx_op *op)
{
    long http = op->request->http_status;
    bool of_the_path = op->request->outcome == SBX_OK && http != 401 && http != 403;
    return of_the_path && sbx_gather_is_lost_below(&op->gather, op->result.status);
}

enum sbx_step sbx_http_tree_take_below(struct sbx_op *op)
{
    struct sbx_list list = {0};
    enum sbx_step next = sbx_http_need_reply(op);
    if (next == SBX_STEP_END && !is_lost_below(op)) {
        return next;
    }
    enum sbx_status status =
        next == SBX_STEP_END ? SBX_OK : sbx_http_reply_list(sbx_bytes_span(&op->request->reply), &list);
    if (status == SBX_OK) {
        status = sbx_gather_list(&op->gather, &list);
    }
    free(list.entries);
    free(list.names);
    if (status != SBX_OK) {
        return sbx_http_unreadable(op, status);
    }
    if (sbx_gather_next_directory(&op->gather)) {
        return sbx_op_again(op);
    }
    sbx_gather_take(&op->gather, &op->result.list);
    return sbx_op_succeed(op);
}

enum sbx_step sbx_http_tree_take(struct sbx_op *op)
{
    enum sbx_step next = sbx_http_need_reply(op);
    if (next == SBX_STEP_END) {
        return next;
    }
    enum sbx_status status = sbx_http_reply_list(sbx_bytes_span(&op->request->reply), &op->result.list);
    if (status != SBX_OK) {
        return sbx_http_unreadable(op, status);
    }
    return sbx_op_succeed(op);
}

static bool has(const struct sbx_op *op, uint32_t flag)
{
    return (op->args.flags & flag) != 0;
}

/* A tree goes whole, whatever it is; what is no tree must be looked at, and the look follows a link. */
enum sbx_step sbx_http_tree_remove(struct sbx_op *op)
{
    bool absent = op->looked == SBX_ENOENT;
    if (absent) {
        return has(op, SBX_RM_FORCE) ? sbx_op_succeed(op) : SBX_STEP_END;
    }
    if (!has(op, SBX_RM_RECURSIVE) && sbx_stat_is(&op->seen, SBX_S_IFDIR)) {
        return sbx_op_fail(op, SBX_EISDIR, NULL);
    }
    return sbx_http_ask_delete(op, has(op, SBX_RM_RECURSIVE));
}

/* Somebody else may have removed it meanwhile. */
enum sbx_step sbx_http_tree_end(struct sbx_op *op)
{
    enum sbx_step end = sbx_http_end(op);
    return op->result.status == SBX_ENOENT && has(op, SBX_RM_FORCE) ? sbx_op_succeed(op) : end;
}
