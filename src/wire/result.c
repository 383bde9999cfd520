/* result.c: results to bytes and back, by the shape of the row's reply.
 *
 * A content or a text is its length (u32) and its bytes; a list is the next offset (u64), the count of its
 * entries (u32), and for each its name (u16 and bytes) and attributes.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/result.h"

#include "wire/limits.h"

#define LIST_HEADER ((size_t)12) /* bytes of the next offset and the count */

static void put_stat(struct sbx_writer *writer, const struct sbx_stat *stat)
{
    sbx_buf_put(writer, stat->ino, 8);
    sbx_buf_put(writer, stat->size, 8);
    sbx_buf_put(writer, stat->blocks, 8);
    sbx_buf_put(writer, stat->dev, 8);
    sbx_buf_put(writer, stat->rdev, 8);
    sbx_buf_put(writer, (uint64_t)stat->atime_ns, 8);
    sbx_buf_put(writer, (uint64_t)stat->mtime_ns, 8);
    sbx_buf_put(writer, (uint64_t)stat->ctime_ns, 8);
    sbx_buf_put(writer, (uint64_t)stat->birthtime_ns, 8);
    sbx_buf_put(writer, stat->mode, 4);
    sbx_buf_put(writer, stat->nlink, 4);
    sbx_buf_put(writer, stat->uid, 4);
    sbx_buf_put(writer, stat->gid, 4);
}

static void get_stat(struct sbx_reader *reader, struct sbx_stat *stat)
{
    stat->ino = sbx_buf_get(reader, 8);
    stat->size = sbx_buf_get(reader, 8);
    stat->blocks = sbx_buf_get(reader, 8);
    stat->dev = sbx_buf_get(reader, 8);
    stat->rdev = sbx_buf_get(reader, 8);
    stat->atime_ns = (int64_t)sbx_buf_get(reader, 8);
    stat->mtime_ns = (int64_t)sbx_buf_get(reader, 8);
    stat->ctime_ns = (int64_t)sbx_buf_get(reader, 8);
    stat->birthtime_ns = (int64_t)sbx_buf_get(reader, 8);
    stat->mode = (uint32_t)sbx_buf_get(reader, 4);
    stat->nlink = (uint32_t)sbx_buf_get(reader, 4);
    stat->uid = (uint32_t)sbx_buf_get(reader, 4);
    stat->gid = (uint32_t)sbx_buf_get(reader, 4);
}

static void put_list(struct sbx_writer *writer, const struct sbx_list *list)
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
        put_stat(writer, &entry->stat);
    }
}

size_t sbx_result_least(enum sbx_reply shape)
{
    switch (shape) {
    case SBX_REPLY_NOTHING:
        return 0;
    case SBX_REPLY_STAT:
        return SBX_STAT_WIRE;
    case SBX_REPLY_BYTES:
        return 4;
    case SBX_REPLY_TEXT:
        return 4 + SBX_PATH_MAX;
    case SBX_REPLY_LIST:
        return LIST_HEADER + SBX_ENTRY_WIRE;
    case SBX_REPLY_CREATED:
        return 1;
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
        put_stat(writer, &result->stat);
        break;
    case SBX_REPLY_BYTES:
    case SBX_REPLY_TEXT:
        sbx_buf_put(writer, result->bytes.length, 4);
        sbx_buf_put_bytes(writer, (struct sbx_span){result->bytes.data, result->bytes.length});
        break;
    case SBX_REPLY_LIST:
        put_list(writer, &result->list);
        break;
    case SBX_REPLY_CREATED:
        sbx_buf_put(writer, result->created, 1);
        break;
    }
    return writer->failed ? SBX_ENOBUFS : SBX_OK;
}

static bool is_name(struct sbx_span name)
{
    for (size_t i = 0; i < name.length; i++) {
        if (name.data[i] == '/' || name.data[i] == '\0') {
            return false;
        }
    }
    return name.length > 0 && !sbx_span_equal(name, SBX_SPAN(".")) && !sbx_span_equal(name, SBX_SPAN(".."));
}

bool sbx_result_next_entry(struct sbx_listing *list, struct sbx_entry *entry)
{
    while (sbx_buf_left(&list->reader) > 0) {
        size_t length = (size_t)sbx_buf_get(&list->reader, 2);
        entry->name = sbx_buf_get_bytes(&list->reader, length);
        get_stat(&list->reader, &entry->stat);
        if (!list->reader.failed && is_name(entry->name)) {
            return true;
        }
    }
    return false;
}

/* Every entry is cut once here, so that reading them later cannot fail. */
static void get_list(struct sbx_reader *reader, struct sbx_listing *list)
{
    *list = (struct sbx_listing){.next = sbx_buf_get(reader, 8)};
    uint64_t count = sbx_buf_get(reader, 4);
    list->reader = *reader;
    for (; count > 0 && !reader->failed; count--) {
        struct sbx_stat ignored;
        size_t length = (size_t)sbx_buf_get(reader, 2);
        struct sbx_span name = sbx_buf_get_bytes(reader, length);
        get_stat(reader, &ignored);
        if (!reader->failed && is_name(name)) {
            list->count++;
            list->name_bytes += name.length;
        }
    }
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
        get_stat(&reader, &answer->stat);
        break;
    case SBX_REPLY_BYTES:
    case SBX_REPLY_TEXT:
        number = sbx_buf_get(&reader, 4);
        answer->bytes = sbx_buf_get_bytes(&reader, (size_t)number);
        break;
    case SBX_REPLY_LIST:
        get_list(&reader, &answer->list);
        break;
    case SBX_REPLY_CREATED:
        number = sbx_buf_get(&reader, 1);
        answer->created = number == 1;
        reader.failed = reader.failed || number > 1;
        break;
    }
    return reader.failed || sbx_buf_left(&reader) > 0 ? SBX_EPROTO : SBX_OK;
}
