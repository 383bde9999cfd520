/* buffer.h: memory and bytes that grow. Memory is only ever taken: the program runs for one call and
 * ends. A buffer grows in place while it is the last thing that was taken, and moves otherwise. What does
 * not fit makes the buffer failed, and every later append does nothing, so that one look at the end does.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_BUFFER_H
#define COMMAND_BUFFER_H

#include "text.h"

struct memory {
    char *next; /* the first free byte */
    char *end;  /* the cap: nothing is ever taken beyond it */
};

struct buffer {
    struct memory *memory; /* borrowed */
    char *data;            /* taken from memory; NULL while empty */
    size_t length;
    size_t capacity;
    bool failed;
};

void memory_init(struct memory *memory);
void *memory_take(struct memory *memory, size_t length); /* aligned for pointers; NULL beyond the cap */

void buffer_init(struct buffer *buffer, struct memory *memory);
void buffer_put(struct buffer *buffer, struct span bytes);
void buffer_put_text(struct buffer *buffer, const char *string);
void buffer_put_char(struct buffer *buffer, char c);
void buffer_put_number(struct buffer *buffer, size_t number);

/* What it holds, borrowed until the next put. */
struct span buffer_span(const struct buffer *buffer);

#endif
