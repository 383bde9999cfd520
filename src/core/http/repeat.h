/* repeat.h: what is sent once more because its answer asks for that: to another place of the same origin (a redirect), or
 * a moment later (Retry-After). Whoever asked hears of the last answer alone.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_HTTP_REPEAT_H
#define SBX_CORE_HTTP_REPEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/http/deadlines.h"

struct sbx_request;

/* A member of a request. */
struct sbx_repeat {
    uint64_t end_ms;     /* when the time of all its tries is over; 0: it was not sent yet */
    char *redirect;      /* owned: the URL that the answer names; NULL: none */
    int64_t retry_after; /* seconds that the answer names; -1: none */
    unsigned redirects;  /* that were followed */
    bool retried;
    struct sbx_deadline pause; /* armed while it waits to be sent again */
};

/* Takes down what its answer, which has come whole, asks for. */
void sbx_repeat_note(struct sbx_request *request);

/* Its answer is there: whether it is sent again, and comes back later. One whose redirect is not followed says so. */
bool sbx_repeat_begin(struct sbx_request *request);

/* It is taken back. */
void sbx_repeat_stop(struct sbx_request *request);

/* Frees what it owns. Thread: any. */
void sbx_repeat_clear(struct sbx_request *request);

#endif
