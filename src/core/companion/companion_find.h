/* companion_find.h: looks for the companion in the sandbox, puts it there where it is not, and lets it greet.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_COMPANION_COMPANION_FIND_H
#define SBX_CORE_COMPANION_COMPANION_FIND_H

#include "core/companion/companion.h"
#include "core/http/engine.h"
#include "core/queue.h"

/* The end of a search. `replies` (borrowed until it returns) are to the questions that went with it, as far as they were
 * served. Not SBX_OK: there was no way to the sandbox, which says nothing of the companion; `words`
 * (NULL: none) say more, and are borrowed until it returns. */
typedef void (*sbx_companion_found)(void *owner, enum sbx_status status, const char *words,
                                    struct sbx_span replies);

/* Ends with `found`, never from within this call; `companion` then says how: still UNKNOWN where the search failed.
 * `waiting`: questions, one at least; those of errand.h go with each request that may start it.
 * SBX_ENOMEM: nothing began. */
enum sbx_status sbx_companion_find(struct sbx_companion *companion, struct sbx_endpoint *endpoint,
                                   struct sbx_engine *engine, const struct sbx_queue *waiting,
                                   sbx_companion_found found, void *owner) SBX_CHECKED;

#endif
