/* create.h: what create-process does beyond the start of its program: a look whether the port is free, the size of a
 * terminal, and the wait until the thing is ready.
 *
 *     begin ─ free? ─▶ (the start) ─▶ created ─▶ process, log, port: ready? ── no: pause ─▶ process …
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_CREATE_H
#define SBX_CORE_CREATE_H

#include <jansson.h>

#include "core/op.h"

/* Of the terminal, as asked for; 0: nothing was. */
void sbx_create_size(const struct sbx_op *op, unsigned *columns, unsigned *rows);

/* Goes on with `answer` (taken; NULL: the reply was of another shape), of a process that runs; `over_http`: its terminal
 * has not the size that was asked for. */
enum sbx_step sbx_create_created(struct sbx_op *op, json_t *answer, bool over_http);

/* Ends the op: the server runs as many processes as it may (create_full.c). */
enum sbx_step sbx_create_full(struct sbx_op *op);

#endif
