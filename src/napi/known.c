/* known.c: a short table within a limit of bytes; what was used longest ago goes first. A hash is made when it is first
 * asked for.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/known.h"

#include <stdlib.h>
#include <string.h>

#include "core/path.h"

#define CONTENTS_MAX 64
#define BYTES_MAX (32 * SBX_MIB)
#define LENGTH_MIN (8 * SBX_KIB)  /* less is sent whole as quickly */
#define LENGTH_MAX (8 * SBX_MIB)  /* more would hold up the main thread for too long */
#define RANGE_MAX (128 * SBX_KIB) /* of a patch */

struct sbx_known_entry {
    char *key;             /* owned; NULL: the place is free */
    struct sbx_span bytes; /* owned */
    size_t key_length;
    uint64_t hash;
    bool hashed;
    uint64_t used; /* when: the last has the highest number */
};

void sbx_known_init(struct sbx_known *known)
{
    *known = (struct sbx_known){.entries = NULL};
}

static void forget(struct sbx_known *known, struct sbx_known_entry *entry)
{
    known->bytes -= entry->bytes.length;
    free((void *)entry->bytes.data);
    free(entry->key);
    *entry = (struct sbx_known_entry){.key = NULL};
}

void sbx_known_clear(struct sbx_known *known)
{
    for (size_t i = 0; known->entries != NULL && i < CONTENTS_MAX; i++) {
        forget(known, &known->entries[i]);
    }
    free(known->entries);
    known->entries = NULL;
}

static struct sbx_known_entry *find(struct sbx_known *known, struct sbx_span path)
{
    struct sbx_span key = sbx_path_key(path);
    for (size_t i = 0; known->entries != NULL && i < CONTENTS_MAX; i++) {
        struct sbx_known_entry *entry = &known->entries[i];
        if (entry->key != NULL && sbx_span_equal((struct sbx_span){entry->key, entry->key_length}, key)) {
            return entry;
        }
    }
    return NULL;
}

/* The place that was used longest ago, a free one before all others. */
static struct sbx_known_entry *find_oldest(struct sbx_known *known, bool may_be_free)
{
    struct sbx_known_entry *oldest = NULL;
    for (size_t i = 0; i < CONTENTS_MAX; i++) {
        struct sbx_known_entry *entry = &known->entries[i];
        bool counts = may_be_free || entry->key != NULL;
        oldest = counts && (oldest == NULL || entry->used < oldest->used) ? entry : oldest;
    }
    return oldest;
}

/* A free place for so many bytes more. */
static struct sbx_known_entry *make_place(struct sbx_known *known, size_t bytes)
{
    while (known->bytes + bytes > BYTES_MAX) {
        forget(known, find_oldest(known, false));
    }
    struct sbx_known_entry *place = find_oldest(known, true);
    forget(known, place);
    return place;
}

static void put(struct sbx_known *known, struct sbx_span key, struct sbx_span bytes)
{
    char *name = malloc(key.length + 1);
    char *copy = malloc(bytes.length);
    if (name == NULL || copy == NULL) { /* then it is asked for whole */
        free(name);
        free(copy);
        return;
    }
    memcpy(name, key.data, key.length);
    memcpy(copy, bytes.data, bytes.length);
    *make_place(known, bytes.length) = (struct sbx_known_entry){
        .key = name, .key_length = key.length, .bytes = {copy, bytes.length}, .used = ++known->uses};
    known->bytes += bytes.length;
}

void sbx_known_keep(struct sbx_known *known, struct sbx_span path, struct sbx_span bytes)
{
    struct sbx_known_entry *old = find(known, path);
    if (old != NULL) {
        forget(known, old);
    }
    if (bytes.length <= LENGTH_MIN || bytes.length > LENGTH_MAX) {
        return;
    }
    if (known->entries == NULL) {
        known->entries = calloc(CONTENTS_MAX, sizeof(*known->entries));
    }
    if (known->entries != NULL) {
        put(known, sbx_path_key(path), bytes);
    }
}

bool sbx_known_find(struct sbx_known *known, struct sbx_span path, struct sbx_content *content)
{
    struct sbx_known_entry *entry = find(known, path);
    if (entry == NULL) {
        return false;
    }
    entry->used = ++known->uses;
    if (!entry->hashed) {
        entry->hash = sbx_hash_of(entry->bytes);
        entry->hashed = true;
    }
    *content = (struct sbx_content){entry->bytes, entry->hash};
    return true;
}

/* Bytes that both begin with. */
static size_t common_prefix(struct sbx_span a, struct sbx_span b)
{
    enum { BLOCK = 256 };
    size_t most = a.length < b.length ? a.length : b.length;
    size_t length = 0;
    while (most - length >= BLOCK && memcmp(a.data + length, b.data + length, BLOCK) == 0) {
        length += BLOCK;
    }
    while (length < most && a.data[length] == b.data[length]) {
        length++;
    }
    return length;
}

/* Bytes behind `start` that both, of one length, end with. */
static size_t common_suffix(struct sbx_span a, struct sbx_span b, size_t start)
{
    size_t length = 0;
    while (length < a.length - start && a.data[a.length - 1 - length] == b.data[b.length - 1 - length]) {
        length++;
    }
    return length;
}

bool sbx_known_patch(struct sbx_known *known, struct sbx_span path, struct sbx_span bytes,
                     struct sbx_args *args)
{
    struct sbx_content old;
    struct sbx_known_entry *entry = find(known, path);
    if (entry == NULL || bytes.length < entry->bytes.length) {
        return false;
    }
    size_t start = common_prefix(entry->bytes, bytes);
    size_t suffix = bytes.length == entry->bytes.length ? common_suffix(entry->bytes, bytes, start) : 0;
    if (start == bytes.length) { /* the same: one byte is written again, for the file's time */
        start--;
        suffix = 0;
    }
    size_t length = bytes.length - start - suffix;
    if (length > RANGE_MAX || length > bytes.length / 2 || !sbx_known_find(known, path, &old)) {
        return false;
    }
    *args = (struct sbx_args){.path = path,
                              .length = old.bytes.length,
                              .hash = old.hash,
                              .offset = start,
                              .data = {bytes.data + start, length}};
    return true;
}
