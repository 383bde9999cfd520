/* resident.c: one batch after the other, each once.
 *
 * Invariant: what is kept in `replies` is of the last SBX_RESIDENT_WINDOW batches that were done, and what waits in
 * `early` is of the next so many, each in the place that its number has.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/resident.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "companion/output.h"
#include "wire/resident.h"

struct resident {
    struct server *server;                          /* borrowed */
    struct sbx_buffer replies[SBX_RESIDENT_WINDOW]; /* owned */
    struct sbx_buffer early[SBX_RESIDENT_WINDOW];   /* owned; frames; data is NULL where none waits */
    uint32_t done;                                  /* the number of the last batch that was done */
    int output;
};

static bool set(struct sbx_buffer *buffer, struct sbx_span bytes)
{
    free(buffer->data);
    buffer->data = malloc(bytes.length + 1);
    buffer->length = bytes.length;
    if (buffer->data != NULL && bytes.length > 0) {
        memcpy(buffer->data, bytes.data, bytes.length);
    }
    return buffer->data != NULL;
}

static bool say(const struct resident *resident, enum sbx_resident_code code, uint32_t number)
{
    char bytes[SBX_FRAME_HEADER];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    size_t start = sbx_frame_begin(&writer, number, (uint16_t)code);
    return sbx_frame_end(&writer, start) == SBX_OK &&
           output_write(resident->output, sbx_buf_written(&writer));
}

/* Does the next batch, and keeps its replies. Those for which there was no room are missed by who asked. */
static bool do_next(struct resident *resident, struct sbx_span frames)
{
    struct sbx_writer *replies = &resident->server->replies;
    uint32_t number = ++resident->done;
    struct sbx_buffer *kept = &resident->replies[number % SBX_RESIDENT_WINDOW];
    size_t room = replies->size < SBX_RESIDENT_REPLIES_MAX ? replies->size : SBX_RESIDENT_REPLIES_MAX;
    *replies = sbx_buf_writer(replies->data, room);
    size_t start = sbx_frame_begin(replies, number, SBX_RESIDENT_REPLIES);
    enum sbx_status status = server_batch(resident->server, frames);
    if (status != SBX_OK) {
        *replies = sbx_buf_writer(replies->data, replies->size);
        start = sbx_frame_begin(replies, number,
                                status == SBX_EPROTO ? SBX_RESIDENT_REFUSED : SBX_RESIDENT_REPLIES);
    }
    bool good = sbx_frame_end(replies, start) == SBX_OK && set(kept, sbx_buf_written(replies));
    return output_write(resident->output, sbx_buf_written(replies)) && good;
}

/* Does those that have waited for the one just done. */
static bool do_early(struct resident *resident)
{
    bool good = true;
    struct sbx_buffer frames = {0};
    do {
        struct sbx_buffer *next = &resident->early[(resident->done + 1) % SBX_RESIDENT_WINDOW];
        frames = *next;
        *next = (struct sbx_buffer){0};
        if (frames.data != NULL) {
            good = do_next(resident, (struct sbx_span){frames.data, frames.length});
            free(frames.data);
        }
    } while (good && frames.data != NULL);
    return good;
}

/* One that was done: its replies once more, where they may be waited for still. */
static bool repeat(const struct resident *resident, uint32_t number)
{
    const struct sbx_buffer *kept = &resident->replies[number % SBX_RESIDENT_WINDOW];
    if (resident->done - number >= SBX_RESIDENT_WINDOW || kept->data == NULL) {
        return true;
    }
    return output_write(resident->output, (struct sbx_span){kept->data, kept->length});
}

/* The frames of a batch; false: it is not the one that was sent. */
static bool open_batch(struct sbx_span payload, struct sbx_span *frames)
{
    struct sbx_reader reader = sbx_buf_reader(payload);
    uint64_t hash = sbx_buf_get(&reader, sizeof(uint64_t));
    *frames = (struct sbx_span){payload.data + reader.at, sbx_buf_left(&reader)};
    return !reader.failed && sbx_hash_of(*frames) == hash;
}

static bool take(struct resident *resident, const struct sbx_frame *frame)
{
    struct sbx_span frames;
    int32_t ahead = (int32_t)(frame->id - resident->done); /* the numbers go round */
    if (frame->code != SBX_RESIDENT_BATCH || ahead > SBX_RESIDENT_WINDOW ||
        !open_batch(frame->payload, &frames)) {
        return false;
    }
    if (ahead <= 0) {
        return repeat(resident, frame->id);
    }
    if (ahead > 1) {
        return set(&resident->early[frame->id % SBX_RESIDENT_WINDOW], frames);
    }
    return do_next(resident, frames) && do_early(resident);
}

/* Takes what is whole of the `*length` bytes at `bytes`, and moves the rest to their beginning. */
static bool take_whole(struct resident *resident, char *bytes, size_t *length)
{
    struct sbx_reader reader = sbx_buf_reader((struct sbx_span){bytes, *length});
    struct sbx_frame frame;
    enum sbx_status status;
    bool good = true;
    while (good && (status = sbx_frame_next(&reader, &frame)) == SBX_OK) {
        good = take(resident, &frame);
    }
    *length = sbx_buf_left(&reader);
    memmove(bytes, bytes + reader.at, *length);
    return good && status == SBX_EAGAIN;
}

/* Bytes that came; 0: there are no more, or none came in time. */
static size_t wait_for_bytes(int input, char *bytes, size_t room, int idle_ms)
{
    struct pollfd waited = {.fd = input, .events = POLLIN};
    ssize_t got;
    do {
        int ready = poll(&waited, 1, idle_ms);
        got = ready > 0 ? read(input, bytes, room) : ready;
    } while (got < 0 && (errno == EINTR || errno == EAGAIN));
    return got > 0 ? (size_t)got : 0;
}

bool resident_serve(struct server *server, int input, int output, int idle_ms)
{
    static char bytes[SBX_FRAME_MAX];
    static struct resident resident;
    size_t length = 0;
    size_t got = 0;
    resident = (struct resident){.server = server, .output = output};
    server->resident = true;
    bool good = say(&resident, SBX_RESIDENT_REPLIES, 0);
    while (good && (got = wait_for_bytes(input, bytes + length, sizeof(bytes) - length, idle_ms)) > 0) {
        length += got;
        good = take_whole(&resident, bytes, &length);
    }
    good = say(&resident, SBX_RESIDENT_LEFT, resident.done) && good;
    for (size_t i = 0; i < SBX_RESIDENT_WINDOW; i++) {
        free(resident.replies[i].data);
        free(resident.early[i].data);
    }
    return good;
}
