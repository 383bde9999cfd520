/* connections.h: the connections of one budget: a curl multi handle of its own, of which so many may be in use
 * at once, and which keeps those that are not; and so many requests at once that leave by the main thread.
 *
 * Thread: pool, but for init and clear.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_HTTP_CONNECTIONS_H
#define SBX_CORE_HTTP_CONNECTIONS_H

#include <stdatomic.h>

#include "core/http/exchanges.h"
#include "core/http/multi.h"
#include "core/http/request.h"
#include "core/queue.h"

/* A server reads a content whole before it answers, and what else it is asked waits behind large ones. Where nobody knows how
 * large one is (`unsized`), one is asked for at first, after each small one twice as many at once, and after a large one one
 * again. */
struct sbx_connections {
    struct sbx_multi *multi; /* owned */
    CURLSH *sessions;        /* of TLS: the first of the engine's owns them, for all */
    bool owns_sessions;
    struct sbx_poller *poller;      /* borrowed */
    struct sbx_exchanges exchanges; /* the requests that leave by the main thread */
    struct sbx_queue waiting;       /* borrowed requests, not yet with curl */
    size_t max;                     /* that may be in use at once */
    size_t active;
    size_t unsized_max;               /* requests that are unsized and not answered */
    size_t peak;                      /* the most that were active at once with this multi */
    atomic_uint_fast64_t progress_ms; /* when bytes of any of them last moved */
    bool stale;                       /* those that it keeps are to be closed */
};

/* `first`: of the same engine's, cleared together; its TLS sessions are those of all. */
enum sbx_status sbx_connections_init(struct sbx_connections *connections, struct sbx_poller *poller,
                                     enum sbx_budget budget, const struct sbx_connections *first) SBX_CHECKED;
void sbx_connections_clear(struct sbx_connections *connections);

/* How many requests wait for one of them, or use it; what is more than `most` is not counted. */
size_t sbx_connections_count(const struct sbx_connections *connections, size_t most);

/* The next of those that wait, where there is a connection for it and its sandbox has not as much of the budget as it may
 * have at once; NULL: there is none. `active`: those of all budgets that have left. Borrowed. */
struct sbx_request *sbx_connections_next_waiting(const struct sbx_connections *connections,
                                                 const struct sbx_queue *active);

/* Hands `request` to its transport: curl, or the main thread. */
enum sbx_status sbx_connections_send(struct sbx_connections *connections,
                                     struct sbx_request *request) SBX_CHECKED;

/* Takes it away from there before its end; nothing happens where it is not there. */
void sbx_connections_cancel(struct sbx_connections *connections, struct sbx_request *request);

/* A request that its transport has ended, with its outcome; NULL: there is none. */
struct sbx_request *sbx_connections_next_ended(struct sbx_connections *connections);

/* Closes the kept ones where that was asked for, now or (`all`) before, or where they are too many; with
 * transfers under way it is put off: those connections are in use. */
void sbx_connections_forget(struct sbx_connections *connections, bool all);

#endif
