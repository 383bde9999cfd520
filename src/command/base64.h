/* base64.h: reading base64 (RFC 4648).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_BASE64_H
#define COMMAND_BASE64_H

#include "buffer.h"

/* Appends the bytes that `text` stands for; what is not of the alphabet (quotes, padding) is passed over. */
void base64_put_decoded(struct buffer *out, struct span text);

#endif
