/* cache.h: what a file system has just been told, for as long as it may say so again: attributes, names that are not
 * there, listings, links, and contents up to 64 KiB.
 *
 * Nothing is looked up to be removed. All that is kept was asked for under one number of changes (struct sbx_env); where
 * that is another one by now, none of it counts any more, whatever it is about: a name says little about which other names
 * a change is seen by. A change has a number when it begins and another one when it ends, so what was asked
 * for before, or meanwhile, is not kept. What others change is seen after `ttl_ms` at the latest, counted from when the
 * entry was asked for. (docs/coherence.md)
 *
 * A listing answers for its entries too, where it came with their attributes; and one that came with directories below is
 * kept as if each of them had been asked for. Of a directory that was just made it is known that no name is there. A listing
 * never says that: there are directories in which a name is found by another case, or made when it is asked for.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_CACHE_H
#define SBX_NAPI_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "napi/lru.h"
#include "wire/wire.h"

#define SBX_CACHE_TTL_MS 1000
#define SBX_CACHE_BYTES (32 * SBX_MIB)

struct sbx_op;

struct sbx_cache {
    struct sbx_lru lru;
    uint64_t changes;        /* under which all of it was asked for */
    uint64_t ttl_ms;         /* 0: nothing is kept */
    struct sbx_result entry; /* what was found last in a listing */
};

void sbx_cache_init(struct sbx_cache *cache, uint64_t ttl_ms, size_t max_bytes);
void sbx_cache_clear(struct sbx_cache *cache);

/* Copies what `op` came back with, which was asked for at `asked_ms`, and nothing but itself has changed anything since:
 * there are `changes` now. What is of no use is left. */
void sbx_cache_keep(struct sbx_cache *cache, const struct sbx_op *op, uint64_t changes, uint64_t asked_ms);

/* What an operation would come back with, borrowed until the next call; NULL: that is not known. */
struct sbx_result *sbx_cache_find(struct sbx_cache *cache, enum sbx_op_code code, struct sbx_span path,
                                  uint64_t changes);

/* Whether that is known, and counts for `least_ms` from now on. What was found before is borrowed no more. */
bool sbx_cache_has(struct sbx_cache *cache, enum sbx_op_code code, struct sbx_span path, uint64_t changes,
                   uint64_t least_ms);

#endif
