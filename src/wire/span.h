/* span.h: bytes with their length, borrowed. A span never owns what it points to and is never
 * terminated by NUL; an absent one has no data.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_WIRE_SPAN_H
#define SBX_WIRE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sbx_span {
    const char *data; /* borrowed */
    size_t length;    /* bytes */
};

/* A string literal as a span. */
#define SBX_SPAN(literal) ((struct sbx_span){.data = "" literal, .length = sizeof(literal) - 1})

static inline bool sbx_span_equal(struct sbx_span a, struct sbx_span b)
{
    if (a.length != b.length) {
        return false;
    }
    for (size_t i = 0; i < a.length; i++) {
        if (a.data[i] != b.data[i]) {
            return false;
        }
    }
    return true;
}

#endif
