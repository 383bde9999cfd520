/* endpoint.c: base URL and header lines in one allocation each, behind a count of owners. The token's
 * Authorization line replaces one that the headers hold, as the SDK does it.
 *
 * Thread: any: immutable once created; the count is atomic.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/endpoint.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/bytes.h"

/* Shorter values are no secrets, and to blot them out would make a text unreadable. */
#define SECRET_MIN 4
#define LINE_MAX_BYTES ((size_t)65536)

struct sbx_endpoint {
    atomic_size_t owners;
    uint64_t fetcher;
    char *base_url;          /* owned */
    struct sbx_roots *roots; /* owned: one count; NULL: none */
    char *proxy;             /* owned; "": none */
    bool unverified;
    struct sbx_reach *reach; /* owned: one count; NULL: none */
    char **lines;            /* owned, as what it points to */
    size_t line_count;
};

static bool is_printable(struct sbx_span span)
{
    for (size_t i = 0; i < span.length; i++) {
        if (span.data[i] == '\r' || span.data[i] == '\n' || span.data[i] == '\0') {
            return false;
        }
    }
    return true;
}

/* A token of RFC 9110: what a header's name is made of. */
static bool is_token(struct sbx_span span)
{
    for (size_t i = 0; i < span.length; i++) {
        char c = span.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (c == '\0' || (!letter && strchr("!#$%&'*+-.^_`|~", c) == NULL)) {
            return false;
        }
    }
    return span.length > 0;
}

bool sbx_endpoint_is_url(struct sbx_span url)
{
    bool http = url.length > 7 && strncasecmp(url.data, "http://", 7) == 0;
    bool https = url.length > 8 && strncasecmp(url.data, "https://", 8) == 0;
    return (http || https) && is_printable(url) && memchr(url.data, ' ', url.length) == NULL;
}

/* Whether a route can be put behind it: with a query or a fragment it would be theirs. Names and passwords are for
 * headers: fetch refuses them too. */
static bool is_base(struct sbx_span url)
{
    const char *host = (const char *)memchr(url.data, ':', url.length) + 3;
    size_t rest = url.length - (size_t)(host - url.data);
    const char *path = memchr(host, '/', rest);
    return memchr(url.data, '?', url.length) == NULL && memchr(url.data, '#', url.length) == NULL &&
           memchr(host, '@', path == NULL ? rest : (size_t)(path - host)) == NULL;
}

static bool is_authorization(struct sbx_span name)
{
    return name.length == 13 && strncasecmp(name.data, "authorization", 13) == 0;
}

static enum sbx_status add_line(struct sbx_endpoint *endpoint, struct sbx_span name, const char *separator,
                                struct sbx_span value)
{
    if (!is_token(name) || !is_printable(value)) {
        return SBX_EINVAL;
    }
    struct sbx_bytes line;
    sbx_bytes_init(&line, LINE_MAX_BYTES);
    sbx_bytes_append(&line, name);
    sbx_bytes_append_text(&line, value.length == 0 ? ";" : separator); /* curl's way to send an empty value */
    sbx_bytes_append(&line, value);
    if (sbx_bytes_text(&line) == NULL) {
        return line.status == SBX_EFBIG ? SBX_EINVAL : line.status;
    }
    endpoint->lines[endpoint->line_count++] = sbx_bytes_take(&line).data;
    return SBX_OK;
}

static enum sbx_status add_lines(struct sbx_endpoint *endpoint, const struct sbx_endpoint_options *options)
{
    endpoint->lines = calloc(options->header_count + 1, sizeof(*endpoint->lines));
    enum sbx_status status = endpoint->lines == NULL ? SBX_ENOMEM : SBX_OK;
    for (size_t i = 0; i < options->header_count && status == SBX_OK; i++) {
        const struct sbx_header *header = &options->headers[i];
        if (options->token.length == 0 || !is_authorization(header->name)) {
            status = add_line(endpoint, header->name, ": ", header->value);
        }
    }
    if (options->token.length > 0 && status == SBX_OK) {
        status = add_line(endpoint, SBX_SPAN("Authorization"), ": Bearer ", options->token);
    }
    return status;
}

enum sbx_status sbx_endpoint_create(struct sbx_endpoint **endpoint,
                                    const struct sbx_endpoint_options *options)
{
    struct sbx_span url = options->base_url;
    while (url.length > 0 && url.data[url.length - 1] == '/') {
        url.length--;
    }
    if (!sbx_endpoint_is_url(url) || !is_base(url) || !is_printable(options->proxy)) {
        return SBX_EINVAL;
    }
    struct sbx_endpoint *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return SBX_ENOMEM;
    }
    atomic_init(&made->owners, 1);
    made->fetcher = options->fetcher;
    made->base_url = strndup(url.data, url.length);
    made->roots = sbx_roots_ref(options->roots);
    made->proxy = strndup(options->proxy.length == 0 ? "" : options->proxy.data, options->proxy.length);
    made->unverified = options->unverified;
    bool whole = made->base_url != NULL && made->proxy != NULL;
    made->reach = sbx_reach_ref(options->reach);
    enum sbx_status status = whole ? add_lines(made, options) : SBX_ENOMEM;
    if (status != SBX_OK) {
        sbx_endpoint_unref(made);
        return status;
    }
    *endpoint = made;
    return SBX_OK;
}

struct sbx_endpoint *sbx_endpoint_ref(struct sbx_endpoint *endpoint)
{
    atomic_fetch_add_explicit(&endpoint->owners, 1, memory_order_relaxed);
    return endpoint;
}

void sbx_endpoint_unref(struct sbx_endpoint *endpoint)
{
    if (endpoint == NULL || atomic_fetch_sub_explicit(&endpoint->owners, 1, memory_order_acq_rel) > 1) {
        return;
    }
    for (size_t i = 0; i < endpoint->line_count; i++) {
        free(endpoint->lines[i]);
    }
    free(endpoint->lines);
    sbx_roots_unref(endpoint->roots);
    sbx_reach_unref(endpoint->reach);
    free(endpoint->base_url);
    free(endpoint->proxy);
    free(endpoint);
}

bool sbx_endpoint_equal(const struct sbx_endpoint *a, const struct sbx_endpoint *b)
{
    bool equal = a == b || (a->roots == b->roots && a->fetcher == b->fetcher &&
                            a->line_count == b->line_count && a->unverified == b->unverified &&
                            strcmp(a->base_url, b->base_url) == 0 && strcmp(a->proxy, b->proxy) == 0);
    for (size_t i = 0; a != b && equal && i < a->line_count; i++) {
        equal = strcmp(a->lines[i], b->lines[i]) == 0;
    }
    return equal;
}

bool sbx_endpoint_same_sandbox(const struct sbx_endpoint *a, const struct sbx_endpoint *b)
{
    return a == b || strcmp(a->base_url, b->base_url) == 0;
}

struct sbx_span sbx_endpoint_base_url(const struct sbx_endpoint *endpoint)
{
    return (struct sbx_span){endpoint->base_url, strlen(endpoint->base_url)};
}

struct sbx_roots *sbx_endpoint_roots(const struct sbx_endpoint *endpoint)
{
    return endpoint->roots;
}

const char *sbx_endpoint_proxy(const struct sbx_endpoint *endpoint)
{
    return endpoint->proxy;
}

bool sbx_endpoint_is_unverified(const struct sbx_endpoint *endpoint)
{
    return endpoint->unverified;
}

uint64_t sbx_endpoint_fetcher(const struct sbx_endpoint *endpoint)
{
    return endpoint->fetcher;
}

struct sbx_reach *sbx_endpoint_reach(const struct sbx_endpoint *endpoint)
{
    return endpoint->reach;
}

size_t sbx_endpoint_line_count(const struct sbx_endpoint *endpoint)
{
    return endpoint->line_count;
}

const char *sbx_endpoint_line(const struct sbx_endpoint *endpoint, size_t index)
{
    return endpoint->lines[index];
}

static void blot_out(char *text, const char *secret)
{
    size_t length = strlen(secret);
    if (length < SECRET_MIN) {
        return;
    }
    for (char *found = strstr(text, secret); found != NULL; found = strstr(found + length, secret)) {
        memset(found, '*', length);
    }
}

/* "user:password" of "http://user:password@host", and the password alone. */
static void blot_out_user(char *text, const char *proxy)
{
    const char *scheme = strstr(proxy, "://");
    const char *user = scheme == NULL ? proxy : scheme + 3;
    const char *end = strrchr(user, '@');
    char *copy = end == NULL ? NULL : strndup(user, (size_t)(end - user));
    if (copy == NULL) {
        if (end != NULL) {
            text[0] = '\0'; /* no memory: rather no words than a secret */
        }
        return;
    }
    blot_out(text, copy);
    const char *password = strchr(copy, ':');
    if (password != NULL) {
        blot_out(text, password + 1);
    }
    free(copy);
}

void sbx_endpoint_redact(const struct sbx_endpoint *endpoint, char *text)
{
    blot_out_user(text, endpoint->proxy);
    for (size_t i = 0; i < endpoint->line_count; i++) {
        const char *value = strchr(endpoint->lines[i], ':');
        if (value == NULL) {
            continue;
        }
        value += value[1] == ' ' ? 2 : 1;
        const char *space = strchr(value, ' ');
        if (space != NULL) {
            blot_out(text, space + 1); /* what follows a scheme, "Bearer" or "Basic" */
        }
        blot_out(text, value);
    }
}
