/* memory.h: how much memory the sandbox has left.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_MEMORY_H
#define COMPANION_MEMORY_H

#include <stdint.h>

/* Bytes that are free, of the machine or of the control group that the sandbox is in, whichever is less; at least one, for
 * 0 is that it cannot be told. What the cache of files holds of the machine is not counted. `root`: "", or where "/sys" is
 * below. */
uint64_t memory_free(const char *root);

#endif
