/* args.h: the named slots that carry an operation's arguments. Which of them an operation uses stands in
 * its row (ops.h); the others are zero.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_WIRE_ARGS_H
#define SBX_WIRE_ARGS_H

#include <stdint.h>

#include "wire/span.h"

struct sbx_args {
    struct sbx_span path;     /* borrowed; absolute in the file system's own view */
    struct sbx_span new_path; /* borrowed; likewise */
    struct sbx_span target;   /* borrowed; of a symlink, verbatim */
    struct sbx_span data;     /* borrowed */
    uint64_t offset;          /* bytes */
    uint64_t length;          /* bytes */
    int64_t atime_ns;
    int64_t mtime_ns;
    uint32_t mode;
    uint32_t flags; /* Linux's O_ flags */
    uint32_t uid;
    uint32_t gid;
};

#endif
