/* request.c: a request as a curl handle, and back.
 *
 * libcurl sends a request again by itself when a kept connection turns out to be closed before an answer
 * came. For a read that is right. For a change it could run twice, so its body comes from a read
 * function that cannot be rewound (curl then gives up with CURLE_SEND_FAIL_REWIND), and a change whose
 * body is empty, with nothing to rewind, uses a fresh connection, on which curl never sends again.
 *
 * Thread: one at a time.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/http/ending.h"
#include "core/http/exchange.h"
#include "core/http/multi.h"
#include "core/http/problem.h"

#define URL_MAX (64 * SBX_KIB) /* the server answers 414 to more */

enum sbx_status sbx_request_create(struct sbx_request **request, struct sbx_endpoint *endpoint,
                                   enum sbx_method method, const char *route)
{
    struct sbx_request *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return SBX_ENOMEM;
    }
    made->endpoint = sbx_endpoint_ref(endpoint);
    made->method = method;
    made->timeout_ms = SBX_TIMEOUT_MS;
    made->reply_max = SBX_JSON_MAX;
    made->socket = CURL_SOCKET_BAD;
    sbx_link_init(&made->link);
    sbx_bytes_init(&made->url, URL_MAX);
    sbx_bytes_append(&made->url, sbx_endpoint_base_url(endpoint));
    sbx_bytes_append_text(&made->url, route);
    sbx_bytes_init(&made->reply, SBX_PROBLEM_MAX);
    *request = made;
    return SBX_OK;
}

static void free_handle(struct sbx_request *request)
{
    curl_easy_cleanup(request->easy);
    curl_slist_free_all(request->headers);
    request->easy = NULL;
    request->headers = NULL;
}

void sbx_request_destroy(struct sbx_request *request)
{
    if (request == NULL) {
        return;
    }
    free_handle(request);
    sbx_repeat_clear(request);
    sbx_bytes_clear(&request->url);
    sbx_bytes_clear(&request->reply);
    sbx_endpoint_unref(request->endpoint);
    free(request);
}

void sbx_request_segment(struct sbx_request *request, struct sbx_span segment, const char *rest)
{
    sbx_bytes_append_text(&request->url, "/");
    for (size_t i = 0; i < segment.length; i++) {
        /* Also what a URL would take apart: a slash, and the dots of "..". */
        char encoded[4];
        (void)snprintf(encoded, sizeof(encoded), "%%%02X", (unsigned)(unsigned char)segment.data[i]);
        bool structural = segment.data[i] == '/' || segment.data[i] == '.';
        if (structural) {
            sbx_bytes_append_text(&request->url, encoded);
        } else {
            sbx_bytes_append_encoded(&request->url, (struct sbx_span){segment.data + i, 1});
        }
    }
    sbx_bytes_append_text(&request->url, rest);
}

void sbx_request_query(struct sbx_request *request, const char *name, struct sbx_span value)
{
    struct sbx_span url = sbx_bytes_span(&request->url);
    bool first = url.length == 0 || memchr(url.data, '?', url.length) == NULL;
    sbx_bytes_append_text(&request->url, first ? "?" : "&");
    sbx_bytes_append_text(&request->url, name);
    sbx_bytes_append_text(&request->url, "=");
    sbx_bytes_append_encoded(&request->url, value);
}

static void note_progress(struct sbx_request *request)
{
    request->progress_ms = sbx_now_ms();
    if (request->shared_progress_ms != NULL) {
        *request->shared_progress_ms = request->progress_ms;
    }
}

static size_t read_body(char *to, size_t size, size_t count, void *user)
{
    struct sbx_request *request = user;
    size_t left = request->body.length - request->body_sent;
    size_t length = size * count < left ? size * count : left;
    if (length > 0) {
        memcpy(to, request->body.data + request->body_sent, length);
    }
    request->body_sent += length;
    note_progress(request);
    return length;
}

static int rewind_body(void *user, curl_off_t offset, int origin)
{
    struct sbx_request *request = user;
    if (request->change || origin != SEEK_SET || offset < 0 || (size_t)offset > request->body.length) {
        return CURL_SEEKFUNC_FAIL;
    }
    request->body_sent = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

/* The caps of a reply are known with its status: a problem is kept short, a content at its full length. */
static void begin_reply(struct sbx_request *request)
{
    curl_off_t length = -1;
    (void)curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &request->http_status);
    (void)curl_easy_getinfo(request->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    request->announced = length > 0 ? (uint64_t)length : 0;
    if (request->http_status >= 300) {
        return;
    }
    if (request->size_above > 0 && length > 0 && (uint64_t)length > request->size_above) {
        request->reply_length = (uint64_t)length;
    }
    if (request->room != NULL) {
        sbx_bytes_lend(&request->reply, request->room, request->reply_max);
        return;
    }
    request->reply.max = request->reply_max;
    if (length > 0 && request->reply_length == 0) {
        sbx_bytes_reserve(&request->reply, (size_t)length);
    }
}

static size_t write_reply(char *from, size_t size, size_t count, void *user)
{
    struct sbx_request *request = user;
    struct sbx_span arrived = {from, size * count};
    note_progress(request);
    if (request->http_status == 0) {
        begin_reply(request);
    }
    if (request->http_status >= 300) {
        size_t room = request->reply.max - request->reply.length;
        arrived.length = arrived.length < room ? arrived.length : room;
    }
    if (request->reply_length > 0) {
        return CURL_WRITEFUNC_ERROR;
    }
    if (request->piece != NULL && request->http_status < 300) {
        sbx_multi_acknowledge(request->socket);
        request->piece(request, arrived);
        return size * count;
    }
    sbx_bytes_append(&request->reply, arrived);
    if (request->reply.length < request->announced) {
        sbx_multi_acknowledge(request->socket);
    }
    if (request->arrived != NULL) {
        atomic_store_explicit(request->arrived, request->reply.length, memory_order_relaxed);
    }
    return request->reply.status == SBX_OK ? size * count : CURL_WRITEFUNC_ERROR;
}

static void add_header(struct sbx_request *request, const char *line)
{
    struct curl_slist *longer = curl_slist_append(request->headers, line);
    if (longer == NULL) {
        curl_slist_free_all(request->headers);
    }
    request->headers = longer;
}

static enum sbx_status make_headers(struct sbx_request *request)
{
    char line[128];
    (void)snprintf(line, sizeof(line), "Accept: %s", request->accept == NULL ? "*/*" : request->accept);
    add_header(request, line);
    if (request->headers != NULL) {
        /* A name without a value takes away what curl would send by itself for a POST. */
        const char *type = request->body_type == NULL ? "" : request->body_type;
        (void)snprintf(line, sizeof(line), "Content-Type:%s%s", type[0] == '\0' ? "" : " ", type);
        add_header(request, line);
    }
    if (request->headers != NULL) {
        add_header(request, "Expect:"); /* waiting for 100-continue costs a round trip */
    }
    for (size_t i = 0; i < sbx_endpoint_line_count(request->endpoint) && request->headers != NULL; i++) {
        add_header(request, sbx_endpoint_line(request->endpoint, i));
    }
    return request->headers == NULL ? SBX_ENOMEM : SBX_OK;
}

/* Sets one option; the first that fails makes all the later ones no-ops. */
#define SET(code, easy, option, value)                                                                       \
    ((code) = (code) == CURLE_OK ? curl_easy_setopt((easy), (option), (value)) : (code))

static CURLcode set_connection(const struct sbx_request *request)
{
    CURL *easy = request->easy;
    CURLcode code = CURLE_OK;
    SET(code, easy, CURLOPT_NOSIGNAL, 1L);
    SET(code, easy, CURLOPT_QUICK_EXIT, 1L);
    SET(code, easy, CURLOPT_TCP_NODELAY, 1L);
    SET(code, easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(code, easy, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(code, easy, CURLOPT_PATH_AS_IS, 1L);
    SET(code, easy, CURLOPT_PROXY,
        sbx_endpoint_proxy(request->endpoint)); /* "": none, of no variable either */
    SET(code, easy, CURLOPT_NOPROXY, "");       /* likewise */
    SET(code, easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(code, easy, CURLOPT_CONNECTTIMEOUT_MS, (long)request->timeout_ms);
    long alone = request->fresh || (request->change && request->body.length == 0) ? 1 : 0;
    SET(code, easy, CURLOPT_FRESH_CONNECT, alone);
    SET(code, easy, CURLOPT_FORBID_REUSE, alone); /* else each would leave one more connection behind */
    struct sbx_roots *roots = sbx_endpoint_roots(request->endpoint);
    code = code == CURLE_OK && roots != NULL ? sbx_roots_use(roots, easy) : code;
    if (sbx_endpoint_is_unverified(request->endpoint)) {
        SET(code, easy, CURLOPT_SSL_VERIFYPEER, 0L);
        SET(code, easy, CURLOPT_SSL_VERIFYHOST, 0L);
        SET(code, easy, CURLOPT_PROXY_SSL_VERIFYPEER, 0L);
        SET(code, easy, CURLOPT_PROXY_SSL_VERIFYHOST, 0L);
    }
    return code;
}

static CURLcode set_method(const struct sbx_request *request)
{
    CURL *easy = request->easy;
    CURLcode code = CURLE_OK;
    bool put = request->method == SBX_PUT;
    bool post = request->method == SBX_POST;
    if (put || post) {
        SET(code, easy, put ? CURLOPT_UPLOAD : CURLOPT_POST, 1L);
        SET(code, easy, put ? CURLOPT_INFILESIZE_LARGE : CURLOPT_POSTFIELDSIZE_LARGE,
            (curl_off_t)request->body.length);
        SET(code, easy, CURLOPT_READFUNCTION, read_body);
        SET(code, easy, CURLOPT_READDATA, request);
        SET(code, easy, CURLOPT_SEEKFUNCTION, rewind_body);
        SET(code, easy, CURLOPT_SEEKDATA, request);
    } else if (request->method == SBX_DELETE) {
        SET(code, easy, CURLOPT_CUSTOMREQUEST, "DELETE");
    }
    return code;
}

enum sbx_status sbx_request_check_url(struct sbx_request *request)
{
    if (sbx_bytes_text(&request->url) == NULL) {
        return request->url.status == SBX_EFBIG ? SBX_ENAMETOOLONG : request->url.status;
    }
    return SBX_OK;
}

enum sbx_status sbx_request_prepare(struct sbx_request *request)
{
    enum sbx_status status = sbx_request_check_url(request);
    if (status != SBX_OK) {
        return status;
    }
    request->progress_ms = sbx_now_ms(); /* what it waited for a connection is over */
    request->easy = curl_easy_init();
    if (request->easy == NULL || make_headers(request) != SBX_OK) {
        return SBX_ENOMEM;
    }
    CURLcode code = set_connection(request);
    code = code == CURLE_OK ? set_method(request) : code;
    SET(code, request->easy, CURLOPT_URL, sbx_bytes_text(&request->url));
    SET(code, request->easy, CURLOPT_HTTPHEADER, request->headers);
    SET(code, request->easy, CURLOPT_WRITEFUNCTION, write_reply);
    SET(code, request->easy, CURLOPT_WRITEDATA, request);
    SET(code, request->easy, CURLOPT_ERRORBUFFER, request->error);
    SET(code, request->easy, CURLOPT_PRIVATE, request);
    return code == CURLE_OK ? SBX_OK : sbx_problem_from_curl(code, 0, false);
}

struct sbx_request *sbx_request_of(CURL *easy)
{
    char *request = NULL;
    (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &request); /* set when the handle was made */
    return (struct sbx_request *)(void *)request;
}

/* Whether the reply says itself where it ends. One that ends with its connection may have been cut. */
static bool has_an_end(const struct sbx_request *request)
{
    curl_off_t length = -1;
    struct curl_header *header = NULL;
    (void)curl_easy_getinfo(request->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    return length >= 0 ||
           curl_easy_header(request->easy, "Transfer-Encoding", 0, CURLH_HEADER, -1, &header) == CURLHE_OK;
}

/* A proxy that did not make the connection: nothing was sent. */
static bool refused_by_proxy(struct sbx_request *request)
{
    long answer = 0;
    (void)curl_easy_getinfo(request->easy, CURLINFO_HTTP_CONNECTCODE, &answer);
    if (answer < 300) {
        return false;
    }
    request->outcome = answer == 407 ? SBX_EACCES : SBX_EHOSTUNREACH;
    (void)snprintf(request->error, sizeof(request->error), "the proxy answered CONNECT with HTTP status %ld",
                   answer);
    return true;
}

void sbx_request_conclude(struct sbx_request *request, CURLcode code)
{
    long os_error = 0;
    struct sbx_ending ending = {.words = curl_easy_strerror(code), .has_an_end = has_an_end(request)};
    if (code == CURLE_OK) {
        note_progress(request); /* also where the reply is empty */
    }
    (void)curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &request->http_status);
    (void)curl_easy_getinfo(request->easy, CURLINFO_OS_ERRNO, &os_error);
    (void)curl_easy_getinfo(request->easy, CURLINFO_CONTENT_TYPE, &ending.type);
    ending.outcome = sbx_problem_from_curl(code, os_error, request->change);
    ending.lost = sbx_problem_is_loss(code);
    if (code == CURLE_OK) {
        sbx_repeat_note(request);
    }
    if (code != CURLE_OK && refused_by_proxy(request)) {
        request->http_status = 0; /* it is the proxy's */
    } else {
        sbx_ending_take(request, &ending);
    }
    free_handle(request);
}

void sbx_request_start_clock(struct sbx_request *request, atomic_uint_fast64_t *shared_progress_ms)
{
    request->shared_progress_ms = shared_progress_ms;
    request->progress_ms = sbx_now_ms();
    request->deadline.at_ms = request->progress_ms + (uint64_t)request->timeout_ms;
    request->repeat.end_ms = request->repeat.end_ms == 0 ? request->deadline.at_ms : request->repeat.end_ms;
}

uint64_t sbx_request_progress_ms(const struct sbx_request *request)
{
    uint64_t shared = atomic_load(request->shared_progress_ms);
    if (request->exchange != NULL) {
        return atomic_load(&request->exchange->progress_ms);
    }
    bool waits = request->easy == NULL;
    return waits && shared > request->progress_ms ? shared : request->progress_ms;
}

void sbx_request_say_deadline(const struct sbx_request *request, char *words, size_t size)
{
    int limit_ms = request->limit_ms > request->timeout_ms ? request->limit_ms : request->timeout_ms;
    bool may_have_run = request->change && (request->easy != NULL || request->exchange != NULL);
    (void)snprintf(words, size, "no %s within %d ms%s", request->until_stalled ? "progress" : "answer",
                   limit_ms, may_have_run ? "; the operation may have completed" : "");
}

void sbx_request_abandon(struct sbx_request *request, enum sbx_status outcome, const char *why)
{
    request->outcome = outcome;
    (void)snprintf(request->error, sizeof(request->error), "%s", why);
    if (request->easy != NULL) {
        long head = 0;
        (void)curl_easy_getinfo(request->easy, CURLINFO_REQUEST_SIZE, &head);
        request->handed_over = head > 0 && request->body_sent == request->body.length;
    }
    request->unanswered = outcome == SBX_ETIMEDOUT && request->handed_over && request->http_status == 0;
    sbx_reach_note(sbx_endpoint_reach(request->endpoint), request);
    free_handle(request);
}
