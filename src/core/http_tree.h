/* http_tree.h: the steps of listings, of trees and of their removal over HTTP.
 *
 * Thread: pool (main for a synchronous method).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_HTTP_TREE_H
#define SBX_CORE_HTTP_TREE_H

#include "core/op.h"

/* Asks for the entries of the directory whose turn it is: at first that of the op. */
enum sbx_step sbx_http_tree_ask(struct sbx_op *op);

/* Ends with them. */
enum sbx_step sbx_http_tree_take(struct sbx_op *op);

/* Keeps them, and goes on with the next directory below, until there is none. */
enum sbx_step sbx_http_tree_take_below(struct sbx_op *op);

/* Removes what a look at the path has found, as the flags of SBX_OP_RM say; and ends that. */
enum sbx_step sbx_http_tree_remove(struct sbx_op *op);
enum sbx_step sbx_http_tree_end(struct sbx_op *op);

#endif
