/* request.h: one exchange with the server: what is asked, and what came back. Whoever makes one fills
 * the first part, hands it to the engine (sbx_engine_send), and gets it back in `done`.
 *
 * Thread: one at a time: its maker's until it is sent, the slice's until `done`.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_HTTP_REQUEST_H
#define SBX_CORE_HTTP_REQUEST_H

#include <curl/curl.h>
#include <stdatomic.h>

#include "core/bytes.h"
#include "core/http/deadlines.h"
#include "core/http/endpoint.h"
#include "core/http/repeat.h"
#include "core/queue.h"
#include "wire/wire.h"

struct sbx_engine;
struct sbx_exchange;
struct sbx_task;

enum sbx_method { SBX_GET, SBX_PUT, SBX_POST, SBX_DELETE };

/* Which connections it may use: frames and files never wait behind large contents, nor behind what takes long, nor files
 * behind programs. */
enum sbx_budget {
    SBX_BUDGET_FILES,
    SBX_BUDGET_FRAMES,
    SBX_BUDGET_LONG,     /* frames that are alone */
    SBX_BUDGET_CONTENTS, /* large ones */
    SBX_BUDGET_PROGRAMS,
    SBX_BUDGETS
};

struct sbx_request {
    /* Asked. */
    enum sbx_method method;
    enum sbx_budget budget;
    /* Bodies of SBX_BODY_MAX, or smaller ones of as many bytes, that its sandbox has of its budget, with it; 0: as many as the
     * budget has. */
    size_t at_once;
    bool unsized;       /* it asks for a content that may be large (connections.h) */
    bool change;        /* it is never sent twice, and a loss of its reply says so */
    bool fresh;         /* on a connection of its own: a kept one may be dead */
    bool until_stalled; /* the deadline counts from the last progress, not from the start */
    int limit_ms;     /* what an error says the deadline was, where that is more: of all an operation asked */
    int timeout_ms;   /* > 0 */
    size_t reply_max; /* bytes of a reply that succeeded; more is SBX_EFBIG */
    size_t size_above; /* a reply that says it has more bytes is SBX_EFBIG, with reply_length; 0: none */
    char *room; /* borrowed until the request is destroyed: of reply_max bytes, for the reply; NULL: none */
    const char *accept;                        /* static: the type that the reply must have; NULL: any */
    const char *body_type;                     /* static; NULL: no body */
    struct sbx_span body;                      /* borrowed until done */
    struct sbx_bytes url;                      /* owned */
    struct sbx_endpoint *endpoint;             /* owned: one count */
    void (*done)(struct sbx_request *request); /* pool; the request is its owner's again */
    /* Of a reply that is a stream: takes each piece of it, which is borrowed, and nothing is collected. It must leave the
     * request as it is. NULL: none. Not over fetch. Pool. */
    void (*piece)(struct sbx_request *request, struct sbx_span piece);
    void *owner;            /* borrowed: for whoever made it */
    struct sbx_task *task;  /* borrowed: whose change it is; NULL: it cannot be given up */
    atomic_size_t *arrived; /* borrowed: how much of the reply is there; NULL: nobody looks */

    /* Came back. */
    enum sbx_status outcome;     /* SBX_OK: a whole reply of the type asked for, whatever its HTTP status */
    long http_status;            /* 0 where there was none */
    struct sbx_bytes reply;      /* owned, but for what is in `room` */
    uint64_t reply_length;       /* bytes that it said it has, where those were too many to take */
    char error[CURL_ERROR_SIZE]; /* words for an outcome that is not SBX_OK */
    uint64_t announced;          /* bytes that its head says it has; 0: it does not */
    bool lost;                   /* its connection was, before any answer */
    bool unanswered;             /* it was handed over whole, and its deadline came before any answer */

    /* The engine's. */
    struct sbx_engine *engine; /* borrowed */
    struct sbx_link link;
    struct sbx_deadline deadline;
    struct sbx_repeat repeat;
    uint64_t progress_ms;
    atomic_uint_fast64_t
        *shared_progress_ms; /* borrowed; that of all who share its connections; NULL: not sent yet */
    size_t body_sent;
    bool sent_again;               /* by fetch */
    bool handed_over;              /* whole, for all that is known */
    CURL *easy;                    /* owned */
    curl_socket_t socket;          /* borrowed: that curl waits for; CURL_SOCKET_BAD: none yet */
    struct curl_slist *headers;    /* owned */
    struct sbx_exchange *exchange; /* borrowed; where the main thread performs it; NULL: it does not */
};

/* An absolute path of the server below its base URL, "/v1/fs/stat". */
enum sbx_status sbx_request_create(struct sbx_request **request, struct sbx_endpoint *endpoint,
                                   enum sbx_method method, const char *route) SBX_CHECKED;
void sbx_request_destroy(struct sbx_request *request);

/* Appends a segment to the path, percent-encoded. Before any query. */
void sbx_request_segment(struct sbx_request *request, struct sbx_span segment, const char *rest);

/* Appends `name` (static) and the encoded `value` to the query. */
void sbx_request_query(struct sbx_request *request, const char *name, struct sbx_span value);

/* SBX_OK: it has a URL. */
enum sbx_status sbx_request_check_url(struct sbx_request *request) SBX_CHECKED;

/* Makes the curl handle that performs it; SBX_ENOMEM or SBX_EINVAL where that cannot be. */
enum sbx_status sbx_request_prepare(struct sbx_request *request) SBX_CHECKED;

/* The request that `easy` performs. Borrowed. */
struct sbx_request *sbx_request_of(CURL *easy);

/* Takes what curl knows of the exchange, which ended with `code`, and frees the handle. */
void sbx_request_conclude(struct sbx_request *request, CURLcode code);

/* Starts its time: sets its deadline. `shared_progress_ms` (borrowed while it is on its way) is that of all who share
 * its connections. */
void sbx_request_start_clock(struct sbx_request *request, atomic_uint_fast64_t *shared_progress_ms);

/* When it last got on; or, while it waits for a connection, when any of those who share them did. */
uint64_t sbx_request_progress_ms(const struct sbx_request *request);

/* The words for a deadline that is met. */
void sbx_request_say_deadline(const struct sbx_request *request, char *words, size_t size);

/* Ends it without its transport: a deadline, a cancellation, no memory. */
void sbx_request_abandon(struct sbx_request *request, enum sbx_status outcome, const char *why);

#endif
