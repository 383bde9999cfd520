/* small_files.c: see small_files.h. Each place is by itself: nothing needs two of them to agree.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/small_files.h"

#define TICK_MS 256              /* of the times that are kept */
#define TICKS ((uint64_t)0xFFFF) /* they go round in five hours: a file seen then is known by mistake, once */

static uint64_t tick_of(uint64_t now_ms)
{
    return now_ms / TICK_MS & TICKS;
}

/* Most of the hash of a path; never 0. */
static uint64_t name_of(struct sbx_span path)
{
    uint64_t name = sbx_hash_of(path) & ~TICKS;
    return name == 0 ? TICKS + 1 : name;
}

/* The first of the places that a path of that name may have. */
static _Atomic uint64_t *places_of(struct sbx_small_files *files, uint64_t name)
{
    return &files->seen[(name >> 16) % SBX_SMALL_FILES / SBX_SMALL_FILES_WAYS * SBX_SMALL_FILES_WAYS];
}

/* The one of them that holds `wanted`, 0: one that is free; NULL: none. */
static _Atomic uint64_t *find(_Atomic uint64_t *places, uint64_t wanted)
{
    for (size_t i = 0; i < SBX_SMALL_FILES_WAYS; i++) {
        if ((atomic_load_explicit(&places[i], memory_order_relaxed) & ~TICKS) == wanted) {
            return &places[i];
        }
    }
    return NULL;
}

void sbx_small_files_note(struct sbx_small_files *files, struct sbx_span path, uint64_t size, uint64_t now_ms)
{
    uint64_t name = name_of(path);
    bool small = size > 0 && size <= SBX_SMALL_FILE_MAX;
    _Atomic uint64_t *places = places_of(files, name);
    _Atomic uint64_t *place = find(places, name);
    if (small && place == NULL) {
        place = find(places, 0);
        place = place == NULL ? &places[(name >> 32) % SBX_SMALL_FILES_WAYS] : place;
    }
    if (place != NULL) {
        atomic_store_explicit(place, small ? name | tick_of(now_ms) : 0, memory_order_relaxed);
    }
}

bool sbx_small_files_has(struct sbx_small_files *files, struct sbx_span path, uint64_t now_ms)
{
    uint64_t name = name_of(path);
    _Atomic uint64_t *place = find(places_of(files, name), name);
    uint64_t seen = place == NULL ? 0 : atomic_load_explicit(place, memory_order_relaxed);
    return (seen & ~TICKS) == name && ((tick_of(now_ms) - seen) & TICKS) <= SBX_SMALL_FILE_MS / TICK_MS;
}
