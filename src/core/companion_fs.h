/* companion_fs.h: what each operation on files asks the companion.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_COMPANION_FS_H
#define SBX_CORE_COMPANION_FS_H

#include "core/op.h"

/* The steps of `code`. Static. */
const sbx_step_function *sbx_companion_fs_steps(enum sbx_op_code code);

/* For its steps: SBX_STEP_END where the last question failed. Thread: pool. */
enum sbx_step sbx_companion_need_answer(struct sbx_op *op);

#endif
