/* answer.h: what a call of JavaScript returns: the value of an op that is over, or a promise that is settled already.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_ANSWER_H
#define SBX_NAPI_ANSWER_H

#include "napi/job.h"

/* The value of an op that succeeded, or whose failure answers the question; or (`failed`) the Error that it failed with.
 * NULL: thrown. */
napi_value sbx_answer_value(napi_env env, struct sbx_op *op, const struct sbx_job_kind *kind, bool *failed);

/* What a call with a pending exception returns: a promise that is rejected with it, or nothing. */
napi_value sbx_answer_reject(napi_env env, const struct sbx_job_kind *kind);

/* What a call returns that ends with `status` before anything was sent; `path` is the caller's. */
napi_value sbx_answer_refuse(napi_env env, const struct sbx_job_kind *kind, enum sbx_status status,
                             struct sbx_span path);

/* What a call returns whose result is known already; `result` is borrowed. */
napi_value sbx_answer_known(struct sbx_object *object, const struct sbx_job_kind *kind,
                            const struct sbx_op_row *row, struct sbx_span path,
                            const struct sbx_result *result);

/* A promise that is resolved with undefined. */
napi_value sbx_answer_resolve(napi_env env);

#endif
