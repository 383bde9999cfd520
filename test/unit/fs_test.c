/* fs_test.c: a file system is a view of one directory that no path leaves, read-only where it is said to be, and
 * kind to a server that hangs in a FIFO.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/fs.h"
#include "core/lane.h"

#include <stdio.h>

#include "takeover.h"
#include "world.h"

static bool answer(struct server *server, const struct asked *asked, int fd)
{
    (void)server;
    (void)asked;
    return server_reply(fd, "400 Bad Request", PROBLEM,
                        "{\"detail\":\"invalid request: path not found: /x\"}");
}

static int set_up(void **state)
{
    return world_start(state, answer, NULL);
}

static struct sbx_fs *create(const char *base_path, bool read_only)
{
    struct sbx_fs *fs;
    struct sbx_fs_options options = {.companion.off = true,
                                     .base_path = span_of(base_path),
                                     .timeout_ms = 5000,
                                     .read_only = read_only,
                                     .max_full_read = 77};
    assert_status(sbx_fs_create(&fs, &options), SBX_OK);
    return fs;
}

/* ---- The view --------------------------------------------------------------------------------------------- */

static void assert_at(const struct sbx_fs *fs, const char *path, const char *in_the_sandbox)
{
    struct sbx_bytes bytes;
    sbx_bytes_init(&bytes, 1000);
    sbx_fs_append_path(fs, &bytes, span_of(path));
    assert_text(sbx_bytes_span(&bytes), in_the_sandbox);
    sbx_bytes_clear(&bytes);
}

static void test_base_path(void **state)
{
    (void)state;
    static const struct {
        const char *base_path;
        const char *root;
        const char *file;
        bool whole;
    } bases[] = {
        {"/", "/", "/a/b", true},
        {"//", "/", "/a/b", true},
        {"/..", "/", "/a/b", true},
        {"/app", "/app", "/app/a/b", false},
        {"/app/", "/app", "/app/a/b", false},
        {"/app/../srv/./x//", "/srv/x", "/srv/x/a/b", false},
    };
    for (size_t i = 0; i < COUNT(bases); i++) {
        struct sbx_fs *fs = create(bases[i].base_path, false);
        assert_at(fs, "/", bases[i].root);
        assert_at(fs, "/a/b", bases[i].file);
        assert_int_equal(sbx_fs_is_whole(fs), bases[i].whole);
        assert_int_equal(sbx_fs_max_full_read(fs), 77);
        sbx_fs_destroy(fs);
    }
    sbx_fs_destroy(NULL);
}

static void test_base_paths_that_are_none(void **state)
{
    (void)state;
    static const struct sbx_span wrong[] = {
        SBX_SPAN(""), SBX_SPAN("app"), SBX_SPAN("./app"), SBX_SPAN("/a\0b"), SBX_SPAN("/\xff"),
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct sbx_fs *fs = NULL;
        struct sbx_fs_options options = {.base_path = wrong[i], .timeout_ms = 1};
        assert_status(sbx_fs_create(&fs, &options), SBX_EINVAL);
        assert_null(fs);
    }
}

/* ---- An op of it ------------------------------------------------------------------------------------------- */

static struct sbx_op *op_of(struct world *world, const struct sbx_fs *fs, enum sbx_op_code code,
                            const char *path)
{
    struct sbx_op *op;
    struct sbx_args args = {
        .path = span_of(path), .new_path = SBX_SPAN("../new//x"), .target = SBX_SPAN("../verbatim")};
    assert_status(sbx_fs_op_create(&op, fs, sbx_op_row(code), world->endpoint, &args), SBX_OK);
    return op;
}

static void test_op_is_anchored(void **state)
{
    struct world *world = *state;
    struct sbx_fs *fs = create("/app", false);
    struct sbx_op *op = op_of(world, fs, SBX_OP_SYMLINK, "../../etc/./passwd");
    assert_text(op->args.path, "/etc/passwd");
    assert_text(op->args.new_path, "/new/x");
    assert_text(op->args.target, "../verbatim"); /* a link's target is no path of ours */
    assert_int_equal(op->timeout_ms, 5000);
    assert_ptr_equal(op->row, sbx_op_row(SBX_OP_SYMLINK));
    assert_true(op->relative);
    sbx_op_destroy(op);
    op = op_of(world, fs, SBX_OP_STAT, "/a");
    assert_false(op->relative);
    sbx_op_destroy(op);
    sbx_fs_destroy(fs);
}

static void test_paths_that_are_refused(void **state)
{
    struct world *world = *state;
    struct sbx_fs *fs = create("/app", false);
    struct sbx_op *op = NULL;
    const struct sbx_op_row *row = sbx_op_row(SBX_OP_RENAME);
    struct sbx_args nul = {.path = SBX_SPAN("/a\0b")};
    struct sbx_args nul_in_the_second = {.path = SBX_SPAN("/a"), .new_path = SBX_SPAN("/\xff")};
    char *path = pattern(5000);
    memset(path, 'a', 5000);
    struct sbx_args too_long = {.path = SBX_SPAN("/a"), .new_path = {path, 5000}};
    assert_status(sbx_fs_op_create(&op, fs, row, world->endpoint, &nul), SBX_EINVAL);
    assert_status(sbx_fs_op_create(&op, fs, row, world->endpoint, &nul_in_the_second), SBX_EINVAL);
    assert_status(sbx_fs_op_create(&op, fs, row, world->endpoint, &too_long), SBX_ENAMETOOLONG);
    assert_null(op);
    free(path);
    sbx_fs_destroy(fs);
}

/* ---- What is answered without a request --------------------------------------------------------------------- */

static enum sbx_status run(struct world *world, const struct sbx_fs *fs, enum sbx_op_code code)
{
    struct sbx_queue done;
    struct sbx_op *op = op_of(world, fs, code, "/x");
    sbx_queue_init(&done);
    sbx_lane_submit(op, world->engine);
    drive(world->engine, 1, &done);
    enum sbx_status status = op->result.status;
    sbx_op_destroy(op);
    return status;
}

static void test_read_only_refuses_every_change(void **state)
{
    struct world *world = *state;
    struct sbx_fs *fs = create("/", true);
    for (unsigned code = 1; code <= SBX_OP_MAX; code++) {
        bool changes = (sbx_op_row(code)->kind & SBX_CHANGE) != 0;
        size_t before = server_count(world->server);
        enum sbx_status status = run(world, fs, (enum sbx_op_code)code);
        if (changes) {
            assert_status(status, SBX_EROFS);
            assert_int_equal(server_count(world->server), before);
        } else {
            assert_int_not_equal(status, SBX_EROFS);
        }
    }
    assert_int_equal(server_count_of(world->server, "GET"), server_count(world->server));
    assert_true(server_count(world->server) > 0);
    sbx_fs_destroy(fs);
}

/* HTTP has no links and no owners. */
static void test_what_http_cannot_do(void **state)
{
    struct world *world = *state;
    struct sbx_fs *fs = create("/", false);
    static const enum sbx_op_code unknown[] = {SBX_OP_READLINK, SBX_OP_LINK, SBX_OP_SYMLINK, SBX_OP_CHOWN};
    for (size_t i = 0; i < COUNT(unknown); i++) {
        assert_status(run(world, fs, unknown[i]), SBX_ENOSYS);
    }
    assert_int_equal(server_count(world->server), 0);
    sbx_fs_destroy(fs);
}

/* ---- Stuck writes --------------------------------------------------------------------------------------------- */

static bool is_stuck(const struct sbx_fs *fs, const char *path)
{
    return sbx_fs_is_stuck(fs, span_of(path));
}

static void note(const struct sbx_fs *fs, const char *path)
{
    sbx_fs_note_stuck_write(fs, span_of(path));
}

static void test_stuck_write_is_remembered_for_a_minute(void **state)
{
    (void)state;
    struct sbx_fs *fs = create("/", false);
    assert_false(is_stuck(fs, "/fifo"));
    note(fs, "/fifo");
    assert_true(is_stuck(fs, "/fifo"));
    assert_false(is_stuck(fs, "/fif"));
    assert_false(is_stuck(fs, "/fifo2"));
    assert_false(is_stuck(fs, "/"));
    clock_advance(SBX_STUCK_WRITE_MS - 10000);
    assert_true(is_stuck(fs, "/fifo"));
    clock_advance(10000);
    assert_false(is_stuck(fs, "/fifo"));
    note(fs, "/fifo");
    assert_true(is_stuck(fs, "/fifo"));
    sbx_fs_destroy(fs);
}

/* The oldest gives way; a path that is noted again is as new, and takes no second place. */
static void test_stuck_writes_are_bounded(void **state)
{
    (void)state;
    char path[32];
    struct sbx_fs *fs = create("/", false);
    for (int i = 0; i < SBX_STUCK_WRITES; i++) {
        (void)snprintf(path, sizeof(path), "/fifo-%d", i);
        note(fs, path);
        clock_advance(10);
    }
    note(fs, "/fifo-5");
    clock_advance(10);
    assert_true(is_stuck(fs, "/fifo-0") && is_stuck(fs, "/fifo-5"));
    note(fs, "/one-more");
    assert_true(is_stuck(fs, "/one-more"));
    assert_false(is_stuck(fs, "/fifo-0"));
    for (int i = 1; i < SBX_STUCK_WRITES; i++) {
        (void)snprintf(path, sizeof(path), "/fifo-%d", i);
        assert_true(is_stuck(fs, path));
    }
    sbx_fs_destroy(fs);
}

/* ---- No memory -------------------------------------------------------------------------------------------------- */

static enum sbx_status create_and_destroy(void *user)
{
    struct sbx_fs *fs = NULL;
    struct sbx_fs_options options = {.base_path = SBX_SPAN("/app/x"), .timeout_ms = 1};
    (void)user;
    enum sbx_status status = sbx_fs_create(&fs, &options);
    sbx_fs_destroy(fs);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_in_range(allocations_fail_each(create_and_destroy, NULL), 3, 10);
}

struct maker {
    struct world *world;
    struct sbx_fs *fs;
};

static enum sbx_status create_op(void *user)
{
    const struct maker *maker = user;
    struct sbx_op *op = NULL;
    struct sbx_args args = {.path = SBX_SPAN("/a"), .new_path = SBX_SPAN("/b"), .data = SBX_SPAN("data")};
    enum sbx_status status =
        sbx_fs_op_create(&op, maker->fs, sbx_op_row(SBX_OP_RENAME), maker->world->endpoint, &args);
    sbx_op_destroy(op);
    return status;
}

static void test_no_memory_for_an_op(void **state)
{
    struct maker maker = {*state, create("/app", false)};
    assert_in_range(allocations_fail_each(create_op, &maker), 3, 10);
    sbx_fs_destroy(maker.fs);
}

/* That a write is stuck is then forgotten, and that is all. */
static void test_no_memory_for_a_stuck_write(void **state)
{
    (void)state;
    struct sbx_fs *fs = create("/", false);
    note(fs, "/old");
    allocations_fail(1, true);
    note(fs, "/new");
    assert_true(allocations_succeed());
    assert_true(is_stuck(fs, "/old"));
    assert_false(is_stuck(fs, "/new"));
    sbx_fs_destroy(fs);
}

#define WORLD(function) cmocka_unit_test_setup_teardown(function, set_up, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base_path),
        cmocka_unit_test(test_base_paths_that_are_none),
        WORLD(test_op_is_anchored),
        WORLD(test_paths_that_are_refused),
        WORLD(test_read_only_refuses_every_change),
        WORLD(test_what_http_cannot_do),
        cmocka_unit_test(test_stuck_write_is_remembered_for_a_minute),
        cmocka_unit_test(test_stuck_writes_are_bounded),
        cmocka_unit_test(test_no_memory),
        WORLD(test_no_memory_for_an_op),
        cmocka_unit_test(test_no_memory_for_a_stuck_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
