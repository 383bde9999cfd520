/* poller.h: many sockets behind one descriptor that can itself be watched. Three host systems, three
 * files: epoll on Linux; kqueue is the same shape.
 *
 * Thread: one at a time; sbx_poller_wake from any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_HTTP_POLLER_H
#define SBX_CORE_HTTP_POLLER_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/status.h"

enum {
    SBX_READABLE = 1,
    SBX_WRITABLE = 2,
    SBX_FAULTY = 4, /* an error or a hang-up; only ever reported */
};

struct sbx_poll_event {
    int fd; /* -1: sbx_poller_wake was called */
    int events;
};

struct sbx_poller; /* created and destroyed by whoever drives the engine */

enum sbx_status sbx_poller_create(struct sbx_poller **poller) SBX_CHECKED;
void sbx_poller_destroy(struct sbx_poller *poller);

/* A descriptor that is readable while a wait would not block. Owned by the poller. */
int sbx_poller_fd(const struct sbx_poller *poller);

/* Watches `fd` for `events`; 0 ends it. */
enum sbx_status sbx_poller_set(struct sbx_poller *poller, int fd, int events) SBX_CHECKED;

/* Up to `max` events within `timeout_ms` (0: none is waited for). A wake is reported once. */
size_t sbx_poller_wait(struct sbx_poller *poller, struct sbx_poll_event *events, size_t max, int timeout_ms);

/* Ends a wait, now or at its next call. Thread: any. */
void sbx_poller_wake(struct sbx_poller *poller);

#endif
