/* exchanges.c: the second transport: requests out to the main thread, and back.
 *
 * Thread: as exchanges.h says.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/exchanges.h"

#include <stdlib.h>

#include "core/http/ending.h"
#include "core/http/request.h"

enum sbx_status sbx_exchanges_init(struct sbx_exchanges *exchanges, struct sbx_poller *poller)
{
    sbx_queue_init(&exchanges->out);
    sbx_queue_init(&exchanges->returned);
    exchanges->poller = poller;
    return sbx_mailbox_init(&exchanges->back);
}

void sbx_exchanges_clear(struct sbx_exchanges *exchanges)
{
    struct sbx_link *link;
    while ((link = sbx_queue_pop(&exchanges->out)) != NULL) {
        sbx_exchange_destroy(sbx_exchange_of(link));
    }
    sbx_mailbox_clear(&exchanges->back);
}

enum sbx_status sbx_exchanges_send(struct sbx_exchanges *exchanges, struct sbx_request *request)
{
    enum sbx_status status = sbx_request_check_url(request);
    if (status != SBX_OK) {
        return status;
    }
    struct sbx_exchange *exchange = calloc(1, sizeof(*exchange));
    if (exchange == NULL) {
        return SBX_ENOMEM;
    }
    sbx_link_init(&exchange->out);
    sbx_link_init(&exchange->back);
    exchange->exchanges = exchanges;
    exchange->request = request;
    exchange->shared_progress_ms = request->shared_progress_ms;
    exchange->endpoint = sbx_endpoint_ref(request->endpoint);
    exchange->sent = true;
    exchange->retry_after = -1;
    exchange->change = request->change;
    exchange->reply_max = request->reply_max;
    exchange->size_above = request->size_above;
    exchange->room = request->room;
    exchange->arrived = request->arrived;
    atomic_init(&exchange->progress_ms, sbx_now_ms());
    atomic_init(&exchange->http_status, 0);
    sbx_bytes_init(&exchange->reply, SBX_PROBLEM_MAX);
    request->exchange = exchange;
    sbx_queue_push(&exchanges->out, &exchange->out);
    return SBX_OK;
}

/* The request is its owner's again; main hears of it. One that main has not taken yet is in the queue already. */
static void part(struct sbx_exchange *exchange)
{
    exchange->request = NULL;
    sbx_link_remove(&exchange->out);
    sbx_queue_push(&exchange->exchanges->out, &exchange->out);
}

void sbx_exchanges_cancel(struct sbx_request *request)
{
    request->http_status = atomic_load(&request->exchange->http_status);
    request->body_sent = request->body.length; /* for all that is known */
    request->handed_over = true;
    part(request->exchange);
    request->exchange = NULL;
}

static void conclude(struct sbx_request *request)
{
    struct sbx_exchange *exchange = request->exchange;
    sbx_bytes_clear(&request->reply);
    request->reply = exchange->reply;
    sbx_bytes_init(&exchange->reply, 0);
    request->reply_length = exchange->reply_length;
    request->body_sent = exchange->sent ? request->body.length : 0;
    request->http_status = atomic_load(&exchange->http_status);
    sbx_repeat_clear(request);
    request->repeat.redirect = exchange->redirect; /* taken */
    request->repeat.retry_after = exchange->retry_after;
    exchange->redirect = NULL;
    const struct sbx_ending ending = {
        .outcome = exchange->outcome, .words = exchange->error, .type = exchange->type, .has_an_end = true};
    sbx_ending_take(request, &ending);
    part(exchange);
    request->exchange = NULL;
}

/* A read whose connection was lost before any answer is sent once more, as curl does it by itself: a kept connection
 * may have been closed by the server just then. */
static bool send_again(struct sbx_exchanges *exchanges, struct sbx_request *request)
{
    struct sbx_exchange *exchange = request->exchange;
    bool lost = exchange->outcome == SBX_EIO && atomic_load(&exchange->http_status) == 0;
    if (!lost || request->change || request->sent_again || sbx_exchanges_send(exchanges, request) != SBX_OK) {
        return false;
    }
    request->sent_again = true;
    part(exchange);
    return true;
}

struct sbx_request *sbx_exchanges_next(struct sbx_exchanges *exchanges)
{
    struct sbx_link *link;
    sbx_mailbox_take(&exchanges->back, &exchanges->returned);
    while ((link = sbx_queue_pop(&exchanges->returned)) != NULL) {
        struct sbx_request *request = SBX_CONTAINER(link, struct sbx_exchange, back)->request;
        if (request == NULL || send_again(exchanges, request)) { /* NULL: its deadline was met meanwhile */
            continue;
        }
        conclude(request);
        return request;
    }
    return NULL;
}

void sbx_exchanges_put_back(struct sbx_exchanges *exchanges, struct sbx_exchange *exchange)
{
    if (sbx_mailbox_put(&exchanges->back, &exchange->back)) {
        sbx_poller_wake(exchanges->poller);
    }
}
