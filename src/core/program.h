/* program.h: the companion's program for each machine that it is built for, as bytes: scripts/build-companion
 * writes them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_PROGRAM_H
#define SBX_CORE_PROGRAM_H

#include <stddef.h>

struct sbx_program {
    const char *machine; /* as uname -m says it */
    const char *hash;    /* the first 16 hex digits of its SHA-256 */
    const unsigned char *data;
    size_t length; /* bytes */
};

/* Ended by a machine of NULL. */
extern const struct sbx_program sbx_programs[];

#endif
