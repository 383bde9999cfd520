/* utf8.h: is it UTF-8, and what to do where it is not. Surrogates, overlong forms and what lies beyond
 * U+10FFFF are not.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_UTF8_H
#define SBX_CORE_UTF8_H

#include "wire/span.h"

/* Bytes of the character that `span` begins with, 1 to 4; 0 where it begins with none. */
size_t sbx_utf8_character(struct sbx_span span);

/* Bytes at the end of `span`, 1 to 3, that a character begins with which is not yet whole; 0 where there are none. */
size_t sbx_utf8_unfinished(struct sbx_span span);

bool sbx_utf8_valid(struct sbx_span span);

/* Makes a text fit for an error, in place: bytes that are no UTF-8 become '?', control characters ' '. */
void sbx_utf8_tidy(char *text, size_t length);

#endif
