/* base64.h: what the server encodes as base64 (RFC 4648, with padding), back as bytes.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_BASE64_H
#define SBX_CORE_BASE64_H

#include "core/bytes.h"

/* Appends the bytes of `text`. SBX_EPROTO: it is no base64. */
enum sbx_status sbx_base64_decode(struct sbx_bytes *bytes, struct sbx_span text) SBX_CHECKED;

#endif
