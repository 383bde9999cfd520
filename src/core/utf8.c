/* utf8.c: the table of RFC 3629, section 4, one row per kind of first byte.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/utf8.h"

static const struct {
    unsigned char first_min, first_max;
    unsigned char second_min, second_max;
    unsigned char length;
} kinds[] = {
    {0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static unsigned char byte_at(struct sbx_span span, size_t index)
{
    return (unsigned char)span.data[index];
}

static bool continues(struct sbx_span span, size_t from, size_t length)
{
    for (size_t i = from; i < length; i++) {
        if ((byte_at(span, i) & 0xc0) != 0x80) {
            return false;
        }
    }
    return true;
}

size_t sbx_utf8_character(struct sbx_span span)
{
    for (size_t i = 0; span.length > 0 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (byte_at(span, 0) < kinds[i].first_min || byte_at(span, 0) > kinds[i].first_max) {
            continue;
        }
        size_t length = kinds[i].length;
        if (length == 1) {
            return 1;
        }
        bool fits = span.length >= length && byte_at(span, 1) >= kinds[i].second_min &&
                    byte_at(span, 1) <= kinds[i].second_max;
        return fits && continues(span, 2, length) ? length : 0;
    }
    return 0;
}

/* Whether more bytes could make one character of it. */
static bool begins_character(struct sbx_span span)
{
    char whole[4] = {0};
    for (size_t i = 0; i < span.length; i++) {
        whole[i] = span.data[i];
    }
    for (unsigned char second = 0x80; second <= 0xbf;
         second++) { /* which second byte is allowed, the first says */
        for (size_t i = span.length; i < sizeof(whole); i++) {
            whole[i] = (char)(i == 1 ? second : 0x80);
        }
        if (sbx_utf8_character((struct sbx_span){whole, sizeof(whole)}) > span.length) {
            return true;
        }
    }
    return false;
}

size_t sbx_utf8_unfinished(struct sbx_span span)
{
    for (size_t length = 1; length < 4 && length <= span.length; length++) {
        if (begins_character((struct sbx_span){span.data + span.length - length, length})) {
            return length;
        }
    }
    return 0;
}

bool sbx_utf8_valid(struct sbx_span span)
{
    while (span.length > 0) {
        size_t length = sbx_utf8_character(span);
        if (length == 0) {
            return false;
        }
        span.data += length;
        span.length -= length;
    }
    return true;
}

void sbx_utf8_tidy(char *text, size_t length)
{
    size_t i = 0;
    while (i < length) {
        size_t character = sbx_utf8_character((struct sbx_span){text + i, length - i});
        if (character == 0) {
            text[i] = '?';
        } else if (character == 1 && ((unsigned char)text[i] < ' ' || text[i] == '\x7f')) {
            text[i] = ' ';
        }
        i += character == 0 ? 1 : character;
    }
}
