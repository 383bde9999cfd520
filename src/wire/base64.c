/* base64.c: a digit has six bits.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/base64.h"

#include <stdint.h>

#define NO_DIGIT 64U

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

size_t sbx_base64_quad(const char *quad, bool last, char out[3])
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

void sbx_base64_encode(char *text, struct sbx_span bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
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
