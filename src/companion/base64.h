/* base64.h: bytes as base64 (RFC 4648, with padding) and back: arguments, variables and a program's output
 * hold no NUL, and the server takes them for text.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_BASE64_H
#define COMPANION_BASE64_H

#include "wire/wire.h"

/* Appends the bytes of `text`. SBX_EPROTO: it is no base64. SBX_EFBIG: they do not fit. */
enum sbx_status base64_decode(struct sbx_writer *bytes, struct sbx_span text) SBX_CHECKED;

/* Characters that `length` bytes become. */
#define BASE64_LENGTH(length) (((length) + 2) / 3 * 4)

/* Writes BASE64_LENGTH(bytes.length) characters, without a NUL. */
void base64_encode(char *text, struct sbx_span bytes);

#endif
