/* lane.h: which way an operation on files takes to the sandbox.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_LANE_H
#define SBX_CORE_LANE_H

#include "core/op.h"

/* Sends it on its way: EROFS, EFBIG and ENOSYS are answered without a request. Thread: main. */
void sbx_lane_submit(struct sbx_op *op, struct sbx_engine *engine);

#endif
