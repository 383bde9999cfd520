/* stat.h: the attributes of a file, and their bytes: each a number of a width of its own (buf.h), in the order below,
 * each time as what it is later than the one before it. So they are some 40 bytes, of the 88 that they have in memory.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_WIRE_STAT_H
#define SBX_WIRE_STAT_H

#include <stdint.h>

#include "wire/buf.h"

/* The bits of st_mode that tell the type, as Linux numbers them. */
#define SBX_S_IFMT 0170000U
#define SBX_S_IFDIR 0040000U
#define SBX_S_IFREG 0100000U
#define SBX_S_IFLNK 0120000U

struct sbx_stat {
    uint64_t ino;
    uint64_t size;   /* bytes */
    uint64_t blocks; /* of 512 bytes */
    uint64_t dev;
    uint64_t rdev;
    int64_t atime_ns;
    int64_t mtime_ns;
    int64_t ctime_ns;
    int64_t birthtime_ns;
    uint32_t mode; /* type and permission bits */
    uint32_t nlink;
    uint32_t uid;
    uint32_t gid;
};

/* Whether it is of that type, one of the above. */
static inline bool sbx_stat_is(const struct sbx_stat *stat, uint32_t type)
{
    return (stat->mode & SBX_S_IFMT) == type;
}

/* Bytes of the longest. */
#define SBX_STAT_WIRE_MAX (9 * SBX_VARINT_MAX + 4 * (size_t)5)

void sbx_stat_put(struct sbx_writer *writer, const struct sbx_stat *stat);

/* Fails the reader where it has none. */
void sbx_stat_get(struct sbx_reader *reader, struct sbx_stat *stat);

/* Bytes that it has. */
size_t sbx_stat_wire(const struct sbx_stat *stat);

#endif
