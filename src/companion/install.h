/* install.h: the program's own place in the sandbox.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_INSTALL_H
#define COMPANION_INSTALL_H

#include "wire/wire.h"

/* Where this program is; it takes its name there first, where an upload gave it another. Empty: it cannot be told.
 * Static. */
struct sbx_span install_path(void);

#endif
