/* http_ask.h: the requests about paths that the steps of http_fs.c send.
 *
 * Thread: pool (main for a synchronous method).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_HTTP_ASK_H
#define SBX_CORE_HTTP_ASK_H

#include "core/op.h"

/* Asks for `route` (static) with `path` of the view as its parameter; the reply is JSON. */
enum sbx_step sbx_http_ask(struct sbx_op *op, enum sbx_method method, const char *route,
                           struct sbx_span path) SBX_CHECKED;

/* Removes the op's path; a directory with all below it only where `recursive`. */
enum sbx_step sbx_http_ask_delete(struct sbx_op *op, bool recursive) SBX_CHECKED;

/* Sends a request for a content, of `max` bytes at most, into the op's room where it has one; on SBX_OK only: `status` is how
 * making it went. */
enum sbx_step sbx_http_send_content(struct sbx_op *op, enum sbx_status status, struct sbx_request *request,
                                    uint64_t max) SBX_CHECKED;

/* Asks for the content of the op's path, of `max` bytes at most. */
enum sbx_step sbx_http_ask_content(struct sbx_op *op, uint64_t max) SBX_CHECKED;

/* Writes `content` (borrowed until the reply) to `path`. What is too long, or may hang, is not sent. */
enum sbx_step sbx_http_ask_put(struct sbx_op *op, struct sbx_span path, struct sbx_span content) SBX_CHECKED;

/* Ends the op: its content, as it would be, is longer than SBX_BODY_MAX. */
enum sbx_step sbx_http_ask_too_long(struct sbx_op *op) SBX_CHECKED;

/* Moves the op's path to its new path, which must not exist. */
enum sbx_step sbx_http_ask_move(struct sbx_op *op) SBX_CHECKED;

/* Where `path` of the view is in the sandbox; NULL: no memory. The caller frees it. */
char *sbx_http_ask_full_path(const struct sbx_op *op, struct sbx_span path) SBX_CHECKED;

#endif
