/* companion_find.h: looks for the companion in the sandbox, puts it there where it is not, and lets it greet.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_COMPANION_COMPANION_FIND_H
#define SBX_CORE_COMPANION_COMPANION_FIND_H

#include "core/companion/companion.h"
#include "core/http/engine.h"

/* The end of a search. Not SBX_OK: there was no way to the sandbox, which says nothing of the companion; `words`
 * (NULL: none) say more, and are borrowed until it returns. */
typedef void (*sbx_companion_found)(void *owner, enum sbx_status status, const char *words);

/* Ends with `found`, never from within this call; `companion` then says how: still UNKNOWN where the search failed.
 * SBX_ENOMEM: nothing began. */
enum sbx_status sbx_companion_find(struct sbx_companion *companion, struct sbx_endpoint *endpoint,
                                   struct sbx_engine *engine, sbx_companion_found found,
                                   void *owner) SBX_CHECKED;

#endif
