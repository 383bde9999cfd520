/* known.c: contents within a limit of bytes; what was used longest ago goes first (lru.h). The tag of an entry is the hash
 * of its content, 0 until that is first asked for.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/known.h"

#include <string.h>

#include "core/bytes.h"
#include "core/path.h"

#define BYTES_MAX (32 * SBX_MIB)
#define LENGTH_MIN (8 * SBX_KIB)  /* less is sent whole as quickly */
#define LENGTH_MAX (8 * SBX_MIB)  /* more would hold up the main thread for too long */
#define RANGE_MAX (128 * SBX_KIB) /* of a patch */

void sbx_known_init(struct sbx_known *known)
{
    sbx_lru_init(&known->contents, BYTES_MAX);
}

void sbx_known_clear(struct sbx_known *known)
{
    sbx_lru_clear(&known->contents);
}

static void put(struct sbx_known *known, struct sbx_span key, struct sbx_span bytes)
{
    struct sbx_bytes copy;
    sbx_bytes_init(&copy, bytes.length);
    sbx_bytes_reserve(&copy, bytes.length);
    sbx_bytes_append(&copy, bytes);
    if (copy.status == SBX_OK) { /* else it is asked for whole */
        const struct sbx_result content = {.bytes = sbx_bytes_take(&copy)};
        sbx_lru_put(&known->contents, sbx_op_row(SBX_OP_READ), key, &content,
                    sbx_lru_entry_bytes(key) + bytes.length, 0);
    }
}

void sbx_known_keep(struct sbx_known *known, struct sbx_span path, struct sbx_span bytes)
{
    struct sbx_span key = sbx_path_key(path);
    sbx_lru_remove(&known->contents, SBX_OP_READ, key);
    if (bytes.length > LENGTH_MIN && bytes.length <= LENGTH_MAX) {
        put(known, key, bytes);
    }
}

/* What `path` had last; NULL: it is not known. */
static struct sbx_lru_entry *find(struct sbx_known *known, struct sbx_span path)
{
    return sbx_lru_find(&known->contents, SBX_OP_READ, sbx_path_key(path));
}

static struct sbx_span bytes_of(const struct sbx_lru_entry *entry)
{
    return (struct sbx_span){entry->result.bytes.data, entry->result.bytes.length};
}

bool sbx_known_find(struct sbx_known *known, struct sbx_span path, struct sbx_content *content)
{
    struct sbx_lru_entry *entry = find(known, path);
    if (entry == NULL) {
        return false;
    }
    if (entry->tag == 0) {
        entry->tag = sbx_hash_of(bytes_of(entry));
    }
    *content = (struct sbx_content){bytes_of(entry), entry->tag};
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
    struct sbx_content content;
    const struct sbx_lru_entry *entry = find(known, path);
    if (entry == NULL || bytes.length < entry->result.bytes.length) {
        return false;
    }
    struct sbx_span old = bytes_of(entry);
    size_t start = common_prefix(old, bytes);
    size_t suffix = bytes.length == old.length ? common_suffix(old, bytes, start) : 0;
    if (start == bytes.length) { /* the same: one byte is written again, for the file's time */
        start--;
        suffix = 0;
    }
    size_t length = bytes.length - start - suffix;
    if (length > RANGE_MAX || length > bytes.length / 2 || !sbx_known_find(known, path, &content)) {
        return false;
    }
    *args = (struct sbx_args){.path = path,
                              .length = old.length,
                              .hash = content.hash,
                              .offset = start,
                              .data = {bytes.data + start, length}};
    return true;
}
