/* http_fs_test.c: attributes and names over HTTP: what is asked, in which order, and what Linux would have said to
 * what comes back. A change that Linux would refuse is not even asked for.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http_fs.h"

#include "dialogue.h"

/* clang-format off */
#define LISTED(type) "[{\"name\":\"d\",\"path\":\"/b/d\",\"entryType\":\"" type "\",\"size\":6}]"

static const struct dialogue looks[] = {
    {"stat of a file", SBX_OP_STAT, {PATH("/f")}, SBX_OK, NULL, {FILE_AT("/b/f", 3)}},
    {"lstat", SBX_OP_LSTAT, {PATH("/d")}, SBX_OK, NULL,
        {FOLDER_AT("/b/d"), SAYS("GET /v1/fs/entries?path=/b", NULL, LISTED("directory"))}},
    {"lstat of the root", SBX_OP_LSTAT, {PATH("/")}, SBX_OK, NULL, {FOLDER_AT("/b")}},
    {"lstat of a file", SBX_OP_LSTAT, {PATH("/d")}, SBX_OK, NULL, {FILE_AT("/b/d", 3)}},
    {"lstat of a link to a directory", SBX_OP_LSTAT, {PATH("/d")}, SBX_OK, NULL,
        {FOLDER_AT("/b/d"), SAYS("GET /v1/fs/entries?path=/b", NULL, LISTED("file"))}},
    {"lstat whose listing is refused", SBX_OP_LSTAT, {PATH("/d")}, SBX_EACCES, NULL,
        {FOLDER_AT("/b/d"), FAILS("GET /v1/fs/entries?path=/b", NULL, 13)}},
    {"stat of the root", SBX_OP_STAT, {PATH("/")}, SBX_OK, NULL, {FOLDER_AT("/b")}},
    {"no way out", SBX_OP_STAT, {PATH("../../x")}, SBX_OK, NULL, {FOLDER_AT("/b/x")}},
    {"a name with everything", SBX_OP_STAT, {PATH("/a b+&?#%\xc3\xa4")}, SBX_OK, NULL,
        {FOLDER_AT("/b/a%20b%2B%26%3F%23%25%C3%A4")}},
    {"nothing there", SBX_OP_STAT, {PATH("/f")}, SBX_ENOENT, NULL, {NOTHING_AT("/b/f")}},
    {"below a file", SBX_OP_STAT, {PATH("/f/x")}, SBX_ENOTDIR, NULL, {FAILS(STAT("/b/f/x"), NULL, 20)}},
    {"another shape", SBX_OP_STAT, {PATH("/f")}, SBX_EPROTO, NULL, {SAYS(STAT("/b/f"), NULL, "[]")}},
    {"access", SBX_OP_ACCESS, {PATH("/f")}, SBX_OK, NULL, {FILE_AT("/b/f", 3)}},
    {"no access", SBX_OP_ACCESS, {PATH("/f")}, SBX_ENOENT, NULL, {NOTHING_AT("/b/f")}},
    {"chmod looks", SBX_OP_CHMOD, {PATH("/f")}, SBX_ENOENT, NULL, {NOTHING_AT("/b/f")}},
    {"utimes looks", SBX_OP_UTIMES, {PATH("/f")}, SBX_ENOENT, NULL, {NOTHING_AT("/b/f")}},
    {"realpath", SBX_OP_REALPATH, {PATH("/a/../b/./c")}, SBX_OK, "/b/c", {{0}}},
    {"realpath of a relative path", SBX_OP_REALPATH, {PATH("a/../b")}, SBX_OK, "b", {{0}}},
    {"fsync", SBX_OP_FSYNC, {PATH("/f")}, SBX_OK, NULL, {{0}}},
    {"a list of no list", SBX_OP_READDIR, {PATH("/d")}, SBX_EPROTO, NULL,
        {SAYS("GET /v1/fs/entries?path=/b/d", NULL, "{}")}},
    {"a list of a file", SBX_OP_READDIR, {PATH("/f")}, SBX_ENOTDIR, NULL,
        {REFUSES("GET /v1/fs/entries?path=/b/f", NULL, "path is not a directory")}},
};

#define MKDIR(path) "POST /v1/fs/mkdir?path=" path
#define DELETE(path) "DELETE /v1/fs/entry?path=" path
#define MOVE "POST /v1/fs/move"
#define PAIR(from, to) "{\"from\":\"" from "\",\"to\":\"" to "\"}"

static const struct dialogue names[] = {
    {"mkdir", SBX_OP_MKDIR, {PATH("/d/n")}, SBX_OK, NULL,
        {NOTHING_AT("/b/d/n"), FOLDER_AT("/b/d"), DONE(MKDIR("/b/d/n"), NULL)}},
    {"mkdir of a directory", SBX_OP_MKDIR, {PATH("/d")}, SBX_EEXIST, NULL, {FOLDER_AT("/b/d")}},
    {"mkdir of a file", SBX_OP_MKDIR, {PATH("/f")}, SBX_EEXIST, NULL, {FILE_AT("/b/f", 1)}},
    {"mkdir of the root", SBX_OP_MKDIR, {PATH("/")}, SBX_EEXIST, NULL, {FOLDER_AT("/b")}},
    {"mkdir without a parent", SBX_OP_MKDIR, {PATH("/d/n")}, SBX_ENOENT, NULL,
        {NOTHING_AT("/b/d/n"), NOTHING_AT("/b/d")}},
    {"mkdir below a file", SBX_OP_MKDIR, {PATH("/f/n")}, SBX_ENOTDIR, NULL,
        {FAILS(STAT("/b/f/n"), NULL, 20)}},
    {"mkdir where a file came between", SBX_OP_MKDIR, {PATH("/f/n")}, SBX_ENOTDIR, NULL,
        {NOTHING_AT("/b/f/n"), FILE_AT("/b/f", 1)}},
    {"mkdir that is refused", SBX_OP_MKDIR, {PATH("/n")}, SBX_EROFS, NULL,
        {NOTHING_AT("/b/n"), FOLDER_AT("/b"), FAILS(MKDIR("/b/n"), NULL, 30)}},
    {"mkdir -p", SBX_OP_MKDIR_P, {PATH("/d/n/m")}, SBX_OK, NULL, {DONE(MKDIR("/b/d/n/m"), NULL)}},
    {"mkdir -p of a file", SBX_OP_MKDIR_P, {PATH("/f")}, SBX_EEXIST, NULL, {FAILS(MKDIR("/b/f"), NULL, 17)}},
    {"rmdir", SBX_OP_RMDIR, {PATH("/d")}, SBX_OK, NULL, {FOLDER_AT("/b/d"), DONE(DELETE("/b/d"), NULL)}},
    {"rmdir of what is not empty", SBX_OP_RMDIR, {PATH("/d")}, SBX_ENOTEMPTY, NULL,
        {FOLDER_AT("/b/d"), FAILS(DELETE("/b/d"), NULL, 39)}},
    {"rmdir of a file", SBX_OP_RMDIR, {PATH("/f")}, SBX_ENOTDIR, NULL, {FILE_AT("/b/f", 1)}},
    {"rmdir of nothing", SBX_OP_RMDIR, {PATH("/f")}, SBX_ENOENT, NULL, {NOTHING_AT("/b/f")}},
    {"rmdir of the root", SBX_OP_RMDIR, {PATH("/x/..")}, SBX_EBUSY, NULL, {{0}}},
    {"unlink", SBX_OP_UNLINK, {PATH("/f")}, SBX_OK, NULL, {FILE_AT("/b/f", 1), DONE(DELETE("/b/f"), NULL)}},
    {"unlink of nothing", SBX_OP_UNLINK, {PATH("/f")}, SBX_ENOENT, NULL, {NOTHING_AT("/b/f")}},
    {"unlink of a directory", SBX_OP_UNLINK, {PATH("/d")}, SBX_EISDIR, NULL, {FOLDER_AT("/b/d")}},
    {"rename", SBX_OP_RENAME, {PATH("/f"), NEW_PATH("/\"g\xc3\xa4")}, SBX_OK, NULL,
        {DONE(MOVE, PAIR("/b/f", "/b/\\\"g\xc3\xa4"))}},
    /* Never with overwrite: the server would delete the target first. */
    {"rename to what exists", SBX_OP_RENAME, {PATH("/f"), NEW_PATH("/g")}, SBX_EEXIST, NULL,
        {REFUSES(MOVE, PAIR("/b/f", "/b/g"), "destination already exists")}},
    {"rename below a file", SBX_OP_RENAME, {PATH("/f"), NEW_PATH("/g/x")}, SBX_ENOTDIR, NULL,
        {FAILS(MOVE, PAIR("/b/f", "/b/g/x"), 17)}},
    {"rename to itself", SBX_OP_RENAME, {PATH("/f"), NEW_PATH("/x/../f")}, SBX_OK, NULL, {FILE_AT("/b/f", 1)}},
    {"rename of nothing to itself", SBX_OP_RENAME, {PATH("/f"), NEW_PATH("/f")}, SBX_ENOENT, NULL,
        {NOTHING_AT("/b/f")}},
    {"rename to another device", SBX_OP_RENAME, {PATH("/f"), NEW_PATH("/g")}, SBX_EXDEV, NULL,
        {FAILS(MOVE, PAIR("/b/f", "/b/g"), 18)}},
};
/* clang-format on */

static void test_looks(void **state)
{
    dialogue_play_all(state, looks, COUNT(looks));
}

static void test_names(void **state)
{
    dialogue_play_all(state, names, COUNT(names));
}

static void test_list(void **state)
{
    struct sbx_fs *fs = dialogue_fs("/b", 100);
    static const struct exchange exchanges[EXCHANGES_MAX] = {
        SAYS("GET /v1/fs/entries?path=/b", NULL,
             "[{\"name\":\"f\",\"path\":\"/b/f\",\"entryType\":\"file\",\"size\":1},"
             "{\"name\":\"..\",\"path\":\"/\",\"entryType\":\"directory\",\"size\":1}]")};
    struct sbx_args args = {PATH("/")};
    script_begin(&dialogue_script, exchanges);
    struct sbx_op *op = dialogue_run(*state, fs, SBX_OP_READDIR, &args);
    assert_status(op->result.status, SBX_OK);
    assert_int_equal(op->result.list.count, 1);
    assert_text(op->result.list.entries[0].name, "f");
    sbx_op_destroy(op);
    sbx_fs_destroy(fs);
}

static void test_stat_of_the_root_of_everything(void **state)
{
    static const struct dialogue root = {"/ of /", SBX_OP_STAT, {PATH("/..")},
                                         SBX_OK,   NULL,        {FOLDER_AT("/")}};
    struct sbx_fs *fs = dialogue_fs("/", 100);
    dialogue_play(*state, fs, &root);
    sbx_fs_destroy(fs);
}

static const char *advice_of(struct world *world, const char *base_path, const char *status,
                             const char *reply)
{
    struct sbx_fs *fs = dialogue_fs(base_path, 100);
    struct exchange exchanges[EXCHANGES_MAX] = {{STAT("/x"), NULL, status, reply, 0}};
    struct sbx_args args = {.path = strcmp(base_path, "/") == 0 ? SBX_SPAN("/x") : SBX_SPAN("/")};
    script_begin(&dialogue_script, exchanges);
    struct sbx_op *op = dialogue_run(world, fs, SBX_OP_STAT, &args);
    assert_status(op->result.status, SBX_EACCES);
    const char *advice = op->advice;
    sbx_op_destroy(op);
    sbx_fs_destroy(fs);
    return advice;
}

static void test_advice(void **state)
{
    static const char refused[] = "{\"detail\":\"token invalid\"}";
    const char *advice = advice_of(*state, "/", "502 Bad", ERRNO(13));
    assert_non_null(advice);
    assert_non_null(strstr(advice, "basePath"));
    assert_null(advice_of(*state, "/x", "502 Bad", ERRNO(13))); /* one is set already */
    assert_null(advice_of(*state, "/", "401 No", refused));     /* it is the token that is wrong */
    assert_null(advice_of(*state, "/", "403 No", refused));
}

static void test_table(void **state)
{
    (void)state;
    for (unsigned code = 1; code <= SBX_OP_MAX; code++) {
        const sbx_step_function *steps = sbx_http_fs_steps((enum sbx_op_code)code);
        bool links = code == SBX_OP_READLINK || code == SBX_OP_LINK || code == SBX_OP_SYMLINK;
        bool inner = code == SBX_OP_STAGE || code == SBX_OP_COMMIT || code == SBX_OP_UNSTAGE ||
                     code == SBX_OP_PLACE || code == SBX_OP_WAIT || code == SBX_OP_END ||
                     code == SBX_OP_SAME || code == SBX_OP_PATCH;
        assert_int_equal(steps == NULL, links || inner || code == SBX_OP_CHOWN || code == SBX_OP_STATFS);
        assert_true(steps == NULL || steps[0] != NULL);
    }
}

static void test_no_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        if (strcmp(names[i].name, "mkdir") == 0 || strcmp(names[i].name, "rename") == 0) {
            dialogue_play_without_memory(&names[i]);
        }
    }
}

#define WORLD(function) cmocka_unit_test_setup_teardown(function, dialogue_set_up, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_looks),
        WORLD(test_names),
        WORLD(test_list),
        WORLD(test_stat_of_the_root_of_everything),
        WORLD(test_advice),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
