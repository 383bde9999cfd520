/* server.c: a thread that accepts, and one for each connection.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

#define CONNECTIONS_MAX 2000
#define REQUESTS_MAX 10000
#define HEADERS_MAX 200000
#define BODY_MAX (3 << 20)

struct connection {
    struct server *server;
    size_t number;
    int fd;
    bool closed; /* under the server's lock: our side of it is */
    pthread_t thread;
};

struct server {
    answer_function answer;
    void *user;
    int listener;
    char url[64];
    unsigned port;
    pthread_t acceptor;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stopping; /* under lock, as what follows */
    bool released;
    char *asked[REQUESTS_MAX]; /* owned: "METHOD target" */
    size_t asked_count;
    size_t connection_count;
    struct connection connections[CONNECTIONS_MAX];
};

/* ---- One connection ----------------------------------------------------------------------------------- */

struct reader {
    char *bytes; /* owned: HEADERS_MAX + BODY_MAX + 1 of them */
    size_t length;
};

/* Reads until `reader` holds `length` bytes; false where the connection ended before. */
static bool read_until(int fd, struct reader *reader, size_t length)
{
    while (reader->length < length) {
        ssize_t count = recv(fd, reader->bytes + reader->length, HEADERS_MAX + BODY_MAX - reader->length, 0);
        if (count <= 0) {
            return false;
        }
        reader->length += (size_t)count;
        reader->bytes[reader->length] = '\0';
    }
    return true;
}

/* Reads a head; its length, with the empty line. 0: the connection ended. */
static size_t read_head(int fd, struct reader *reader)
{
    reader->bytes[reader->length] = '\0';
    for (;;) {
        char *end = strstr(reader->bytes, "\r\n\r\n");
        if (end != NULL) {
            return (size_t)(end - reader->bytes) + 4;
        }
        if (!read_until(fd, reader, reader->length + 1)) {
            return 0;
        }
    }
}

static size_t content_length(const char *headers)
{
    const char *found = strcasestr(headers, "\r\nContent-Length:");
    return found == NULL ? 0 : strtoul(found + strlen("\r\nContent-Length:"), NULL, 10);
}

static void note(struct server *server, struct asked *asked)
{
    size_t size = strlen(asked->method) + strlen(asked->target) + 2;
    char *line = malloc(size);
    (void)snprintf(line, size, "%s %s", asked->method, asked->target);
    (void)pthread_mutex_lock(&server->lock);
    asked->number = server->asked_count;
    server->asked[server->asked_count++] = line;
    (void)pthread_cond_broadcast(&server->changed);
    (void)pthread_mutex_unlock(&server->lock);
}

/* Reads one request whole; false where the connection ended. `asked` borrows from `reader`. */
static bool read_request(struct server *server, int fd, struct reader *reader, struct asked *asked)
{
    size_t head = read_head(fd, reader);
    if (head == 0 || sscanf(reader->bytes, "%7s %65999s", asked->method, asked->target) != 2) {
        return false;
    }
    reader->bytes[head - 2] = '\0'; /* where the empty line begins */
    asked->headers = strstr(reader->bytes, "\r\n");
    asked->body.length = content_length(asked->headers);
    asked->headers += 2;
    note(server, asked);
    if (asked->body.length > BODY_MAX || !read_until(fd, reader, head + asked->body.length)) {
        return false;
    }
    asked->body.data = reader->bytes + head;
    return true;
}

static void drop_request(struct reader *reader, const struct asked *asked)
{
    size_t used = (size_t)(asked->body.data - reader->bytes) + asked->body.length;
    memmove(reader->bytes, reader->bytes + used, reader->length - used);
    reader->length -= used;
}

static void close_connection(struct server *server, struct connection *connection)
{
    (void)pthread_mutex_lock(&server->lock);
    if (!connection->closed) {
        (void)close(connection->fd);
        connection->closed = true;
        (void)pthread_cond_broadcast(&server->changed);
    }
    (void)pthread_mutex_unlock(&server->lock);
}

static void *serve_connection(void *user)
{
    struct connection *connection = user;
    struct server *server = connection->server;
    struct reader reader = {malloc(HEADERS_MAX + BODY_MAX + 1), 0};
    struct asked *asked = calloc(1, sizeof(*asked));
    asked->connection = connection->number;
    bool kept = true;
    while (kept && read_request(server, connection->fd, &reader, asked)) {
        kept = server->answer(server, asked, connection->fd);
        drop_request(&reader, asked);
        asked->turn++;
    }
    free(asked);
    free(reader.bytes);
    close_connection(server, connection);
    return NULL;
}

/* ---- The server --------------------------------------------------------------------------------------- */

static void take_connection(struct server *server, int fd)
{
    int one = 1;
    pthread_attr_t small;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    (void)pthread_attr_init(&small);
    (void)pthread_attr_setstacksize(&small, 512 << 10);
    (void)pthread_mutex_lock(&server->lock);
    struct connection *connection = &server->connections[server->connection_count];
    *connection = (struct connection){.server = server, .number = server->connection_count, .fd = fd};
    if (server->stopping || server->connection_count == CONNECTIONS_MAX ||
        pthread_create(&connection->thread, &small, serve_connection, connection) != 0) {
        (void)close(fd);
    } else {
        server->connection_count++;
    }
    (void)pthread_mutex_unlock(&server->lock);
    (void)pthread_attr_destroy(&small);
}

static void *accept_all(void *user)
{
    struct server *server = user;
    int fd;
    while ((fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        take_connection(server, fd);
    }
    return NULL;
}

static void init_monotonic(struct server *server)
{
    pthread_condattr_t monotonic;
    (void)pthread_mutex_init(&server->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&server->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

struct server *server_start(answer_function answer, void *user)
{
    struct server *server = calloc(1, sizeof(*server));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    assert_non_null(server);
    server->answer = answer;
    server->user = user;
    init_monotonic(server);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(server->listener >= 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(server->listener, 1000), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &length), 0);
    server->port = ntohs(address.sin_port);
    (void)snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%u", server->port);
    assert_int_equal(pthread_create(&server->acceptor, NULL, accept_all, server), 0);
    return server;
}

void server_stop(struct server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    server->stopping = true;
    (void)pthread_cond_broadcast(&server->changed);
    (void)pthread_mutex_unlock(&server->lock);
    (void)shutdown(server->listener, SHUT_RDWR);
    (void)pthread_join(server->acceptor, NULL);
    (void)close(server->listener);
    for (size_t i = 0; i < server->connection_count; i++) {
        (void)pthread_mutex_lock(&server->lock);
        if (!server->connections[i].closed) {
            (void)shutdown(server->connections[i].fd, SHUT_RDWR);
        }
        (void)pthread_mutex_unlock(&server->lock);
        (void)pthread_join(server->connections[i].thread, NULL);
    }
    for (size_t i = 0; i < server->asked_count; i++) {
        free(server->asked[i]);
    }
    (void)pthread_cond_destroy(&server->changed);
    (void)pthread_mutex_destroy(&server->lock);
    free(server);
}

void *server_user(const struct server *server)
{
    return server->user;
}

unsigned server_port(const struct server *server)
{
    return server->port;
}

const char *server_url(const struct server *server)
{
    return server->url;
}

size_t server_count_of(struct server *server, const char *start)
{
    size_t count = 0;
    (void)pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->asked_count; i++) {
        count += strncmp(server->asked[i], start, strlen(start)) == 0;
    }
    (void)pthread_mutex_unlock(&server->lock);
    return count;
}

size_t server_count(struct server *server)
{
    return server_count_of(server, "");
}

size_t server_connections(struct server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    size_t count = server->connection_count;
    (void)pthread_mutex_unlock(&server->lock);
    return count;
}

size_t server_open(struct server *server)
{
    size_t count = 0;
    (void)pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->connection_count; i++) {
        count += !server->connections[i].closed;
    }
    (void)pthread_mutex_unlock(&server->lock);
    return count;
}

const char *server_asked(struct server *server, size_t number)
{
    (void)pthread_mutex_lock(&server->lock);
    const char *line = number < server->asked_count ? server->asked[number] : "(no such request)";
    (void)pthread_mutex_unlock(&server->lock);
    return line;
}

/* ---- For answers --------------------------------------------------------------------------------------- */

bool server_wait(struct server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    while (!server->released && !server->stopping) {
        (void)pthread_cond_wait(&server->changed, &server->lock);
    }
    bool going_on = !server->stopping;
    (void)pthread_mutex_unlock(&server->lock);
    return going_on;
}

static void set_released(struct server *server, bool released)
{
    (void)pthread_mutex_lock(&server->lock);
    server->released = released;
    (void)pthread_cond_broadcast(&server->changed);
    (void)pthread_mutex_unlock(&server->lock);
}

void server_release(struct server *server)
{
    set_released(server, true);
}

void server_hold(struct server *server)
{
    set_released(server, false);
}

static struct timespec after(int ms)
{
    struct timespec then;
    (void)clock_gettime(CLOCK_MONOTONIC, &then);
    then.tv_nsec += ms % 1000 * 1000000L;
    then.tv_sec += ms / 1000 + then.tv_nsec / 1000000000;
    then.tv_nsec %= 1000000000;
    return then;
}

bool server_closed(struct server *server, size_t connection)
{
    struct timespec until = after(20000);
    (void)pthread_mutex_lock(&server->lock);
    bool *closed = &server->connections[connection].closed;
    while (!*closed && pthread_cond_timedwait(&server->changed, &server->lock, &until) == 0) {
    }
    bool is_closed = *closed;
    (void)pthread_mutex_unlock(&server->lock);
    return is_closed;
}

bool server_sleep(struct server *server, int ms)
{
    struct timespec until = after(ms);
    (void)pthread_mutex_lock(&server->lock);
    while (!server->stopping && pthread_cond_timedwait(&server->changed, &server->lock, &until) == 0) {
    }
    bool going_on = !server->stopping;
    (void)pthread_mutex_unlock(&server->lock);
    return going_on;
}

bool server_write(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t count = send(fd, bytes, length, MSG_NOSIGNAL);
        if (count <= 0) {
            return false;
        }
        bytes += count;
        length -= (size_t)count;
    }
    return true;
}

bool server_reply_bytes(int fd, const char *status, const char *type, struct sbx_span body)
{
    char head[512];
    (void)snprintf(head, sizeof(head), "HTTP/1.1 %s\r\n%s%s%sContent-Length: %zu\r\n\r\n", status,
                   type == NULL ? "" : "Content-Type: ", type == NULL ? "" : type, type == NULL ? "" : "\r\n",
                   body.length);
    if (server_write(fd, head, strlen(head))) {
        (void)server_write(fd, body.data, body.length);
    }
    return true;
}

bool server_reply(int fd, const char *status, const char *type, const char *body)
{
    return server_reply_bytes(fd, status, type, span_of(body));
}
