/* bytes.h: bytes that grow, up to a cap given at the start. The first append that fails (no memory, or
 * the cap) makes the whole value failed: it frees what it held, and every later append fails the same way,
 * so that a caller may append ten times and look once.
 *
 * Thread: any, one at a time.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_BYTES_H
#define SBX_CORE_BYTES_H

#include "wire/result.h"
#include "wire/span.h"
#include "wire/status.h"

struct sbx_bytes {
    char *data;             /* owned; NULL while empty */
    size_t length;          /* bytes in use */
    size_t capacity;        /* bytes allocated */
    size_t max;             /* bytes, the cap */
    enum sbx_status status; /* SBX_OK, SBX_ENOMEM, or SBX_EFBIG at the cap */
    bool lent;              /* `data` is not owned */
};

void sbx_bytes_init(struct sbx_bytes *bytes, size_t max);
void sbx_bytes_clear(struct sbx_bytes *bytes);

/* It holds what fits into `length` bytes at `room`, borrowed, and never grows: sbx_bytes_text is not for it. Of an
 * empty one. */
void sbx_bytes_lend(struct sbx_bytes *bytes, char *room, size_t length);

/* Makes room for `length` more bytes in one allocation, where the size is known beforehand. */
void sbx_bytes_reserve(struct sbx_bytes *bytes, size_t length);

void sbx_bytes_append(struct sbx_bytes *bytes, struct sbx_span span);
void sbx_bytes_append_text(struct sbx_bytes *bytes, const char *text);

/* Appends `span` percent-encoded: everything but RFC 3986's unreserved characters and '/'. */
void sbx_bytes_append_encoded(struct sbx_bytes *bytes, struct sbx_span span);

/* What it holds, borrowed until the next call on `bytes`. */
struct sbx_span sbx_bytes_span(const struct sbx_bytes *bytes);

/* What it holds as a string, terminated by a NUL that is not counted; NULL where the value has failed.
 * Borrowed until the next call on `bytes`. */
const char *sbx_bytes_text(struct sbx_bytes *bytes);

/* Moves the content out; the caller owns it, `bytes` is empty. */
struct sbx_buffer sbx_bytes_take(struct sbx_bytes *bytes);

#endif
