/* stays.c: see stays.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "stays.h"

#include <stdio.h>

#include "core/base64.h"
#include "core/companion/companion_lane.h"
#include "core/companion/resident.h"
#include "core/lane.h"
#include "takeover.h"
#include "wire/base64.h"
#include "wire/resident.h"

#define PROCESS "/v1/processes/proc_7"
#define BOX "/private/box-1"
#define BOX_TARGET "/v1/fs/file?path=" BOX "/"

struct stays stays;

static struct sbx_bytes held; /* what is said, but not yet in the log; under the world's lock */

/* ---- The log, under the lock ---------------------------------------------------------------------------- */

static void put_entry(struct sbx_span bytes)
{
    char *text = calloc(1, SBX_BASE64_LENGTH(bytes.length) + 1);
    sbx_base64_encode(text, bytes);
    stays.log[stays.entries++ % STAYS_ENTRIES] = text;
}

static void say(struct sbx_span bytes)
{
    sbx_bytes_append(&held, bytes);
    if (!stays.silent) {
        put_entry(sbx_bytes_span(&held));
        sbx_bytes_clear(&held);
        sbx_bytes_init(&held, SBX_MIB);
    }
}

static void say_frame(enum sbx_resident_code code, uint32_t number, struct sbx_span payload)
{
    char *bytes = malloc(SBX_FRAME_HEADER + payload.length);
    struct sbx_writer writer = sbx_buf_writer(bytes, SBX_FRAME_HEADER + payload.length);
    size_t start = sbx_frame_begin(&writer, number, (uint16_t)code);
    sbx_buf_put_bytes(&writer, payload);
    (void)!sbx_frame_end(&writer, start);
    say(sbx_buf_written(&writer));
    free(bytes);
}

/* Those after `since`, as JSON, each in its own `form`. */
static void write_entries(struct sbx_bytes *to, size_t since, bool stream)
{
    char head[200];
    for (size_t i = since; i < stays.entries; i++) {
        if (stream && i + 1 >= stays.lost_from && i < stays.lost_to) {
            continue;
        }
        (void)snprintf(head, sizeof(head), "%s{\"sequence\":%zu,\"stream\":\"stdout\",\"data\":\"",
                       stream ? "event: log\ndata: " : (i == since ? "" : ","), i + 1);
        sbx_bytes_append_text(to, head);
        sbx_bytes_append_text(to, stays.log[i]);
        sbx_bytes_append_text(to, stream ? "\"}\n\n" : "\"}");
    }
}

/* ---- Batches -------------------------------------------------------------------------------------------- */

static void leave_in_file(uint32_t number, struct sbx_span replies)
{
    static const char path[] = "/proc/77/fd/5";
    char where[100];
    struct sbx_writer writer = sbx_buf_writer(where, sizeof(where));
    sbx_bytes_clear(&stays.file);
    sbx_bytes_init(&stays.file, SBX_MIB);
    sbx_bytes_append(&stays.file, replies);
    sbx_buf_put(&writer, sbx_hash_of(replies), sizeof(uint64_t));
    sbx_buf_put(&writer, replies.length, sizeof(uint32_t));
    sbx_buf_put_bytes(&writer, (struct sbx_span){path, strlen(path)});
    say_frame(SBX_RESIDENT_FILED, number, sbx_buf_written(&writer));
    if (stays.strange) {
        stays.file.data[0] ^= 1;
    }
}

static void do_batch(uint32_t number, struct sbx_span frames_of, bool reads)
{
    struct sbx_reader reader = sbx_buf_reader(frames_of);
    struct sbx_frame frame;
    struct replies *replies = replies_begin();
    while (sbx_frame_next(&reader, &frame) == SBX_OK) {
        struct carried_frame carried = {.id = frame.id, .row = sbx_op_row(frame.code)};
        (void)!sbx_args_decode(carried.row, frame.payload, &carried.args);
        stays.changes += frame.code == SBX_OP_MKDIR;
        replies_echo(replies, &carried);
    }
    stays.done = number;
    stays.batches++;
    stays.filed += reads ? 1 : 0;
    bool files = stays.files != NULL && (stays.files_max == 0 || stays.filed <= stays.files_max);
    if (frames_of.length == 0) {
        say_frame(SBX_RESIDENT_REFUSED, number, SBX_SPAN(""));
    } else if (reads && files) {
        leave_in_file(number, sbx_buf_written(&replies->writer));
    } else {
        say_frame(SBX_RESIDENT_REPLIES, number, sbx_buf_written(&replies->writer));
    }
    free(replies);
}

/* The frames that the letter tells of: in it, or in the box. */
static struct sbx_span frames_of(const struct sbx_frame *letter, struct sbx_reader *rest)
{
    if ((letter->code & SBX_RESIDENT_BOXED) == 0) {
        return sbx_buf_get_bytes(rest, sbx_buf_left(rest));
    }
    stays.boxed++;
    bool there = sbx_buf_get(rest, sizeof(uint32_t)) == stays.box_number && !stays.box_lost;
    return there ? sbx_bytes_span(&stays.in_box) : SBX_SPAN("");
}

/* Under the lock, which it lets go meanwhile: whether the letter is the next one; one that comes too soon waits for those
 * before it. */
static bool await_its_turn(struct server *server, struct world *world, uint32_t number)
{
    bool there = true;
    while (there && number > stays.done + 1 && number <= stays.done + SBX_RESIDENT_WINDOW) {
        (void)pthread_mutex_unlock(&world->lock);
        there = server_sleep(server, 1);
        (void)pthread_mutex_lock(&world->lock);
    }
    return there && number == stays.done + 1;
}

static bool take_input(struct server *server, struct world *world, const struct asked *asked, int fd)
{
    struct sbx_bytes bytes;
    struct sbx_frame frame;
    json_t *root = json_loadb(asked->body.data, asked->body.length, 0, NULL);
    const json_t *data = json_object_get(root, "data");
    sbx_bytes_init(&bytes, SBX_MIB);
    (void)!sbx_base64_decode(&bytes, (struct sbx_span){json_string_value(data), json_string_length(data)});
    struct sbx_reader reader = sbx_buf_reader(sbx_bytes_span(&bytes));
    (void)pthread_mutex_lock(&world->lock);
    stays.inputs++;
    const char *refusal = stays.refusal;
    if (refusal == NULL && sbx_frame_next(&reader, &frame) == SBX_OK &&
        await_its_turn(server, world, frame.id)) {
        struct sbx_reader batch = sbx_buf_reader(frame.payload);
        uint64_t hash = sbx_buf_get(&batch, sizeof(uint64_t));
        struct sbx_span frames = frames_of(&frame, &batch);
        do_batch(frame.id, hash == sbx_hash_of(frames) ? frames : SBX_SPAN(""),
                 (frame.code & SBX_RESIDENT_READS) != 0);
    }
    (void)pthread_mutex_unlock(&world->lock);
    sbx_bytes_clear(&bytes);
    json_decref(root);
    return server_reply(fd, refusal == NULL ? "200 OK" : refusal, JSON, "{\"bytesWritten\":1}");
}

/* ---- Answers -------------------------------------------------------------------------------------------- */

/* The log from `since` on, as it grows, until the stream is cut. */
static bool stream_log(struct server *server, struct world *world, size_t since, int fd)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    bool open = server_write(fd, head, sizeof(head) - 1);
    while (open) {
        struct sbx_bytes bytes;
        sbx_bytes_init(&bytes, SBX_MIB);
        (void)pthread_mutex_lock(&world->lock);
        if (!stays.streamless) {
            write_entries(&bytes, since, true);
            since = stays.entries;
        }
        open = !stays.cut;
        (void)pthread_mutex_unlock(&world->lock);
        open = open && server_write(fd, bytes.data, bytes.length) && server_sleep(server, 1);
        sbx_bytes_clear(&bytes);
    }
    return false;
}

static bool answer_log(struct server *server, struct world *world, const struct asked *asked, int fd)
{
    struct sbx_bytes bytes;
    size_t since = strtoul(strstr(asked->target, "since=") + strlen("since="), NULL, 10);
    if (strstr(asked->target, "follow=true") != NULL) {
        return stream_log(server, world, since, fd);
    }
    sbx_bytes_init(&bytes, SBX_MIB);
    sbx_bytes_append_text(&bytes, "{\"entries\":[");
    (void)pthread_mutex_lock(&world->lock);
    write_entries(&bytes, since, false);
    (void)pthread_mutex_unlock(&world->lock);
    sbx_bytes_append_text(&bytes, "]}");
    (void)server_reply(fd, "200 OK", JSON, sbx_bytes_text(&bytes));
    sbx_bytes_clear(&bytes);
    return true;
}

static bool answer_process(struct world *world, const struct asked *asked, int fd)
{
    char text[300];
    bool stopped = strstr(asked->target, "/stop?") != NULL && !stays.stubborn;
    (void)pthread_mutex_lock(&world->lock);
    long created_ms = stays.another ? STAYS_CREATED_MS + 1 : STAYS_CREATED_MS;
    (void)pthread_mutex_unlock(&world->lock);
    (void)snprintf(text, sizeof(text),
                   "{\"id\":\"proc_7\",\"args\":[\"serve\",\"--batches\"],\"status\":\"%s\","
                   "\"createdAtMs\":%ld}",
                   stopped ? "exited" : "running", created_ms);
    return server_reply(fd, "200 OK", JSON, text);
}

static bool answer_file(struct server *server, struct world *world, int fd)
{
    (void)pthread_mutex_lock(&world->lock);
    bool waits = stays.files_wait;
    (void)pthread_mutex_unlock(&world->lock);
    if (waits && !server_wait(server)) {
        return false;
    }
    (void)pthread_mutex_lock(&world->lock);
    bool open = server_reply_bytes(fd, stays.files, "application/octet-stream", sbx_bytes_span(&stays.file));
    (void)pthread_mutex_unlock(&world->lock);
    return open;
}

static bool take_into_box(struct server *server, struct world *world, const struct asked *asked, int fd)
{
    (void)pthread_mutex_lock(&world->lock);
    bool waits = stays.box_waits;
    const char *status = stays.box;
    sbx_bytes_clear(&stays.in_box);
    sbx_bytes_init(&stays.in_box, SBX_MIB);
    sbx_bytes_append(&stays.in_box, (struct sbx_span){asked->body.data, asked->body.length});
    stays.box_number = strtoul(strrchr(asked->target, '/') + 1, NULL, 10);
    (void)pthread_mutex_unlock(&world->lock);
    return (!waits || server_wait(server)) && server_reply(fd, status, JSON, "{}");
}

static void note(struct world *world, const struct asked *asked)
{
    (void)pthread_mutex_lock(&world->lock);
    size_t at = strlen(stays.asked);
    (void)snprintf(stays.asked + at, sizeof(stays.asked) - at, "%s %.100s\n", asked->method, asked->target);
    (void)pthread_mutex_unlock(&world->lock);
}

static bool answer(struct server *server, const struct asked *asked, int fd)
{
    struct world *world = server_user(server);
    if (strcmp(asked->target, PROCESS "/input") == 0) {
        return take_input(server, world, asked, fd);
    }
    if (strstr(asked->target, "/logs?") != NULL) {
        return answer_log(server, world, asked, fd);
    }
    note(world, asked);
    if (asked->method[0] == 'P' && strncmp(asked->target, BOX_TARGET, strlen(BOX_TARGET)) == 0) {
        return take_into_box(server, world, asked, fd);
    }
    if (strcmp(asked->target, "/v1/fs/file?path=/proc/77/fd/5") == 0) {
        return answer_file(server, world, fd);
    }
    if (strcmp(asked->method, "DELETE") == 0) {
        return server_reply(fd, "204 No Content", NULL, "");
    }
    return strcmp(asked->target, "/v1/processes") == 0 && asked->method[0] == 'G'
               ? server_reply(fd, "200 OK", JSON, stays.list)
               : answer_process(world, asked, fd);
}

/* ---- Tests ---------------------------------------------------------------------------------------------- */

int stays_set_up(void **state)
{
    int failed = frames_set_up(state);
    stays = (struct stays){.list = "{\"processes\":[]}"};
    frames.other = answer;
    sbx_bytes_init(&held, SBX_MIB);
    say_frame(SBX_RESIDENT_REPLIES, 0, SBX_SPAN(""));
    return failed;
}

int stays_tear_down(void **state)
{
    int failed = frames_tear_down(state);
    for (size_t i = 0; i < stays.entries; i++) {
        free(stays.log[i]);
    }
    sbx_bytes_clear(&held);
    sbx_bytes_clear(&stays.file);
    sbx_bytes_clear(&stays.in_box);
    return failed;
}

static struct {
    const struct sbx_fs *fs;
    struct world *world;
    const char *wanted;
} awaited;

static bool has_carrier(void *user)
{
    (void)user;
    return strcmp(sbx_fs_carrier(awaited.fs), awaited.wanted) == 0;
}

void stays_await(struct world *world, const struct sbx_fs *fs, const char *carrier)
{
    awaited.fs = fs;
    awaited.wanted = carrier;
    drive_until(world->engine, has_carrier, NULL);
}

void stays_submit_apart(struct world *world, struct sbx_op *op)
{
    sbx_lane_submit(op, world->engine);
    frames_settle(world);
    clock_advance(SBX_BATCH_PACE_MAX_MS + 1);
}

void stays_have_box(const char *status)
{
    stays.box = status;
    say_frame(SBX_RESIDENT_REPLIES, 0, SBX_SPAN(BOX));
}

struct sbx_fs *stays_fs(struct world *world, const char *carrier)
{
    struct sbx_fs *fs = frames_fs_up(world);
    for (int i = 1; i < 16; i++) { /* so many make it worth while, with the first one */
        assert_status(frames_run(world, fs, SBX_OP_READLINK, "/x"), SBX_OK);
    }
    stays_await(world, fs, carrier);
    frames_forget();
    return fs;
}

void stays_end(struct sbx_fs *fs)
{
    assert_int_equal(frames.batches, 0);
    assert_string_equal(sbx_fs_carrier(fs), "stream");
    sbx_fs_destroy(fs);
}

void stays_speak(struct world *world)
{
    (void)pthread_mutex_lock(&world->lock);
    stays.silent = false;
    say(SBX_SPAN(""));
    (void)pthread_mutex_unlock(&world->lock);
}

void stays_leave(struct world *world)
{
    (void)pthread_mutex_lock(&world->lock);
    stays.silent = false;
    say_frame(SBX_RESIDENT_LEFT, stays.done, SBX_SPAN(""));
    (void)pthread_mutex_unlock(&world->lock);
}

bool stays_was_asked(struct world *world, const char *line)
{
    (void)pthread_mutex_lock(&world->lock);
    bool found = strstr(stays.asked, line) != NULL;
    (void)pthread_mutex_unlock(&world->lock);
    return found;
}

static bool was_asked(void *user)
{
    return stays_was_asked(user, awaited.wanted);
}

void stays_await_asked(struct world *world, const char *line)
{
    awaited.wanted = line;
    drive_until(world->engine, was_asked, world);
}
