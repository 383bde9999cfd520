/* companion_find.h: looks for the companion in the sandbox, puts it there where it is not, and lets it greet.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_COMPANION_COMPANION_FIND_H
#define SBX_CORE_COMPANION_COMPANION_FIND_H

#include "core/companion/companion.h"
#include "core/http/engine.h"

/* Ends with `found(owner)`, never from within this call; `companion` then says how: still UNKNOWN where the way
 * to the sandbox itself failed. SBX_ENOMEM: nothing began. */
enum sbx_status sbx_companion_find(struct sbx_companion *companion, struct sbx_endpoint *endpoint,
                                   struct sbx_engine *engine, void (*found)(void *owner),
                                   void *owner) SBX_CHECKED;

#endif
