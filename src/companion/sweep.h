/* sweep.h: what was left in the private directory goes when it is old.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_SWEEP_H
#define COMPANION_SWEEP_H

#include "companion/server.h"

/* Removes programs that were not used for a week, and uploads that did not run for an hour; not `own`, the name of
 * this program. `now`: s since 1970. */
void sweep_programs(const char *directory, const char *own, int64_t now);

/* Removes directories of parts to which none was added for an hour, and records that were not written for a day and
 * whose supervisor is gone. `fd`: borrowed; the private directory. */
void sweep_parts(struct server *server, int fd, int64_t now);

#endif
