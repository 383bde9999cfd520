/* text.c: see text.h. Nothing here allocates or knows where the text came from.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "text.h"

struct span text_span(const char *string)
{
    size_t length = 0;
    while (string[length] != '\0') {
        length++;
    }
    return (struct span){string, length};
}

struct span text_after(struct span text, size_t count)
{
    return (struct span){text.data + count, text.length - count};
}

struct span text_before(struct span text, size_t count)
{
    return (struct span){text.data, count};
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool text_starts_any_case(struct span text, const char *start)
{
    for (size_t i = 0; start[i] != '\0'; i++) {
        if (i == text.length || lower(text.data[i]) != start[i]) {
            return false;
        }
    }
    return true;
}

bool text_equal(struct span a, struct span b)
{
    for (size_t i = 0; i < a.length && i < b.length; i++) {
        if (a.data[i] != b.data[i]) {
            return false;
        }
    }
    return a.length == b.length;
}

bool text_is(struct span text, const char *string)
{
    return text_equal(text, text_span(string));
}

bool text_starts(struct span text, const char *start)
{
    struct span wanted = text_span(start);
    return text.length >= wanted.length && text_equal(text_before(text, wanted.length), wanted);
}

/* How many bytes the first one announces, and the smallest character they may stand for. */
static size_t announced(unsigned char first, uint32_t *smallest)
{
    if (first >= 0xf0 && first <= 0xf4) {
        *smallest = 0x10000;
        return 4;
    }
    *smallest = first >= 0xe0 ? 0x800 : 0x80;
    return first >= 0xc2 && first < 0xf0 ? 2U + (first >= 0xe0) : 0;
}

size_t text_character(struct span text)
{
    if (text.length == 0 || (unsigned char)text.data[0] < 0x80) {
        return text.length > 0;
    }
    uint32_t smallest;
    unsigned char first = (unsigned char)text.data[0];
    size_t length = announced(first, &smallest);
    if (length == 0 || length > text.length) {
        return 0;
    }
    uint32_t character = first & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if (((unsigned char)text.data[i] & 0xc0) != 0x80) {
            return 0;
        }
        character = character << 6 | ((unsigned char)text.data[i] & 0x3f);
    }
    bool is_surrogate = character >= 0xd800 && character < 0xe000;
    return character < smallest || character > 0x10ffff || is_surrogate ? 0 : length;
}

bool text_is_utf8(struct span text)
{
    while (text.length > 0) {
        size_t length = text_character(text);
        if (length == 0) {
            return false;
        }
        text = text_after(text, length);
    }
    return true;
}

int32_t text_number(struct span text)
{
    int32_t number = 0;
    if (text.length == 0 || text.length > 9) {
        return -1;
    }
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return -1;
        }
        number = number * 10 + (text.data[i] - '0');
    }
    return number;
}

uint32_t text_hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return (uint32_t)(c - '0');
    }
    char letter = lower(c);
    return letter >= 'a' && letter <= 'f' ? (uint32_t)(letter - 'a' + 10) : 16;
}
