/* log.c: see log.h. A place is the last sequence number, and behind it, where something is held back, its bytes: of
 * standard output, of standard error and of a terminal, in hexadecimal: "17", "17-e282", "17--f09f".
 *
 * Thread: as log.h says.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base64.h"
#include "core/utf8.h"
#include "wire/limits.h"

/* What the server itself puts into the log of a terminal that was closed. Of the program each line would end "\r\n". */
#define OWN_MESSAGE "\n[process stream error: "
#define OWN_MESSAGE_END "]\n"

static const char *const names[] = {
    [SBX_LOG_STDOUT] = "stdout", [SBX_LOG_STDERR] = "stderr", [SBX_LOG_PTY] = "pty"};

void sbx_log_init(struct sbx_log *log)
{
    *log = (struct sbx_log){0};
}

static void drop_pieces(struct sbx_log *log, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(log->pieces[i].data);
    }
    log->count -= count;
    if (count > 0) {
        memmove(log->pieces, log->pieces + count, log->count * sizeof(*log->pieces));
    }
}

void sbx_log_clear(struct sbx_log *log)
{
    drop_pieces(log, log->count);
    free(log->pieces);
    sbx_log_init(log);
}

enum sbx_log_stream sbx_log_stream_named(const char *name)
{
    unsigned stream = 0;
    while (stream < SBX_LOG_STREAMS && (name == NULL || strcmp(names[stream], name) != 0)) {
        stream++;
    }
    return (enum sbx_log_stream)stream;
}

const char *sbx_log_stream_name(enum sbx_log_stream stream)
{
    return names[stream];
}

/* ---- Places -------------------------------------------------------------------------------------------------- */

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What is held of one stream, up to the next '-'. */
static bool read_held(struct sbx_span *place, struct sbx_log_held *held)
{
    while (place->length > 0 && place->data[0] != '-') {
        int high = digit_of(place->data[0]);
        int low = place->length > 1 ? digit_of(place->data[1]) : -1;
        if (high < 0 || low < 0 || held->length == sizeof(held->bytes)) {
            return false;
        }
        held->bytes[held->length++] = (char)(high * 16 + low);
        *place = (struct sbx_span){place->data + 2, place->length - 2};
    }
    return true;
}

static bool skip_dash(struct sbx_span *place)
{
    bool is_dash = place->length > 0 && place->data[0] == '-';
    place->data += is_dash ? 1 : 0;
    place->length -= is_dash ? 1 : 0;
    return is_dash;
}

enum sbx_status sbx_log_begin_at(struct sbx_log *log, struct sbx_span place)
{
    bool right = place.length > 0 && place.data[0] != '-';
    while (place.length > 0 && place.data[0] >= '0' && place.data[0] <= '9' && log->last < INT64_MAX / 20) {
        log->last = log->last * 10 + (uint64_t)(place.data[0] - '0');
        place = (struct sbx_span){place.data + 1, place.length - 1};
    }
    for (size_t i = 0; i < SBX_LOG_STREAMS && skip_dash(&place); i++) {
        log->held[i].timestamp_ms = (int64_t)time(NULL) * 1000; /* where nothing follows it */
        right = read_held(&place, &log->held[i]) && right;
    }
    return right && place.length == 0 ? SBX_OK : SBX_EINVAL;
}

void sbx_log_place(const struct sbx_log *log, char place[SBX_LOG_PLACE_SIZE])
{
    size_t shown = SBX_LOG_STREAMS;
    while (shown > 0 && log->held[shown - 1].length == 0) {
        shown--;
    }
    int used = snprintf(place, SBX_LOG_PLACE_SIZE, "%llu", (unsigned long long)log->last);
    for (size_t i = 0; i < shown; i++) {
        used += snprintf(place + used, SBX_LOG_PLACE_SIZE - (size_t)used, "-");
        for (size_t k = 0; k < log->held[i].length; k++) {
            used += snprintf(place + used, SBX_LOG_PLACE_SIZE - (size_t)used, "%02x",
                             (unsigned)(unsigned char)log->held[i].bytes[k]);
        }
    }
}

/* ---- Entries ------------------------------------------------------------------------------------------------- */

static enum sbx_status add_piece(struct sbx_log *log, const struct sbx_log_piece *piece)
{
    if (log->count == log->capacity) {
        size_t capacity = log->capacity == 0 ? 16 : log->capacity * 2;
        struct sbx_log_piece *grown = realloc(log->pieces, capacity * sizeof(*grown));
        if (grown == NULL) {
            return SBX_ENOMEM;
        }
        log->pieces = grown;
        log->capacity = capacity;
    }
    log->pieces[log->count++] = *piece;
    return SBX_OK;
}

static bool is_own_message(enum sbx_log_stream stream, struct sbx_span bytes)
{
    size_t before = strlen(OWN_MESSAGE);
    size_t after = strlen(OWN_MESSAGE_END);
    return stream == SBX_LOG_PTY && bytes.length >= before + after &&
           memcmp(bytes.data, OWN_MESSAGE, before) == 0 &&
           memcmp(bytes.data + bytes.length - after, OWN_MESSAGE_END, after) == 0;
}

/* Bytes at the start that are the rest of a character whose beginning is gone. */
static size_t rest_length(const struct sbx_log_held *held, struct sbx_span bytes)
{
    size_t length = 0;
    while (held->cut && length < 3 && length < bytes.length &&
           ((unsigned char)bytes.data[length] & 0xc0) == 0x80) {
        length++;
    }
    return length;
}

/* What was held back, and `bytes` up to a character that is not whole: that is held back now. */
static enum sbx_status add_bytes(struct sbx_log *log, enum sbx_log_stream stream, int64_t timestamp_ms,
                                 struct sbx_span bytes)
{
    struct sbx_log_held *held = &log->held[stream];
    size_t skipped = rest_length(held, bytes);
    bytes = (struct sbx_span){bytes.data + skipped, bytes.length - skipped};
    size_t length = held->length + bytes.length;
    char *data = malloc(length + 1);
    if (data == NULL) {
        return SBX_ENOMEM;
    }
    memcpy(data, held->bytes, held->length);
    memcpy(data + held->length, bytes.data, bytes.length);
    held->length = sbx_utf8_unfinished((struct sbx_span){data, length});
    held->timestamp_ms = timestamp_ms;
    held->cut = held->cut && length == 0;
    memcpy(held->bytes, data + length - held->length, held->length);
    struct sbx_log_piece piece = {stream, timestamp_ms, data, 0, length - held->length};
    enum sbx_status status = piece.length == 0 ? SBX_OK : add_piece(log, &piece);
    if (piece.length == 0 || status != SBX_OK) {
        free(data);
    }
    return status;
}

/* Counts what is missing before the entry of that number. */
static void note_sequence(struct sbx_log *log, uint64_t sequence, bool window)
{
    bool gap = sequence > log->last + 1;
    log->dropped += gap && !window ? sequence - log->last - 1 : 0;
    for (size_t i = 0; gap && i < SBX_LOG_STREAMS; i++) {
        log->held[i].cut = log->held[i].length == 0 && !window;
    }
    log->last = sequence;
}

static enum sbx_status take_entry(struct sbx_log *log, const json_t *entry, bool window)
{
    const json_t *data = json_object_get(entry, "data");
    const json_t *sequence = json_object_get(entry, "sequence");
    const json_t *timestamp = json_object_get(entry, "timestampMs");
    const char *encoding = json_string_value(json_object_get(entry, "encoding"));
    enum sbx_log_stream stream = sbx_log_stream_named(json_string_value(json_object_get(entry, "stream")));
    struct sbx_span text = {json_string_value(data), json_string_length(data)};
    if (text.data == NULL || stream == SBX_LOG_STREAMS || !json_is_integer(sequence) ||
        !json_is_integer(timestamp) || json_integer_value(sequence) <= 0) {
        return SBX_EPROTO;
    }
    struct sbx_bytes bytes;
    sbx_bytes_init(&bytes, SBX_JSON_MAX);
    enum sbx_status status = SBX_OK;
    if (encoding != NULL && strcmp(encoding, "base64") == 0) {
        status = sbx_base64_decode(&bytes, text);
        text = bytes.length == 0 ? SBX_SPAN("") : sbx_bytes_span(&bytes);
    }
    if (status == SBX_OK) {
        note_sequence(log, (uint64_t)json_integer_value(sequence), window);
    }
    if (status == SBX_OK && !is_own_message(stream, text)) {
        status = add_bytes(log, stream, (int64_t)json_integer_value(timestamp), text);
    }
    sbx_bytes_clear(&bytes);
    return status;
}

enum sbx_status sbx_log_take(struct sbx_log *log, const json_t *reply, bool window)
{
    const json_t *entries = json_object_get(reply, "entries");
    enum sbx_status status = json_is_array(entries) ? SBX_OK : SBX_EPROTO;
    for (size_t i = 0; i < json_array_size(entries) && status == SBX_OK; i++) {
        status = take_entry(log, json_array_get(entries, i), window && i == 0);
    }
    return status;
}

bool sbx_log_misses(const struct sbx_log *log, enum sbx_log_stream stream)
{
    return log->held[SBX_LOG_PTY].timestamp_ms == 0 && log->held[stream].timestamp_ms == 0;
}

enum sbx_status sbx_log_take_begun(struct sbx_log *log, enum sbx_log_stream stream, const json_t *reply)
{
    struct sbx_log own;
    sbx_log_init(&own);
    enum sbx_status status = sbx_log_take(&own, reply, true);
    if (status == SBX_OK && own.last > log->last) {
        status = SBX_EAGAIN;
    } else if (status == SBX_OK) {
        log->held[stream] = own.held[stream];
        log->held[stream].timestamp_ms += own.last == 0 ? 1 : 0; /* it was asked for */
    }
    sbx_log_clear(&own);
    return status;
}

enum sbx_status sbx_log_end(struct sbx_log *log)
{
    enum sbx_status status = SBX_OK;
    for (unsigned i = 0; i < SBX_LOG_STREAMS && status == SBX_OK; i++) {
        struct sbx_log_held *held = &log->held[i];
        char *data = held->length == 0 ? NULL : malloc(held->length);
        struct sbx_log_piece piece = {(enum sbx_log_stream)i, held->timestamp_ms, data, 0, held->length};
        if (held->length > 0) {
            status = data == NULL ? SBX_ENOMEM : add_piece(log, &piece);
        }
        if (status != SBX_OK) {
            free(data);
        } else if (data != NULL) {
            memcpy(data, held->bytes, held->length);
            held->length = 0;
        }
    }
    return status;
}

/* ---- What is shown ------------------------------------------------------------------------------------------- */

void sbx_log_keep_stream(struct sbx_log *log, enum sbx_log_stream stream)
{
    size_t kept = 0;
    for (size_t i = 0; i < log->count; i++) {
        if (stream == SBX_LOG_STREAMS || log->pieces[i].stream == stream) {
            log->pieces[kept++] = log->pieces[i];
        } else {
            free(log->pieces[i].data);
        }
    }
    log->count = kept;
}

bool sbx_log_keep_lines(struct sbx_log *log, size_t lines)
{
    bool is_end = true; /* the newline at the very end begins no line */
    for (size_t i = log->count; i > 0; i--) {
        struct sbx_log_piece *piece = &log->pieces[i - 1];
        for (size_t at = piece->length; at > piece->start; at--) {
            bool ends_line = piece->data[at - 1] == '\n' && !is_end;
            is_end = false;
            if (ends_line && --lines == 0) {
                bool is_whole = at == piece->length; /* the lines begin with the next piece */
                piece->start = at;
                drop_pieces(log, is_whole ? i : i - 1);
                return true;
            }
        }
    }
    return false;
}

bool sbx_log_is_cut(const struct sbx_log *log)
{
    bool seen[SBX_LOG_STREAMS] = {false};
    for (size_t i = 0; i < log->count; i++) {
        const struct sbx_log_piece *piece = &log->pieces[i];
        if (!seen[piece->stream] && ((unsigned char)piece->data[piece->start] & 0xc0) == 0x80) {
            return true;
        }
        seen[piece->stream] = true;
    }
    return false;
}

static struct sbx_span shown_of(const struct sbx_log_piece *piece)
{
    return (struct sbx_span){piece->data + piece->start, piece->length - piece->start};
}

static json_t *show_piece(const struct sbx_log_piece *piece)
{
    struct sbx_span bytes = shown_of(piece);
    bool is_text = sbx_utf8_valid(bytes);
    json_t *data = is_text ? json_stringn(bytes.data, bytes.length) : sbx_base64_json(bytes);
    json_t *shown = json_pack("{s:o, s:s, s:I}", "data", data, "stream", names[piece->stream], "timestampMs",
                              (json_int_t)piece->timestamp_ms);
    if (!is_text && json_object_set_new(shown, "encoding", json_string("base64")) != 0) {
        json_decref(shown);
        return NULL;
    }
    return shown;
}

json_t *sbx_log_show(const struct sbx_log *log)
{
    json_t *shown = json_array();
    for (size_t i = 0; i < log->count && shown != NULL; i++) {
        if (json_array_append_new(shown, show_piece(&log->pieces[i])) != 0) {
            json_decref(shown);
            shown = NULL;
        }
    }
    return shown;
}
