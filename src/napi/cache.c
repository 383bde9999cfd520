/* cache.c: what is kept of an answer, for how long, and what else it answers. The tag of an entry (lru.h) is until when it
 * counts.
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

#define CONTENT_MAX (64 * SBX_KIB)

void sbx_cache_init(struct sbx_cache *cache, uint64_t ttl_ms, size_t max_bytes)
{
    *cache = (struct sbx_cache){.ttl_ms = ttl_ms};
    sbx_lru_init(&cache->lru, max_bytes);
}

void sbx_cache_clear(struct sbx_cache *cache)
{
    sbx_lru_clear(&cache->lru);
}

static bool is_text(const struct sbx_op_row *row)
{
    return row->reply == SBX_REPLY_BYTES || row->reply == SBX_REPLY_TEXT;
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
    size_t size = sbx_lru_entry_bytes(answer->key);
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

static void keep(struct sbx_cache *cache, const struct answer *answer)
{
    enum sbx_op_code code = (enum sbx_op_code)answer->row->code;
    size_t bytes = size_of(answer);
    struct sbx_result copy;
    if (bytes > cache->lru.max_bytes / 4) {
        return; /* it would be all there is */
    }
    const struct sbx_lru_entry *there = sbx_lru_find(&cache->lru, code, answer->key);
    if (there != NULL && there->tag > answer->until_ms) {
        return; /* it was asked later: whoever has seen it does not see an older one */
    }
    if (copy_result(answer, &copy)) {
        sbx_lru_put(&cache->lru, answer->row, answer->key, &copy, bytes, answer->until_ms);
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
    if (changes != cache->changes) {
        sbx_lru_empty(&cache->lru);
        cache->changes = changes;
    }
    const struct answer answer = {.row = op->row,
                                  .key = sbx_path_key(op->args.path),
                                  .result = &op->result,
                                  .until_ms = asked_ms + cache->ttl_ms};
    keep(cache, &answer);
    if (op->row->code == SBX_OP_NAMES && op->result.status == SBX_OK) {
        keep_below(cache, &answer);
    }
}

/* ---- Finding ------------------------------------------------------------------------------------------- */

/* What counts at that moment. */
static struct sbx_result *find(struct sbx_cache *cache, enum sbx_op_code code, struct sbx_span key,
                               uint64_t at_ms)
{
    struct sbx_lru_entry *entry = sbx_lru_find(&cache->lru, code, key);
    return entry != NULL && at_ms < entry->tag ? &entry->result : NULL;
}

/* Whether lstat's answer is that of stat too. */
static bool is_of_no_link(const struct sbx_result *result)
{
    return result->status != SBX_OK || !sbx_stat_is(&result->stat, SBX_S_IFLNK);
}

/* What is known of its directory, a listing of that or that it was made, says of a path, as lstat would. */
static struct sbx_result *find_in_listing(struct sbx_cache *cache, struct sbx_span key, uint64_t at_ms)
{
    struct sbx_span name = sbx_path_name(key);
    struct sbx_span parent = {key.data, key.length - name.length - (name.length < key.length ? 1 : 0)};
    if (name.length > 0 && find(cache, SBX_OP_MKDIR, parent, at_ms) != NULL) {
        cache->entry = (struct sbx_result){.status = SBX_ENOENT};
        return &cache->entry;
    }
    const struct sbx_result *listing = find(cache, SBX_OP_NAMES, parent, at_ms);
    listing = listing == NULL ? find(cache, SBX_OP_READDIR, parent, at_ms) : listing;
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

static struct sbx_result *find_lstat(struct sbx_cache *cache, struct sbx_span key, uint64_t at_ms)
{
    struct sbx_result *result = find(cache, SBX_OP_LSTAT, key, at_ms);
    return result == NULL ? find_in_listing(cache, key, at_ms) : result;
}

static struct sbx_result *look(struct sbx_cache *cache, enum sbx_op_code code, struct sbx_span path,
                               uint64_t at_ms)
{
    struct sbx_span key = sbx_path_key(path);
    if (!is_kept(code) || code == SBX_OP_MKDIR) {
        return NULL;
    }
    struct sbx_result *result = find(cache, code, key, at_ms);
    if (result == NULL && code == SBX_OP_LSTAT) {
        return find_in_listing(cache, key, at_ms);
    }
    if (result == NULL && code == SBX_OP_ACCESS) {
        result = find(cache, SBX_OP_STAT, key, at_ms);
    }
    if (result == NULL && (code == SBX_OP_STAT || code == SBX_OP_ACCESS)) {
        result = find_lstat(cache, key, at_ms);
        result = result != NULL && is_of_no_link(result) ? result : NULL;
    }
    return result;
}

struct sbx_result *sbx_cache_find(struct sbx_cache *cache, enum sbx_op_code code, struct sbx_span path,
                                  uint64_t changes)
{
    return changes == cache->changes ? look(cache, code, path, sbx_now_ms()) : NULL;
}

bool sbx_cache_has(struct sbx_cache *cache, enum sbx_op_code code, struct sbx_span path, uint64_t changes,
                   uint64_t least_ms)
{
    return changes == cache->changes && look(cache, code, path, sbx_now_ms() + least_ms) != NULL;
}
