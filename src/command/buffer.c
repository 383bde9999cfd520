/* buffer.c: see buffer.h. The cap is on all memory together: a reply of http.h's cap, the decoded copy
 * that `--plain` makes of it, and the arguments.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "buffer.h"

#include "host.h"

#define MEMORY_MAX ((size_t)160 << 20) /* bytes */
#define FIRST_CAPACITY 512             /* bytes */

void memory_init(struct memory *memory)
{
    memory->next = host_memory_start();
    memory->end = memory->next + MEMORY_MAX;
}

void *memory_take(struct memory *memory, size_t length)
{
    size_t padding = (sizeof(void *) - (size_t)memory->next % sizeof(void *)) % sizeof(void *);
    size_t left = (size_t)(memory->end - memory->next);
    if (padding > left || length > left - padding) {
        return NULL;
    }
    char *taken = memory->next + padding;
    if (!host_memory_reach(taken + length)) {
        return NULL;
    }
    memory->next = taken + length;
    return taken;
}

void buffer_init(struct buffer *buffer, struct memory *memory)
{
    *buffer = (struct buffer){.memory = memory};
}

static bool is_last(const struct buffer *buffer)
{
    return buffer->data != NULL && buffer->data + buffer->capacity == buffer->memory->next;
}

/* Where the doubled capacity does not fit any more, what is needed may. */
static void grow(struct buffer *buffer, size_t needed)
{
    char *old_next = buffer->memory->next;
    bool in_place = is_last(buffer);
    size_t capacity = needed > 2 * buffer->capacity ? needed : 2 * buffer->capacity;
    capacity = capacity > FIRST_CAPACITY ? capacity : FIRST_CAPACITY;
    buffer->memory->next = in_place ? buffer->data : old_next;
    char *grown = memory_take(buffer->memory, capacity);
    if (grown == NULL) {
        capacity = needed;
        grown = memory_take(buffer->memory, capacity);
    }
    if (grown == NULL) {
        buffer->memory->next = old_next;
        buffer->failed = true;
        return;
    }
    if (buffer->length > 0 && !in_place) {
        __builtin_memcpy(grown, buffer->data, buffer->length);
    }
    buffer->data = grown;
    buffer->capacity = capacity;
}

void buffer_put(struct buffer *buffer, struct span bytes)
{
    if (buffer->failed || bytes.length == 0) {
        return;
    }
    if (bytes.length > buffer->capacity - buffer->length) {
        grow(buffer, buffer->length + bytes.length);
    }
    if (!buffer->failed) {
        __builtin_memcpy(buffer->data + buffer->length, bytes.data, bytes.length);
        buffer->length += bytes.length;
    }
}

void buffer_put_text(struct buffer *buffer, const char *string)
{
    buffer_put(buffer, text_span(string));
}

void buffer_put_char(struct buffer *buffer, char c)
{
    buffer_put(buffer, (struct span){&c, 1});
}

void buffer_put_number(struct buffer *buffer, size_t number)
{
    char digits[20];
    size_t start = sizeof(digits);
    do {
        digits[--start] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    buffer_put(buffer, (struct span){digits + start, sizeof(digits) - start});
}

struct span buffer_span(const struct buffer *buffer)
{
    return (struct span){buffer->data, buffer->length};
}
