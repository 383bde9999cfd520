/* exchange.h: a request that leaves by the main thread, because its client has a `fetch` of its own, which is a
 * function of JavaScript. Core knows nothing of that: whoever takes an exchange performs it.
 *
 *     pool                                      main
 *     sbx_exchanges_send ── out ────────────▶  sbx_engine_take_exchanges, begin, append …
 *     sbx_exchanges_next ◀────────── back ──   finish, or fail
 *     it is over ────────── out ────────────▶  sbx_engine_take_exchanges, sbx_exchange_destroy
 *
 * The main thread takes from `out` only while no slice runs, hence without a lock. An exchange that is over has no
 * request any more: it came back, or its deadline was met, and then the performer stops. Until it has been taken
 * as over it is there, so that a late piece of a reply finds its place.
 *
 * Thread: said at each function.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_HTTP_EXCHANGE_H
#define SBX_CORE_HTTP_EXCHANGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/bytes.h"
#include "core/http/endpoint.h"
#include "core/queue.h"

struct sbx_exchanges;
struct sbx_request;

struct sbx_exchange {
    struct sbx_link out;             /* first */
    struct sbx_link back;            /* in the mailbox of those that came back */
    struct sbx_exchanges *exchanges; /* borrowed */
    struct sbx_request *request;     /* borrowed; of the engine: main looks only while no slice runs */
    void *performer;                 /* borrowed: of whoever performs it */
    atomic_uint_fast64_t progress_ms;
    atomic_uint_fast64_t *shared_progress_ms; /* borrowed: as the request's */
    atomic_long http_status;                  /* 0: no answer yet */

    /* As the request says it. */
    struct sbx_endpoint *endpoint; /* owned: one count */
    bool change;
    size_t reply_max;
    size_t size_above;
    char *room;
    atomic_size_t *arrived; /* borrowed as `room`; NULL: nobody looks */

    /* Came back: main's, until it is in the mailbox. */
    bool ended; /* it has been put there */
    char type[128];
    struct sbx_bytes reply; /* owned, but for what is in `room` */
    uint64_t reply_length;
    char *redirect;      /* owned: where it says that the resource is; NULL: it does not */
    int64_t retry_after; /* seconds; -1: it says none */
    enum sbx_status outcome;
    bool sent; /* for all that is known */
    char error[256];
};

/* The exchange of a link that sbx_engine_take_exchanges gave. */
static inline struct sbx_exchange *sbx_exchange_of(struct sbx_link *out)
{
    return SBX_CONTAINER(out, struct sbx_exchange, out);
}

/* What is asked, borrowed until a slice runs. Thread: main, while no slice runs. */

/* The engine has ended it: it is to be given up, and destroyed. */
bool sbx_exchange_is_over(const struct sbx_exchange *exchange);

/* Whose `fetch` it is: the number that its endpoint was made with. */
uint64_t sbx_exchange_fetcher(const struct sbx_exchange *exchange);

const char *sbx_exchange_method(const struct sbx_exchange *exchange);
const char *sbx_exchange_url(const struct sbx_exchange *exchange);

/* No data: none. */
struct sbx_span sbx_exchange_body(const struct sbx_exchange *exchange);

/* Header `index`, counted from 0; false: there are no more. */
bool sbx_exchange_header(const struct sbx_exchange *exchange, size_t index, struct sbx_header *header);

/* What comes back. Each returns whether more is wanted; where not, the exchange has ended. Thread: main. */

/* What a reply says of itself. */
struct sbx_reply_head {
    long http_status;
    const char *type;         /* of its content; "": none */
    int64_t length;           /* bytes that its content has; -1: it does not say */
    struct sbx_span redirect; /* a whole URL; empty: none */
    int64_t retry_after;      /* seconds; -1: none */
};

/* The reply begins. */
bool sbx_exchange_begin(struct sbx_exchange *exchange, const struct sbx_reply_head *head);
bool sbx_exchange_append(struct sbx_exchange *exchange, struct sbx_span piece);

/* It is whole. */
void sbx_exchange_finish(struct sbx_exchange *exchange);

/* It failed; `code`, as of Node's errors ("ECONNREFUSED"), says how; `words` (UTF-8) say more; the client's secrets
 * in them are blotted out. */
void sbx_exchange_fail(struct sbx_exchange *exchange, const char *code, char *words);

/* Frees one that is over. Thread: main, while no slice runs. */
void sbx_exchange_destroy(struct sbx_exchange *exchange);

#endif
