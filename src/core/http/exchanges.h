/* exchanges.h: the exchanges of one budget: those on their way to the main thread, and those on their way back.
 *
 * Thread: pool, but for init, clear and sbx_exchanges_put_back.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_HTTP_EXCHANGES_H
#define SBX_CORE_HTTP_EXCHANGES_H

#include "core/http/exchange.h"
#include "core/http/poller.h"
#include "core/mailbox.h"

struct sbx_exchanges {
    struct sbx_queue out;      /* owned, until they are taken */
    struct sbx_mailbox back;   /* borrowed: main frees them */
    struct sbx_queue returned; /* borrowed: what was in it */
    struct sbx_poller *poller; /* borrowed */
};

enum sbx_status sbx_exchanges_init(struct sbx_exchanges *exchanges, struct sbx_poller *poller) SBX_CHECKED;

/* Frees those that no one took. */
void sbx_exchanges_clear(struct sbx_exchanges *exchanges);

/* Puts `request` on the way out. */
enum sbx_status sbx_exchanges_send(struct sbx_exchanges *exchanges, struct sbx_request *request) SBX_CHECKED;

/* Its exchange is over: nobody waits for the reply. */
void sbx_exchanges_cancel(struct sbx_request *request);

/* A request that came back, with its outcome; NULL: none did. */
struct sbx_request *sbx_exchanges_next(struct sbx_exchanges *exchanges);

/* Puts one on the way back, and wakes who waits. Thread: main. */
void sbx_exchanges_put_back(struct sbx_exchanges *exchanges, struct sbx_exchange *exchange);

#endif
