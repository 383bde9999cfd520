/* companion_memory_test.c: what goes by the companion with each allocation failing in turn: it ends, with whatever
 * status but a false success, and holds nothing afterwards.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "core/bulk.h"
#include "core/lane.h"
#include "frames.h"
#include "takeover.h"

/* One way to the sandbox and back, in a world of its own. */
struct way {
    carried_function answer;
    answer_function search;
    struct sbx_op *(*make)(struct world *world, const struct sbx_fs *fs);
    bool known; /* the companion is, beforehand */
};

static void assert_no_false_success(const struct sbx_op *op)
{
    allocations_pause(true);
    assert_int_not_equal(op->result.status, SBX_EINVAL); /* nothing that was asked is wrong */
    if (op->result.status == SBX_OK && op->row->code == SBX_OP_READDIR) {
        assert_int_equal(op->result.list.count, 2);
        assert_text(op->result.list.entries[1].name, "name");
    } else if (op->result.status == SBX_OK) {
        assert_echo(op);
    }
    allocations_pause(false);
}

static struct sbx_fs *begin(const struct way *way, void **state)
{
    allocations_pause(true);
    (void)frames_set_up(state);
    struct sbx_fs *fs = way->known ? frames_fs_up(*state) : frames_fs();
    frames.search = way->search == NULL ? greet : way->search;
    frames.answer = way->answer;
    allocations_pause(false);
    return fs;
}

static enum sbx_status attempt(void *user)
{
    const struct way *way = user;
    void *state = NULL;
    struct sbx_fs *fs = begin(way, &state);
    struct world *world = state;
    enum sbx_status status = SBX_ENOMEM;
    struct sbx_op *op = way->make(world, fs);
    if (op != NULL) {
        op->timeout_ms = exchange_ms();
        sbx_lane_submit(op, world->engine);
        world_drive(world, 1);
        assert_no_false_success(op);
        status = op->result.status;
        sbx_op_destroy(op);
    }
    sbx_fs_destroy(fs);
    assert_int_equal(frames_tear_down(&state), 0);
    return status;
}

static struct sbx_op *make_op(struct world *world, const struct sbx_fs *fs, enum sbx_op_code code)
{
    struct sbx_op *op = NULL;
    struct sbx_args args = {.path = SBX_SPAN("/a")};
    enum sbx_status status = sbx_fs_op_create(&op, fs, sbx_op_row(code), world->endpoint, &args);
    return status == SBX_OK ? op : NULL;
}

static struct sbx_op *make_readlink(struct world *world, const struct sbx_fs *fs)
{
    return make_op(world, fs, SBX_OP_READLINK);
}

static struct sbx_op *make_readdir(struct world *world, const struct sbx_fs *fs)
{
    return make_op(world, fs, SBX_OP_READDIR);
}

static struct sbx_op *make_stage(struct world *world, const struct sbx_fs *fs)
{
    struct sbx_op *op = NULL;
    struct sbx_bulk bulk = {.fs = fs, .endpoint = world->endpoint, .path = SBX_SPAN("/a")};
    return sbx_bulk_stage(&op, &bulk, 4, false) == SBX_OK ? op : NULL;
}

/* Not there at first; then it is, as the next one to look will find. */
static bool search_twice(struct server *server, const struct asked *asked, int fd)
{
    struct world *world = server_user(server);
    (void)pthread_mutex_lock(&world->lock);
    bool first = frames.searches == 1;
    (void)pthread_mutex_unlock(&world->lock);
    return first ? program_ended(fd, "Linux\nx86_64\n/tmp/.agentos-sandbox\n", 66) : greet(server, asked, fd);
}

static bool answer_at_last(struct server *server, const struct carried *batch, int fd)
{
    if (batch->number == 0) {
        return server_reply(fd, "500 Internal Server Error", PROBLEM,
                            SPAWN_FAILED("No such file or directory", 2));
    }
    return batch->number == 1 ? answer_by_losing(server, batch, fd) : answer_all(server, batch, fd);
}

static bool answer_two_pages(struct server *server, const struct carried *batch, int fd)
{
    struct replies *replies = replies_begin();
    struct sbx_entry entry = {.name = SBX_SPAN("name"), .stat = {.mode = SBX_S_IFREG}};
    const struct carried_frame *frame = &batch->frames[0];
    (void)server;
    struct sbx_list list = {.entries = &entry, .count = 1, .next = frame->args.offset == 0 ? 1 : 0};
    replies_answer(replies, frame, &(struct sbx_result){.list = list});
    return replies_send(replies, 0, fd);
}

static void play(const struct way *way)
{
    struct way copy = *way;
    assert_in_range(allocations_fail_each_in_exchange(attempt, &copy), 20, 2000);
}

static void test_question(void **state)
{
    (void)state;
    play(&(struct way){answer_all, NULL, make_readlink, true});
}

static void test_search(void **state)
{
    (void)state;
    play(&(struct way){answer_all, search_twice, make_readlink, false});
}

static void test_question_that_is_lost(void **state)
{
    (void)state;
    play(&(struct way){answer_at_last, NULL, make_readlink, true});
}

static void test_pages(void **state)
{
    (void)state;
    play(&(struct way){answer_two_pages, NULL, make_readdir, true});
}

static void test_stage(void **state)
{
    (void)state;
    play(&(struct way){answer_all, NULL, make_stage, false});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_question),
        cmocka_unit_test(test_search),
        cmocka_unit_test(test_question_that_is_lost),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
