/* base64.h: what the server encodes as base64 (RFC 4648, with padding), back as bytes; and bytes as JSON.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_BASE64_H
#define SBX_CORE_BASE64_H

#include <jansson.h>

#include "core/bytes.h"

/* Appends the bytes of `text`. SBX_EPROTO: it is no base64. */
enum sbx_status sbx_base64_decode(struct sbx_bytes *bytes, struct sbx_span text) SBX_CHECKED;

/* `bytes` as base64, a JSON string. The caller's; NULL: no memory. */
json_t *sbx_base64_json(struct sbx_span bytes);

#endif
