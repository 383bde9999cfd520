/* resident.c: one batch after the other, each once.
 *
 * Invariant: what is kept in `answers` and `files` is of the last SBX_RESIDENT_WINDOW batches that were done, and what waits
 * in `early` is of the next so many, each in the place that its number has.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/resident.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "companion/box.h"
#include "companion/kernel.h"
#include "companion/output.h"
#include "wire/resident.h"

#define FILE_PATH_SIZE 48 /* bytes of the path of a descriptor of ours, with its NUL */

struct early {
    struct sbx_buffer frames; /* owned; data is NULL where none waits */
    bool reads;
};

struct resident {
    struct server *server;                          /* borrowed */
    size_t room;                                    /* bytes for its replies */
    struct sbx_buffer answers[SBX_RESIDENT_WINDOW]; /* owned */
    int files[SBX_RESIDENT_WINDOW];                 /* owned; what replies were left in; -1: nothing */
    bool has_files;                                 /* so far */
    struct early early[SBX_RESIDENT_WINDOW];
    struct box box;
    char *boxed;   /* borrowed; SBX_BATCH_MAX bytes, for frames that were in it */
    uint32_t done; /* the number of the last batch that was done */
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

static bool say(const struct resident *resident, enum sbx_resident_code code, uint32_t number,
                const char *path)
{
    char bytes[SBX_FRAME_HEADER + SBX_PATH_MAX];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    size_t start = sbx_frame_begin(&writer, number, (uint16_t)code);
    sbx_buf_put_bytes(&writer, (struct sbx_span){path, strlen(path)});
    return sbx_frame_end(&writer, start) == SBX_OK &&
           output_write(resident->output, sbx_buf_written(&writer));
}

/* What says that the replies which `answer` has are in a file now, put by `writer`; `answer` itself where there is none to be
 * had. */
static struct sbx_span leave_in_file(struct resident *resident, uint32_t number, struct sbx_span answer,
                                     struct sbx_writer *writer)
{
    char path[FILE_PATH_SIZE];
    int *file = &resident->files[number % SBX_RESIDENT_WINDOW];
    const struct sbx_span replies = {answer.data + SBX_FRAME_HEADER, answer.length - SBX_FRAME_HEADER};
    *file = kernel_file_of(replies);
    resident->has_files = *file >= 0;
    if (*file < 0) {
        return answer;
    }
    int length = snprintf(path, sizeof(path), "/proc/%ld/fd/%d", (long)getpid(), *file);
    size_t start = sbx_frame_begin(writer, number, SBX_RESIDENT_FILED);
    sbx_buf_put(writer, sbx_hash_of(replies), sizeof(uint64_t));
    sbx_buf_put(writer, replies.length, sizeof(uint32_t));
    sbx_buf_put_bytes(writer, (struct sbx_span){path, (size_t)length});
    return sbx_frame_end(writer, start) == SBX_OK ? sbx_buf_written(writer) : answer;
}

/* What was left in the place of `number` before: nobody waits for that any more. */
static void forget(struct resident *resident, uint32_t number)
{
    int *file = &resident->files[number % SBX_RESIDENT_WINDOW];
    if (*file >= 0) {
        (void)close(*file);
    }
    *file = -1;
}

/* Serves the batch; its replies are in the server's. Whether they are whole. */
static bool serve_next(struct resident *resident, uint32_t number, struct sbx_span frames)
{
    struct sbx_writer *replies = &resident->server->replies;
    size_t printed = resident->room < SBX_RESIDENT_REPLIES_MAX ? resident->room : SBX_RESIDENT_REPLIES_MAX;
    *replies = sbx_buf_writer(replies->data, resident->server->files ? resident->room : printed);
    size_t start = sbx_frame_begin(replies, number, SBX_RESIDENT_REPLIES);
    enum sbx_status status = server_batch(resident->server, frames);
    if (status != SBX_OK) {
        *replies = sbx_buf_writer(replies->data, replies->size);
        start = sbx_frame_begin(replies, number,
                                status == SBX_EPROTO ? SBX_RESIDENT_REFUSED : SBX_RESIDENT_REPLIES);
    }
    return sbx_frame_end(replies, start) == SBX_OK;
}

/* Does the next batch, and keeps the answer. Those replies for which there was no room are missed by who asked. */
static bool do_next(struct resident *resident, struct sbx_span frames, bool reads)
{
    char filed[SBX_FRAME_HEADER + sizeof(uint64_t) + sizeof(uint32_t) + FILE_PATH_SIZE];
    struct sbx_writer writer = sbx_buf_writer(filed, sizeof(filed));
    uint32_t number = ++resident->done;
    resident->server->files = reads && resident->has_files;
    forget(resident, number);
    bool good = serve_next(resident, number, frames);
    struct sbx_span answer = sbx_buf_written(&resident->server->replies);
    if (good && resident->server->files && answer.length > SBX_FRAME_HEADER + SBX_RESIDENT_PRINTED_MAX) {
        answer = leave_in_file(resident, number, answer, &writer);
    }
    good = good && set(&resident->answers[number % SBX_RESIDENT_WINDOW], answer);
    return output_write(resident->output, answer) && good;
}

/* Does those that have waited for the one just done. */
static bool do_early(struct resident *resident)
{
    bool good = true;
    struct early early;
    do {
        struct early *next = &resident->early[(resident->done + 1) % SBX_RESIDENT_WINDOW];
        early = *next;
        *next = (struct early){0};
        if (early.frames.data != NULL) {
            good = do_next(resident, (struct sbx_span){early.frames.data, early.frames.length}, early.reads);
            free(early.frames.data);
        }
    } while (good && early.frames.data != NULL);
    return good;
}

/* One that was done: its answer once more, where that may be waited for still. */
static bool repeat(const struct resident *resident, uint32_t number)
{
    const struct sbx_buffer *kept = &resident->answers[number % SBX_RESIDENT_WINDOW];
    if (resident->done - number >= SBX_RESIDENT_WINDOW || kept->data == NULL) {
        return true;
    }
    return output_write(resident->output, (struct sbx_span){kept->data, kept->length});
}

/* What is left to read are the frames; or the number of the file that they are in, which is taken. */
static struct sbx_span read_frames(struct resident *resident, struct sbx_reader *reader, bool boxed)
{
    struct sbx_buffer taken = {resident->boxed, 0};
    if (!boxed) {
        return sbx_buf_get_bytes(reader, sbx_buf_left(reader));
    }
    uint32_t number = (uint32_t)sbx_buf_get(reader, sizeof(uint32_t));
    bool good = box_take(&resident->box, number, &taken) == SBX_OK;
    return good ? (struct sbx_span){taken.data, taken.length} : SBX_SPAN("");
}

/* The frames of a batch; false: it is not the one that was sent. What cannot be had from the box is no batch: nobody may
 * guess at it, but those behind it are what they are. */
static bool open_batch(struct resident *resident, const struct sbx_frame *frame, struct sbx_span *frames)
{
    bool boxed = (frame->code & SBX_RESIDENT_BOXED) != 0;
    struct sbx_reader reader = sbx_buf_reader(frame->payload);
    uint64_t hash = sbx_buf_get(&reader, sizeof(uint64_t));
    *frames = read_frames(resident, &reader, boxed);
    bool good = sbx_hash_of(*frames) == hash;
    *frames = boxed && !good ? SBX_SPAN("") : *frames;
    return !reader.failed && (good || boxed);
}

static bool take(struct resident *resident, const struct sbx_frame *frame)
{
    struct sbx_span frames;
    bool reads = (frame->code & SBX_RESIDENT_READS) != 0;
    int32_t ahead = (int32_t)(frame->id - resident->done); /* the numbers go round */
    if ((frame->code & ~(SBX_RESIDENT_READS | SBX_RESIDENT_BOXED)) != SBX_RESIDENT_BATCH ||
        ahead > SBX_RESIDENT_WINDOW) {
        return false;
    }
    if (ahead <= 0) {
        return repeat(resident, frame->id);
    }
    struct early *early = &resident->early[frame->id % SBX_RESIDENT_WINDOW];
    if (ahead > 1 && early->frames.data != NULL) {
        return true; /* once more: its file was taken */
    }
    if (!open_batch(resident, frame, &frames)) {
        return false;
    }
    if (ahead > 1) {
        early->reads = reads;
        return set(&early->frames, frames);
    }
    return do_next(resident, frames, reads) && do_early(resident);
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

static volatile sig_atomic_t told_to_end;

static void on_told(int signal)
{
    (void)signal;
    told_to_end = 1;
}

/* From now on SIGTERM comes while it waits, and at no other time: what it is at, it ends. */
static void wait_for_the_end(void)
{
    sigset_t told;
    const struct sigaction action = {.sa_handler = on_told};
    told_to_end = 0;
    (void)sigemptyset(&told);
    (void)sigaddset(&told, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &told, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

/* Bytes that came; 0: there are no more, none came in time, or it was told to end. */
static size_t wait_for_bytes(int input, char *bytes, size_t room, int idle_ms)
{
    sigset_t none;
    struct pollfd waited = {.fd = input, .events = POLLIN};
    const struct timespec idle = {.tv_sec = idle_ms / 1000, .tv_nsec = idle_ms % 1000 * 1000000L};
    ssize_t got;
    (void)sigemptyset(&none);
    do {
        int ready = ppoll(&waited, 1, &idle, &none);
        got = ready > 0 ? read(input, bytes, room) : ready;
    } while (got < 0 && told_to_end == 0 && (errno == EINTR || errno == EAGAIN));
    return got > 0 ? (size_t)got : 0;
}

bool resident_serve(struct server *server, int input, int output, int idle_ms)
{
    static char bytes[SBX_FRAME_MAX];
    static char boxed[SBX_BATCH_MAX];
    static struct resident resident;
    size_t length = 0;
    size_t got = 0;
    resident =
        (struct resident){.server = server, .room = server->replies.size, .boxed = boxed, .output = output};
    memset(resident.files, -1, sizeof(resident.files));
    resident.files[0] = kernel_file_of(SBX_SPAN("")); /* whether there are any to be had */
    resident.has_files = resident.files[0] >= 0;
    server->resident = true;
    wait_for_the_end();
    box_make(&resident.box, server);
    bool good = say(&resident, SBX_RESIDENT_REPLIES, 0, resident.box.path);
    while (good && (got = wait_for_bytes(input, bytes + length, sizeof(bytes) - length, idle_ms)) > 0) {
        length += got;
        good = take_whole(&resident, bytes, &length);
    }
    good = say(&resident, SBX_RESIDENT_LEFT, resident.done, "") && good;
    box_remove(&resident.box, server);
    for (size_t i = 0; i < SBX_RESIDENT_WINDOW; i++) {
        free(resident.answers[i].data);
        free(resident.early[i].frames.data);
        forget(&resident, (uint32_t)i);
    }
    return good;
}
