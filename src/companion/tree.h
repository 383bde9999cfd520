/* tree.h: the processes that descend from this one. Those whose parent has ended count too: this process is their
 * subreaper, and has become their parent.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_TREE_H
#define COMPANION_TREE_H

#include <stddef.h>

/* Sends the signal to each of them; how many there are. Those that are made meanwhile may be missed. */
size_t tree_signal(int signal);

#endif
