/* base64.h: four characters of base64 (RFC 4648, with padding) as three bytes: what both ends read the same way.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_WIRE_BASE64_H
#define SBX_WIRE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* The bytes of four characters, the last two of which may be padding where `last`: 1 to 3; 0 where they are
 * none. */
size_t sbx_base64_quad(const char *quad, bool last, char out[3]);

#endif
