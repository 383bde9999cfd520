/* bare.c: the server's bare ceiling: a loop that sends requests and throws the answers away.
 *
 *   bare PORT CONNECTIONS
 *
 * On stdin come the requests, each as its length on a line and its bytes, and a length of 0; then MS on a line, as often
 * as one likes, each of which it answers with a line {"done":N,"ms":X}. Every connection has one request under way and
 * sends the next when that is answered, for MS; with 0 it sends one. They are kept, and have had an answer before: a
 * connection that is new costs the server milliseconds. One thread, epoll, nothing in the answers is looked at but the
 * status and the length. What goes wrong ends it with a word on stderr.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_MAX = 8192, READ_MAX = 1 << 18, EVENTS = 64 };

struct request {
    const char *bytes;
    size_t length;
};

struct connection {
    int fd;
    struct request request; /* under way; length 0: none */
    size_t sent;            /* of it */
    size_t head_length;
    size_t body_left;
    int in_body;
    char head[HEAD_MAX + 1];
};

static struct request *requests; /* owned by the process, as is the text in them */
static size_t request_count;
static size_t next_request;
static size_t done;
static size_t busy; /* connections with a request under way */
static double end;  /* when no other is begun, as now_ms says it */
static int poller;
static char sink[READ_MAX]; /* what was received last */

_Noreturn static void fail(const char *what)
{
    (void)fprintf(stderr, "bare: %s (%m)\n", what); /* stderr has no buffer */
    _exit(1);
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void read_requests(void)
{
    size_t length;
    while (scanf("%zu", &length) == 1 && getchar() == '\n' && length > 0) {
        char *bytes = malloc(length);
        requests = realloc(requests, (request_count + 1) * sizeof *requests);
        if (!bytes || !requests || fread(bytes, 1, length, stdin) != length)
            fail("a request is not whole");
        requests[request_count++] = (struct request){bytes, length};
    }
    if (request_count == 0)
        fail("no request on stdin");
}

static void watch(struct connection *c, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(poller, operation, c->fd, &event) != 0)
        fail("epoll_ctl");
}

/* Sends what can be sent; the rest when the socket takes more. */
static void send_some(struct connection *c)
{
    while (c->sent < c->request.length) {
        ssize_t n = send(c->fd, c->request.bytes + c->sent, c->request.length - c->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
            watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            return;
        }
        if (n < 0)
            fail("send");
        c->sent += (size_t)n;
    }
}

static void ask(struct connection *c)
{
    c->request = requests[next_request++ % request_count];
    c->sent = 0;
    c->head_length = 0;
    c->in_body = 0;
    send_some(c);
}

static void open_connection(struct connection *c, int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    const int on = 1;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&at, sizeof at) != 0)
        fail("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
}

/* The head is whole: what it says. */
static void read_head(struct connection *c)
{
    c->head[c->head_length] = 0;
    const char *length = strcasestr(c->head, "\r\ncontent-length:");
    if (!strstr(c->head, " 200 ") || !length) {
        errno = 0;
        fail(c->head);
    }
    c->body_left = strtoul(length + strlen("\r\ncontent-length:"), NULL, 10);
    c->in_body = 1;
}

/* Takes bytes of the head, up to its end; how many they were. */
static size_t take_head(struct connection *c, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (c->head_length == HEAD_MAX)
            fail("a head without end");
        c->head[c->head_length++] = bytes[i];
        if (c->head_length >= 4 && memcmp(c->head + c->head_length - 4, "\r\n\r\n", 4) == 0) {
            read_head(c);
            return i + 1;
        }
    }
    return length;
}

/* Whether the answer is complete now. */
static int receive(struct connection *c)
{
    ssize_t n = recv(c->fd, sink, sizeof sink, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return 0;
    if (n <= 0)
        fail("recv");
    size_t taken = c->in_body ? 0 : take_head(c, sink, (size_t)n);
    if (!c->in_body)
        return 0;
    if ((size_t)n - taken > c->body_left)
        fail("more than was announced");
    c->body_left -= (size_t)n - taken;
    return c->body_left == 0;
}

static void serve(struct connection *c, uint32_t events)
{
    if (events & EPOLLOUT) {
        watch(c, EPOLL_CTL_MOD, EPOLLIN);
        send_some(c);
    }
    if (!(events & ~(uint32_t)EPOLLOUT) || !receive(c))
        return;
    done++;
    if (now_ms() < end)
        ask(c);
    else
        busy--;
}

/* Every connection asks for so long; how long it took. */
static double run(struct connection *all, size_t count, double ms)
{
    double begin = now_ms();
    end = begin + ms;
    done = 0;
    busy = count;
    for (size_t i = 0; i < count; i++)
        ask(&all[i]);
    while (busy > 0) {
        struct epoll_event events[EVENTS];
        int n = epoll_wait(poller, events, EVENTS, 30000);
        if (n == 0)
            fail("no answer for 30 s");
        for (int i = 0; i < n; i++)
            serve(events[i].data.ptr, events[i].events);
    }
    return now_ms() - begin;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        fail("usage: bare PORT CONNECTIONS");
    size_t count = strtoul(argv[2], NULL, 10);
    struct connection *all = calloc(count, sizeof *all);
    poller = epoll_create1(0);
    if (!all || poller < 0)
        fail("no memory");
    read_requests();
    for (size_t i = 0; i < count; i++)
        open_connection(&all[i], (int)strtol(argv[1], NULL, 10));
    run(all, count, 0);
    for (double ms; scanf("%lf", &ms) == 1;) {
        double took = run(all, count, ms);
        printf("{\"done\":%zu,\"ms\":%.3f}\n", done, took);
        (void)fflush(stdout);
    }
    free(all);
    return 0;
}
