/* companion_fs.h: what each operation on files asks the companion.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_COMPANION_FS_H
#define SBX_CORE_COMPANION_FS_H

#include "core/op.h"

/* The steps of `code`. Static. */
const sbx_step_function *sbx_companion_fs_steps(enum sbx_op_code code);

/* For steps that ask the companion. Thread: pool. */

/* Writes where the op's paths are in the sandbox, and gives args that say so. */
enum sbx_status sbx_companion_place(struct sbx_op *op, struct sbx_args *args) SBX_CHECKED;

/* Asks with `args`, on SBX_OK only: `status` is how placing them went. */
enum sbx_step sbx_companion_ask(struct sbx_op *op, enum sbx_status status, const struct sbx_args *args);

/* SBX_STEP_END where the last question failed. */
enum sbx_step sbx_companion_need_answer(struct sbx_op *op);

#endif
