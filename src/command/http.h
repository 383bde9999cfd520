/* http.h: one request to the tool server on this machine, and its reply.
 *
 * The reply's parser is an object fed with bytes, however they were cut, so that it can be tested without a
 * socket. It takes what Node's server sends: a length, or chunks.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMMAND_HTTP_H
#define COMMAND_HTTP_H

#include "buffer.h"

#define HTTP_BODY_MAX ((size_t)64 << 20) /* bytes of a reply's body: far above what a sandbox answers */
#define HTTP_HEAD_MAX 65536              /* bytes of status line and headers together */
#define HTTP_LINE_MAX 256                /* bytes kept of each such line: what we read is shorter */

enum http_status {
    HTTP_OK,
    HTTP_NO_SERVER, /* not connected: nothing was sent */
    HTTP_CUT,       /* the connection ended before the reply did */
    HTTP_NO_HTTP,   /* what came is no reply of a tool server */
    HTTP_TOO_LARGE, /* beyond a cap above, or no memory */
};

enum http_phase {
    HTTP_STATUS_LINE,
    HTTP_HEADERS,
    HTTP_BODY,
    HTTP_CHUNK_SIZE,
    HTTP_CHUNK_DATA,
    HTTP_CHUNK_END,
    HTTP_TRAILERS,
    HTTP_DONE,
    HTTP_FAILED,
};

struct http_reply {
    enum http_phase phase;
    enum http_status status; /* why, once the phase is HTTP_FAILED */
    struct buffer body;
    char line[HTTP_LINE_MAX];
    size_t line_length;
    size_t head_left;
    size_t remaining; /* bytes of the body, or of this chunk, that are still to come */
    bool chunked;
    bool sized;
};

void http_reply_init(struct http_reply *reply, struct memory *memory);

/* Gives the parser the next bytes; phase tells whether it wants more. */
void http_reply_feed(struct http_reply *reply, struct span bytes);

struct http_request {
    struct span port;
    struct span path;
    struct span body;   /* empty: a GET, else a POST */
    const char *notice; /* shown on stderr when the reply takes long */
};

/* Sends the request and waits for the reply, however long. `reply` is one that was just initialised. */
enum http_status http_exchange(struct memory *memory, const struct http_request *request,
                               struct http_reply *reply);

#endif
