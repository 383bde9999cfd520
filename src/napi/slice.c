/* slice.c: slices on the threadpool, and an end without a crash.
 *
 *     submit ─ end of the tick ─▶ queue a slice ──▶ (pool) slice ──▶ after_slice: settle what is done,
 *                                     ▲                             then watch descriptor and timer
 *                                     └──── readable, or due ◀──────────────┘
 *
 * What one tick of JavaScript submits is taken by one slice, and so shares its batches.
 *
 * The rules of the end: raw uv_queue_work, which can be cancelled, never napi_async_work; the request is
 * in the queue at most once, and whether to queue it again is looked at last, after the promises have been
 * settled, because their continuations may submit; once closing, no JavaScript runs any more; the memory
 * goes when libuv has closed all handles.
 *
 * Thread: main, but for run_slice.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/slice.h"
#include "napi/env.h"

#include <stdlib.h>
#include <uv.h>

#include "core/sandbox.h"

struct sbx_driver {
    struct sbx_env *env;       /* borrowed: it outlives its drivers */
    struct sbx_engine *engine; /* owned */
    uv_loop_t *loop;           /* borrowed */
    uv_poll_t poll;            /* readable: a slice has something to do */
    uv_timer_t timer;          /* due: likewise */
    uv_prepare_t submitted;    /* operations were submitted since the last turn of the loop: likewise */
    uv_work_t work;            /* the slice */
    size_t in_flight;          /* operations submitted and not yet settled */
    int open_handles;
    bool queued; /* the slice is queued, or runs, or its after_slice is to come */
    bool closing;
};

static void queue_slice(struct sbx_driver *driver);

static void on_closed(uv_handle_t *handle)
{
    struct sbx_driver *driver = handle->data;
    struct sbx_env *env = driver->env;
    if (--driver->open_handles > 0) {
        return;
    }
    sbx_engine_destroy(driver->engine);
    free(driver);
    sbx_env_driver_closed(env);
}

/* Runs JavaScript, and so `queued` is set: no slice begins meanwhile. */
static void perform_exchanges(struct sbx_driver *driver)
{
    struct sbx_queue taken;
    sbx_queue_init(&taken);
    sbx_engine_take_exchanges(driver->engine, &taken);
    driver->queued = true;
    driver->env->perform(driver->env, &taken);
    driver->queued = false;
}

/* With closing set and no slice queued: one last slice, here, ends everything without waiting. */
static void finish_closing(struct sbx_driver *driver)
{
    struct sbx_queue done;
    struct sbx_link *link;
    sbx_queue_init(&done);
    sbx_engine_slice(driver->engine);
    sbx_engine_take_done(driver->engine, &done);
    perform_exchanges(driver); /* all of them are over */
    while ((link = sbx_queue_pop(&done)) != NULL) {
        driver->env->drop(SBX_CONTAINER(link, struct sbx_op, task.link));
    }
    uv_close((uv_handle_t *)&driver->poll, on_closed);
    uv_close((uv_handle_t *)&driver->timer, on_closed);
    uv_close((uv_handle_t *)&driver->submitted, on_closed);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    queue_slice(poll->data);
}

static void on_due(uv_timer_t *timer)
{
    queue_slice(timer->data);
}

static void on_submitted(uv_prepare_t *submitted)
{
    struct sbx_driver *driver = submitted->data;
    (void)uv_prepare_stop(submitted);
    queue_slice(driver);
}

static void unpark(struct sbx_driver *driver)
{
    (void)uv_poll_stop(&driver->poll); /* cannot fail for an open handle, nor can the timer's */
    (void)uv_timer_stop(&driver->timer);
}

/* What nobody waits for, such as a search for the companion whose caller gave it up, is watched, and holds no process. */
static void hold_process(struct sbx_driver *driver, bool hold)
{
    void (*change)(uv_handle_t * handle) = hold ? uv_ref : uv_unref;
    change((uv_handle_t *)&driver->poll);
    change((uv_handle_t *)&driver->timer);
}

/* Watches for the next reason to run a slice; nothing in flight and nothing due, nothing to watch. */
static void park(struct sbx_driver *driver)
{
    int due_ms = sbx_engine_due_ms(driver->engine);
    if (driver->in_flight == 0 && due_ms < 0) {
        return;
    }
    hold_process(driver, driver->in_flight > 0);
    if (due_ms == 0 || uv_poll_start(&driver->poll, UV_READABLE, on_readable) != 0) {
        queue_slice(driver);
        return;
    }
    if (due_ms > 0 && uv_timer_start(&driver->timer, on_due, (uint64_t)due_ms, 0) != 0) {
        queue_slice(driver);
    }
}

static void run_slice(uv_work_t *work)
{
    struct sbx_driver *driver = work->data;
    sbx_engine_slice(driver->engine);
}

static void after_slice(uv_work_t *work, int status)
{
    struct sbx_driver *driver = work->data;
    struct sbx_queue done;
    (void)status; /* UV_ECANCELED: closing is set */
    if (driver->closing) {
        driver->queued = false;
        finish_closing(driver);
        return;
    }
    sbx_queue_init(&done);
    sbx_engine_take_done(driver->engine, &done);
    for (struct sbx_link *link = done.head.next; link != &done.head; link = link->next) {
        driver->in_flight--;
    }
    struct sbx_env *env = driver->env;
    env->owners++;
    perform_exchanges(driver); /* it may close the driver */
    if (driver->closing) {
        finish_closing(driver);
    }
    env->settle(env, &done); /* runs JavaScript: it may submit, and it may close the driver */
    if (env->driver == driver && !driver->queued && uv_is_active((uv_handle_t *)&driver->submitted) == 0) {
        park(driver);
    }
    sbx_env_unref(env);
}

static void queue_slice(struct sbx_driver *driver)
{
    if (driver->queued || driver->closing) {
        return;
    }
    unpark(driver);
    /* Fails only for a missing callback. */
    driver->queued = uv_queue_work(driver->loop, &driver->work, run_slice, after_slice) == 0;
}

static enum sbx_status open_handles(struct sbx_driver *driver)
{
    if (napi_get_uv_event_loop(driver->env->env, &driver->loop) != napi_ok ||
        uv_timer_init(driver->loop, &driver->timer) != 0 ||
        uv_prepare_init(driver->loop, &driver->submitted) != 0) { /* neither fails */
        return SBX_EIO;
    }
    driver->timer.data = driver;
    driver->submitted.data = driver;
    driver->open_handles = 2;
    if (uv_poll_init(driver->loop, &driver->poll, sbx_engine_fd(driver->engine)) != 0) {
        return SBX_EMFILE;
    }
    driver->poll.data = driver;
    driver->open_handles = 3;
    driver->work.data = driver;
    return SBX_OK;
}

static enum sbx_status create(struct sbx_env *env, struct sbx_driver **driver)
{
    struct sbx_driver *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return SBX_ENOMEM;
    }
    made->env = env;
    env->drivers++;
    enum sbx_status status = sbx_engine_create(&made->engine);
    if (status == SBX_OK) {
        status = open_handles(made);
    }
    if (status == SBX_OK) {
        *driver = made;
        return SBX_OK;
    }
    if (made->open_handles > 0) { /* all but the poll */
        uv_close((uv_handle_t *)&made->timer, on_closed);
        uv_close((uv_handle_t *)&made->submitted, on_closed);
    } else {
        sbx_engine_destroy(made->engine);
        free(made);
        env->drivers--;
    }
    return status;
}

enum sbx_status sbx_driver_get(struct sbx_env *env, struct sbx_driver **driver)
{
    enum sbx_status status = SBX_OK;
    if (env->closing) {
        return SBX_ECANCELED;
    }
    if (env->driver == NULL) {
        status = create(env, &env->driver);
    }
    *driver = env->driver;
    return status;
}

struct sbx_engine *sbx_driver_engine(const struct sbx_driver *driver)
{
    return driver->engine;
}

void sbx_driver_started(struct sbx_driver *driver)
{
    driver->in_flight++;
    (void)uv_prepare_start(&driver->submitted, on_submitted); /* fails only without a callback */
}

void sbx_driver_forget(struct sbx_driver *driver)
{
    sbx_engine_forget(driver->engine);
    queue_slice(driver);
}

void sbx_driver_close(struct sbx_driver *driver)
{
    driver->closing = true;
    sbx_engine_close(driver->engine);
    unpark(driver);
    if (!driver->queued) {
        finish_closing(driver);
        return;
    }
    (void)uv_cancel((uv_req_t *)&driver->work); /* UV_EBUSY: it runs, and ends by itself */
}

void sbx_driver_interrupt(struct sbx_driver *driver)
{
    sbx_engine_close(driver->engine);
}
