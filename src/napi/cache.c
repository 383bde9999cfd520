/* cache.c: a table of slots, found by a hash of operation and path. Two that share a slot take it from each other, and
 * where the bytes are too many all of them go: an entry lives a second, so there is little to be had from more.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/cache.h"

#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
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
           code == SBX_OP_REALPATH || code == SBX_OP_NAMES || code == SBX_OP_READDIR || code == SBX_OP_READ ||
           code == SBX_OP_MKDIR;
}

/* Whether it is a directory that was made; not one of the kernel's, which makes entries of it by itself (a control group). */
static bool is_made(const struct sbx_op *op)
{
    static const char kernel[] = "/sys/";
    struct sbx_span path = sbx_bytes_span(&op->path);
    return op->result.status == SBX_OK && path.length > 0 &&
           (path.length < sizeof(kernel) || memcmp(path.data, kernel, sizeof(kernel) - 1) != 0);
}

/* Whether it says something that may be said again. */
static bool is_answer(const struct sbx_op *op)
{
    const struct sbx_result *result = &op->result;
    if (op->row->code == SBX_OP_MKDIR) {
        return is_made(op);
    }
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

/* Names are borrowed from the list's own bytes: in the copy from the copy's. `skip`: what each begins with, and has in the
 * copy no more. */
static bool copy_list(struct sbx_list *copy, const struct sbx_list *list, size_t skip)
{
    size_t names = 0;
    for (size_t i = 0; i < list->count; i++) {
        names += list->entries[i].name.length - skip;
    }
    *copy = (struct sbx_list){.entries = calloc(list->count + 1, sizeof(*list->entries)),
                              .count = list->count,
                              .attributes = list->attributes,
                              .names = malloc(names + 1)};
    if (copy->entries == NULL || copy->names == NULL) {
        free(copy->entries);
        free(copy->names);
        return false;
    }
    char *at = copy->names;
    for (size_t i = 0; i < list->count; i++) {
        struct sbx_span name = list->entries[i].name;
        copy->entries[i] = list->entries[i];
        copy->entries[i].name = (struct sbx_span){at, name.length - skip};
        memcpy(at, name.data + skip, name.length - skip);
        at += name.length - skip;
    }
    return true;
}

/* What is to be kept: the answer of `row` for `key`. */
struct answer {
    const struct sbx_op_row *row;
    struct sbx_span key;
    const struct sbx_result *result;
    size_t skip; /* bytes that each name of a list begins with, and that are not its own */
    uint64_t changes;
    uint64_t until_ms;
};

static bool copy_result(const struct answer *answer, struct sbx_result *copy)
{
    *copy = *answer->result;
    if (copy->status != SBX_OK) {
        return true;
    }
    if (is_text(answer->row)) {
        return copy_bytes(copy, answer->result);
    }
    return !sbx_op_lists((enum sbx_reply)answer->row->reply) ||
           copy_list(&copy->list, &answer->result->list, answer->skip);
}

static size_t size_of(const struct answer *answer)
{
    const struct sbx_result *result = answer->result;
    size_t size = sizeof(struct sbx_cache_entry) + answer->key.length;
    if (result->status != SBX_OK) {
        return size;
    }
    if (is_text(answer->row)) {
        return size + result->bytes.length;
    }
    if (!sbx_op_lists((enum sbx_reply)answer->row->reply)) {
        return size;
    }
    for (size_t i = 0; i < result->list.count; i++) {
        size += sizeof(struct sbx_entry) + result->list.entries[i].name.length - answer->skip;
    }
    return size;
}

/* Whether it is an answer to that question, and nothing has changed since. */
static bool answers(const struct sbx_cache_entry *entry, enum sbx_op_code code, struct sbx_span key,
                    uint64_t changes)
{
    return entry != NULL && entry->row->code == code && entry->changes == changes &&
           entry->key_length == key.length && memcmp(entry->key, key.data, key.length) == 0;
}

static void put(struct sbx_cache *cache, const struct answer *answer, size_t bytes)
{
    enum sbx_op_code code = (enum sbx_op_code)answer->row->code;
    size_t slot = slot_of(code, answer->key);
    const struct sbx_cache_entry *there = cache->slots[slot];
    if (answers(there, code, answer->key, answer->changes) && there->until_ms > answer->until_ms) {
        return; /* it was asked later: whoever has seen it does not see an older one */
    }
    struct sbx_cache_entry *entry = malloc(sizeof(*entry) + answer->key.length);
    struct sbx_result copy;
    free_entry(cache, slot);
    if (entry == NULL || !copy_result(answer, &copy)) {
        free(entry);
        return;
    }
    *entry = (struct sbx_cache_entry){.changes = answer->changes,
                                      .until_ms = answer->until_ms,
                                      .row = answer->row,
                                      .result = copy,
                                      .bytes = bytes,
                                      .key_length = answer->key.length};
    memcpy(entry->key, answer->key.data, answer->key.length);
    cache->slots[slot] = entry;
    cache->bytes += bytes;
}

static void keep(struct sbx_cache *cache, const struct answer *answer)
{
    size_t bytes = size_of(answer);
    if (bytes > cache->max_bytes / 4) {
        return; /* it would be all there is */
    }
    if (cache->slots == NULL) {
        cache->slots = calloc(SLOTS, sizeof(struct sbx_cache_entry *));
    }
    if (cache->bytes + bytes > cache->max_bytes) {
        free_all(cache);
    }
    if (cache->slots != NULL) {
        put(cache, answer, bytes);
    }
}

/* ---- What comes with a listing -------------------------------------------------------------------------- */

/* Whether an entry stands in the directory itself. */
static bool is_in(const struct sbx_entry *entry, struct sbx_span directory)
{
    struct sbx_span name = entry->name;
    return name.length > directory.length + 1 && name.data[directory.length] == '/' &&
           memcmp(name.data, directory.data, directory.length) == 0 &&
           memchr(name.data + directory.length + 1, '/', name.length - directory.length - 1) == NULL;
}

/* The entries of a directory that is listed whole: they stand together, behind those of the listing. */
static struct sbx_list find_entries(const struct sbx_list *list, struct sbx_span directory)
{
    size_t at = list->count;
    size_t end = list->count + list->below;
    while (at < end && !is_in(&list->entries[at], directory)) {
        at++;
    }
    struct sbx_list found = {.entries = list->entries + at, .attributes = true};
    while (at + found.count < end && is_in(&list->entries[at + found.count], directory)) {
        found.count++;
    }
    return found;
}

/* Each directory below that came whole, as if it had been asked for. */
static void keep_below(struct sbx_cache *cache, const struct answer *whole)
{
    const struct sbx_list *list = &whole->result->list;
    struct sbx_bytes key;
    sbx_bytes_init(&key, SBX_PATH_MAX);
    for (size_t i = 0; i < list->listed_count; i++) {
        struct sbx_span name = list->entries[list->listed[i]].name;
        const struct sbx_result below = {.list = find_entries(list, name)};
        key.length = 0;
        sbx_bytes_append(&key, whole->key);
        sbx_bytes_append_text(&key, whole->key.length > 0 ? "/" : "");
        sbx_bytes_append(&key, name);
        if (key.status == SBX_OK) {
            struct answer answer = *whole;
            answer.key = sbx_bytes_span(&key);
            answer.result = &below;
            answer.skip = name.length + 1;
            keep(cache, &answer);
        }
    }
    sbx_bytes_clear(&key);
}

void sbx_cache_keep(struct sbx_cache *cache, const struct sbx_op *op, uint64_t changes, uint64_t asked_ms)
{
    if (cache->ttl_ms == 0 || op->row == NULL || !is_kept((enum sbx_op_code)op->row->code) || op->of_file ||
        !is_answer(op)) {
        return;
    }
    const struct answer answer = {.row = op->row,
                                  .key = sbx_path_key(op->args.path),
                                  .result = &op->result,
                                  .changes = changes,
                                  .until_ms = asked_ms + cache->ttl_ms};
    keep(cache, &answer);
    if (op->row->code == SBX_OP_NAMES && op->result.status == SBX_OK) {
        keep_below(cache, &answer);
    }
}

/* ---- Finding ------------------------------------------------------------------------------------------- */

/* For which moment something has to count. */
struct moment {
    uint64_t changes;
    uint64_t ms;
};

static struct sbx_result *find(const struct sbx_cache *cache, enum sbx_op_code code, struct sbx_span key,
                               const struct moment *moment)
{
    struct sbx_cache_entry *entry = cache->slots[slot_of(code, key)];
    bool found = answers(entry, code, key, moment->changes) && moment->ms < entry->until_ms;
    return found ? &entry->result : NULL;
}

/* Whether lstat's answer is that of stat too. */
static bool is_of_no_link(const struct sbx_result *result)
{
    return result->status != SBX_OK || !sbx_stat_is(&result->stat, SBX_S_IFLNK);
}

/* What is known of its directory, a listing of that or that it was made, says of a path, as lstat would. */
static struct sbx_result *find_in_listing(struct sbx_cache *cache, struct sbx_span key,
                                          const struct moment *moment)
{
    struct sbx_span name = sbx_path_name(key);
    struct sbx_span parent = {key.data, key.length - name.length - (name.length < key.length ? 1 : 0)};
    if (name.length > 0 && find(cache, SBX_OP_MKDIR, parent, moment) != NULL) {
        cache->entry = (struct sbx_result){.status = SBX_ENOENT};
        return &cache->entry;
    }
    const struct sbx_result *listing = find(cache, SBX_OP_NAMES, parent, moment);
    listing = listing == NULL ? find(cache, SBX_OP_READDIR, parent, moment) : listing;
    if (listing == NULL || listing->status != SBX_OK || !listing->list.attributes) {
        return NULL;
    }
    for (size_t i = 0; i < listing->list.count; i++) {
        const struct sbx_entry *entry = &listing->list.entries[i];
        if (entry->stat.nlink > 0 && sbx_span_equal(entry->name, name)) {
            cache->entry = (struct sbx_result){.stat = entry->stat};
            return &cache->entry;
        }
    }
    return NULL;
}

static struct sbx_result *find_lstat(struct sbx_cache *cache, struct sbx_span key,
                                     const struct moment *moment)
{
    struct sbx_result *result = find(cache, SBX_OP_LSTAT, key, moment);
    return result == NULL ? find_in_listing(cache, key, moment) : result;
}

static struct sbx_result *look(struct sbx_cache *cache, enum sbx_op_code code, struct sbx_span path,
                               const struct moment *moment)
{
    struct sbx_span key = sbx_path_key(path);
    if (cache->slots == NULL || !is_kept(code) || code == SBX_OP_MKDIR) {
        return NULL;
    }
    struct sbx_result *result = find(cache, code, key, moment);
    if (result == NULL && code == SBX_OP_LSTAT) {
        return find_in_listing(cache, key, moment);
    }
    if (result == NULL && code == SBX_OP_ACCESS) {
        result = find(cache, SBX_OP_STAT, key, moment);
    }
    if (result == NULL && (code == SBX_OP_STAT || code == SBX_OP_ACCESS)) {
        result = find_lstat(cache, key, moment);
        result = result != NULL && is_of_no_link(result) ? result : NULL;
    }
    return result;
}

struct sbx_result *sbx_cache_find(struct sbx_cache *cache, enum sbx_op_code code, struct sbx_span path,
                                  uint64_t changes)
{
    return look(cache, code, path, &(struct moment){changes, sbx_now_ms()});
}

bool sbx_cache_has(struct sbx_cache *cache, enum sbx_op_code code, struct sbx_span path, uint64_t changes,
                   uint64_t least_ms)
{
    return look(cache, code, path, &(struct moment){changes, sbx_now_ms() + least_ms}) != NULL;
}
