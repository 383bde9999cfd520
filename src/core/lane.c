/* lane.c: what can be answered at once is; the rest goes to the companion, and by HTTP where there is none.
 *
 * Thread: as lane.h says; the steps on the pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/lane.h"

#include "core/companion_fs.h"
#include "core/fs.h"
#include "core/http_fs.h"

static enum sbx_step refuse_change(struct sbx_op *op)
{
    return sbx_op_fail(op, SBX_EROFS, NULL);
}

/* Where the search for a companion failed nobody knows whether there is one. */
static enum sbx_step refuse_unknown(struct sbx_op *op)
{
    if (op->ask.status != SBX_OK) {
        return sbx_op_fail(op, op->ask.status, op->ask.words);
    }
    return sbx_op_fail(op, SBX_ENOSYS, "the sandbox's HTTP interface has no such operation");
}

void sbx_lane_submit(struct sbx_op *op, struct sbx_engine *engine)
{
    static const sbx_step_function read_only[] = {refuse_change, NULL};
    static const sbx_step_function unknown[] = {refuse_unknown, NULL};
    const sbx_step_function *steps = op->steps == NULL ? sbx_companion_fs_steps(op->row->code) : op->steps;
    if (op->otherwise == NULL) {
        op->otherwise = sbx_http_fs_steps(op->row->code);
        op->otherwise = op->otherwise == NULL ? unknown : op->otherwise;
    }
    if ((op->row->kind & SBX_CHANGE) != 0 && sbx_fs_is_read_only(op->fs)) {
        steps = read_only;
    }
    sbx_op_submit(op, engine, steps);
}
