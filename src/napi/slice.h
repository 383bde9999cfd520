/* slice.h: the driver of an environment's engine: it parks the engine's sockets on the loop, and queues a
 * slice on the libuv threadpool when there is something to do, never because something waits.
 *
 * Its handles are active only while an operation is in flight, so a process with nothing in flight ends
 * by itself.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_SLICE_H
#define SBX_NAPI_SLICE_H

#include "napi/env.h"
#include "wire/status.h"

struct sbx_op;

/* The environment's driver, made where there is none. */
enum sbx_status sbx_driver_get(struct sbx_env *env, struct sbx_driver **driver) SBX_CHECKED;

/* The engine that it drives. */
struct sbx_engine *sbx_driver_engine(const struct sbx_driver *driver);

/* One operation more is in flight: it has just been submitted. */
void sbx_driver_started(struct sbx_driver *driver);

/* Closes the connections that nothing uses. */
void sbx_driver_forget(struct sbx_driver *driver);

/* Ends it: what is in flight is cancelled and dropped unsettled, sockets and handles are closed, and
 * sbx_env_driver_closed is called when that is done. */
void sbx_driver_close(struct sbx_driver *driver);

/* A slice that runs ends at once: the process exits, and libuv waits for its threads. */
void sbx_driver_interrupt(struct sbx_driver *driver);

#endif
