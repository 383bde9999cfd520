/* known.c: a short list, what was used last behind the rest, within a limit of bytes. A hash is made when it is first asked for.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/known.h"

#include <stdlib.h>
#include <string.h>

#define CONTENTS_MAX 64
#define BYTES_MAX (32 * SBX_MIB)
#define LENGTH_MIN (8 * SBX_KIB)  /* less is sent whole as quickly */
#define LENGTH_MAX (8 * SBX_MIB)  /* more would hold up the main thread for too long */
#define RANGE_MAX (128 * SBX_KIB) /* of a patch */

struct entry {
    struct sbx_link link;
    struct sbx_span key;   /* owned: behind it */
    struct sbx_span bytes; /* owned */
    uint64_t hash;
    bool hashed;
};

static struct entry *entry_of(struct sbx_link *link)
{
    return SBX_CONTAINER(link, struct entry, link);
}

void sbx_known_init(struct sbx_known *known)
{
    *known = (struct sbx_known){.count = 0};
    sbx_queue_init(&known->contents);
}

/* Frees one that is in the list no more. */
static void forget(struct sbx_known *known, struct entry *entry)
{
    known->count--;
    known->bytes -= entry->bytes.length;
    free((void *)entry->bytes.data);
    free(entry);
}

/* Frees the oldest until there are no more than so many, of no more than so many bytes. */
static void shrink(struct sbx_known *known, size_t count, size_t bytes)
{
    struct sbx_link *oldest;
    while ((known->count > count || known->bytes > bytes) &&
           (oldest = sbx_queue_pop(&known->contents)) != NULL) {
        forget(known, entry_of(oldest));
    }
}

void sbx_known_clear(struct sbx_known *known)
{
    shrink(known, 0, 0);
}

/* Core asks for "app/x", a host for "/app/x", and an op always has the slash: it is one path. */
static struct sbx_span key_of(struct sbx_span path)
{
    size_t slash = path.length > 0 && path.data[0] == '/' ? 1 : 0;
    return (struct sbx_span){path.data + slash, path.length - slash};
}

static struct entry *find(struct sbx_known *known, struct sbx_span path)
{
    struct sbx_span key = key_of(path);
    struct sbx_link *head = &known->contents.head;
    for (struct sbx_link *link = head->next; link != head; link = link->next) {
        if (sbx_span_equal(entry_of(link)->key, key)) {
            return entry_of(link);
        }
    }
    return NULL;
}

static struct entry *create(struct sbx_span key, struct sbx_span bytes)
{
    struct entry *entry = malloc(sizeof(*entry) + key.length);
    char *copy = malloc(bytes.length);
    if (entry == NULL || copy == NULL) {
        free(entry);
        free(copy);
        return NULL;
    }
    memcpy(entry + 1, key.data, key.length);
    memcpy(copy, bytes.data, bytes.length);
    *entry = (struct entry){.key = {(char *)(entry + 1), key.length}, .bytes = {copy, bytes.length}};
    sbx_link_init(&entry->link);
    return entry;
}

static void put_last(struct sbx_known *known, struct entry *entry)
{
    sbx_link_remove(&entry->link);
    sbx_queue_push(&known->contents, &entry->link);
}

void sbx_known_keep(struct sbx_known *known, struct sbx_span path, struct sbx_span bytes)
{
    struct entry *old = find(known, path);
    if (old != NULL) {
        sbx_link_remove(&old->link);
        forget(known, old);
    }
    bool kept = bytes.length > LENGTH_MIN && bytes.length <= LENGTH_MAX;
    struct entry *entry = kept ? create(key_of(path), bytes) : NULL;
    if (entry == NULL) {
        return; /* no memory: it is asked for whole */
    }
    known->count++;
    known->bytes += bytes.length;
    put_last(known, entry);
    shrink(known, CONTENTS_MAX, BYTES_MAX);
}

bool sbx_known_find(struct sbx_known *known, struct sbx_span path, struct sbx_content *content)
{
    struct entry *entry = find(known, path);
    if (entry == NULL) {
        return false;
    }
    put_last(known, entry);
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
    struct entry *entry = find(known, path);
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
