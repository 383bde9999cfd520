/* http_end.h: how a request that came back ends its step.
 *
 * Thread: pool (main for a synchronous method).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_HTTP_END_H
#define SBX_CORE_HTTP_END_H

#include "core/op.h"

/* SBX_STEP_END where the last request failed, with what that amounts to. */
enum sbx_step sbx_http_need_reply(struct sbx_op *op) SBX_CHECKED;

/* Ends with a reply that came whole and could not be read as `status` says. */
enum sbx_step sbx_http_unreadable(struct sbx_op *op, enum sbx_status status) SBX_CHECKED;

/* The last step of a change, whose reply says no more than that it was done. */
enum sbx_step sbx_http_end(struct sbx_op *op) SBX_CHECKED;

#endif
