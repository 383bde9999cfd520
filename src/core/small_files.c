/* small_files.c: see small_files.h. Each place is by itself: nothing needs two of them to agree.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/small_files.h"

/* The first of the places that a path of that hash may have. */
static _Atomic uint64_t *places_of(struct sbx_small_files *files, uint64_t hash)
{
    return &files->hashes[hash % SBX_SMALL_FILES / SBX_SMALL_FILES_WAYS * SBX_SMALL_FILES_WAYS];
}

/* The one of them that holds `wanted`; NULL: none. */
static _Atomic uint64_t *find(_Atomic uint64_t *places, uint64_t wanted)
{
    for (size_t i = 0; i < SBX_SMALL_FILES_WAYS; i++) {
        if (atomic_load_explicit(&places[i], memory_order_relaxed) == wanted) {
            return &places[i];
        }
    }
    return NULL;
}

void sbx_small_files_note(struct sbx_small_files *files, struct sbx_span path, uint64_t size)
{
    uint64_t hash = sbx_hash_of(path);
    bool small = size > 0 && size <= SBX_SMALL_FILE_MAX;
    _Atomic uint64_t *places = places_of(files, hash);
    _Atomic uint64_t *place = find(places, hash);
    if (small && place == NULL) {
        place = find(places, 0);
        place = place == NULL ? &places[(hash >> 32) % SBX_SMALL_FILES_WAYS] : place;
    }
    if (place != NULL) {
        atomic_store_explicit(place, small ? hash : 0, memory_order_relaxed);
    }
}

bool sbx_small_files_has(struct sbx_small_files *files, struct sbx_span path)
{
    uint64_t hash = sbx_hash_of(path);
    return hash != 0 && find(places_of(files, hash), hash) != NULL;
}
