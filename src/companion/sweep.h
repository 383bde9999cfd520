/* sweep.h: what was left in the private directory goes when it is old.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_SWEEP_H
#define COMPANION_SWEEP_H

#include "companion/server.h"

/* Removes programs that were not used for a week, uploads that did not run for an hour, and directories of parts to
 * which none was added for an hour; not `own`, the name of this program. `fd`: borrowed; the private directory. `now`: s
 * since 1970. */
void sweep_all(struct server *server, int fd, const char *own, int64_t now);

/* The same with parts, and with records that were not written for a day and whose supervisor is gone, alone. */
void sweep_parts(struct server *server, int fd, int64_t now);

#endif
