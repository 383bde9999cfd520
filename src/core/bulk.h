/* bulk.h: contents that are too large for frames, as ops that whoever has the bytes makes one after the other.
 *
 *     stage ──▶ part, part, … side by side ──▶ commit       a write: the file is touched by the last of them alone
 *                 └── one fails ──▶ unstage └──▶ place        a pwrite: likewise
 *
 *     read (says how long it is) ──▶ read into room         a read: the room is made in between
 *                  └── very long ──▶ extract ──▶ get ──▶ extract ──▶ … several such rows side by side
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_BULK_H
#define SBX_CORE_BULK_H

#include "core/companion/distance.h"
#include "core/op.h"

/* Bytes of the largest part: a request's body. */
#define SBX_BULK_PART SBX_BODY_MAX

/* How a content is cut. */
struct sbx_bulk_cut {
    size_t size;    /* bytes of each part but the last */
    size_t at_once; /* as many are under way */
};

/* What the ops of one content have in common; all of it is copied or counted by each. */
struct sbx_bulk {
    const struct sbx_fs *fs;
    struct sbx_endpoint *endpoint;
    struct sbx_span path;  /* of the file, in the view */
    struct sbx_span stage; /* of the parts, in the sandbox; empty before it is known */
    int timeout_ms;        /* of each op; 0: the file system's */
};

/* Its result is the path of a new directory for the parts of `length` bytes; or why the file could not be written.
 * `in_place`: a place follows, not a commit. SBX_ENOSYS: there is no companion, or it has no place of its own. */
enum sbx_status sbx_bulk_stage(struct sbx_op **op, const struct sbx_bulk *bulk, uint64_t length,
                               bool in_place) SBX_CHECKED;

/* How a content is best cut: near by into small parts of which many are under way, for the server takes those twice as
 * fast, and at worst nothing else waits much longer behind them. */
struct sbx_bulk_cut sbx_bulk_cut(enum sbx_distance distance);

/* A range of the file that a reply holds: by frames, without a part. */
enum sbx_status sbx_bulk_piece(struct sbx_op **op, const struct sbx_bulk *bulk, uint64_t offset,
                               uint64_t length) SBX_CHECKED;

/* Part `number` from 0 on. */
enum sbx_status sbx_bulk_part(struct sbx_op **op, const struct sbx_bulk *bulk, uint64_t number,
                              struct sbx_span data) SBX_CHECKED;

/* The file gets the content of all parts, `length` bytes; they go. */
enum sbx_status sbx_bulk_commit(struct sbx_op **op, const struct sbx_bulk *bulk, uint64_t length) SBX_CHECKED;

/* The parts, `length` bytes, are written into the file, which is there, from `offset` on; they go. */
enum sbx_status sbx_bulk_place(struct sbx_op **op, const struct sbx_bulk *bulk, uint64_t offset,
                               uint64_t length) SBX_CHECKED;

/* The parts go. */
enum sbx_status sbx_bulk_unstage(struct sbx_op **op, const struct sbx_bulk *bulk) SBX_CHECKED;

/* Ends `op` as what goes whole is refused where it has more than a part: without a companion there are none. */
void sbx_bulk_refuse(struct sbx_op *op);

/* Reads the file into `length` bytes at `room`, borrowed until the op is destroyed. SBX_EFBIG: it is longer than that by
 * now. */
enum sbx_status sbx_bulk_read(struct sbx_op **op, const struct sbx_bulk *bulk, char *room,
                              size_t length) SBX_CHECKED;

/* A range of the file becomes a part, in a directory that is the result, with the file's size and which one it is; the part
 * that `bulk->stage` is goes first, if it is any. Of no bytes there is no part. SBX_ENOSYS: as for sbx_bulk_stage. */
enum sbx_status sbx_bulk_extract(struct sbx_op **op, const struct sbx_bulk *bulk, uint64_t offset,
                                 uint64_t length) SBX_CHECKED;

/* Reads that part, which begins at `offset` of the file, into `length` bytes at `room`, borrowed until the op is
 * destroyed. */
enum sbx_status sbx_bulk_get(struct sbx_op **op, const struct sbx_bulk *bulk, uint64_t offset, char *room,
                             size_t length) SBX_CHECKED;

#endif
