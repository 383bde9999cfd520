/* fs_methods.h: the methods of a file system as JavaScript sees them: one for each row of the table of
 * operations that is not private, and the short table of those whose shape differs.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_FS_METHODS_H
#define SBX_NAPI_FS_METHODS_H

#include <node_api.h>

#include "napi/args.h"
#include "napi/job.h"

struct sbx_fs_method {
    const char *name; /* NULL: a private operation, no method of its own */
    enum sbx_op_code code;
    struct sbx_job_kind kind;
    /* Reads arguments that the row does not describe, or chooses another row by them. NULL: by the row.
     * false: thrown. */
    bool (*read)(napi_env env, const napi_value *argv, struct sbx_call *call);
    size_t options; /* the place of its options among its arguments; 0: behind those of its row */
};

/* The place of a method's options among its arguments. */
size_t sbx_fs_method_options(const struct sbx_fs_method *method);

/* The methods; `count` is set. Static. */
const struct sbx_fs_method *sbx_fs_methods(size_t *count);

#endif
