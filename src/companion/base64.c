/* base64.c: three bytes, four characters.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/base64.h"

#define NO_DIGIT 64U

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static uint32_t digit(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return (uint32_t)(c - 'A');
    }
    if (c >= 'a' && c <= 'z') {
        return (uint32_t)(c - 'a') + 26;
    }
    if (c >= '0' && c <= '9') {
        return (uint32_t)(c - '0') + 52;
    }
    if (c == '+') {
        return 62;
    }
    return c == '/' ? 63 : NO_DIGIT;
}

/* Four characters, the last two of which may be padding where `last`; 0 where they are none. */
static size_t decode_quad(const char *quad, bool last, char out[3])
{
    size_t padding = 0;
    if (last && quad[3] == '=') {
        padding = quad[2] == '=' ? 2 : 1;
    }
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; i++) {
        uint32_t value = i >= 4 - padding ? 0 : digit(quad[i]);
        if (value == NO_DIGIT) {
            return 0;
        }
        bits = bits << 6 | value;
    }
    out[0] = (char)(bits >> 16 & 0xff);
    out[1] = (char)(bits >> 8 & 0xff);
    out[2] = (char)(bits & 0xff);
    return 3 - padding;
}

enum sbx_status base64_decode(struct sbx_writer *bytes, struct sbx_span text)
{
    if (text.length % 4 != 0) {
        return SBX_EPROTO;
    }
    for (size_t i = 0; i < text.length; i += 4) {
        char out[3];
        size_t length = decode_quad(text.data + i, i + 4 == text.length, out);
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
