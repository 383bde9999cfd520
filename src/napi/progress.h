/* progress.h: how far a job is, as its caller's onProgress({ bytes, total }) hears it: of a content that arrives after each
 * slice, of one that is sent after each part, and at the end of all of it.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_PROGRESS_H
#define SBX_NAPI_PROGRESS_H

#include "napi/job.h"

/* `function` is told from now on; false: thrown. */
bool sbx_progress_watch(struct sbx_job *job, napi_value function);

/* The job is over. Nothing happens where nobody is told. */
void sbx_progress_forget(struct sbx_job *job);

/* Tells it, where somebody is told, it is not settled, and it is more than before. Runs JavaScript: the job may be
 * given up by it. */
void sbx_progress_tell(struct sbx_job *job, uint64_t bytes, uint64_t total);

/* Tells that all of it is there, where `op` is the last of a job on a content. */
void sbx_progress_tell_end(struct sbx_job *job, const struct sbx_op *op);

/* Tells what has arrived since, of each that is watched; and whether there is any such. */
bool sbx_progress_has_news(const struct sbx_env *env);
void sbx_progress_tell_news(const struct sbx_env *env);

#endif
