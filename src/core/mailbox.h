/* mailbox.h: a queue that threads share: what one of them puts in, another takes out, all at once.
 *
 * Thread: any, but for init and clear.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_MAILBOX_H
#define SBX_CORE_MAILBOX_H

#include <pthread.h>

#include "core/queue.h"
#include "wire/status.h"

struct sbx_mailbox {
    pthread_mutex_t lock;
    struct sbx_queue queue; /* under lock */
};

static inline enum sbx_status sbx_mailbox_init(struct sbx_mailbox *mailbox)
{
    sbx_queue_init(&mailbox->queue);
    return pthread_mutex_init(&mailbox->lock, NULL) == 0 ? SBX_OK : SBX_ENOMEM;
}

static inline void sbx_mailbox_clear(struct sbx_mailbox *mailbox)
{
    (void)pthread_mutex_destroy(&mailbox->lock);
}

/* Whether it was empty. */
static inline bool sbx_mailbox_put(struct sbx_mailbox *mailbox, struct sbx_link *link)
{
    (void)pthread_mutex_lock(&mailbox->lock);
    bool empty = sbx_queue_empty(&mailbox->queue);
    sbx_queue_push(&mailbox->queue, link);
    (void)pthread_mutex_unlock(&mailbox->lock);
    return empty;
}

/* Moves all of it behind what `to` holds. */
static inline void sbx_mailbox_take(struct sbx_mailbox *mailbox, struct sbx_queue *to)
{
    (void)pthread_mutex_lock(&mailbox->lock);
    sbx_queue_move(&mailbox->queue, to);
    (void)pthread_mutex_unlock(&mailbox->lock);
}

#endif
