/* later.h: prepareOpenSync where nothing can be asked at once, because requests leave by a `fetch` of JavaScript. It
 * answers from the stat just before it, and the open is done later: ahead of all that is asked of the file system after
 * it. Where it fails, the next operation on its path ends with its error.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_LATER_H
#define SBX_NAPI_LATER_H

#include <node_api.h>
#include <stdbool.h>

#include "core/sandbox.h"

struct sbx_call_options;
struct sbx_job;
struct sbx_job_kind;
struct sbx_object;

/* A member of an object. */
struct sbx_later {
    bool under_way;        /* an open is */
    struct sbx_queue held; /* borrowed ops, of jobs that wait for it */
    struct sbx_bytes path; /* owned: of a failure that nobody was told; empty: there is none */
    enum sbx_status status;
};

void sbx_later_init(struct sbx_later *later);

/* What prepareOpenSync returns; NULL: thrown. Takes `op`. Where a signal is aborted before the open is done, that fails
 * with ECANCELED. */
napi_value sbx_later_open(struct sbx_object *object, struct sbx_op *op, const struct sbx_job_kind *kind,
                          const struct sbx_call_options *options);

/* Keeps the op of a job back where an open is under way; false: it is to be sent. */
bool sbx_later_hold(struct sbx_op *op);

/* An op of `job` has been sent: where that is an open, it holds what comes after it. */
void sbx_later_sent(struct sbx_job *job);

/* How an open of the op's path failed, once; SBX_OK: none did. */
enum sbx_status sbx_later_tell(struct sbx_object *object, const struct sbx_op *op) SBX_CHECKED;

/* Drops what is held: the environment ends. */
void sbx_later_drop(struct sbx_object *object);

#endif
