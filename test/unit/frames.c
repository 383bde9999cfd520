/* frames.c: bodies of POST /v1/processes/run to frames, and replies back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "frames.h"

#include <stdio.h>

#include "core/base64.h"
#include "core/lane.h"
#include "wire/base64.h"

struct frames frames;

/* ---- What came ------------------------------------------------------------------------------------------ */

/* The frames that the variables of the request hold, in the order of its arguments. */
static bool join_pieces(const json_t *request, struct sbx_bytes *bytes)
{
    const json_t *arguments = json_object_get(request, "args");
    const json_t *variables = json_object_get(request, "env");
    bool whole = json_array_size(arguments) == json_object_size(variables) + 1;
    for (size_t i = 1; i < json_array_size(arguments) && whole; i++) {
        char name[32];
        const char *piece = json_string_value(json_array_get(arguments, i));
        (void)snprintf(name, sizeof(name), "SBX_%s", piece + 1);
        const json_t *value = json_object_get(variables, name);
        struct sbx_span text = {json_string_value(value), json_string_length(value)};
        whole = piece[0] == '@' && text.length > 0 && text.length < 128 * SBX_KIB &&
                sbx_base64_decode(bytes, text) == SBX_OK;
    }
    return whole;
}

static bool cut_frames(struct carried *batch)
{
    struct sbx_reader reader = sbx_buf_reader(batch->bytes);
    struct sbx_frame frame;
    while (batch->count < SBX_BATCH_FRAMES_MAX && sbx_frame_next(&reader, &frame) == SBX_OK) {
        struct carried_frame *to = &batch->frames[batch->count++];
        *to = (struct carried_frame){.id = frame.id, .row = sbx_op_row(frame.code)};
        if (to->row == NULL || sbx_args_decode(to->row, frame.payload, &to->args) != SBX_OK) {
            return false;
        }
    }
    return batch->count > 0 && sbx_buf_left(&reader) == 0;
}

static void note_batch(struct world *world, struct carried *batch)
{
    (void)pthread_mutex_lock(&world->lock);
    batch->number = frames.batches++;
    char *line = frames.lines[batch->number % FRAMES_LINES];
    size_t size = sizeof(frames.lines[0]);
    size_t at = 0;
    for (size_t i = 0; i < batch->count && at < size; i++) {
        const struct carried_frame *frame = &batch->frames[i];
        struct sbx_span path = frame->args.path.length == 0 ? frame->args.target : frame->args.path;
        at += (size_t)snprintf(line + at, size - at, "%s%s %.*s", i == 0 ? "" : ", ", frame->row->name,
                               (int)path.length, path.data);
    }
    (void)pthread_mutex_unlock(&world->lock);
}

static bool take_batch(struct server *server, const json_t *request, int fd)
{
    struct world *world = server_user(server);
    struct sbx_bytes bytes;
    struct carried batch = {.request = request};
    bool kept = true;
    sbx_bytes_init(&bytes, SBX_BATCH_MAX);
    batch.frames = calloc(SBX_BATCH_FRAMES_MAX, sizeof(*batch.frames));
    bool whole = join_pieces(request, &bytes);
    batch.bytes = sbx_bytes_span(&bytes);
    if (whole && cut_frames(&batch)) {
        note_batch(world, &batch);
        kept = frames.answer(server, &batch, fd);
    } else {
        (void)pthread_mutex_lock(&world->lock);
        (void)snprintf(frames.wrong, sizeof(frames.wrong), "a batch of %zu bytes is none", bytes.length);
        (void)pthread_mutex_unlock(&world->lock);
        kept = server_reply(fd, "599 No Batch", "text/plain", "no batch");
    }
    free(batch.frames);
    sbx_bytes_clear(&bytes);
    return kept;
}

static bool take_search(struct server *server, const struct asked *asked, int fd)
{
    struct world *world = server_user(server);
    (void)pthread_mutex_lock(&world->lock);
    frames.searches++;
    (void)pthread_mutex_unlock(&world->lock);
    return frames.search(server, asked, fd);
}

static bool take(struct server *server, const struct asked *asked, int fd)
{
    if (strstr(asked->target, "/v1/processes/run") == NULL) {
        return frames.other(server, asked, fd);
    }
    json_t *request = json_loadb(asked->body.data, asked->body.length, JSON_REJECT_DUPLICATES, NULL);
    const char *piece = json_string_value(json_array_get(json_object_get(request, "args"), 1));
    bool search = piece == NULL || piece[0] != '@'; /* that begins with its own */
    bool kept = search ? take_search(server, asked, fd) : take_batch(server, request, fd);
    json_decref(request);
    return kept;
}

/* ---- Answers -------------------------------------------------------------------------------------------- */

static bool find_nothing(struct server *server, const struct asked *asked, int fd)
{
    (void)server;
    (void)asked;
    return server_reply(fd, "400 Bad Request", PROBLEM, "{\"detail\":\"invalid request: path not found\"}");
}

struct replies *replies_begin(void)
{
    struct replies *replies = calloc(1, sizeof(*replies));
    replies->writer = sbx_buf_writer(replies->space, sizeof(replies->space));
    return replies;
}

void replies_put(struct replies *replies, uint32_t id, uint16_t code, struct sbx_span payload)
{
    size_t start = sbx_frame_begin(&replies->writer, id, code);
    sbx_buf_put_bytes(&replies->writer, payload);
    (void)!sbx_frame_end(&replies->writer, start);
}

void replies_answer(struct replies *replies, const struct carried_frame *frame,
                    const struct sbx_result *result)
{
    size_t start = sbx_frame_begin(&replies->writer, frame->id, 0);
    (void)!sbx_result_encode(frame->row, result, &replies->writer);
    (void)!sbx_frame_end(&replies->writer, start);
}

void replies_echo(struct replies *replies, const struct carried_frame *frame)
{
    struct sbx_result result = {.status = SBX_OK};
    struct sbx_span path = frame->args.path;
    enum sbx_reply shape = (enum sbx_reply)frame->row->reply;
    if (shape == SBX_REPLY_BYTES || shape == SBX_REPLY_TEXT) {
        result.bytes = (struct sbx_buffer){(char *)(uintptr_t)path.data, path.length};
        result.total = path.length;
    } else if (shape == SBX_REPLY_STAT) {
        result.stat = (struct sbx_stat){.mode = SBX_S_IFREG | 0644, .size = path.length};
    }
    replies_answer(replies, frame, &result);
}

bool program_ended(int fd, const char *output, int code)
{
    json_t *root = json_pack("{s:i, s:b, s:s, s:s, s:b, s:b}", "exitCode", code, "timedOut", 0, "stdout",
                             output, "stderr", "", "stdoutTruncated", 0, "stderrTruncated", 0);
    char *text = json_dumps(root, 0);
    (void)server_reply(fd, "200 OK", JSON, text);
    free(text);
    json_decref(root);
    return true;
}

static bool send_output(int fd, struct sbx_span bytes)
{
    char *text = calloc(1, SBX_BASE64_LENGTH(bytes.length) + 1);
    sbx_base64_encode(text, bytes);
    (void)program_ended(fd, text, 0);
    free(text);
    return true;
}

bool replies_send(struct replies *replies, size_t cut, int fd)
{
    struct sbx_span bytes = sbx_buf_written(&replies->writer);
    bytes.length -= cut;
    (void)send_output(fd, bytes);
    free(replies);
    return true;
}

bool answer_all(struct server *server, const struct carried *batch, int fd)
{
    (void)server;
    struct replies *replies = replies_begin();
    for (size_t i = 0; i < batch->count; i++) {
        replies_echo(replies, &batch->frames[i]);
    }
    return replies_send(replies, 0, fd);
}

bool answer_late(struct server *server, const struct carried *batch, int fd)
{
    return server_wait(server) && answer_all(server, batch, fd);
}

/* With the beginning of an answer: else libcurl itself may send it again. */
bool answer_by_losing(struct server *server, const struct carried *batch, int fd)
{
    static const char beginning[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    (void)server;
    (void)batch;
    (void)server_write(fd, beginning, sizeof(beginning) - 1);
    return false;
}

bool greet_as(int fd, const struct sbx_greeting *greeting)
{
    char bytes[1000];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    size_t start = sbx_frame_begin(&writer, 0, 0);
    sbx_greeting_encode(greeting, &writer);
    (void)!sbx_frame_end(&writer, start);
    return send_output(fd, sbx_buf_written(&writer));
}

bool greet(struct server *server, const struct asked *asked, int fd)
{
    (void)server;
    (void)asked;
    struct sbx_greeting greeting = {
        .version = SBX_WIRE_VERSION, .program = SBX_SPAN("/p/companion"), .directory = SBX_SPAN("/p")};
    sbx_greeting_set_codes(&greeting);
    return greet_as(fd, &greeting);
}

/* ---- Tests ---------------------------------------------------------------------------------------------- */

int frames_set_up(void **state)
{
    frames = (struct frames){.answer = answer_all, .search = greet, .other = find_nothing};
    return world_start(state, take, NULL);
}

int frames_tear_down(void **state)
{
    (void)world_end(state);
    if (frames.wrong[0] != '\0') {
        print_error("%s\n", frames.wrong);
    }
    return frames.wrong[0] == '\0' ? 0 : -1;
}

void frames_forget(void)
{
    frames.batches = 0;
    frames.searches = 0;
    memset(frames.lines, 0, sizeof(frames.lines));
}

size_t frames_batches(struct world *world)
{
    (void)pthread_mutex_lock(&world->lock);
    size_t batches = frames.batches;
    (void)pthread_mutex_unlock(&world->lock);
    return batches;
}

static size_t awaited;

static bool have_come(void *user)
{
    return frames_batches(user) >= awaited;
}

void frames_await(struct world *world, size_t count)
{
    awaited = count;
    drive_until(world->engine, have_come, world);
}

void frames_settle(struct world *world)
{
    for (int i = 0; i < 5; i++) {
        sbx_engine_slice(world->engine);
    }
}

static size_t count_lines(const char *line)
{
    size_t count = 0;
    for (size_t i = 0; i < frames.batches && i < FRAMES_LINES; i++) {
        count += strcmp(frames.lines[i], line) == 0;
    }
    return count;
}

void check_batches(const char *const *lines, const char *file, int line)
{
    size_t count = 0;
    bool same = true;
    for (; lines[count] != NULL; count++) {
        size_t wanted = 0;
        for (size_t i = 0; lines[i] != NULL; i++) {
            wanted += strcmp(lines[i], lines[count]) == 0;
        }
        same = same && count_lines(lines[count]) == wanted;
    }
    if (same && count == frames.batches) {
        return;
    }
    for (size_t i = 0; i < frames.batches && i < FRAMES_LINES; i++) {
        print_error("batch %zu: %s\n", i, frames.lines[i]);
    }
    print_error("instead of %zu, the first: %s\n", count, count == 0 ? "(none)" : lines[0]);
    _fail(file, line);
}

struct sbx_fs *frames_fs(void)
{
    struct sbx_fs *fs = NULL;
    struct sbx_fs_options options = {
        .base_path = SBX_SPAN("/"), .timeout_ms = 10000, .max_full_read = 64 * SBX_MIB};
    assert_status(sbx_fs_create(&fs, &options), SBX_OK);
    return fs;
}

struct sbx_fs *frames_fs_up(struct world *world)
{
    struct sbx_fs *fs = frames_fs();
    carried_function answer = frames.answer;
    frames.answer = answer_all;
    assert_status(frames_run(world, fs, SBX_OP_READLINK, "/first"), SBX_OK);
    frames.answer = answer;
    frames_forget();
    return fs;
}

struct sbx_op *frames_op(struct world *world, const struct sbx_fs *fs, enum sbx_op_code code,
                         const char *path)
{
    struct sbx_op *op = NULL;
    const struct sbx_op_row *row = sbx_op_row(code);
    struct sbx_args args = {.path = span_of(path)};
    if (row->arguments[1] == SBX_ARG_NEW_PATH) {
        args.new_path = SBX_SPAN("/new");
    }
    assert_status(sbx_fs_op_create(&op, fs, row, world->endpoint, &args), SBX_OK);
    return op;
}

void frames_submit(struct world *world, const struct sbx_fs *fs, enum sbx_op_code code, struct sbx_op **ops,
                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char path[32];
        (void)snprintf(path, sizeof(path), "/%zu", i);
        ops[i] = frames_op(world, fs, code, path);
        sbx_lane_submit(ops[i], world->engine);
    }
}

void frames_destroy(struct sbx_op **ops, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sbx_op_destroy(ops[i]);
    }
}

enum sbx_status frames_run(struct world *world, const struct sbx_fs *fs, enum sbx_op_code code,
                           const char *path)
{
    struct sbx_op *op = frames_op(world, fs, code, path);
    sbx_lane_submit(op, world->engine);
    world_drive(world, 1);
    enum sbx_status status = op->result.status;
    sbx_op_destroy(op);
    return status;
}

void check_end(const struct sbx_op *op, enum sbx_status status, const char *words, const char *file, int line)
{
    bool same = op->result.status == status && (words == NULL || strcmp(sbx_op_detail(op), words) == 0);
    if (!same) {
        print_error("%s %.*s: %s (%s) instead of %s (%s)\n", op->row->name, (int)op->args.path.length,
                    op->args.path.data, sbx_status_name(op->result.status), sbx_op_detail(op),
                    sbx_status_name(status), words == NULL ? "whatever" : words);
        _fail(file, line);
    }
}

void check_echo(const struct sbx_op *op, const char *file, int line)
{
    check_end(op, SBX_OK, "", file, line);
    struct sbx_span bytes = {op->result.bytes.data, op->result.bytes.length};
    if (!sbx_span_equal(bytes, op->args.path)) {
        print_error("%.*s has \"%.*s\"\n", (int)op->args.path.length, op->args.path.data, (int)bytes.length,
                    bytes.data);
        _fail(file, line);
    }
}
