/* base64.c: a digit has six bits; both ways by a table, without a branch for each digit.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/base64.h"

#include <stdint.h>

#define NO_DIGIT 64U

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The other way, by the character. */
/* clang-format off */
static const uint8_t values[128] = {
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 62, 64, 64, 64, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 64, 64, 64, 64, 64, 64,
    64,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 64, 64, 64, 64, 64,
    64, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 64, 64, 64, 64, 64,
};
/* clang-format on */

static uint32_t value_of(char c)
{
    unsigned char byte = (unsigned char)c;
    return byte < sizeof(values) ? values[byte] : NO_DIGIT;
}

size_t sbx_base64_quad(const char *quad, bool last, char out[3])
{
    size_t padding = 0;
    if (last && quad[3] == '=') {
        padding = quad[2] == '=' ? 2 : 1;
    }
    uint32_t a = value_of(quad[0]);
    uint32_t b = value_of(quad[1]);
    uint32_t c = padding == 2 ? 0 : value_of(quad[2]);
    uint32_t d = padding > 0 ? 0 : value_of(quad[3]);
    if (((a | b | c | d) & NO_DIGIT) != 0) {
        return 0;
    }
    uint32_t bits = a << 18 | b << 12 | c << 6 | d;
    out[0] = (char)(bits >> 16 & 0xff);
    out[1] = (char)(bits >> 8 & 0xff);
    out[2] = (char)(bits & 0xff);
    return 3 - padding;
}

static void put_quad(char *text, uint32_t bits)
{
    text[0] = digits[bits >> 18 & 63];
    text[1] = digits[bits >> 12 & 63];
    text[2] = digits[bits >> 6 & 63];
    text[3] = digits[bits & 63];
}

void sbx_base64_encode(char *text, struct sbx_span bytes)
{
    const unsigned char *at = (const unsigned char *)bytes.data;
    size_t left = bytes.length;
    for (; left >= 3; left -= 3, at += 3, text += 4) {
        put_quad(text, (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2]);
    }
    if (left > 0) {
        put_quad(text, (uint32_t)at[0] << 16 | (left == 2 ? (uint32_t)at[1] << 8 : 0));
        text[3] = '=';
        text[2] = left == 1 ? '=' : text[2];
    }
}
