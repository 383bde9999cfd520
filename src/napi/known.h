/* known.h: the contents that a file system last read or wrote whole, by path. The VM's kernel writes 8 KiB by reading the
 * whole file and writing the whole file; so the next read asks whether the content is still that one (the row SAME), and
 * the next write sends the range in which the new one differs (the row PATCH). Nothing here is ever taken for true: the
 * companion looks at the file each time.
 *
 *     readFile   SAME ──▶ the bytes from here          writeFile   PATCH ──▶ done
 *                  └─ another content ──▶ READ                        └─ another content ──▶ the whole write
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_KNOWN_H
#define SBX_NAPI_KNOWN_H

#include <stdbool.h>

#include "napi/lru.h"

struct sbx_known {
    struct sbx_lru contents; /* their hashes: known.c */
};

/* A content; borrowed until the next call of sbx_known_keep or sbx_known_clear. */
struct sbx_content {
    struct sbx_span bytes;
    uint64_t hash;
};

/* It stays where it is from now on. */
void sbx_known_init(struct sbx_known *known);
void sbx_known_clear(struct sbx_known *known);

/* Copies the content that `path` has now, for as long as there is room. Of one that is as quick to send whole, or is
 * longer than there is ever room for, nothing is kept. */
void sbx_known_keep(struct sbx_known *known, struct sbx_span path, struct sbx_span bytes);

/* What `path` had last; false: it is not known. */
bool sbx_known_find(struct sbx_known *known, struct sbx_span path, struct sbx_content *content);

/* Whether it is worth while to write `bytes` as a range of the content that `path` had: then the arguments of PATCH are
 * in `args`, whose data is borrowed from `bytes`. */
bool sbx_known_patch(struct sbx_known *known, struct sbx_span path, struct sbx_span bytes,
                     struct sbx_args *args);

#endif
