/* cache.c: a table of slots, found by a hash of operation and path. Two that share a slot take it from each other, and
 * where the bytes are too many all of them go: an entry lives a second, so there is little to be had from more.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/cache.h"

#include <stdlib.h>
#include <string.h>

#include "core/op.h"
#include "core/path.h"

#define SLOTS 8192
#define CONTENT_MAX (64 * SBX_KIB)

struct sbx_cache_entry {
    uint64_t changes;
    uint64_t until_ms;
    const struct sbx_op_row *row;
    struct sbx_result result; /* owned */
    size_t bytes;             /* of all that is owned, and of itself */
    size_t key_length;
    char key[];
};

void sbx_cache_init(struct sbx_cache *cache, uint64_t ttl_ms, size_t max_bytes)
{
    *cache = (struct sbx_cache){.ttl_ms = ttl_ms, .max_bytes = max_bytes};
}

static bool is_text(const struct sbx_op_row *row)
{
    return row->reply == SBX_REPLY_BYTES || row->reply == SBX_REPLY_TEXT;
}

static void free_entry(struct sbx_cache *cache, size_t slot)
{
    struct sbx_cache_entry *entry = cache->slots[slot];
    if (entry == NULL) {
        return;
    }
    sbx_op_free_result((enum sbx_reply)entry->row->reply, &entry->result);
    cache->bytes -= entry->bytes;
    cache->slots[slot] = NULL;
    free(entry);
}

static void free_all(struct sbx_cache *cache)
{
    for (size_t i = 0; cache->slots != NULL && i < SLOTS; i++) {
        free_entry(cache, i);
    }
}

void sbx_cache_clear(struct sbx_cache *cache)
{
    free_all(cache);
    free(cache->slots);
    cache->slots = NULL;
}

static size_t slot_of(enum sbx_op_code code, struct sbx_span key)
{
    return (size_t)((sbx_hash_of(key) + (uint64_t)code * 0x9E3779B97F4A7C15U) % SLOTS);
}

/* ---- Keeping ------------------------------------------------------------------------------------------- */

/* Rows whose answers are kept. */
static bool is_kept(enum sbx_op_code code)
{
    return code == SBX_OP_LSTAT || code == SBX_OP_STAT || code == SBX_OP_ACCESS || code == SBX_OP_READLINK ||
           code == SBX_OP_REALPATH || code == SBX_OP_NAMES || code == SBX_OP_READDIR || code == SBX_OP_READ;
}

/* Whether it says something that may be said again. */
static bool is_answer(const struct sbx_op *op)
{
    const struct sbx_result *result = &op->result;
    if (result->status != SBX_OK) {
        return result->status == SBX_ENOENT;
    }
    return op->row->code != SBX_OP_READ || (op->room == NULL && result->bytes.length <= CONTENT_MAX &&
                                            (result->bytes.data != NULL || result->total == 0));
}

static bool copy_bytes(struct sbx_result *copy, const struct sbx_result *result)
{
    copy->bytes = (struct sbx_buffer){malloc(result->bytes.length + 1), result->bytes.length};
    if (copy->bytes.data != NULL && result->bytes.length > 0) {
        memcpy(copy->bytes.data, result->bytes.data, result->bytes.length);
    }
    return copy->bytes.data != NULL;
}

/* Names are borrowed from the list's own bytes: in the copy from the copy's. */
static bool copy_list(struct sbx_result *copy, const struct sbx_result *result)
{
    const struct sbx_list *list = &result->list;
    size_t names = 0;
    for (size_t i = 0; i < list->count; i++) {
        names += list->entries[i].name.length;
    }
    copy->list = (struct sbx_list){.entries = calloc(list->count + 1, sizeof(*list->entries)),
                                   .count = list->count,
                                   .names = malloc(names + 1)};
    if (copy->list.entries == NULL || copy->list.names == NULL) {
        free(copy->list.entries);
        free(copy->list.names);
        return false;
    }
    char *at = copy->list.names;
    for (size_t i = 0; i < list->count; i++) {
        struct sbx_span name = list->entries[i].name;
        memcpy(at, name.data, name.length);
        copy->list.entries[i] = list->entries[i];
        copy->list.entries[i].name.data = at;
        at += name.length;
    }
    return true;
}

static bool copy_result(const struct sbx_op *op, struct sbx_result *copy)
{
    *copy = op->result;
    if (op->result.status != SBX_OK) {
        return true;
    }
    if (is_text(op->row)) {
        return copy_bytes(copy, &op->result);
    }
    return !sbx_op_lists((enum sbx_reply)op->row->reply) || copy_list(copy, &op->result);
}

static size_t size_of(const struct sbx_op *op, size_t key_length)
{
    size_t size = sizeof(struct sbx_cache_entry) + key_length;
    if (op->result.status != SBX_OK) {
        return size;
    }
    if (is_text(op->row)) {
        return size + op->result.bytes.length;
    }
    if (!sbx_op_lists((enum sbx_reply)op->row->reply)) {
        return size;
    }
    for (size_t i = 0; i < op->result.list.count; i++) {
        size += sizeof(struct sbx_entry) + op->result.list.entries[i].name.length;
    }
    return size;
}

static void put(struct sbx_cache *cache, const struct sbx_op *op, struct sbx_span key,
                struct sbx_cache_entry *values)
{
    size_t slot = slot_of((enum sbx_op_code)op->row->code, key);
    struct sbx_cache_entry *entry = malloc(sizeof(*entry) + key.length);
    free_entry(cache, slot);
    if (entry == NULL || !copy_result(op, &values->result)) {
        free(entry);
        return;
    }
    *entry = *values;
    memcpy(entry->key, key.data, key.length);
    cache->slots[slot] = entry;
    cache->bytes += entry->bytes;
}

void sbx_cache_keep(struct sbx_cache *cache, const struct sbx_op *op, uint64_t changes, uint64_t asked_ms)
{
    if (cache->ttl_ms == 0 || op->row == NULL || !is_kept((enum sbx_op_code)op->row->code) || op->of_file ||
        !is_answer(op)) {
        return;
    }
    struct sbx_span key = sbx_path_key(op->args.path);
    struct sbx_cache_entry values = {.changes = changes,
                                     .until_ms = asked_ms + cache->ttl_ms,
                                     .row = op->row,
                                     .bytes = size_of(op, key.length),
                                     .key_length = key.length};
    if (values.bytes > cache->max_bytes / 4) {
        return; /* it would be all there is */
    }
    if (cache->slots == NULL) {
        cache->slots = calloc(SLOTS, sizeof(struct sbx_cache_entry *));
    }
    if (cache->bytes + values.bytes > cache->max_bytes) {
        free_all(cache);
    }
    if (cache->slots != NULL) {
        put(cache, op, key, &values);
    }
}

/* ---- Finding ------------------------------------------------------------------------------------------- */

static struct sbx_result *find(const struct sbx_cache *cache, enum sbx_op_code code, struct sbx_span key,
                               uint64_t changes)
{
    struct sbx_cache_entry *entry = cache->slots[slot_of(code, key)];
    bool found = entry != NULL && entry->row->code == code && entry->changes == changes &&
                 entry->key_length == key.length && memcmp(entry->key, key.data, key.length) == 0;
    return found && sbx_now_ms() < entry->until_ms ? &entry->result : NULL;
}

/* Whether lstat's answer is that of stat too. */
static bool is_of_no_link(const struct sbx_result *result)
{
    return result->status != SBX_OK || (result->stat.mode & SBX_S_IFMT) != SBX_S_IFLNK;
}

struct sbx_result *sbx_cache_find(const struct sbx_cache *cache, enum sbx_op_code code, struct sbx_span path,
                                  uint64_t changes)
{
    struct sbx_span key = sbx_path_key(path);
    if (cache->slots == NULL || !is_kept(code)) {
        return NULL;
    }
    struct sbx_result *result = find(cache, code, key, changes);
    bool from_stat = code == SBX_OP_STAT || code == SBX_OP_ACCESS;
    if (result == NULL && code == SBX_OP_ACCESS) {
        result = find(cache, SBX_OP_STAT, key, changes);
    }
    if (result == NULL && from_stat) {
        result = find(cache, SBX_OP_LSTAT, key, changes);
        result = result != NULL && is_of_no_link(result) ? result : NULL;
    }
    return result;
}
