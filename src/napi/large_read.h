/* large_read.h: readFile of any size into one ArrayBuffer.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_LARGE_READ_H
#define SBX_NAPI_LARGE_READ_H

#include "napi/job.h"

/* Goes on where an op of SBX_OP_READ came back with a size and no content. */
extern const struct sbx_job_plan sbx_large_read_plan;

/* The content as a Uint8Array; of a job with that plan. */
napi_value sbx_large_read_result(napi_env env, struct sbx_op *op);

#endif
