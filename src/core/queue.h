/* queue.h: an intrusive, doubly linked list. The link is inside what it links, so queueing allocates
 * nothing, cannot fail, and an element leaves in constant time. Not for: sharing between threads without
 * a lock of its own.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_QUEUE_H
#define SBX_CORE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct sbx_link {
    struct sbx_link *next; /* borrowed; itself when in no queue */
    struct sbx_link *prev; /* borrowed */
};

/* The head of a queue is a link that belongs to no element. */
struct sbx_queue {
    struct sbx_link head;
};

/* The element that holds `link` as its member. */
#define SBX_CONTAINER(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void sbx_link_init(struct sbx_link *link)
{
    link->next = link;
    link->prev = link;
}

static inline void sbx_queue_init(struct sbx_queue *queue)
{
    sbx_link_init(&queue->head);
}

static inline bool sbx_queue_empty(const struct sbx_queue *queue)
{
    return queue->head.next == &queue->head;
}

static inline void sbx_queue_push(struct sbx_queue *queue, struct sbx_link *link)
{
    link->next = &queue->head;
    link->prev = queue->head.prev;
    queue->head.prev->next = link;
    queue->head.prev = link;
}

/* Takes `link` out of the queue it is in; nothing happens where it is in none. */
static inline void sbx_link_remove(struct sbx_link *link)
{
    link->next->prev = link->prev;
    link->prev->next = link->next;
    sbx_link_init(link);
}

/* Takes the first element; NULL where there is none. */
static inline struct sbx_link *sbx_queue_pop(struct sbx_queue *queue)
{
    struct sbx_link *first = queue->head.next;
    if (first == &queue->head) {
        return NULL;
    }
    sbx_link_remove(first);
    return first;
}

/* Moves everything in `from` behind what `to` holds, in constant time. */
static inline void sbx_queue_move(struct sbx_queue *from, struct sbx_queue *to)
{
    if (sbx_queue_empty(from)) {
        return;
    }
    from->head.next->prev = to->head.prev;
    to->head.prev->next = from->head.next;
    from->head.prev->next = &to->head;
    to->head.prev = from->head.prev;
    sbx_queue_init(from);
}

#endif
