/* read_parts.h: a content that is too long for the sandbox's memory, as a row of parts side by side: each is cut out of the
 * file in the sandbox, read into its place, and goes when the next one of its row is cut.
 *
 *     extract ──▶ get ──▶ extract (the part before goes) ──▶ get ──▶ … ──▶ the last part goes
 *
 * Where the sandbox has no place for that, as pieces that a reply holds.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_READ_PARTS_H
#define SBX_NAPI_READ_PARTS_H

#include "napi/job.h"

struct sbx_read_parts;

/* What has become of them. */
enum sbx_parts_end {
    SBX_PARTS_GO_ON,
    SBX_PARTS_WHOLE,   /* all of it is in the room */
    SBX_PARTS_CHANGED, /* the file is another one, or shorter, by now */
    SBX_PARTS_REFUSED, /* there is no place for them in the sandbox */
    SBX_PARTS_FAILED,  /* as the last op says */
};

enum sbx_parts_way { SBX_PARTS_CUT, SBX_PARTS_PIECES };

/* Reads the `length` bytes of the file of `op` into `room`, borrowed until the job is over. NULL: no memory. */
struct sbx_read_parts *sbx_read_parts_create(const struct sbx_op *op, char *room, uint64_t length,
                                             enum sbx_parts_way way);
void sbx_read_parts_destroy(struct sbx_read_parts *parts);

/* Starts the first ops of the job. SBX_OK, or none could be. */
enum sbx_status sbx_read_parts_begin(struct sbx_read_parts *parts, struct sbx_job *job) SBX_CHECKED;

/* Takes one that is over, and destroys it, but for the last (`last`), which is the caller's; but while they go on there is
 * none. */
enum sbx_parts_end sbx_read_parts_next(struct sbx_read_parts *parts, struct sbx_job *job, struct sbx_op *op,
                                       struct sbx_op **last);

uint64_t sbx_read_parts_length(const struct sbx_read_parts *parts);

#endif
