/* companion_fs.h: what each operation on files asks the companion.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_COMPANION_FS_H
#define SBX_CORE_COMPANION_FS_H

#include "core/op.h"

/* The steps of `code`. Static. */
const sbx_step_function *sbx_companion_fs_steps(enum sbx_op_code code);

#endif
