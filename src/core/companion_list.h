/* companion_list.h: the steps of listings and of trees over the companion, page by page.
 *
 * Thread: pool (main for a synchronous method).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_COMPANION_LIST_H
#define SBX_CORE_COMPANION_LIST_H

#include "core/op.h"

/* Asks for a page of the directory whose turn it is, at first that of the op. */
enum sbx_step sbx_companion_list_ask(struct sbx_op *op);

/* Keeps it, and goes on with the next page, then with the next directory below, until there is none. */
enum sbx_step sbx_companion_list_take(struct sbx_op *op);

#endif
