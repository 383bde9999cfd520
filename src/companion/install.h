/* install.h: the program's own place in the sandbox.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_INSTALL_H
#define COMPANION_INSTALL_H

#include "wire/wire.h"

/* Where this program is, in `path` (of `size` > SBX_PATH_MAX bytes); it takes its name there first, where an
 * upload gave it another. Empty: it cannot be told. */
struct sbx_span install_path(char *path, size_t size);

#endif
