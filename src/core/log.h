/* log.h: what a process printed, from the entries of the server's log: exact bytes, in which no character is cut in two
 * where one entry ends and the next begins, nor where one answer does.
 *
 * An entry is what the server read at once, 8 KiB at most. Its sequence numbers count from 1, of all streams together;
 * of more than the log holds (10 MiB) the oldest are gone.
 *
 * Thread: any, one at a time.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_LOG_H
#define SBX_CORE_LOG_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire/result.h"
#include "wire/span.h"
#include "wire/status.h"

enum sbx_log_stream { SBX_LOG_STDOUT, SBX_LOG_STDERR, SBX_LOG_PTY, SBX_LOG_STREAMS };

/* Bytes of a place in a log as text: a number, and what may be held back of each stream. */
#define SBX_LOG_PLACE_SIZE 48

/* Entries that are enough to have the beginning of a character: each of its bytes may be one. */
#define SBX_LOG_LAST 4

/* What came on one stream at once. */
struct sbx_log_piece {
    enum sbx_log_stream stream;
    int64_t timestamp_ms; /* since 1970 */
    char *data;           /* owned */
    size_t start;         /* of `data`: the first byte that is shown */
    size_t length;        /* of `data` */
};

/* The beginning of a character whose rest has not come. */
struct sbx_log_held {
    char bytes[3];
    size_t length;
    int64_t timestamp_ms; /* of the last entry of the stream; 0: none came */
    bool cut;             /* what came before is gone: a rest of a character may be the first that comes */
};

struct sbx_log {
    struct sbx_log_piece *pieces; /* owned */
    size_t count;
    size_t capacity;
    uint64_t last;    /* the sequence number of the last entry that was taken; 0: none */
    uint64_t dropped; /* entries that were gone when they were asked for */
    struct sbx_log_held held[SBX_LOG_STREAMS];
};

void sbx_log_init(struct sbx_log *log);
void sbx_log_clear(struct sbx_log *log);

/* The stream of that name; SBX_LOG_STREAMS: none. */
enum sbx_log_stream sbx_log_stream_named(const char *name);

/* Static. */
const char *sbx_log_stream_name(enum sbx_log_stream stream);

/* Begins behind a place that sbx_log_place wrote; of an empty one. SBX_EINVAL: it is none. */
enum sbx_status sbx_log_begin_at(struct sbx_log *log, struct sbx_span place) SBX_CHECKED;

/* Takes the entries of a reply of the server; `window`: others may stand before them, which were not asked for.
 * SBX_EPROTO: it is none. */
enum sbx_status sbx_log_take(struct sbx_log *log, const json_t *reply, bool window) SBX_CHECKED;

/* Whether of `stream` nothing came, although a process without a terminal may have printed on it before. */
bool sbx_log_misses(const struct sbx_log *log, enum sbx_log_stream stream);

/* Takes what `stream` has begun from a reply with its last entries, SBX_LOG_LAST or all. SBX_EAGAIN: some came later than
 * all that was taken. SBX_EPROTO: as above. */
enum sbx_status sbx_log_take_begun(struct sbx_log *log, enum sbx_log_stream stream,
                                   const json_t *reply) SBX_CHECKED;

/* Nothing more will come: what was held back is shown as it is. */
enum sbx_status sbx_log_end(struct sbx_log *log) SBX_CHECKED;

/* Leaves the pieces of `stream` alone; all of them for SBX_LOG_STREAMS. */
void sbx_log_keep_stream(struct sbx_log *log, enum sbx_log_stream stream);

/* Leaves the last `lines` of them, as a terminal would show them; whether there were as many or more. A last line
 * without its end counts as one. */
bool sbx_log_keep_lines(struct sbx_log *log, size_t lines);

/* Whether its pieces begin within a character, of any stream. */
bool sbx_log_is_cut(const struct sbx_log *log);

/* [{data, stream, timestampMs}], with "encoding":"base64" where it is no UTF-8. The caller's; NULL: no memory. */
json_t *sbx_log_show(const struct sbx_log *log);

/* Where the next reading goes on, without losing what is held back. */
void sbx_log_place(const struct sbx_log *log, char place[SBX_LOG_PLACE_SIZE]);

#endif
