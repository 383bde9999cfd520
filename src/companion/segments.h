/* segments.h: where a file has data. What lies between and behind are holes, which read as zeros and take no space.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_SEGMENTS_H
#define COMPANION_SEGMENTS_H

#include <sys/types.h>

#include "wire/wire.h"

struct segment {
    off_t start;
    off_t length; /* > 0 */
};

struct segments {
    struct segment *list; /* borrowed; in their order, none meets the next */
    size_t count;
    off_t size; /* of the whole content, > 0 or without segments */
};

/* Those of the first `size` bytes of a file, into `room` places (one at least) at segments->list. Where its file system
 * does not tell, all of it is one; where there is no place left, the last one goes on to the end. Moves the file's
 * offset. */
void segments_find(int fd, off_t size, size_t room, struct segments *segments);

/* They become one, without a hole. */
void segments_join(struct segments *segments);

/* Bytes of data. */
uint64_t segments_bytes(const struct segments *segments);

/* The hole before the segment `index`, or behind the last one where that is the count. Its length may be 0. */
struct segment segments_hole(const struct segments *segments, size_t index);

#endif
