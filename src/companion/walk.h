/* walk.h: a directory with what stands closely around it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_WALK_H
#define COMPANION_WALK_H

#include <dirent.h>

#include "companion/server.h"

/* Lists `directory`, which is at its beginning, with attributes, and as much of its directories below as
 * SBX_AROUND_BYTES have room for: for a reply of names, of which it makes a tree. Another file system that is mounted
 * below is not looked into: it may be /proc, or far away. false: there is no room for all of it. */
bool walk_around(struct server *server, DIR *directory, struct sbx_list *list);

#endif
