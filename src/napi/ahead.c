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

/* Whether it is neither known nor asked for; from now on it is. */
static bool is_new(struct sbx_object *object, struct sbx_span directory)
{
    uint64_t changes = object->env->changes;
    uint64_t hash = sbx_hash_of(directory);
    uint64_t now_ms = sbx_now_ms();
    size_t place = (size_t)(hash % SBX_AHEAD_PLACES);
    bool asked = object->ahead.asked[place].directory == hash &&
                 object->ahead.asked[place].changes == changes &&
                 now_ms < object->ahead.asked[place].until_ms;
    if (asked || sbx_cache_find(&object->cache, SBX_OP_LSTAT, directory, changes) != NULL) {
        return false;
    }
    object->ahead.asked[place].directory = hash;
    object->ahead.asked[place].changes = changes;
    object->ahead.asked[place].until_ms = now_ms + object->cache.ttl_ms;
    return true;
}

/* Over HTTP it would be a request, or two. */
static enum sbx_step leave_it(struct sbx_op *op)
{
    return sbx_op_fail(op, SBX_EIO, NULL);
}

static bool ask(struct sbx_object *object, const struct sbx_op *looks, struct sbx_span directory)
{
    static const sbx_step_function otherwise[] = {leave_it, NULL};
    struct sbx_op *op = NULL;
    struct sbx_args args = {.path = directory};
    if (sbx_fs_op_create(&op, object->fs, sbx_op_row(SBX_OP_LSTAT), looks->endpoint, &args) != SBX_OK) {
        return false;
    }
    op->otherwise = otherwise;
    op->timeout_ms = looks->timeout_ms;
    op->patience.cut = looks->patience.cut;
    return sbx_job_send_alone(object, op);
}

void sbx_ahead_look(struct sbx_object *object, const struct sbx_op *op)
{
    struct sbx_span directory = op->args.path;
    if (object->cache.ttl_ms == 0 || op->endpoint == NULL || !is_of_a_name(op) ||
        sbx_fs_report(object->fs, NULL, 0) != SBX_COMPANION_UP) {
        return;
    }
    bool more = true;
    for (int i = 0; i < DIRECTORIES_MAX && more && !sbx_path_is_root(directory); i++) {
        directory = sbx_path_parent(directory);
        more = is_new(object, directory) && ask(object, op, directory);
    }
}
