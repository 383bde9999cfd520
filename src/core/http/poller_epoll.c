/* poller_epoll.c: the poller on Linux: an epoll descriptor, and an eventfd in it for the wake.
 *
 * Thread: one at a time; sbx_poller_wake from any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/http/poller.h"

#define BATCH 64

struct sbx_poller {
    int epoll; /* owned */
    int wake;  /* owned; an eventfd */
};

enum sbx_status sbx_poller_create(struct sbx_poller **poller)
{
    enum sbx_status status = SBX_ENOMEM;
    struct sbx_poller *made = malloc(sizeof(*made));
    if (made == NULL) {
        goto done;
    }
    made->epoll = epoll_create1(EPOLL_CLOEXEC);
    made->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (made->epoll < 0 || made->wake < 0) {
        status = SBX_EMFILE;
        goto done;
    }
    status = sbx_poller_set(made, made->wake, SBX_READABLE);
done:
    if (status != SBX_OK) {
        sbx_poller_destroy(made);
        return status;
    }
    *poller = made;
    return SBX_OK;
}

void sbx_poller_destroy(struct sbx_poller *poller)
{
    if (poller == NULL) {
        return;
    }
    if (poller->epoll >= 0) {
        (void)close(poller->epoll);
    }
    if (poller->wake >= 0) {
        (void)close(poller->wake);
    }
    free(poller);
}

int sbx_poller_fd(const struct sbx_poller *poller)
{
    return poller->epoll;
}

enum sbx_status sbx_poller_set(struct sbx_poller *poller, int fd, int events)
{
    struct epoll_event event = {.data.fd = fd};
    event.events |= (events & SBX_READABLE) != 0 ? (uint32_t)EPOLLIN : 0;
    event.events |= (events & SBX_WRITABLE) != 0 ? (uint32_t)EPOLLOUT : 0;
    if (events == 0) {
        (void)epoll_ctl(poller->epoll, EPOLL_CTL_DEL, fd, &event); /* it may be closed already */
        return SBX_OK;
    }
    if (epoll_ctl(poller->epoll, EPOLL_CTL_MOD, fd, &event) == 0) {
        return SBX_OK;
    }
    if (errno == ENOENT && epoll_ctl(poller->epoll, EPOLL_CTL_ADD, fd, &event) == 0) {
        return SBX_OK;
    }
    return sbx_status_from_errno(errno);
}

static struct sbx_poll_event translate(const struct sbx_poller *poller, const struct epoll_event *event)
{
    struct sbx_poll_event translated = {.fd = event->data.fd};
    translated.events |= (event->events & EPOLLIN) != 0 ? SBX_READABLE : 0;
    translated.events |= (event->events & EPOLLOUT) != 0 ? SBX_WRITABLE : 0;
    translated.events |= (event->events & (EPOLLERR | EPOLLHUP)) != 0 ? SBX_FAULTY : 0;
    if (translated.fd == poller->wake) {
        uint64_t count;
        (void)!read(poller->wake, &count, sizeof(count)); /* empty only where another wait has read it */
        translated.fd = -1;
    }
    return translated;
}

size_t sbx_poller_wait(struct sbx_poller *poller, struct sbx_poll_event *events, size_t max, int timeout_ms)
{
    struct epoll_event ready[BATCH];
    int count = epoll_wait(poller->epoll, ready, (int)(max < BATCH ? max : BATCH), timeout_ms);
    for (int i = 0; i < count; i++) {
        events[i] = translate(poller, &ready[i]);
    }
    return count > 0 ? (size_t)count : 0;
}

void sbx_poller_wake(struct sbx_poller *poller)
{
    uint64_t one = 1;
    (void)!write(poller->wake, &one, sizeof(one)); /* full only where a wake is pending anyway */
}
