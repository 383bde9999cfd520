/* args.h: the named slots that carry an operation's arguments. Which of them an operation uses stands in
 * its row (ops.h); the others are zero. Encoding and decoding go by the row too.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_WIRE_ARGS_H
#define SBX_WIRE_ARGS_H

#include <stdint.h>

#include "wire/buf.h"
#include "wire/ops.h"
#include "wire/span.h"
#include "wire/status.h"

struct sbx_args {
    struct sbx_span path;     /* borrowed; absolute in the file system's own view */
    struct sbx_span new_path; /* borrowed; likewise */
    struct sbx_span target;   /* borrowed; of a symlink, verbatim; a directory of parts; a record's name */
    struct sbx_span data;     /* borrowed */
    uint64_t offset;          /* bytes */
    uint64_t length;          /* bytes; of wait ms */
    uint64_t hash;            /* of a content of `length` bytes: sbx_hash_of */
    int64_t atime_ns;
    int64_t mtime_ns;
    uint32_t mode;  /* of a file; of end SBX_END_ */
    uint32_t flags; /* Linux's O_ flags; of rm SBX_RM_, of wait SBX_WAIT_ */
    uint32_t uid;
    uint32_t gid;
};

/* Puts what the row names. SBX_ENAMETOOLONG, SBX_EINVAL (a NUL in a path), SBX_ENOBUFS (it does not fit);
 * what was put until then stays (sbx_frame_end takes it back). */
enum sbx_status sbx_args_encode(const struct sbx_op_row *row, const struct sbx_args *args,
                                struct sbx_writer *writer) SBX_CHECKED;

/* Reads what the row names; spans are borrowed from `payload`, and a NUL stands behind each path.
 * SBX_EPROTO: these are not the row's arguments, or more than them. SBX_ENAMETOOLONG: a path is. */
enum sbx_status sbx_args_decode(const struct sbx_op_row *row, struct sbx_span payload,
                                struct sbx_args *args) SBX_CHECKED;

#endif
