/* result.c: results to bytes and back, by the shape of the row's reply.
 *
 * A content is the size of its file (u64), which file that is (dev, ino, time of birth: three u64), its own length
 * (u32) and its bytes; a text its length (u32) and bytes. A list is the next offset (u64), the count of its entries
 * (u32), and for each its name (u16 and bytes) and attributes (stat.h); of names the ino (u64) and the type (u8) alone.
 * Names begin with a byte: 0, or 1 where a tree follows in their place. A tree is a list, then the count of the
 * directories that were listed whole (u32), and the index of each among the entries (u32).
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/result.h"

#include "wire/limits.h"

#define BYTES_HEADER ((size_t)36) /* bytes of the total, the file and the length */
#define TEXT_HEADER ((size_t)4)
#define LIST_HEADER ((size_t)12) /* bytes of the next offset and the count */
#define LISTED_HEADER ((size_t)4)
#define NAMES_HEADER ((size_t)1) /* whether a tree follows */

static void put_brief(struct sbx_writer *writer, const struct sbx_stat *stat)
{
    sbx_buf_put(writer, stat->ino, 8);
    sbx_buf_put(writer, (stat->mode & SBX_S_IFMT) >> SBX_TYPE_SHIFT, 1);
}

/* What else the byte of the type holds is foreign, and dropped. */
static void get_brief(struct sbx_reader *reader, struct sbx_stat *stat)
{
    *stat = (struct sbx_stat){.ino = sbx_buf_get(reader, 8)};
    stat->mode = (uint32_t)sbx_buf_get(reader, 1) << SBX_TYPE_SHIFT & SBX_S_IFMT;
}

typedef void stat_putter(struct sbx_writer *writer, const struct sbx_stat *stat);

static void put_list(struct sbx_writer *writer, const struct sbx_list *list, stat_putter *put)
{
    sbx_buf_put(writer, list->next, 8);
    sbx_buf_put(writer, list->count, 4);
    for (size_t i = 0; i < list->count; i++) {
        const struct sbx_entry *entry = &list->entries[i];
        if (entry->name.length > UINT16_MAX) {
            writer->failed = true;
        }
        sbx_buf_put(writer, entry->name.length, 2);
        sbx_buf_put_bytes(writer, entry->name);
        put(writer, &entry->stat);
    }
}

static void put_listed(struct sbx_writer *writer, const struct sbx_list *list)
{
    sbx_buf_put(writer, list->listed_count, 4);
    for (size_t i = 0; i < list->listed_count; i++) {
        sbx_buf_put(writer, list->listed[i], SBX_LISTED_WIRE);
    }
}

static void put_names(struct sbx_writer *writer, const struct sbx_list *list)
{
    sbx_buf_put(writer, list->attributes, 1);
    put_list(writer, list, list->attributes ? sbx_stat_put : put_brief);
    if (list->attributes) {
        put_listed(writer, list);
    }
}

static void put_bytes(struct sbx_writer *writer, const struct sbx_buffer *bytes)
{
    sbx_buf_put(writer, bytes->length, 4);
    sbx_buf_put_bytes(writer, (struct sbx_span){bytes->data, bytes->length});
}

static void put_file(struct sbx_writer *writer, const struct sbx_file *file)
{
    sbx_buf_put(writer, file->dev, 8);
    sbx_buf_put(writer, file->ino, 8);
    sbx_buf_put(writer, (uint64_t)file->born_ns, 8);
}

static void get_file(struct sbx_reader *reader, struct sbx_file *file)
{
    file->dev = sbx_buf_get(reader, 8);
    file->ino = sbx_buf_get(reader, 8);
    file->born_ns = (int64_t)sbx_buf_get(reader, 8);
}

bool sbx_file_differs(const struct sbx_file *file, const struct sbx_file *other)
{
    bool known = file->ino != 0 && other->ino != 0;
    bool born = file->born_ns != 0 && other->born_ns != 0 && file->born_ns != other->born_ns;
    return known && (file->dev != other->dev || file->ino != other->ino || born);
}

static void put_statfs(struct sbx_writer *writer, const struct sbx_statfs *statfs)
{
    sbx_buf_put(writer, statfs->type, 8);
    sbx_buf_put(writer, statfs->bsize, 8);
    sbx_buf_put(writer, statfs->blocks, 8);
    sbx_buf_put(writer, statfs->bfree, 8);
    sbx_buf_put(writer, statfs->bavail, 8);
    sbx_buf_put(writer, statfs->files, 8);
    sbx_buf_put(writer, statfs->ffree, 8);
}

size_t sbx_result_least(enum sbx_reply shape)
{
    switch (shape) {
    case SBX_REPLY_NOTHING:
        return 0;
    case SBX_REPLY_STAT:
        return SBX_STAT_WIRE_MAX;
    case SBX_REPLY_BYTES:
        return BYTES_HEADER;
    case SBX_REPLY_TEXT:
        return TEXT_HEADER + SBX_PATH_MAX;
    case SBX_REPLY_LIST:
        return LIST_HEADER + SBX_ENTRY_WIRE_MAX;
    case SBX_REPLY_TREE:
        return LIST_HEADER + SBX_ENTRY_WIRE_MAX + LISTED_HEADER;
    case SBX_REPLY_NAMES:
        return NAMES_HEADER + LIST_HEADER + SBX_ENTRY_WIRE_MAX - SBX_STAT_WIRE_MAX + SBX_BRIEF_WIRE;
    case SBX_REPLY_STATFS:
        return SBX_STATFS_WIRE;
    case SBX_REPLY_CREATED:
        return 1;
    case SBX_REPLY_SUPERVISED:
        return SBX_SUPERVISED_LENGTH;
    }
    return 0;
}

enum sbx_status sbx_result_encode(const struct sbx_op_row *row, const struct sbx_result *result,
                                  struct sbx_writer *writer)
{
    switch ((enum sbx_reply)row->reply) {
    case SBX_REPLY_NOTHING:
        break;
    case SBX_REPLY_STAT:
        sbx_stat_put(writer, &result->stat);
        break;
    case SBX_REPLY_BYTES:
        sbx_buf_put(writer, result->total, 8);
        put_file(writer, &result->file);
        put_bytes(writer, &result->bytes);
        break;
    case SBX_REPLY_TEXT:
        put_bytes(writer, &result->bytes);
        break;
    case SBX_REPLY_LIST:
        put_list(writer, &result->list, sbx_stat_put);
        break;
    case SBX_REPLY_TREE:
        put_list(writer, &result->list, sbx_stat_put);
        put_listed(writer, &result->list);
        break;
    case SBX_REPLY_NAMES:
        put_names(writer, &result->list);
        break;
    case SBX_REPLY_STATFS:
        put_statfs(writer, &result->statfs);
        break;
    case SBX_REPLY_CREATED:
        sbx_buf_put(writer, result->created, 1);
        break;
    case SBX_REPLY_SUPERVISED:
        sbx_supervised_encode(&result->supervised, writer);
        break;
    }
    return writer->failed ? SBX_ENOBUFS : SBX_OK;
}

bool sbx_result_is_name(struct sbx_span name)
{
    for (size_t i = 0; i < name.length; i++) {
        if (name.data[i] == '/' || name.data[i] == '\0') {
            return false;
        }
    }
    return name.length > 0 && !sbx_span_equal(name, SBX_SPAN(".")) && !sbx_span_equal(name, SBX_SPAN(".."));
}

static bool is_tree_name(struct sbx_span name)
{
    size_t start = 0;
    for (size_t i = 0; i <= name.length; i++) {
        if (i == name.length || name.data[i] == '/') {
            if (!sbx_result_is_name((struct sbx_span){name.data + start, i - start})) {
                return false;
            }
            start = i + 1;
        }
    }
    return name.length <= SBX_PATH_MAX;
}

typedef bool name_check(struct sbx_span name);

static void get_entry(struct sbx_listing *list, struct sbx_entry *entry)
{
    size_t length = (size_t)sbx_buf_get(&list->reader, 2);
    entry->name = sbx_buf_get_bytes(&list->reader, length);
    (list->brief ? get_brief : sbx_stat_get)(&list->reader, &entry->stat);
    list->index++;
}

static bool next_entry(struct sbx_listing *list, struct sbx_entry *entry, name_check *is_good)
{
    while (sbx_buf_left(&list->reader) > 0) {
        get_entry(list, entry);
        if (!list->reader.failed && is_good(entry->name)) {
            return true;
        }
    }
    return false;
}

bool sbx_result_next_entry(struct sbx_listing *list, struct sbx_entry *entry)
{
    return next_entry(list, entry, sbx_result_is_name);
}

/* Whether the entry that was read last has its index among those to come; the ones before it are passed. */
static bool is_listed(struct sbx_listing *list)
{
    while (sbx_buf_left(&list->listed) > 0) {
        struct sbx_reader ahead = list->listed;
        uint64_t index = sbx_buf_get(&ahead, SBX_LISTED_WIRE);
        if (index >= list->index) {
            return false;
        }
        list->listed = ahead;
        if (index + 1 == list->index) {
            return true;
        }
    }
    return false;
}

bool sbx_result_next_tree_entry(struct sbx_listing *list, struct sbx_entry *entry, bool *listed)
{
    bool there = next_entry(list, entry, is_tree_name);
    *listed = there && is_listed(list) && sbx_stat_is(&entry->stat, SBX_S_IFDIR);
    return there;
}

/* Every entry is cut once here, so that reading them later cannot fail. Gives how many there are on the wire. */
static uint64_t get_list(struct sbx_reader *reader, struct sbx_listing *list, enum sbx_reply shape)
{
    struct sbx_entry entry;
    name_check *is_good = shape == SBX_REPLY_TREE ? is_tree_name : sbx_result_is_name;
    *list = (struct sbx_listing){.brief = shape == SBX_REPLY_NAMES, .next = sbx_buf_get(reader, 8)};
    uint64_t count = sbx_buf_get(reader, 4);
    size_t start = reader->at;
    list->reader = *reader;
    for (uint64_t i = 0; i < count && !list->reader.failed; i++) {
        get_entry(list, &entry);
        if (!list->reader.failed && is_good(entry.name)) {
            list->count++;
            list->name_bytes += entry.name.length;
        }
    }
    *reader = list->reader;
    list->reader = (struct sbx_reader){.data = reader->data, .length = reader->at, .at = start};
    list->index = 0;
    return count;
}

/* The indexes: below the count of the entries, and each above the one before. */
static void get_listed(struct sbx_reader *reader, struct sbx_listing *list, uint64_t entries)
{
    uint64_t least = 0;
    uint64_t count = sbx_buf_get(reader, 4);
    size_t start = reader->at;
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        uint64_t index = sbx_buf_get(reader, SBX_LISTED_WIRE);
        reader->failed = reader->failed || index < least || index >= entries;
        least = index + 1;
    }
    list->listed = (struct sbx_reader){.data = reader->data, .length = reader->at, .at = start};
}

/* As it says itself. */
static void get_names(struct sbx_reader *reader, struct sbx_listing *list)
{
    uint64_t tree = sbx_buf_get(reader, 1);
    uint64_t entries = get_list(reader, list, tree == 0 ? SBX_REPLY_NAMES : SBX_REPLY_TREE);
    reader->failed = reader->failed || tree > 1;
    if (tree == 1) {
        get_listed(reader, list, entries);
    }
}

static void get_statfs(struct sbx_reader *reader, struct sbx_statfs *statfs)
{
    statfs->type = sbx_buf_get(reader, 8);
    statfs->bsize = sbx_buf_get(reader, 8);
    statfs->blocks = sbx_buf_get(reader, 8);
    statfs->bfree = sbx_buf_get(reader, 8);
    statfs->bavail = sbx_buf_get(reader, 8);
    statfs->files = sbx_buf_get(reader, 8);
    statfs->ffree = sbx_buf_get(reader, 8);
}

static void get_bytes(struct sbx_reader *reader, struct sbx_answer *answer)
{
    size_t length = (size_t)sbx_buf_get(reader, 4);
    answer->bytes = sbx_buf_get_bytes(reader, length);
}

enum sbx_status sbx_result_decode(const struct sbx_op_row *row, struct sbx_span payload,
                                  struct sbx_answer *answer)
{
    struct sbx_reader reader = sbx_buf_reader(payload);
    uint64_t number = 0;
    switch ((enum sbx_reply)row->reply) {
    case SBX_REPLY_NOTHING:
        break;
    case SBX_REPLY_STAT:
        sbx_stat_get(&reader, &answer->stat);
        break;
    case SBX_REPLY_BYTES:
        answer->total = sbx_buf_get(&reader, 8);
        get_file(&reader, &answer->file);
        get_bytes(&reader, answer);
        break;
    case SBX_REPLY_TEXT:
        get_bytes(&reader, answer);
        answer->total = answer->bytes.length;
        break;
    case SBX_REPLY_LIST:
        (void)get_list(&reader, &answer->list, SBX_REPLY_LIST);
        break;
    case SBX_REPLY_NAMES:
        get_names(&reader, &answer->list);
        break;
    case SBX_REPLY_TREE:
        number = get_list(&reader, &answer->list, SBX_REPLY_TREE);
        get_listed(&reader, &answer->list, number);
        break;
    case SBX_REPLY_STATFS:
        get_statfs(&reader, &answer->statfs);
        break;
    case SBX_REPLY_CREATED:
        number = sbx_buf_get(&reader, 1);
        answer->created = number == 1;
        reader.failed = reader.failed || number > 1;
        break;
    case SBX_REPLY_SUPERVISED:
        return sbx_supervised_decode(payload, &answer->supervised);
    }
    return reader.failed || sbx_buf_left(&reader) > 0 ? SBX_EPROTO : SBX_OK;
}
