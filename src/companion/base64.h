/* base64.h: what arguments and variables hold, back as bytes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_BASE64_H
#define COMPANION_BASE64_H

#include "wire/wire.h"

/* Appends the bytes of `text`. SBX_EPROTO: it is no base64. SBX_EFBIG: they do not fit. */
enum sbx_status base64_decode(struct sbx_writer *bytes, struct sbx_span text) SBX_CHECKED;

#endif
