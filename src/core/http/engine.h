/* engine.h: HTTP for one environment: one curl multi handle, driven in slices by whoever has a thread.
 *
 * A task is handed in (sbx_engine_submit), starts inside a slice, sends requests, and is handed out
 * (sbx_engine_finish, sbx_engine_take_done) when it is over. Between slices all sockets are parked behind
 * one descriptor: its owner watches it and runs a slice when it is readable, when a deadline is due, or
 * when something was submitted. A waiting request holds no thread.
 *
 *     main                                     pool
 *     submit ── inbox ──────────────────────▶  slice: start, send, receive, step …
 *     give_up ── a flag ────────────────────▶  task->give_up: take back what it waits for, and finish
 *     take_done ◀──────────────────── done ──  finish
 *
 * Thread: said at each function; at most one slice at a time.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_HTTP_ENGINE_H
#define SBX_CORE_HTTP_ENGINE_H

#include "core/http/deadlines.h"
#include "core/http/request.h"
#include "core/http/tasks.h"
#include "core/queue.h"
#include "wire/status.h"

struct sbx_request;

/* A member of what wants to be called later in the same slice. */
struct sbx_deferred {
    struct sbx_link link;
    void (*run)(struct sbx_deferred *deferred); /* pool */
};

enum sbx_status sbx_engine_create(struct sbx_engine **engine) SBX_CHECKED;

/* Ends what is still on its way, as sbx_engine_close and a slice do, and frees it. What is done must have been
 * taken, but for what ends here. NULL is allowed. Thread: main, while no slice runs. */
void sbx_engine_destroy(struct sbx_engine *engine);

/* Lends `task` to the engine until it is taken from the done list. Thread: any. */
void sbx_engine_submit(struct sbx_engine *engine, struct sbx_task *task);

/* Asks for a task that was submitted, and not yet taken from the done list, to end early: it comes back all the same.
 * Thread: main. */
void sbx_engine_give_up(struct sbx_engine *engine, struct sbx_task *task);

/* Runs what there is to do: ends when something is done, 1 ms after the last progress, and after 50 ms at
 * most. Thread: pool, or main where a synchronous method demands it. */
void sbx_engine_slice(struct sbx_engine *engine);

/* Runs until something is done, blocking. Thread: the only one of this engine. */
void sbx_engine_run(struct sbx_engine *engine);

/* Moves everything that is over to `done`. Thread: main. */
void sbx_engine_take_done(struct sbx_engine *engine, struct sbx_queue *done);

/* Moves the exchanges that are to be performed, and those that are over, to `taken`. Thread: main, while no slice
 * runs, and none before they have been looked at. */
void sbx_engine_take_exchanges(struct sbx_engine *engine, struct sbx_queue *taken);

/* A descriptor that is readable when a slice has something to do. Thread: any. */
int sbx_engine_fd(const struct sbx_engine *engine);

/* ms until a slice is due without it; -1: never. Thread: main, while no slice runs. */
int sbx_engine_due_ms(const struct sbx_engine *engine);

/* Sends `request`; it comes back through request->done, never from within this call. Thread: pool. */
void sbx_engine_send(struct sbx_engine *engine, struct sbx_request *request);

/* Takes back a request that was sent: `done` is not called, and no one hears of its reply. Thread: pool. */
void sbx_engine_cancel(struct sbx_request *request);

/* How many requests of the budget are on their way, or wait; what is more than `most` is not counted. Thread: pool. */
size_t sbx_engine_count(const struct sbx_engine *engine, enum sbx_budget budget, size_t most);

/* Calls deadline->due when its time has come, or when the engine is closed. SBX_ENOMEM. Thread: pool. */
enum sbx_status sbx_engine_arm(struct sbx_engine *engine, struct sbx_deadline *deadline) SBX_CHECKED;

/* Nothing happens where it is not armed. Thread: pool. */
void sbx_engine_disarm(struct sbx_engine *engine, struct sbx_deadline *deadline);

/* Calls deferred->run once, when all that can start now has started: what waits together is found together.
 * Nothing happens where it is deferred already. Thread: pool. */
void sbx_engine_defer(struct sbx_engine *engine, struct sbx_deferred *deferred);

/* Puts `task` on the done list. Thread: pool. */
void sbx_engine_finish(struct sbx_engine *engine, struct sbx_task *task);

/* Closes the kept connections of each budget, at the next slice at which nothing of that budget is in flight.
 * Thread: any. */
void sbx_engine_forget(struct sbx_engine *engine);

/* From now on everything ends with SBX_ECANCELED, at the next slice; one that runs ends soon. Thread: any. */
void sbx_engine_close(struct sbx_engine *engine);

#endif
