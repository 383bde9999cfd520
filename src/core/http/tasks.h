/* tasks.h: what travels through an engine: handed in, under way, handed out. One that is given up ends early: that is
 * asked for by a flag of its own, so that nobody has to know where it is.
 *
 * Invariant: between sbx_tasks_put and the done list a task's link is in the inbox or in `under_way`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_HTTP_TASKS_H
#define SBX_CORE_HTTP_TASKS_H

#include <stdatomic.h>

#include "core/mailbox.h"

struct sbx_engine;

/* First member of what travels through an engine. */
struct sbx_task {
    struct sbx_link link;
    void (*start)(struct sbx_task *task); /* pool */
    void (*give_up)(
        struct sbx_task *task); /* pool: it is not wanted any more; NULL: it goes on all the same */
    struct sbx_engine *engine;  /* borrowed; set by submit */
    atomic_bool given_up;       /* written by main */
    atomic_bool changes;        /* written by the pool: a change of it has left, or is about to */
};

struct sbx_tasks {
    struct sbx_mailbox inbox; /* submitted */
    struct sbx_queue under_way;
    atomic_bool giving_up; /* one of them was given up since the pool last looked */
};

enum sbx_status sbx_tasks_init(struct sbx_tasks *tasks) SBX_CHECKED;
void sbx_tasks_clear(struct sbx_tasks *tasks);

/* Whether there was none in the inbox. Thread: any. */
bool sbx_tasks_put(struct sbx_tasks *tasks, struct sbx_task *task);

/* Gives one up; whether it is the first since the pool last looked. Thread: main. */
bool sbx_tasks_give_up(struct sbx_tasks *tasks, struct sbx_task *task);

/* Starts those of the inbox, and ends those that were given up. Thread: pool. */
void sbx_tasks_serve(struct sbx_tasks *tasks);

/* A change of `task` (NULL: of nobody who could give it up) is about to leave; false: it must not. Either this sees that
 * the task was given up, or whoever gave it up sees that it changes something. Thread: pool. */
bool sbx_task_may_change(struct sbx_task *task);

#endif
