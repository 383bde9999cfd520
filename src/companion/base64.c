/* base64.c: three bytes, four characters.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/base64.h"

#include "wire/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum sbx_status base64_decode(struct sbx_writer *bytes, struct sbx_span text)
{
    if (text.length % 4 != 0) {
        return SBX_EPROTO;
    }
    for (size_t i = 0; i < text.length; i += 4) {
        char out[3];
        size_t length = sbx_base64_quad(text.data + i, i + 4 == text.length, out);
        if (length == 0) {
            return SBX_EPROTO;
        }
        sbx_buf_put_bytes(bytes, (struct sbx_span){out, length});
    }
    return bytes->failed ? SBX_EFBIG : SBX_OK;
}

void base64_encode(char *text, struct sbx_span bytes)
{
    for (size_t i = 0; i < bytes.length; i += 3) {
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++) {
            bits = bits << 8 | (i + k < bytes.length ? (unsigned char)bytes.data[i + k] : 0U);
        }
        for (size_t k = 0; k < 4; k++) {
            *text++ = i + k > bytes.length ? '=' : digits[bits >> (18 - 6 * k) & 63];
        }
    }
}
