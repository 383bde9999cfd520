/* fs.h: a file system of the sandbox: a view of one of its directories.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_FS_H
#define SBX_CORE_FS_H

#include "core/companion/companion_lane.h"
#include "core/op.h"

struct sbx_fs_options {
    struct sbx_span base_path; /* absolute; the directory that is seen as "/" */
    int timeout_ms;            /* of each operation; of a content: without progress */
    bool read_only;            /* every change answers EROFS */
    struct sbx_companion_options companion;
    uint64_t max_full_read; /* bytes; a content read whole that is longer answers EFBIG */
};

/* Copies the options. SBX_EINVAL: base_path is not absolute or no path at all. */
enum sbx_status sbx_fs_create(struct sbx_fs **fs, const struct sbx_fs_options *options) SBX_CHECKED;

/* After the last of its ops has been destroyed. */
void sbx_fs_destroy(struct sbx_fs *fs);

/* An op of this file system: anchors the paths of `args` and copies all of it. Thread: main. */
enum sbx_status sbx_fs_op_create(struct sbx_op **op, const struct sbx_fs *fs, const struct sbx_op_row *row,
                                 struct sbx_endpoint *endpoint, const struct sbx_args *args) SBX_CHECKED;

/* For the lanes. */

/* Appends where `path` of this view is in the sandbox. Thread: any. */
void sbx_fs_append_path(const struct sbx_fs *fs, struct sbx_bytes *bytes, struct sbx_span path);

bool sbx_fs_is_read_only(const struct sbx_fs *fs);

/* The lane of ops on this file system: one for those that are waited for on the main thread, one for the rest. */
struct sbx_companion_lane *sbx_fs_lane(const struct sbx_fs *fs, bool synchronous);

/* What is known of its companion, and why: into `reason`. Thread: any. */
enum sbx_companion_state sbx_fs_report(const struct sbx_fs *fs, char *reason, size_t size);

/* How far away the sandbox is. Thread: any. */
enum sbx_distance sbx_fs_distance(const struct sbx_fs *fs);

/* How many contents the sandbox is asked for, or sent, at once: each keeps a thread of its server busy, and one is left for
 * all else. Thread: any. */
size_t sbx_fs_contents_at_once(const struct sbx_fs *fs);

/* Bytes of the longest content that is asked for whole: the server has all of it in memory before it answers. What is
 * longer comes in parts, where there is a companion. Thread: any. */
uint64_t sbx_fs_longest_whole(const struct sbx_fs *fs);

/* What carries its frames to the companion now. Static. Thread: any. */
const char *sbx_fs_carrier(const struct sbx_fs *fs);

/* The regular file at `path` of the sandbox was seen to have `size` bytes; 0: none that its attributes tell, or it is
 * another kind of file. Thread: any. */
void sbx_fs_note_size(const struct sbx_fs *fs, struct sbx_span path, uint64_t size);

/* Whether its content is sooner here by the server's own endpoint: it was small when it was last seen, and the sandbox is
 * near by, where a request costs little (small_files.h). Thread: any. */
bool sbx_fs_is_quick_to_get(const struct sbx_fs *fs, struct sbx_span path);

/* An op that ends the companion that stays, where there is one, when nothing else asks any more; NULL: there is none, or no
 * memory, and then it leaves by itself. Thread: main. */
struct sbx_op *sbx_fs_leave(const struct sbx_fs *fs);

/* The path in this view of `path` in the sandbox; false: it is outside. Borrowed from `path`. Thread: any. */
bool sbx_fs_view_of(const struct sbx_fs *fs, struct sbx_span path, struct sbx_span *view);

/* Adds to an op that the sandbox refused with SBX_EACCES what helps where "/" belongs to someone else: a view of a
 * directory that its user owns. Thread: pool. */
void sbx_fs_advise(struct sbx_op *op);

/* Whether "/" of this view is "/" of the sandbox. Thread: any. */
bool sbx_fs_is_whole(const struct sbx_fs *fs);

uint64_t sbx_fs_max_full_read(const struct sbx_fs *fs);

/* A write of `path` has met its deadline: it may hang in a FIFO. Thread: any. */
void sbx_fs_note_stuck_write(const struct sbx_fs *fs, struct sbx_span path);

/* Whether that happened to `path` within the last minute. Thread: any. */
bool sbx_fs_is_stuck(const struct sbx_fs *fs, struct sbx_span path);

#endif
