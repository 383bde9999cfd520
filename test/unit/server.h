/* server.h: a tiny HTTP server inside the test, on 127.0.0.1 and a port of its own. What it answers is the test's:
 * a function is called for each request that was read whole, and writes what it likes. Every request is counted as
 * soon as its head has come, whatever becomes of its body.
 *
 * Its functions never assert: a failed assertion may only leave the test's own thread.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_SERVER_H
#define TEST_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "wire/span.h"

/* A request as it came. Lent to the answering function. */
struct asked {
    char method[8];
    char target[66000]; /* "/v1/fs/stat?path=%2F" */
    char *headers;      /* the lines after the first, each ended by CRLF */
    struct sbx_span body;
    size_t number;     /* of all requests, counted from 0 */
    size_t connection; /* counted from 0 */
    size_t turn;       /* of the requests on this connection, counted from 0 */
};

struct server;

/* Answers on `fd`; true: the connection is kept for more, false: it is closed. Thread: the connection's. */
typedef bool (*answer_function)(struct server *server, const struct asked *asked, int fd);

/* Starts a server; `user` is for its answers. Fails the test where that cannot be. */
struct server *server_start(answer_function answer, void *user);

/* Lets go of every waiting answer, closes every connection, and waits for the threads. */
void server_stop(struct server *server);

void *server_user(const struct server *server);
unsigned server_port(const struct server *server);

/* "http://127.0.0.1:<port>". */
const char *server_url(const struct server *server);

/* Requests seen so far, and those of them that began with `start` ("POST /v1/fs/move"). Thread: any. */
size_t server_count(struct server *server);
size_t server_count_of(struct server *server, const char *start);

/* Connections accepted so far. Thread: any. */
size_t server_connections(struct server *server);

/* Of those, the ones that neither side has closed. Thread: any. */
size_t server_open(struct server *server);

/* Waits until the server has closed a connection; false where that takes too long. Thread: the test's. */
bool server_closed(struct server *server, size_t connection);

/* "METHOD target" of a request. Borrowed until the server is stopped. */
const char *server_asked(struct server *server, size_t number);

/* For answers: waits until the test says server_release; false where the server is being stopped. After server_hold
 * they wait again. */
bool server_wait(struct server *server);
void server_release(struct server *server);
void server_hold(struct server *server);

/* For answers: waits that many milliseconds; false where the server is being stopped. */
bool server_sleep(struct server *server, int ms);

/* For answers: writes bytes; false where the other side is gone. */
bool server_write(int fd, const char *bytes, size_t length);

/* For answers: writes a whole reply; status is "200 OK". The content type may be NULL. Always true, so that an
 * answer can end with it. */
bool server_reply(int fd, const char *status, const char *type, const char *body);
bool server_reply_bytes(int fd, const char *status, const char *type, struct sbx_span body);

#define OCTETS "application/octet-stream"
#define JSON "application/json"
#define PROBLEM "application/problem+json"

#endif
