/* bytes.c: growing bytes. The allocation doubles, so that n appends copy O(n) bytes; one byte beyond the
 * length is always there for the NUL of sbx_bytes_text.
 *
 * Thread: any, one at a time.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/bytes.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 256

static void fail(struct sbx_bytes *bytes, enum sbx_status status)
{
    free(bytes->lent ? NULL : bytes->data);
    bytes->lent = false;
    bytes->data = NULL;
    bytes->length = 0;
    bytes->capacity = 0;
    bytes->status = status;
}

void sbx_bytes_init(struct sbx_bytes *bytes, size_t max)
{
    *bytes = (struct sbx_bytes){.max = max};
}

void sbx_bytes_clear(struct sbx_bytes *bytes)
{
    fail(bytes, SBX_OK);
}

void sbx_bytes_lend(struct sbx_bytes *bytes, char *room, size_t length)
{
    *bytes = (struct sbx_bytes){.data = room, .capacity = length, .max = length, .lent = true};
}

static void grow_to(struct sbx_bytes *bytes, size_t capacity)
{
    char *grown = realloc(bytes->data, capacity);
    if (grown == NULL) {
        fail(bytes, SBX_ENOMEM);
        return;
    }
    bytes->data = grown;
    bytes->capacity = capacity;
}

void sbx_bytes_reserve(struct sbx_bytes *bytes, size_t length)
{
    if (bytes->status != SBX_OK) {
        return;
    }
    if (length > bytes->max - bytes->length || length > SIZE_MAX - 1 - bytes->length) {
        fail(bytes, SBX_EFBIG);
        return;
    }
    size_t needed = bytes->length + length + 1;
    if (needed > bytes->capacity) {
        grow_to(bytes, needed);
    }
}

/* Room for `length` more bytes by doubling. */
static void make_room(struct sbx_bytes *bytes, size_t length)
{
    if (bytes->lent) {
        if (length > bytes->capacity - bytes->length) {
            fail(bytes, SBX_EFBIG);
        }
        return;
    }
    if (bytes->status == SBX_OK && length < bytes->capacity - bytes->length) {
        return;
    }
    size_t doubled = bytes->capacity > bytes->max / 2 ? bytes->max : 2 * bytes->capacity;
    size_t ahead = doubled > FIRST_CAPACITY ? doubled : FIRST_CAPACITY;
    size_t free_to_cap = bytes->max - bytes->length;
    size_t wanted = ahead > bytes->length + length ? ahead - bytes->length : length;
    sbx_bytes_reserve(bytes, wanted < free_to_cap || length > free_to_cap ? wanted : free_to_cap);
}

void sbx_bytes_append(struct sbx_bytes *bytes, struct sbx_span span)
{
    if (span.length == 0) {
        return;
    }
    make_room(bytes, span.length);
    if (bytes->status == SBX_OK) {
        memcpy(bytes->data + bytes->length, span.data, span.length);
        bytes->length += span.length;
    }
}

void sbx_bytes_append_text(struct sbx_bytes *bytes, const char *text)
{
    sbx_bytes_append(bytes, (struct sbx_span){text, strlen(text)});
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~' || c == '/';
}

void sbx_bytes_append_encoded(struct sbx_bytes *bytes, struct sbx_span span)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < span.length; i++) {
        char c = span.data[i];
        unsigned char byte = (unsigned char)c;
        char encoded[3] = {'%', digits[byte >> 4], digits[byte & 15]};
        bool plain = is_unreserved(c);
        sbx_bytes_append(bytes, (struct sbx_span){plain ? &c : encoded, plain ? 1 : sizeof(encoded)});
    }
}

struct sbx_span sbx_bytes_span(const struct sbx_bytes *bytes)
{
    return (struct sbx_span){bytes->data, bytes->length};
}

const char *sbx_bytes_text(struct sbx_bytes *bytes)
{
    make_room(bytes, 0);
    if (bytes->status != SBX_OK) {
        return NULL;
    }
    bytes->data[bytes->length] = '\0';
    return bytes->data;
}

struct sbx_buffer sbx_bytes_take(struct sbx_bytes *bytes)
{
    struct sbx_buffer taken = {bytes->data, bytes->length};
    *bytes = (struct sbx_bytes){.max = bytes->max};
    return taken;
}
