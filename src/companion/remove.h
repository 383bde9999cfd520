/* remove.h: removing what a name stands for, with all that is below it, and nothing else: no link is followed,
 * whatever is swapped for one meanwhile, and no mount point is crossed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_REMOVE_H
#define COMPANION_REMOVE_H

#include "companion/server.h"

/* Removes the entry `name` of the directory `parent`. A directory whose own removal is not allowed keeps what is
 * below it. It goes on after what cannot be removed and gives the first
 * error; what vanishes meanwhile is none. SBX_EBUSY: a mount point, or a directory that was moved away while its
 * entries were removed. SBX_ENAMETOOLONG: too deep for the server's space. */
enum sbx_status remove_tree(struct server *server, int parent, const char *name) SBX_CHECKED;

#endif
