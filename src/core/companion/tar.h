/* tar.h: the one archive that is sent to a sandbox: a private directory with one program in it.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_COMPANION_TAR_H
#define SBX_CORE_COMPANION_TAR_H

#include "core/bytes.h"

/* Appends an archive of `directory` (mode 0700) and in it `name` (mode 0700) with `content`. SBX_ENAMETOOLONG. */
enum sbx_status sbx_tar_append(struct sbx_bytes *tar, struct sbx_span directory, struct sbx_span name,
                               struct sbx_span content) SBX_CHECKED;

#endif
