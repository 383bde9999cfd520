/* tail.c: see tail.h.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion/tail.h"

#include <jansson.h>
#include <string.h>

#include "core/base64.h"
#include "core/json.h"

#define EVENTS_MAX (16 * SBX_MIB) /* the whole log, as events */
#define BYTES_MAX (16 * SBX_MIB)  /* what the server keeps of a log is less */
#define DATA "data:"

void sbx_tail_init(struct sbx_tail *tail)
{
    *tail = (struct sbx_tail){0};
    sbx_bytes_init(&tail->events, EVENTS_MAX);
    sbx_bytes_init(&tail->bytes, BYTES_MAX);
}

void sbx_tail_clear(struct sbx_tail *tail)
{
    sbx_bytes_clear(&tail->events);
    sbx_bytes_clear(&tail->bytes);
}

void sbx_tail_begin_events(struct sbx_tail *tail)
{
    sbx_bytes_clear(&tail->events);
    sbx_bytes_init(&tail->events, EVENTS_MAX);
}

void sbx_tail_add_events(struct sbx_tail *tail, struct sbx_span piece)
{
    sbx_bytes_append(&tail->events, piece);
}

/* Forgets the first `count` bytes. */
static void drop(struct sbx_bytes *bytes, size_t count)
{
    if (count > 0) {
        memmove(bytes->data, bytes->data + count, bytes->length - count);
        bytes->length -= count;
    }
}

/* SBX_EAGAIN: one before it is missing. One that was there before does nothing. */
static enum sbx_status add_entry(struct sbx_tail *tail, const json_t *entry)
{
    const json_t *data = json_object_get(entry, "data");
    const char *stream = json_string_value(json_object_get(entry, "stream"));
    json_int_t number = json_integer_value(json_object_get(entry, "sequence"));
    uint64_t sequence = (uint64_t)number;
    if (number <= 0 || stream == NULL || !json_is_string(data)) {
        return SBX_EPROTO;
    }
    if (sequence > tail->last + 1) {
        return SBX_EAGAIN;
    }
    if (sequence <= tail->last) {
        return SBX_OK;
    }
    tail->last = sequence;
    drop(&tail->bytes, tail->taken);
    tail->taken = 0;
    struct sbx_span text = {json_string_value(data), json_string_length(data)};
    return strcmp(stream, "stdout") == 0 ? sbx_base64_decode(&tail->bytes, text) : SBX_OK;
}

static enum sbx_status read_line(struct sbx_tail *tail, struct sbx_span line)
{
    json_t *entry = NULL;
    enum sbx_status status = sbx_json_parse(&entry, line, 0);
    if (status == SBX_OK) {
        status = add_entry(tail, entry);
        json_decref(entry);
    }
    return status;
}

enum sbx_status sbx_tail_read_events(struct sbx_tail *tail, size_t *seen)
{
    enum sbx_status status = tail->events.status;
    const char *start = tail->events.data;
    size_t left = tail->events.length;
    const char *end = NULL;
    *seen = 0;
    while (status == SBX_OK && left > 0 && (end = memchr(start, '\n', left)) != NULL) {
        size_t length = (size_t)(end - start);
        if (length > strlen(DATA) && memcmp(start, DATA, strlen(DATA)) == 0) {
            status = read_line(tail, (struct sbx_span){start + strlen(DATA), length - strlen(DATA)});
            ++*seen;
        }
        if (status != SBX_EAGAIN) {
            left -= length + 1;
            start = end + 1;
        }
    }
    if (tail->events.status == SBX_OK) {
        drop(&tail->events, tail->events.length - left);
    }
    return status;
}

enum sbx_status sbx_tail_read_reply(struct sbx_tail *tail, struct sbx_span reply)
{
    json_t *root = NULL;
    enum sbx_status status = sbx_json_parse(&root, reply, 0);
    const json_t *entries = json_object_get(root, "entries");
    if (status == SBX_OK && !json_is_array(entries)) {
        status = SBX_EPROTO;
    }
    for (size_t i = 0; i < json_array_size(entries) && status == SBX_OK; i++) {
        status = add_entry(tail, json_array_get(entries, i));
    }
    json_decref(root);
    return status;
}

enum sbx_status sbx_tail_next(struct sbx_tail *tail, struct sbx_frame *frame)
{
    struct sbx_reader reader = sbx_buf_reader(sbx_bytes_span(&tail->bytes));
    if (tail->bytes.status != SBX_OK) {
        return tail->bytes.status;
    }
    reader.at = tail->taken;
    enum sbx_status status = sbx_frame_next(&reader, frame);
    tail->taken = status == SBX_OK ? reader.at : tail->taken;
    return status;
}
