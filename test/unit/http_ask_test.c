/* http_ask_test.c: what the requests about paths are: reads may be sent again, changes may not, contents count their
 * deadline from the last progress, and the type of the reply is fixed. What they ask for is in http_fs_test.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http_ask.h"
#include "core/lane.h"

#include "dialogue.h"
#include "takeover.h"

/* The last request of an op that was played, as it was made. */
static struct sbx_request *made(struct sbx_op *op, struct script *script)
{
    script_check(script, op->row->name);
    assert_status(op->result.status, SBX_OK);
    assert_non_null(op->request);
    return op->request;
}

static struct sbx_op *run(struct world *world, const struct sbx_fs *fs, enum sbx_op_code code,
                          const struct exchange *exchange)
{
    struct exchange exchanges[EXCHANGES_MAX] = {*exchange};
    struct sbx_args args = {PATH("/f"), NEW_PATH("/g"), DATA("abc")};
    script_begin(&dialogue_script, exchanges);
    return dialogue_run(world, fs, code, &args);
}

static void test_kinds_of_requests(void **state)
{
    static const struct {
        enum sbx_op_code code;
        struct exchange exchange;
        bool change;
        bool until_stalled;
        const char *accept;
    } kinds[] = {
        {SBX_OP_STAT, FILE_AT("/b/f", 1), false, false, JSON},
        {SBX_OP_READ, HOLDS("/b/f", "x"), false, true, OCTETS},
        {SBX_OP_WRITE, TAKES("/b/f", "abc", 3), true, true, JSON},
        {SBX_OP_MKDIR_P, DONE("POST /v1/fs/mkdir?path=/b/f", NULL), true, false, JSON},
        {SBX_OP_RENAME, DONE("POST /v1/fs/move", "{\"from\":\"/b/f\",\"to\":\"/b/g\"}"), true, false, JSON},
    };
    struct sbx_fs *fs = dialogue_fs("/b", 77);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct sbx_op *op = run(*state, fs, kinds[i].code, &kinds[i].exchange);
        const struct sbx_request *request = made(op, &dialogue_script);
        assert_int_equal(request->change, kinds[i].change);
        assert_int_equal(request->until_stalled, kinds[i].until_stalled);
        assert_string_equal(request->accept, kinds[i].accept);
        assert_int_equal(request->budget, SBX_BUDGET_FILES);
        assert_int_equal(request->reply_max, kinds[i].code == SBX_OP_READ ? 77 : SBX_JSON_MAX);
        assert_in_range(request->timeout_ms, 1, 10000);
        sbx_op_destroy(op);
    }
    sbx_fs_destroy(fs);
}

/* A content counts among the large ones where it is known to be one, and among those that may be where nothing is known. */
static void test_sizes_of_contents(void **state)
{
    static const struct {
        bool sized;
        uint64_t total;
        bool unsized;
        enum sbx_budget budget;
    } kinds[] = {
        {false, 0, true, SBX_BUDGET_FILES},
        {true, 0, false, SBX_BUDGET_FILES},
        {true, SBX_REPLY_CONTENT_MAX, false, SBX_BUDGET_FILES},
        {true, SBX_REPLY_CONTENT_MAX + 1, false, SBX_BUDGET_CONTENTS},
    };
    struct world *world = *state;
    struct sbx_fs *fs = dialogue_fs("/b", 77);
    const struct exchange exchanges[EXCHANGES_MAX] = {HOLDS("/b/f", "x")};
    const struct sbx_args args = {PATH("/f")};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct sbx_op *op;
        script_begin(&dialogue_script, exchanges);
        assert_status(sbx_fs_op_create(&op, fs, sbx_op_row(SBX_OP_READ), world->endpoint, &args), SBX_OK);
        op->sized = kinds[i].sized;
        op->result.total = kinds[i].total;
        sbx_lane_submit(op, world->engine);
        world_drive(world, 1);
        const struct sbx_request *request = made(op, &dialogue_script);
        assert_int_equal(request->unsized, kinds[i].unsized);
        assert_int_equal(request->budget, kinds[i].budget);
        assert_int_equal(request->at_once, kinds[i].budget == SBX_BUDGET_CONTENTS ? 1 : 0);
        sbx_op_destroy(op);
    }
    sbx_fs_destroy(fs);
}

static void test_full_path(void **state)
{
    struct world *world = *state;
    struct sbx_fs *fs = dialogue_fs("/b", 77);
    struct sbx_op *op;
    struct sbx_args args = {PATH("/f")};
    assert_status(sbx_fs_op_create(&op, fs, sbx_op_row(SBX_OP_STAT), world->endpoint, &args), SBX_OK);
    char *path = sbx_http_ask_full_path(op, SBX_SPAN("/a/\xc3\xa4 b"));
    assert_string_equal(path, "/b/a/\xc3\xa4 b");
    free(path);
    path = sbx_http_ask_full_path(op, SBX_SPAN("/"));
    assert_string_equal(path, "/b");
    free(path);
    allocations_fail(1, true);
    path = sbx_http_ask_full_path(op, SBX_SPAN("/a"));
    assert_true(allocations_succeed());
    assert_null(path);
    sbx_op_destroy(op);
    sbx_fs_destroy(fs);
}

/* A view of a long path and a long path in it: the server's system says that it is too long, or we do. */
static void test_longest_paths(void **state)
{
    struct world *world = *state;
    char base[4000];
    char path[4000];
    memset(base, 'b', sizeof(base) - 1);
    memset(path, 'p', sizeof(path) - 1);
    base[0] = path[0] = '/';
    base[sizeof(base) - 1] = path[sizeof(path) - 1] = '\0';
    struct sbx_fs *fs = dialogue_fs(base, 77);
    struct sbx_args args = {.path = span_of(path)};
    static const struct exchange none[EXCHANGES_MAX] = {{0}};
    script_begin(&dialogue_script, none);
    struct sbx_op *op = dialogue_run(world, fs, SBX_OP_STAT, &args);
    assert_non_null(op->request);
    assert_non_null(strstr(server_asked(world->server, 0), "bbbb/pppp"));
    sbx_op_destroy(op);
    sbx_fs_destroy(fs);
}

#define WORLD(function) cmocka_unit_test_setup_teardown(function, dialogue_set_up, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_kinds_of_requests),
        WORLD(test_sizes_of_contents),
        WORLD(test_full_path),
        WORLD(test_longest_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
