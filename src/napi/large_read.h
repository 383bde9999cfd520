/* large_read.h: readFile of any size into one ArrayBuffer.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_LARGE_READ_H
#define SBX_NAPI_LARGE_READ_H

#include "napi/job.h"

/* The first op of it: whether the content is the one that was read or written last, or the content. */
enum sbx_status sbx_large_read_create(struct sbx_op **op, struct sbx_object *object,
                                      struct sbx_endpoint *endpoint, struct sbx_span path) SBX_CHECKED;

/* Goes on where that content is another one, and where an op of SBX_OP_READ came back with a size and no content. */
extern const struct sbx_job_plan sbx_large_read_plan;

/* The content as a Uint8Array; of a job with that plan. */
napi_value sbx_large_read_result(napi_env env, struct sbx_op *op);

#endif
