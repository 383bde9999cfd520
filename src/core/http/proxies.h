/* proxies.h: the proxies that an environment names (http_proxy, https_proxy, no_proxy), and which of them a URL is asked
 * by: as Node's fetch chooses, which differs from curl.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_HTTP_PROXIES_H
#define SBX_CORE_HTTP_PROXIES_H

#include "wire/span.h"

struct sbx_proxies {
    struct sbx_span http;  /* a URL; empty: none */
    struct sbx_span https; /* likewise; empty: as for http */
    struct sbx_span
        none; /* hosts that are asked without one: "a.example, .b.example, c.example:8080", or "*" */
};

/* The proxy by which `url` is asked; empty: none. Borrowed from `proxies`. */
struct sbx_span sbx_proxies_choose(const struct sbx_proxies *proxies, struct sbx_span url);

#endif
