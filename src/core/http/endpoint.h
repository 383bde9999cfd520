/* endpoint.h: where requests go and what every one of them carries: base URL, token and headers of one
 * Sandbox Agent client, as they were when they were read. Immutable and counted: a client whose token
 * was renewed is another endpoint, and requests under way keep theirs.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_HTTP_ENDPOINT_H
#define SBX_CORE_HTTP_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/http/reach.h"
#include "core/http/roots.h"
#include "wire/span.h"
#include "wire/status.h"

struct sbx_header {
    struct sbx_span name;
    struct sbx_span value;
};

struct sbx_endpoint_options {
    struct sbx_span base_url; /* "http://host:port/prefix"; slashes at its end are ignored */
    struct sbx_span token;    /* sent as a bearer token; empty: none */
    const struct sbx_header *headers;
    size_t header_count;
    struct sbx_roots *roots; /* borrowed: the endpoint counts them; of https. NULL: none is trusted */
    struct sbx_span proxy;   /* a URL; empty: none */
    bool unverified;         /* https takes any certificate */
    uint64_t fetcher;        /* who performs its requests, a number of the main thread's; 0: curl does */
    struct sbx_reach *reach; /* borrowed: the endpoint counts it; NULL: nobody wants to know */
};

struct sbx_endpoint;

/* Copies the options. SBX_EINVAL: a header, the token or the proxy holds a line break or NUL, or the URL is none of
 * http(s), or has a query, a fragment or a user. */
enum sbx_status sbx_endpoint_create(struct sbx_endpoint **endpoint,
                                    const struct sbx_endpoint_options *options) SBX_CHECKED;

/* Whether it is one of http or https. */
bool sbx_endpoint_is_url(struct sbx_span url);

/* One more owner; returns `endpoint`. */
struct sbx_endpoint *sbx_endpoint_ref(struct sbx_endpoint *endpoint);

/* One owner less; NULL is allowed. */
void sbx_endpoint_unref(struct sbx_endpoint *endpoint);

/* Whether requests to both are the same: their sandbox, and who asks. */
bool sbx_endpoint_equal(const struct sbx_endpoint *a, const struct sbx_endpoint *b);

/* Whether it is one sandbox behind both, whoever asks. */
bool sbx_endpoint_same_sandbox(const struct sbx_endpoint *a, const struct sbx_endpoint *b);

/* Without a slash at its end. Borrowed, as the lines below. */
struct sbx_span sbx_endpoint_base_url(const struct sbx_endpoint *endpoint);

struct sbx_roots *sbx_endpoint_roots(const struct sbx_endpoint *endpoint);
uint64_t sbx_endpoint_fetcher(const struct sbx_endpoint *endpoint);

/* The URL of the proxy that it is asked by; "": none. Borrowed. */
const char *sbx_endpoint_proxy(const struct sbx_endpoint *endpoint);

/* Whether https takes any certificate. */
bool sbx_endpoint_is_unverified(const struct sbx_endpoint *endpoint);

/* NULL: it has none. */
struct sbx_reach *sbx_endpoint_reach(const struct sbx_endpoint *endpoint);

/* "Name: value" lines, each ended by NUL, Authorization among them. */
size_t sbx_endpoint_line_count(const struct sbx_endpoint *endpoint);
const char *sbx_endpoint_line(const struct sbx_endpoint *endpoint, size_t index);

/* Replaces, in place, every secret of the endpoint (token, header values, and what the proxy wants to know) that stands in `text`. */
void sbx_endpoint_redact(const struct sbx_endpoint *endpoint, char *text);

#endif
