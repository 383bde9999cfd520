/* exchange.c: what the main thread sees of a request, and what it tells of the reply.
 *
 * A reply is as hostile here as over curl: what is too large ends the exchange at the byte that is one too many.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/http/exchanges.h"
#include "core/http/problem.h"
#include "core/http/request.h"

bool sbx_exchange_is_over(const struct sbx_exchange *exchange)
{
    return exchange->request == NULL;
}

uint64_t sbx_exchange_fetcher(const struct sbx_exchange *exchange)
{
    return sbx_endpoint_fetcher(exchange->endpoint);
}

const char *sbx_exchange_method(const struct sbx_exchange *exchange)
{
    static const char *const methods[] = {
        [SBX_GET] = "GET", [SBX_PUT] = "PUT", [SBX_POST] = "POST", [SBX_DELETE] = "DELETE"};
    return methods[exchange->request->method];
}

const char *sbx_exchange_url(const struct sbx_exchange *exchange)
{
    return sbx_bytes_text(
        &exchange->request->url); /* it has not failed: that was looked at when it was sent */
}

struct sbx_span sbx_exchange_body(const struct sbx_exchange *exchange)
{
    struct sbx_span body = exchange->request->body;
    return body.length > 0 ? body : (struct sbx_span){0};
}

static struct sbx_span span_of(const char *text)
{
    return (struct sbx_span){text, strlen(text)};
}

/* A line as curl takes it, "Name: value", or "Name;" where the value is empty. */
static void split_line(const char *line, struct sbx_header *header)
{
    size_t length = strcspn(line, ":;");
    header->name = (struct sbx_span){line, length};
    header->value = span_of(line[length] == ':' ? line + length + 2 : "");
}

bool sbx_exchange_header(const struct sbx_exchange *exchange, size_t index, struct sbx_header *header)
{
    const struct sbx_request *request = exchange->request;
    const char *own[][2] = {{"Accept", request->accept}, {"Content-Type", request->body_type}};
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (own[i][1] != NULL && index-- == 0) {
            *header = (struct sbx_header){span_of(own[i][0]), span_of(own[i][1])};
            return true;
        }
    }
    if (index >= sbx_endpoint_line_count(request->endpoint)) {
        return false;
    }
    split_line(sbx_endpoint_line(request->endpoint, index), header);
    return true;
}

static void note_progress(struct sbx_exchange *exchange)
{
    uint64_t now = sbx_now_ms();
    atomic_store(&exchange->progress_ms, now);
    atomic_store(exchange->shared_progress_ms, now);
}

static void end(struct sbx_exchange *exchange)
{
    if (!exchange->ended) {
        exchange->ended = true;
        sbx_exchanges_put_back(exchange->exchanges, exchange);
    }
}

bool sbx_exchange_begin(struct sbx_exchange *exchange, const struct sbx_reply_head *head)
{
    if (exchange->ended) {
        return false;
    }
    note_progress(exchange);
    atomic_store(&exchange->http_status, head->http_status);
    (void)snprintf(exchange->type, sizeof(exchange->type), "%s", head->type);
    exchange->retry_after = head->retry_after;
    if (head->http_status >= 300) { /* a problem is kept short */
        bool redirects = head->redirect.length > 0 && head->http_status < 400;
        exchange->redirect = redirects ? strndup(head->redirect.data, head->redirect.length) : NULL;
        return true;
    }
    uint64_t length = head->length > 0 ? (uint64_t)head->length : 0;
    exchange->reply.max = exchange->reply_max;
    if (exchange->size_above > 0 && length > exchange->size_above) {
        exchange->reply_length = length;
        end(exchange);
    } else if (exchange->room != NULL) {
        sbx_bytes_lend(&exchange->reply, exchange->room, exchange->reply_max);
    } else if (length > 0) {
        sbx_bytes_reserve(&exchange->reply, (size_t)length);
    }
    return !exchange->ended;
}

bool sbx_exchange_append(struct sbx_exchange *exchange, struct sbx_span piece)
{
    if (exchange->ended) {
        return false;
    }
    note_progress(exchange);
    size_t room = exchange->reply.max - exchange->reply.length;
    bool is_problem = atomic_load(&exchange->http_status) >= 300;
    bool is_cut = is_problem && piece.length > room;
    sbx_bytes_append(&exchange->reply, (struct sbx_span){piece.data, is_cut ? room : piece.length});
    if (exchange->arrived != NULL) {
        atomic_store_explicit(exchange->arrived, exchange->reply.length, memory_order_relaxed);
    }
    if (is_cut || exchange->reply.status != SBX_OK) {
        end(exchange);
    }
    return !exchange->ended;
}

void sbx_exchange_finish(struct sbx_exchange *exchange)
{
    end(exchange);
}

void sbx_exchange_fail(struct sbx_exchange *exchange, const char *code, char *words)
{
    if (!exchange->ended) {
        exchange->outcome = sbx_problem_from_fetch(code, exchange->change, &exchange->sent);
        sbx_endpoint_redact(exchange->endpoint, words); /* before they are cut: half a secret is one too */
        (void)snprintf(exchange->error, sizeof(exchange->error), "%s", words);
        end(exchange);
    }
}

void sbx_exchange_destroy(struct sbx_exchange *exchange)
{
    sbx_link_remove(&exchange->out);
    sbx_link_remove(&exchange->back); /* it may have come back in the slice that ended it */
    sbx_bytes_clear(&exchange->reply);
    free(exchange->redirect);
    sbx_endpoint_unref(exchange->endpoint);
    free(exchange);
}
