/* proxies.c: an entry of no_proxy is a host, exactly; or, where it begins with "." or "*", the end of one. With a port it
 * is of that port alone. curl would take each for the end of a name, and knows no ports.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/proxies.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PORT_DIGITS 5

struct place {
    struct sbx_span host; /* an IPv6 address with its brackets */
    long port;            /* 0: none was said */
};

static bool is_https(struct sbx_span url)
{
    return url.length >= 6 && strncasecmp(url.data, "https:", 6) == 0;
}

/* The number at the end of "host:number", cut off; 0 where there is none. */
static long cut_port(struct sbx_span *host)
{
    size_t digits = 0;
    while (digits < host->length && host->data[host->length - 1 - digits] >= '0' &&
           host->data[host->length - 1 - digits] <= '9') {
        digits++;
    }
    bool port = digits > 0 && digits <= PORT_DIGITS && digits + 1 < host->length &&
                host->data[host->length - 1 - digits] == ':';
    if (!port) {
        return 0;
    }
    char text[PORT_DIGITS + 1] = "";
    memcpy(text, host->data + host->length - digits, digits);
    host->length -= digits + 1;
    return strtol(text, NULL, 10);
}

/* From "scheme://user@host:port/path". */
static struct place place_of(struct sbx_span url)
{
    struct sbx_span rest = url;
    for (size_t i = 0; i + 2 < url.length; i++) {
        if (memcmp(url.data + i, "://", 3) == 0) {
            rest = (struct sbx_span){url.data + i + 3, url.length - i - 3};
            break;
        }
    }
    size_t end = 0;
    while (end < rest.length && strchr("/?#", rest.data[end]) == NULL) {
        end++;
    }
    size_t start = end;
    while (start > 0 && rest.data[start - 1] != '@') {
        start--;
    }
    struct place place = {.host = {rest.data + start, end - start}};
    place.port = cut_port(&place.host);
    place.port = place.port != 0 ? place.port : is_https(url) ? 443 : 80;
    return place;
}

static bool ends_with(struct sbx_span host, struct sbx_span end)
{
    return host.length >= end.length &&
           strncasecmp(host.data + host.length - end.length, end.data, end.length) == 0;
}

static bool matches(struct place place, struct sbx_span entry)
{
    long port = cut_port(&entry);
    if (port != 0 && port != place.port) {
        return false;
    }
    bool star = entry.length > 0 && entry.data[0] == '*';
    bool tail = star || (entry.length > 0 && entry.data[0] == '.');
    struct sbx_span end = {entry.data + star, entry.length - star};
    return tail ? ends_with(place.host, end)
                : place.host.length == entry.length && ends_with(place.host, entry);
}

static bool is_separator(char c)
{
    return c == ',' || c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_none(struct place place, struct sbx_span none)
{
    for (size_t i = 0; i < none.length;) {
        size_t start = i;
        while (i < none.length && !is_separator(none.data[i])) {
            i++;
        }
        struct sbx_span entry = {none.data + start, i - start};
        if (entry.length > 0 && matches(place, entry)) {
            return true;
        }
        i++;
    }
    return false;
}

struct sbx_span sbx_proxies_choose(const struct sbx_proxies *proxies, struct sbx_span url)
{
    bool https = is_https(url) && proxies->https.length > 0;
    struct sbx_span proxy = https ? proxies->https : proxies->http;
    return proxy.length == 0 || is_none(place_of(url), proxies->none) ? (struct sbx_span){0} : proxy;
}
