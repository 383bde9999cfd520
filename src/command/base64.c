/* base64.c: see base64.h. Six bits a character, a byte out for every eight collected.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base64.h"

/* 64 for what is not of the alphabet. */
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
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

void base64_put_decoded(struct buffer *out, struct span text)
{
    uint32_t bits = 0;
    uint32_t bit_count = 0;
    for (size_t i = 0; i < text.length; i++) {
        uint32_t value = digit(text.data[i]);
        if (value == 64) {
            continue;
        }
        bits = bits << 6 | value;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            buffer_put_char(out, (char)(bits >> bit_count & 0xff));
        }
    }
}
