/* http.c: see http.h.
 *
 * Waiting: the VM cuts every call of a command at 30 s, and answers that came too late are then taken for
 * the next call's. So net_recv is called only when something is there, and net_poll waits a shorter time,
 * again and again. net_poll does not tell that the other side has closed; sending no bytes at all makes the
 * VM notice, and puts nothing on the wire.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http.h"

#include "host.h"

#define WAIT_MS 4000     /* of one net_poll */
#define NOTICE_WAITS 7   /* the notice comes after 28 s: a shell in the VM is cut at 30 */
#define PIECE_MAX 65536U /* bytes of one net_send or net_recv: the VM answers with 1 MiB at most */

static void fail(struct http_reply *reply, enum http_status status)
{
    reply->phase = HTTP_FAILED;
    reply->status = status;
}

void http_reply_init(struct http_reply *reply, struct memory *memory)
{
    *reply = (struct http_reply){.head_left = HTTP_HEAD_MAX};
    buffer_init(&reply->body, memory);
}

static void read_status_line(struct http_reply *reply, struct span line)
{
    /* HTTP/1.1 200 OK: the tool server answers everything with 200. */
    bool ok = text_starts(line, "HTTP/1.") && line.length >= 12 &&
              text_is(text_before(text_after(line, 8), 4), " 200");
    if (!ok) {
        fail(reply, HTTP_NO_HTTP);
        return;
    }
    reply->phase = HTTP_HEADERS;
}

/* Where the header has that name (in lower case, with its colon): its value, without the space around it. */
static bool header_value(struct span line, const char *name, struct span *value)
{
    if (!text_starts_any_case(line, name)) {
        return false;
    }
    *value = text_after(line, text_span(name).length);
    while (value->length > 0 && (value->data[0] == ' ' || value->data[0] == '\t')) {
        *value = text_after(*value, 1);
    }
    while (value->length > 0 && value->data[value->length - 1] == ' ') {
        value->length--;
    }
    return true;
}

static void expect_bytes(struct http_reply *reply, size_t length, enum http_phase phase)
{
    if (length > HTTP_BODY_MAX - reply->body.length) {
        fail(reply, HTTP_TOO_LARGE);
        return;
    }
    reply->remaining = length;
    reply->phase = phase;
}

static void read_header(struct http_reply *reply, struct span line)
{
    struct span value;
    if (header_value(line, "content-length:", &value)) {
        int32_t length = text_number(value);
        reply->sized = length >= 0;
        reply->remaining = (size_t)length;
    }
    if (header_value(line, "transfer-encoding:", &value)) {
        reply->chunked = text_starts_any_case(value, "chunked") && value.length == 7;
    }
}

static void end_headers(struct http_reply *reply)
{
    if (reply->chunked) {
        reply->phase = HTTP_CHUNK_SIZE;
    } else if (!reply->sized) {
        fail(reply, HTTP_NO_HTTP);
    } else {
        expect_bytes(reply, reply->remaining, reply->remaining > 0 ? HTTP_BODY : HTTP_DONE);
    }
}

static void read_chunk_size(struct http_reply *reply, struct span line)
{
    size_t size = 0;
    size_t digits = 0;
    while (digits < line.length && text_hex_digit(line.data[digits]) < 16) {
        size = size << 4 | text_hex_digit(line.data[digits]);
        digits++;
    }
    bool ends = digits == line.length || line.data[digits] == ';' || line.data[digits] == ' ';
    if (digits == 0 || digits > 7 || !ends) { /* 7 digits are 256 MiB, above the cap */
        fail(reply, digits > 7 ? HTTP_TOO_LARGE : HTTP_NO_HTTP);
    } else {
        expect_bytes(reply, size, size > 0 ? HTTP_CHUNK_DATA : HTTP_TRAILERS);
    }
}

static void read_line(struct http_reply *reply, struct span line)
{
    switch (reply->phase) {
    case HTTP_STATUS_LINE:
        read_status_line(reply, line);
        break;
    case HTTP_HEADERS:
        if (line.length == 0) {
            end_headers(reply);
        } else {
            read_header(reply, line);
        }
        break;
    case HTTP_CHUNK_SIZE:
        read_chunk_size(reply, line);
        break;
    case HTTP_CHUNK_END:
        reply->phase = HTTP_CHUNK_SIZE;
        break;
    default: /* HTTP_TRAILERS: whatever they say, the empty line ends them */
        reply->phase = line.length == 0 ? HTTP_DONE : HTTP_TRAILERS;
    }
}

/* Takes the bytes of one line, or all of them where it does not end here; how many it took. A line over
 * HTTP_LINE_MAX is none that we read, and is kept only so far. */
static size_t take_line(struct http_reply *reply, struct span bytes)
{
    for (size_t i = 0; i < bytes.length; i++) {
        if (reply->phase < HTTP_CHUNK_SIZE && reply->head_left-- == 0) {
            fail(reply, HTTP_TOO_LARGE);
            return i;
        }
        if (bytes.data[i] != '\n') {
            reply->line[reply->line_length] = bytes.data[i];
            reply->line_length += reply->line_length < HTTP_LINE_MAX - 1;
            continue;
        }
        struct span line = {reply->line, reply->line_length};
        line.length -= line.length > 0 && line.data[line.length - 1] == '\r';
        reply->line_length = 0;
        read_line(reply, line);
        return i + 1;
    }
    return bytes.length;
}

static size_t take_data(struct http_reply *reply, struct span bytes)
{
    size_t taken = bytes.length < reply->remaining ? bytes.length : reply->remaining;
    buffer_put(&reply->body, text_before(bytes, taken));
    reply->remaining -= taken;
    if (reply->body.failed) {
        fail(reply, HTTP_TOO_LARGE);
    } else if (reply->remaining == 0) {
        reply->phase = reply->phase == HTTP_BODY ? HTTP_DONE : HTTP_CHUNK_END;
    }
    return taken;
}

static bool wants_more(const struct http_reply *reply)
{
    return reply->phase != HTTP_DONE && reply->phase != HTTP_FAILED;
}

void http_reply_feed(struct http_reply *reply, struct span bytes)
{
    while (bytes.length > 0 && wants_more(reply)) {
        bool data = reply->phase == HTTP_BODY || reply->phase == HTTP_CHUNK_DATA;
        bytes = text_after(bytes, data ? take_data(reply, bytes) : take_line(reply, bytes));
    }
}

static bool send_all(uint32_t fd, struct span bytes)
{
    while (bytes.length > 0) {
        size_t sent = 0;
        size_t piece = bytes.length < PIECE_MAX ? bytes.length : PIECE_MAX;
        if (host_send(fd, bytes.data, piece, 0, &sent) != 0 || sent == 0 || sent > piece) {
            return false;
        }
        bytes = text_after(bytes, sent);
    }
    return true;
}

static bool send_request(uint32_t fd, struct memory *memory, const struct http_request *request)
{
    struct buffer head;
    buffer_init(&head, memory);
    buffer_put_text(&head, request->body.length > 0 ? "POST " : "GET ");
    buffer_put(&head, request->path);
    buffer_put_text(&head, " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                           "Content-Type: application/json\r\nContent-Length: ");
    buffer_put_number(&head, request->body.length);
    buffer_put_text(&head, "\r\n\r\n");
    return !head.failed && send_all(fd, buffer_span(&head)) && send_all(fd, request->body);
}

static bool connect_to(struct memory *memory, struct span port, uint32_t *fd)
{
    struct buffer address;
    buffer_init(&address, memory);
    buffer_put_text(&address, "127.0.0.1:");
    buffer_put(&address, port);
    return host_socket(HOST_AF_INET, HOST_SOCK_STREAM, 0, fd) == 0 && !address.failed &&
           host_connect(*fd, address.data, address.length) == 0;
}

static void show(const char *notice)
{
    struct span text = text_span(notice);
    size_t written;
    host_write(HOST_STDERR, &text, 1, &written);
}

/* False once the connection is known to be gone. */
static bool wait_readable(uint32_t fd, const char *notice)
{
    for (size_t waits = 1;; waits++) {
        struct host_pollfd polled = {.fd = fd, .events = HOST_POLLIN};
        uint32_t ready = 0;
        if (host_poll(&polled, 1, WAIT_MS, &ready) != 0) {
            return false;
        }
        size_t sent;
        if (ready > 0) {
            return true;
        }
        if (host_send(fd, "", 0, 0, &sent) != 0) {
            return false;
        }
        if (waits == NOTICE_WAITS) {
            show(notice);
        }
    }
}

static void receive(uint32_t fd, char *piece, const char *notice, struct http_reply *reply)
{
    while (wants_more(reply)) {
        size_t received = 0;
        bool ok = wait_readable(fd, notice) && host_receive(fd, piece, PIECE_MAX, 0, &received) == 0;
        if (!ok || received == 0 || received > PIECE_MAX) {
            fail(reply, HTTP_CUT);
            return;
        }
        http_reply_feed(reply, (struct span){piece, received});
    }
}

enum http_status http_exchange(struct memory *memory, const struct http_request *request,
                               struct http_reply *reply)
{
    uint32_t fd;
    char *piece = memory_take(memory, PIECE_MAX);
    if (piece == NULL || !connect_to(memory, request->port, &fd)) {
        return HTTP_NO_SERVER;
    }
    if (!send_request(fd, memory, request)) {
        return HTTP_CUT;
    }
    receive(fd, piece, request->notice, reply);
    return reply->phase == HTTP_DONE ? HTTP_OK : reply->status;
}
