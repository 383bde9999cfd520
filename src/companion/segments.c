/* segments.c: SEEK_DATA and SEEK_HOLE, in turns. ENXIO: there is no data any more; any other refusal: it is not told.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/segments.h"

#include <errno.h>
#include <unistd.h>

static off_t least(off_t a, off_t b)
{
    return a < b ? a : b;
}

static off_t end_of(const struct segment *segment)
{
    return segment->start + segment->length;
}

/* The next one from `at` on; false: there is none. */
static bool next(int fd, off_t at, off_t size, struct segment *segment)
{
    off_t start = lseek(fd, at, SEEK_DATA);
    if (start < 0) {
        start = errno == ENXIO ? size : at;
    }
    off_t end = start < size ? lseek(fd, start, SEEK_HOLE) : size;
    end = end <= start ? size : least(end, size); /* not told, or changed meanwhile */
    *segment = (struct segment){.start = start, .length = end - start};
    return start < size;
}

void segments_find(int fd, off_t size, size_t room, struct segments *segments)
{
    off_t at = 0;
    segments->size = size;
    segments->count = 0;
    while (at < size && segments->count < room && next(fd, at, size, &segments->list[segments->count])) {
        at = end_of(&segments->list[segments->count++]);
    }
    if (segments->count == room) {
        struct segment *last = &segments->list[room - 1];
        last->length = size - last->start;
    }
}

void segments_join(struct segments *segments)
{
    segments->count = segments->size > 0 ? 1 : 0;
    segments->list[0] = (struct segment){.start = 0, .length = segments->size};
}

uint64_t segments_bytes(const struct segments *segments)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < segments->count; i++) {
        bytes += (uint64_t)segments->list[i].length;
    }
    return bytes;
}

struct segment segments_hole(const struct segments *segments, size_t index)
{
    off_t start = index == 0 ? 0 : end_of(&segments->list[index - 1]);
    off_t end = index == segments->count ? segments->size : segments->list[index].start;
    return (struct segment){.start = start, .length = end - start};
}
