/* tasks.c: a walk along all that is under way finds what was given up: once for however many, and only then.
 *
 * Thread: as tasks.h says.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http/tasks.h"

enum sbx_status sbx_tasks_init(struct sbx_tasks *tasks)
{
    sbx_queue_init(&tasks->under_way);
    return sbx_mailbox_init(&tasks->inbox);
}

void sbx_tasks_clear(struct sbx_tasks *tasks)
{
    sbx_mailbox_clear(&tasks->inbox);
}

bool sbx_tasks_put(struct sbx_tasks *tasks, struct sbx_task *task)
{
    return sbx_mailbox_put(&tasks->inbox, &task->link);
}

bool sbx_tasks_give_up(struct sbx_tasks *tasks, struct sbx_task *task)
{
    atomic_store(&task->given_up, true);
    return !atomic_exchange(&tasks->giving_up, true);
}

static struct sbx_task *task_of(struct sbx_link *link)
{
    return SBX_CONTAINER(link, struct sbx_task, link);
}

static bool is_given_up(const struct sbx_task *task)
{
    return task->give_up != NULL && atomic_load(&task->given_up);
}

/* One that was given up before it began sends nothing. */
static void start_inbox(struct sbx_tasks *tasks)
{
    struct sbx_queue submitted;
    struct sbx_link *link;
    sbx_queue_init(&submitted);
    sbx_mailbox_take(&tasks->inbox, &submitted);
    while ((link = sbx_queue_pop(&submitted)) != NULL) {
        struct sbx_task *task = task_of(link);
        sbx_queue_push(&tasks->under_way, link);
        if (is_given_up(task)) {
            task->give_up(task);
        } else {
            task->start(task);
        }
    }
}

/* What ends one may end others: those leave the queue, whichever that is. */
static void end_given_up(struct sbx_tasks *tasks)
{
    struct sbx_queue all;
    struct sbx_link *link;
    sbx_queue_init(&all);
    sbx_queue_move(&tasks->under_way, &all);
    while ((link = sbx_queue_pop(&all)) != NULL) {
        struct sbx_task *task = task_of(link);
        sbx_queue_push(&tasks->under_way, link);
        if (is_given_up(task)) {
            task->give_up(task);
        }
    }
}

void sbx_tasks_serve(struct sbx_tasks *tasks)
{
    start_inbox(tasks);
    if (atomic_exchange(&tasks->giving_up, false)) {
        end_given_up(tasks);
    }
}

bool sbx_task_may_change(struct sbx_task *task)
{
    if (task == NULL) {
        return true;
    }
    atomic_store(&task->changes, true);
    return !atomic_load(&task->given_up);
}
