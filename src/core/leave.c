/* leave.c: what a file system that is closed still does: it ends its companion that stays, and waits until that is over.
 *
 * Thread: pool, but for sbx_fs_leave.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion/companion_lane.h"
#include "core/companion/resident.h"
#include "core/fs.h"
#include "core/op.h"

#define LOOK_MS 3 /* between two looks; each of its requests has a deadline */

static struct sbx_resident *resident_of(const struct sbx_fs *fs)
{
    return sbx_companion_lane_resident(sbx_fs_lane(fs, false));
}

static enum sbx_step begin(struct sbx_op *op)
{
    sbx_resident_leave(resident_of(op->fs));
    return SBX_STEP_NEXT;
}

static enum sbx_step await(struct sbx_op *op)
{
    if (!sbx_resident_stays(resident_of(op->fs))) {
        return sbx_op_succeed(op);
    }
    op->step--;
    return sbx_op_pause(op, LOOK_MS);
}

struct sbx_op *sbx_fs_leave(const struct sbx_fs *fs)
{
    static const sbx_step_function steps[] = {begin, await, NULL};
    struct sbx_op *op = NULL;
    const struct sbx_args none = {0};
    if (!sbx_resident_stays(resident_of(fs)) || sbx_op_create(&op, NULL, &none) != SBX_OK) {
        return NULL;
    }
    op->fs = fs;
    op->steps = steps;
    op->timeout_ms = 1; /* no request of its own */
    op->patience.insists = true;
    return op;
}
