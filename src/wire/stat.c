/* stat.c: attributes to bytes and back.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/stat.h"

/* A time as what it is later than another, or earlier: those of one file are mostly near each other. */
static void put_later(struct sbx_writer *writer, int64_t time_ns, int64_t than_ns)
{
    uint64_t later = (uint64_t)time_ns - (uint64_t)than_ns;
    bool earlier = later >> 63 != 0;
    sbx_buf_put_varint(writer, earlier ? ~later << 1 | 1 : later << 1);
}

static int64_t get_later(struct sbx_reader *reader, int64_t than_ns)
{
    uint64_t number = sbx_buf_get_varint(reader, UINT64_MAX);
    uint64_t later = (number & 1) != 0 ? ~(number >> 1) : number >> 1;
    return (int64_t)((uint64_t)than_ns + later);
}

void sbx_stat_put(struct sbx_writer *writer, const struct sbx_stat *stat)
{
    sbx_buf_put_varint(writer, stat->ino);
    sbx_buf_put_varint(writer, stat->size);
    sbx_buf_put_varint(writer, stat->blocks);
    sbx_buf_put_varint(writer, stat->dev);
    sbx_buf_put_varint(writer, stat->rdev);
    put_later(writer, stat->atime_ns, 0);
    put_later(writer, stat->mtime_ns, stat->atime_ns);
    put_later(writer, stat->ctime_ns, stat->mtime_ns);
    put_later(writer, stat->birthtime_ns, stat->ctime_ns);
    sbx_buf_put_varint(writer, stat->mode);
    sbx_buf_put_varint(writer, stat->nlink);
    sbx_buf_put_varint(writer, stat->uid);
    sbx_buf_put_varint(writer, stat->gid);
}

void sbx_stat_get(struct sbx_reader *reader, struct sbx_stat *stat)
{
    stat->ino = sbx_buf_get_varint(reader, UINT64_MAX);
    stat->size = sbx_buf_get_varint(reader, UINT64_MAX);
    stat->blocks = sbx_buf_get_varint(reader, UINT64_MAX);
    stat->dev = sbx_buf_get_varint(reader, UINT64_MAX);
    stat->rdev = sbx_buf_get_varint(reader, UINT64_MAX);
    stat->atime_ns = get_later(reader, 0);
    stat->mtime_ns = get_later(reader, stat->atime_ns);
    stat->ctime_ns = get_later(reader, stat->mtime_ns);
    stat->birthtime_ns = get_later(reader, stat->ctime_ns);
    stat->mode = (uint32_t)sbx_buf_get_varint(reader, UINT32_MAX);
    stat->nlink = (uint32_t)sbx_buf_get_varint(reader, UINT32_MAX);
    stat->uid = (uint32_t)sbx_buf_get_varint(reader, UINT32_MAX);
    stat->gid = (uint32_t)sbx_buf_get_varint(reader, UINT32_MAX);
}

size_t sbx_stat_wire(const struct sbx_stat *stat)
{
    char bytes[SBX_STAT_WIRE_MAX];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    sbx_stat_put(&writer, stat);
    return writer.length;
}
