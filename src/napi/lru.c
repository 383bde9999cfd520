/* lru.c: buckets by a hash of operation and key, and a queue in the order of use.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/lru.h"

#include <stdlib.h>
#include <string.h>

#include "core/op.h"

#define BUCKETS 8192

void sbx_lru_init(struct sbx_lru *lru, size_t max_bytes)
{
    *lru = (struct sbx_lru){.max_bytes = max_bytes};
    sbx_queue_init(&lru->used);
}

static struct sbx_span key_of(const struct sbx_lru_entry *entry)
{
    return (struct sbx_span){entry->key, entry->key_length};
}

/* Where the entry of that question hangs, or would. */
static struct sbx_lru_entry **place_of(const struct sbx_lru *lru, enum sbx_op_code code, struct sbx_span key)
{
    uint64_t hash = sbx_hash_of(key) + (uint64_t)code * 0x9E3779B97F4A7C15U;
    struct sbx_lru_entry **place = &lru->buckets[hash % BUCKETS];
    while (*place != NULL && !((*place)->row->code == code && sbx_span_equal(key_of(*place), key))) {
        place = &(*place)->next;
    }
    return place;
}

/* The one that hangs there, if any does. */
static void free_entry(struct sbx_lru *lru, struct sbx_lru_entry **place)
{
    struct sbx_lru_entry *entry = *place;
    if (entry == NULL) {
        return;
    }
    *place = entry->next;
    sbx_link_remove(&entry->used);
    lru->bytes -= entry->bytes;
    sbx_op_free_result((enum sbx_reply)entry->row->reply, &entry->result);
    free(entry);
}

void sbx_lru_remove(struct sbx_lru *lru, enum sbx_op_code code, struct sbx_span key)
{
    if (lru->buckets != NULL) {
        free_entry(lru, place_of(lru, code, key));
    }
}

static void free_oldest(struct sbx_lru *lru)
{
    const struct sbx_lru_entry *oldest = SBX_CONTAINER(lru->used.head.next, struct sbx_lru_entry, used);
    free_entry(lru, place_of(lru, (enum sbx_op_code)oldest->row->code, key_of(oldest)));
}

void sbx_lru_empty(struct sbx_lru *lru)
{
    while (!sbx_queue_empty(&lru->used)) {
        free_oldest(lru);
    }
}

void sbx_lru_clear(struct sbx_lru *lru)
{
    sbx_lru_empty(lru);
    free(lru->buckets);
    lru->buckets = NULL;
}

struct sbx_lru_entry *sbx_lru_find(struct sbx_lru *lru, enum sbx_op_code code, struct sbx_span key)
{
    struct sbx_lru_entry *entry = lru->buckets == NULL ? NULL : *place_of(lru, code, key);
    if (entry != NULL) {
        sbx_link_remove(&entry->used);
        sbx_queue_push(&lru->used, &entry->used);
    }
    return entry;
}

size_t sbx_lru_entry_bytes(struct sbx_span key)
{
    return sizeof(struct sbx_lru_entry) + key.length;
}

static void make_room(struct sbx_lru *lru, size_t bytes)
{
    while (!sbx_queue_empty(&lru->used) && lru->bytes + bytes > lru->max_bytes) {
        free_oldest(lru);
    }
}

void sbx_lru_put(struct sbx_lru *lru, const struct sbx_op_row *row, struct sbx_span key,
                 const struct sbx_result *result, size_t bytes, uint64_t tag)
{
    struct sbx_lru_entry *entry = malloc(sizeof(*entry) + key.length);
    if (lru->buckets == NULL) {
        lru->buckets = calloc(BUCKETS, sizeof(struct sbx_lru_entry *));
    }
    if (entry == NULL || lru->buckets == NULL) {
        struct sbx_result unkept = *result;
        sbx_op_free_result((enum sbx_reply)row->reply, &unkept);
        free(entry);
        return;
    }
    *entry = (struct sbx_lru_entry){
        .row = row, .result = *result, .tag = tag, .bytes = bytes, .key_length = key.length};
    memcpy(entry->key, key.data, key.length);
    free_entry(lru, place_of(lru, (enum sbx_op_code)row->code, key));
    make_room(lru, bytes);
    *place_of(lru, (enum sbx_op_code)row->code, key) = entry;
    sbx_link_init(&entry->used);
    sbx_queue_push(&lru->used, &entry->used);
    lru->bytes += bytes;
}
