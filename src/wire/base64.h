/* base64.h: base64 (RFC 4648, with padding) as both ends read and write it: arguments, variables and a program's
 * output hold no NUL, and the server takes them for text.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_WIRE_BASE64_H
#define SBX_WIRE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/span.h"

/* The bytes of four characters, the last two of which may be padding where `last`: 1 to 3; 0 where they are
 * none. */
size_t sbx_base64_quad(const char *quad, bool last, char out[3]);

/* Characters that `length` bytes become. */
#define SBX_BASE64_LENGTH(length) (((length) + 2) / 3 * 4)

/* Writes SBX_BASE64_LENGTH(bytes.length) characters, without a NUL. */
void sbx_base64_encode(char *text, struct sbx_span bytes);

#endif
