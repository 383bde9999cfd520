/* lru.h: what questions came back with, as much of it as has room: where there is none for one more, the one that was used
 * longest ago goes.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_LRU_H
#define SBX_NAPI_LRU_H

#include <stddef.h>
#include <stdint.h>

#include "core/queue.h"
#include "wire/wire.h"

struct sbx_lru_entry {
    struct sbx_link used;         /* in the order of their use */
    struct sbx_lru_entry *next;   /* of those that share a bucket */
    const struct sbx_op_row *row; /* static */
    struct sbx_result result;     /* owned */
    uint64_t tag;                 /* its user's own */
    size_t bytes;                 /* that it counts for */
    size_t key_length;
    char key[];
};

struct sbx_lru {
    struct sbx_lru_entry **buckets; /* owned; NULL: there was no entry yet */
    struct sbx_queue used;          /* all entries, the one that was used last at its end */
    size_t bytes;                   /* of all entries */
    size_t max_bytes;
};

/* It stays where it is from now on. */
void sbx_lru_init(struct sbx_lru *lru, size_t max_bytes);

/* Frees all entries; clear: and what they hung in. */
void sbx_lru_empty(struct sbx_lru *lru);
void sbx_lru_clear(struct sbx_lru *lru);

/* The one of this question, which has been used now. Borrowed until the next one is put; NULL: there is none. */
struct sbx_lru_entry *sbx_lru_find(struct sbx_lru *lru, enum sbx_op_code code, struct sbx_span key);

/* Frees the one of this question, where there is one. */
void sbx_lru_remove(struct sbx_lru *lru, enum sbx_op_code code, struct sbx_span key);

/* Bytes that an entry counts for beside what its result owns. */
size_t sbx_lru_entry_bytes(struct sbx_span key);

/* An entry of the question, in the place of the one that there is; `result` is taken, whatever happens. Others go, until
 * it has room for its `bytes`, which are max_bytes at most. Where there is no memory it is not there. */
void sbx_lru_put(struct sbx_lru *lru, const struct sbx_op_row *row, struct sbx_span key,
                 const struct sbx_result *result, size_t bytes, uint64_t tag);

#endif
