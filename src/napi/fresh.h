/* fresh.h: the last stat of a file system, for as long as it says something about now: core asks prepareOpenSync right
 * after a stat of the same path, and the answer that a file needs neither to be made nor to be emptied blocks nobody.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_FRESH_H
#define SBX_NAPI_FRESH_H

#include <stdbool.h>

#include "core/sandbox.h"

struct sbx_fresh {
    struct sbx_bytes path; /* owned; empty: nothing is known */
    bool absent;           /* there is nothing of that name */
    struct sbx_stat stat;
    uint64_t until_ms; /* on the clock of sbx_now_ms */
    uint64_t version;  /* goes up where a change begins and where it ends */
    size_t changes;    /* under way */
};

void sbx_fresh_init(struct sbx_fresh *fresh);

/* Nothing is known any more: something has changed, or is about to. */
void sbx_fresh_forget(struct sbx_fresh *fresh);

/* While a change is under way nothing is known, and what was asked before it or meanwhile says nothing either. */
void sbx_fresh_change_begins(struct sbx_fresh *fresh);
void sbx_fresh_change_ends(struct sbx_fresh *fresh);

/* `version`: when the stat was asked for; `stat`: NULL: there is nothing. */
void sbx_fresh_remember(struct sbx_fresh *fresh, uint64_t version, struct sbx_span path,
                        const struct sbx_stat *stat);

/* Whether an open of `path` with `flags` (Linux's) would find a file and leave it as it is. */
bool sbx_fresh_needs_nothing(const struct sbx_fresh *fresh, struct sbx_span path, uint32_t flags);

/* How an open of `path` with `flags` would end: SBX_OK, too, where that is not known. `created`: it would make a file. */
enum sbx_status sbx_fresh_foresee(const struct sbx_fresh *fresh, struct sbx_span path, uint32_t flags,
                                  bool *created) SBX_CHECKED;

#endif
