/* result.h: what an operation comes back with. `status` first; where it is SBX_OK, the member that the
 * row's reply names holds the answer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_WIRE_RESULT_H
#define SBX_WIRE_RESULT_H

#include <stdint.h>

#include "wire/span.h"
#include "wire/status.h"

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

/* One entry of a directory, its attributes those of lstat. */
struct sbx_entry {
    struct sbx_span name; /* borrowed from the list */
    struct sbx_stat stat;
};

struct sbx_list {
    struct sbx_entry *entries; /* owned by whoever owns the result */
    size_t count;
    char *names; /* owned; the bytes of all names */
};

struct sbx_buffer {
    char *data;    /* owned by whoever owns the result; malloc'ed */
    size_t length; /* bytes */
};

struct sbx_result {
    enum sbx_status status;
    union {
        struct sbx_stat stat;
        struct sbx_buffer bytes;
        struct sbx_list list;
        bool created;
    };
};

#endif
