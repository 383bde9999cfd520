/* feed.c: see feed.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "companion/open.h"
#include "companion/server.h"

static char bytes[64 * 1024]; /* a pipe holds as many */

static bool set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

enum sbx_status feed_open(struct feed *feed, int *into)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return server_errno();
    }
    *feed = (struct feed){.from = STDIN_FILENO, .to = ends[1]};
    *into = ends[0];
    bool done = set_nonblocking(ends[1]) && set_nonblocking(STDIN_FILENO);
    return done ? SBX_OK : server_errno();
}

/* Standard input is given up as well: then who writes it is told (EPIPE). */
static void give_up(struct feed *feed)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null >= 0) {
        (void)dup2(null, STDIN_FILENO);
        (void)close(null);
    }
    (void)close(feed->to);
    *feed = (struct feed){.from = -1, .to = -1};
}

void feed_await(const struct feed *feed, struct pollfd news[2])
{
    bool has_some = feed->length > 0;
    news[0] = (struct pollfd){.fd = has_some ? -1 : feed->from, .events = POLLIN};
    news[1] = (struct pollfd){.fd = feed->to, .events = has_some ? POLLOUT : 0};
}

static bool waits(void)
{
    return errno == EAGAIN || errno == EINTR;
}

/* Whether there is something to write now. */
static bool take(struct feed *feed)
{
    ssize_t got = read(feed->from, bytes, sizeof(bytes));
    if (got > 0) {
        feed->start = 0;
        feed->length = (size_t)got;
    } else if (got == 0 || !waits() || feed->ends) {
        give_up(feed);
    }
    return got > 0;
}

/* Whether all of it was taken. */
static bool put(struct feed *feed)
{
    ssize_t written = write(feed->to, bytes + feed->start, feed->length);
    if (written > 0) {
        feed->start += (size_t)written;
        feed->length -= (size_t)written;
    } else if (!waits()) {
        give_up(feed);
    }
    return feed->to >= 0 && feed->length == 0;
}

static bool has_no_reader(const struct feed *feed)
{
    struct pollfd end = {.fd = feed->to};
    return poll(&end, 1, 0) == 1 && (end.revents & POLLERR) != 0;
}

void feed_pass(struct feed *feed)
{
    if (feed->to >= 0 && has_no_reader(feed)) {
        give_up(feed);
    }
    bool goes_on = feed->to >= 0;
    while (goes_on) {
        goes_on = (feed->length > 0 || take(feed)) && put(feed);
    }
}

void feed_end(struct feed *feed)
{
    feed->ends = true;
    feed_pass(feed);
}
