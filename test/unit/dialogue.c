/* dialogue.c: plays dialogues.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "dialogue.h"
#include "core/lane.h"

#include "takeover.h"

struct script dialogue_script;

int dialogue_set_up(void **state)
{
    return world_start(state, script_answer, &dialogue_script);
}

struct sbx_fs *dialogue_fs(const char *base_path, uint64_t max_full_read)
{
    struct sbx_fs *fs;
    struct sbx_fs_options options = {.companion.off = true,
                                     .base_path = span_of(base_path),
                                     .timeout_ms = 10000,
                                     .max_full_read = max_full_read};
    assert_status(sbx_fs_create(&fs, &options), SBX_OK);
    return fs;
}

struct sbx_op *dialogue_run(struct world *world, const struct sbx_fs *fs, enum sbx_op_code code,
                            const struct sbx_args *args)
{
    struct sbx_op *op;
    assert_status(sbx_fs_op_create(&op, fs, sbx_op_row(code), world->endpoint, args), SBX_OK);
    sbx_lane_submit(op, world->engine);
    world_drive(world, 1);
    return op;
}

void dialogue_play(struct world *world, const struct sbx_fs *fs, const struct dialogue *dialogue)
{
    script_begin(&dialogue_script, dialogue->exchanges);
    struct sbx_op *op = dialogue_run(world, fs, dialogue->code, &dialogue->args);
    script_check(&dialogue_script, dialogue->name);
    if (op->result.status != dialogue->status) {
        fail_msg("%s: %s instead of %s (%s)", dialogue->name, sbx_status_name(op->result.status),
                 sbx_status_name(dialogue->status), sbx_op_detail(op));
    }
    struct sbx_span expected = span_of(dialogue->bytes == NULL ? "" : dialogue->bytes);
    if (dialogue->bytes != NULL) {
        struct sbx_span bytes = {op->result.bytes.data, op->result.bytes.length};
        if (!sbx_span_equal(bytes, expected)) {
            fail_msg("%s: \"%.*s\" instead of \"%s\"", dialogue->name, (int)bytes.length,
                     bytes.length == 0 ? "" : bytes.data, dialogue->bytes);
        }
    }
    sbx_op_destroy(op);
}

void dialogue_play_all(void **state, const struct dialogue *dialogues, size_t count)
{
    struct sbx_fs *fs = dialogue_fs("/b", 100);
    for (size_t i = 0; i < count; i++) {
        dialogue_play(*state, fs, &dialogues[i]);
    }
    sbx_fs_destroy(fs);
}

/* In a world of its own: a request that was given up may reach the server late, and would be out of turn. */
static enum sbx_status attempt(void *user)
{
    const struct dialogue *dialogue = user;
    const struct sbx_op_row *row = sbx_op_row(dialogue->code);
    void *state = NULL;
    struct sbx_op *op = NULL;
    allocations_pause(true);
    (void)dialogue_set_up(&state);
    struct world *world = state;
    struct sbx_fs *fs = dialogue_fs("/b", 100);
    script_begin(&dialogue_script, dialogue->exchanges);
    allocations_pause(false);
    enum sbx_status status = sbx_fs_op_create(&op, fs, row, world->endpoint, &dialogue->args);
    if (status == SBX_OK) {
        op->timeout_ms = exchange_ms();
        sbx_lane_submit(op, world->engine);
        world_drive(world, 1);
        status = op->result.status == dialogue->status ? SBX_OK : op->result.status;
        sbx_op_destroy(op);
    }
    sbx_fs_destroy(fs);
    (void)world_end(&state);
    return status;
}

void dialogue_play_without_memory(const struct dialogue *dialogue)
{
    struct dialogue copy = *dialogue;
    assert_in_range(allocations_fail_each_in_exchange(attempt, &copy), 10, 2000);
}
