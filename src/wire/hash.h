/* hash.h: a number that tells one content from another: XXH64 (xxHash, seed 0), as its specification says it. It is
 * quick and keeps mistakes out; it keeps out nobody who wants two contents to have one number.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_WIRE_HASH_H
#define SBX_WIRE_HASH_H

#include <stdint.h>

#include "wire/span.h"

/* Bytes that are taken at once. */
#define SBX_HASH_STRIPE ((size_t)32)

struct sbx_hash {
    uint64_t lanes[4];
    uint64_t length; /* bytes taken */
};

void sbx_hash_init(struct sbx_hash *hash);

/* Takes the stripes of `bytes`; what is behind the last whole one is left. */
void sbx_hash_take(struct sbx_hash *hash, struct sbx_span bytes);

/* The number, with `rest` (less than a stripe) behind what was taken. */
uint64_t sbx_hash_end(const struct sbx_hash *hash, struct sbx_span rest);

/* That of a content as a whole. */
uint64_t sbx_hash_of(struct sbx_span bytes);

#endif
