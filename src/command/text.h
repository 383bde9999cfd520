/* text.h: bytes with their length, borrowed, and the few questions asked about them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_TEXT_H
#define COMMAND_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
    const char *data; /* borrowed */
    size_t length;    /* bytes */
};

struct span text_span(const char *string); /* terminated by NUL */
struct span text_after(struct span text, size_t count);
struct span text_before(struct span text, size_t count);
bool text_equal(struct span a, struct span b);
bool text_is(struct span text, const char *string);
bool text_starts(struct span text, const char *start);

/* As text_starts, but A to Z equal a to z; `start` is in lower case. */
bool text_starts_any_case(struct span text, const char *start);

/* Bytes of the character that `text` begins with, 1 to 4; 0 where that is no UTF-8 (RFC 3629). */
size_t text_character(struct span text);
bool text_is_utf8(struct span text);

/* A whole number in decimal with nothing else around it; -1 where it is none or has over nine digits. */
int32_t text_number(struct span text);

/* The value of a hexadecimal digit; 16 where it is none. */
uint32_t text_hex_digit(char c);

#endif
