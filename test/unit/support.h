/* support.h: what every unit test uses: cmocka, spans of strings, and assertions that print statuses by name.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_SUPPORT_H
#define TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/wire.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A string, without its NUL, as a span. Borrows. */
struct sbx_span span_of(const char *text);

/* Fails the test unless both statuses are the same; prints their names. */
#define assert_status(actual, expected)                                                                      \
    assert_string_equal(sbx_status_name(actual), sbx_status_name(expected))

/* Fails the test unless the bytes are those of the string; prints both. */
void check_text(struct sbx_span actual, const char *expected, const char *file, int line);
#define assert_text(actual, expected) check_text((actual), (expected), __FILE__, __LINE__)

/* A content of `length` bytes that no two offsets share for long, so that a shifted copy shows. The caller
 * frees it. */
char *pattern(size_t length);

/* The vectors of RFC 4648, section 10. */
struct base64_vector {
    const char *text;
    const char *bytes;
};
#define BASE64_VECTORS 7
extern const struct base64_vector base64_vectors[BASE64_VECTORS];

#endif
