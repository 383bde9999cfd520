/* ahead.c: see ahead.h.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "napi/ahead.h"

#include "core/path.h"
#include "napi/job.h"

#define DIRECTORIES_MAX 16 /* of one path */

static bool is_of_a_name(const struct sbx_op *op)
{
    enum sbx_op_code code = (enum sbx_op_code)op->row->code;
    return code == SBX_OP_STAT || code == SBX_OP_LSTAT || code == SBX_OP_ACCESS;
}

/* Whether the way to `directory` has not been asked for; from now on it has. */
static bool is_new(struct sbx_object *object, struct sbx_span directory)
{
    struct sbx_ahead *ahead = &object->ahead;
    uint64_t now_ms = sbx_now_ms();
    struct sbx_ahead asked = {sbx_hash_of(directory), object->env->changes, now_ms + object->cache.ttl_ms};
    bool known =
        ahead->directory == asked.directory && ahead->changes == asked.changes && now_ms < ahead->until_ms;
    if (!known) {
        *ahead = asked;
    }
    return !known;
}

static bool ask(struct sbx_object *object, struct sbx_endpoint *endpoint, struct sbx_span directory)
{
    struct sbx_op *op = NULL;
    struct sbx_args args = {.path = directory};
    return sbx_fs_op_create(&op, object->fs, sbx_op_row(SBX_OP_LSTAT), endpoint, &args) == SBX_OK &&
           sbx_job_send_alone(object, op);
}

void sbx_ahead_look(struct sbx_object *object, const struct sbx_op *op)
{
    struct sbx_span directory = op->args.path;
    if (object->cache.ttl_ms == 0 || op->endpoint == NULL || !is_of_a_name(op) ||
        sbx_path_is_root(directory) || !is_new(object, sbx_path_parent(directory)) ||
        sbx_fs_report(object->fs, NULL, 0) != SBX_COMPANION_UP) {
        return;
    }
    bool more = true;
    for (int i = 0; i < DIRECTORIES_MAX && more && !sbx_path_is_root(directory); i++) {
        directory = sbx_path_parent(directory);
        more = sbx_cache_find(&object->cache, SBX_OP_LSTAT, directory, object->env->changes) == NULL &&
               ask(object, op->endpoint, directory);
    }
}
