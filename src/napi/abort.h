/* abort.h: listens to an AbortSignal for a job.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_ABORT_H
#define SBX_NAPI_ABORT_H

#include <node_api.h>
#include <stdbool.h>

struct sbx_job;
struct sbx_abort;

/* From now on sbx_job_give_up is called once, with the signal's reason, when it is aborted. NULL: thrown. */
struct sbx_abort *sbx_abort_listen(napi_env env, napi_value signal, struct sbx_job *job);

/* No longer. `quietly`: no JavaScript may run any more. NULL is allowed. */
void sbx_abort_forget(napi_env env, struct sbx_abort *abort, bool quietly);

/* Where `reason` is an Error without a cause it gets one: the operation may have completed. */
void sbx_abort_add_cause(napi_env env, napi_value reason);

#endif
