/* http_fs_contents_test.c: contents over HTTP, which has neither ranges nor open(2): both are played by reading and
 * writing the whole, as long as it is short enough.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/http_fs.h"
#include "core/lane.h"

#include "dialogue.h"
#include "takeover.h"

#define CREATE 0100U /* Linux's O_CREAT, O_EXCL and O_TRUNC */
#define EXCLUSIVE 0200U
#define TRUNCATE 01000U

/* clang-format off */
static const struct dialogue contents[] = {
    {"read", SBX_OP_READ, {PATH("/f")}, SBX_OK, "content", {HOLDS("/b/f", "content")}},
    {"read of nothing", SBX_OP_READ, {PATH("/f")}, SBX_OK, "", {HOLDS("/b/f", "")}},
    {"read of a directory", SBX_OP_READ, {PATH("/d")}, SBX_EISDIR, NULL,
        {REFUSES(GET("/b/d"), NULL, "path is not a file")}},
    {"write", SBX_OP_WRITE, {PATH("/f"), DATA("abc")}, SBX_OK, NULL, {TAKES("/b/f", "abc", 3)}},
    {"write of nothing", SBX_OP_WRITE, {PATH("/f")}, SBX_OK, NULL, {TAKES("/b/f", "", 0)}},
    {"write that is cut short", SBX_OP_WRITE, {PATH("/f"), DATA("abc")}, SBX_EIO, NULL,
        {TAKES("/b/f", "abc", 2)}},
    /* The server, which makes parents, says that the parent exists. */
    {"write below a file", SBX_OP_WRITE, {PATH("/f/x"), DATA("abc")}, SBX_ENOTDIR, NULL,
        {FAILS(PUT("/b/f/x"), "abc", 17)}},
    {"write to a full disk", SBX_OP_WRITE, {PATH("/f"), DATA("abc")}, SBX_ENOSPC, NULL,
        {FAILS(PUT("/b/f"), "abc", 28)}},
    {"copy", SBX_OP_COPY, {PATH("/f"), NEW_PATH("/g")}, SBX_OK, NULL,
        {HOLDS("/b/f", "abcdef"), TAKES("/b/g", "abcdef", 6)}},
    {"copy of nothing", SBX_OP_COPY, {PATH("/f"), NEW_PATH("/g")}, SBX_ENOENT, NULL,
        {REFUSES(GET("/b/f"), NULL, "path not found")}},
};

static const struct dialogue ranges[] = {
    {"pread", SBX_OP_PREAD, {PATH("/f"), .offset = 2, .length = 3}, SBX_OK, "cde", {HOLDS("/b/f", "abcdef")}},
    {"pread to the end", SBX_OP_PREAD, {PATH("/f"), .offset = 4, .length = 100}, SBX_OK, "ef",
        {HOLDS("/b/f", "abcdef")}},
    {"pread at the end", SBX_OP_PREAD, {PATH("/f"), .offset = 6, .length = 1}, SBX_OK, "",
        {HOLDS("/b/f", "abcdef")}},
    {"pread beyond the end", SBX_OP_PREAD, {PATH("/f"), .offset = UINT64_MAX, .length = UINT64_MAX}, SBX_OK, "",
        {HOLDS("/b/f", "abcdef")}},
    {"pread of all", SBX_OP_PREAD, {PATH("/f"), .length = UINT64_MAX}, SBX_OK, "abcdef",
        {HOLDS("/b/f", "abcdef")}},
    {"pread of an empty file", SBX_OP_PREAD, {PATH("/f"), .length = 10}, SBX_OK, "", {HOLDS("/b/f", "")}},
    {"pwrite inside", SBX_OP_PWRITE, {PATH("/f"), DATA("XY"), .offset = 2}, SBX_OK, NULL,
        {HOLDS("/b/f", "abcdef"), TAKES("/b/f", "abXYef", 6)}},
    {"pwrite over the end", SBX_OP_PWRITE, {PATH("/f"), DATA("XY"), .offset = 5}, SBX_OK, NULL,
        {HOLDS("/b/f", "abcdef"), TAKES("/b/f", "abcdeXY", 7)}},
    {"pwrite into an empty file", SBX_OP_PWRITE, {PATH("/f"), DATA("XY")}, SBX_OK, NULL,
        {HOLDS("/b/f", ""), TAKES("/b/f", "XY", 2)}},
    {"pwrite of what is not there", SBX_OP_PWRITE, {PATH("/f"), DATA("XY")}, SBX_ENOENT, NULL,
        {REFUSES(GET("/b/f"), NULL, "path not found")}},
    {"pwrite too far", SBX_OP_PWRITE, {PATH("/f"), DATA("XY"), .offset = SBX_BODY_MAX - 1}, SBX_EFBIG, NULL,
        {HOLDS("/b/f", "abcdef")}},
    {"pwrite much too far", SBX_OP_PWRITE, {PATH("/f"), DATA("XY"), .offset = UINT64_MAX}, SBX_EFBIG, NULL,
        {HOLDS("/b/f", "abcdef")}},
    {"truncate", SBX_OP_TRUNCATE, {PATH("/f"), .length = 2}, SBX_OK, NULL,
        {HOLDS("/b/f", "abcdef"), TAKES("/b/f", "ab", 2)}},
    {"truncate to nothing", SBX_OP_TRUNCATE, {PATH("/f")}, SBX_OK, NULL,
        {FILE_AT("/b/f", 6), TAKES("/b/f", "", 0)}},
    {"truncate a directory to nothing", SBX_OP_TRUNCATE, {PATH("/d")}, SBX_EISDIR, NULL,
        {FOLDER_AT("/b/d")}},
    {"truncate of what is not there", SBX_OP_TRUNCATE, {PATH("/f")}, SBX_ENOENT, NULL, {NOTHING_AT("/b/f")}},
    {"truncate too far", SBX_OP_TRUNCATE, {PATH("/f"), .length = SBX_BODY_MAX + 1}, SBX_EFBIG, NULL,
        {HOLDS("/b/f", "abcdef")}},
    {"truncate much too far", SBX_OP_TRUNCATE, {PATH("/f"), .length = UINT64_MAX}, SBX_EFBIG, NULL,
        {HOLDS("/b/f", "abcdef")}},
};

#define OPEN(with) SBX_OP_OPEN_CREATE, {PATH("/d/f"), .flags = (with)}
#define F "/b/d/f"
#define D "/b/d"

static const struct dialogue opens[] = {
    {"O_CREAT", OPEN(CREATE), SBX_OK, NULL, {NOTHING_AT(F), FOLDER_AT(D), TAKES(F, "", 0)}},
    {"O_CREAT of what is there", OPEN(CREATE), SBX_OK, NULL, {FILE_AT(F, 5)}},
    {"O_CREAT of a directory", OPEN(CREATE), SBX_EISDIR, NULL, {FOLDER_AT(F)}},
    {"O_CREAT without a parent", OPEN(CREATE), SBX_ENOENT, NULL, {NOTHING_AT(F), NOTHING_AT(D)}},
    {"O_CREAT below a file", OPEN(CREATE), SBX_ENOTDIR, NULL, {NOTHING_AT(F), FILE_AT(D, 1)}},
    {"O_CREAT where the look fails", OPEN(CREATE), SBX_EACCES, NULL, {FAILS(STAT(F), NULL, 13)}},
    {"O_CREAT that is refused", OPEN(CREATE), SBX_EROFS, NULL,
        {NOTHING_AT(F), FOLDER_AT(D), FAILS(PUT(F), "", 30)}},
    {"O_EXCL", OPEN(CREATE | EXCLUSIVE), SBX_OK, NULL, {NOTHING_AT(F), FOLDER_AT(D), TAKES(F, "", 0)}},
    {"O_EXCL of what is there", OPEN(CREATE | EXCLUSIVE), SBX_EEXIST, NULL, {FILE_AT(F, 5)}},
    {"O_EXCL of a directory", OPEN(CREATE | EXCLUSIVE), SBX_EEXIST, NULL, {FOLDER_AT(F)}},
    {"O_TRUNC", OPEN(TRUNCATE), SBX_OK, NULL, {FILE_AT(F, 5), FOLDER_AT(D), TAKES(F, "", 0)}},
    {"O_TRUNC of an empty file", OPEN(TRUNCATE), SBX_OK, NULL, {FILE_AT(F, 0)}},
    {"O_TRUNC of what is not there", OPEN(TRUNCATE), SBX_ENOENT, NULL, {NOTHING_AT(F)}},
    {"O_CREAT and O_TRUNC", OPEN(CREATE | TRUNCATE), SBX_OK, NULL,
        {FILE_AT(F, 5), FOLDER_AT(D), TAKES(F, "", 0)}},
};
/* clang-format on */

static void test_contents(void **state)
{
    dialogue_play_all(state, contents, COUNT(contents));
}

static void test_ranges(void **state)
{
    dialogue_play_all(state, ranges, COUNT(ranges));
}

static void test_opens(void **state)
{
    dialogue_play_all(state, opens, COUNT(opens));
}

static void test_open_says_whether_it_made_the_file(void **state)
{
    struct sbx_fs *fs = dialogue_fs("/b", 100);
    for (size_t i = 0; i < COUNT(opens); i++) {
        if (opens[i].status == SBX_OK) {
            const char *first = opens[i].exchanges[0].status;
            script_begin(&dialogue_script, opens[i].exchanges);
            struct sbx_op *op = dialogue_run(*state, fs, SBX_OP_OPEN_CREATE, &opens[i].args);
            assert_status(op->result.status, SBX_OK);
            assert_int_equal(op->result.created, first[0] == '4'); /* it was not there */
            sbx_op_destroy(op);
        }
    }
    sbx_fs_destroy(fs);
}

/* What a file grows by is zero: a hole, as pwrite and truncate leave it. */
static void test_growth_is_zero(void **state)
{
    struct sbx_fs *fs = dialogue_fs("/b", 100);
    static const struct exchange exchanges[EXCHANGES_MAX] = {HOLDS("/b/f", "ab")};
    static const struct {
        enum sbx_op_code code;
        struct sbx_args args;
        struct sbx_span content;
    } growths[] = {
        {SBX_OP_TRUNCATE, {PATH("/f"), .length = 6}, SBX_SPAN("ab\0\0\0\0")},
        {SBX_OP_PWRITE, {PATH("/f"), DATA("X"), .offset = 5}, SBX_SPAN("ab\0\0\0X")},
    };
    for (size_t i = 0; i < COUNT(growths); i++) {
        script_begin(&dialogue_script, exchanges);
        struct sbx_op *op = dialogue_run(*state, fs, growths[i].code, &growths[i].args);
        assert_int_equal(op->content.length, growths[i].content.length);
        assert_memory_equal(op->content.data, growths[i].content.data, growths[i].content.length);
        sbx_op_destroy(op);
    }
    sbx_fs_destroy(fs);
}

/* Linux: pwrite(2) of no bytes changes nothing, however far the offset is. */
static void test_pwrite_of_nothing(void **state)
{
    struct sbx_fs *fs = dialogue_fs("/b", 100);
    static const struct exchange exchanges[EXCHANGES_MAX] = {HOLDS("/b/f", "ab"), TAKES("/b/f", "ab", 2)};
    struct sbx_args args = {PATH("/f"), .offset = UINT64_MAX / 2};
    script_begin(&dialogue_script, exchanges);
    struct sbx_op *op = dialogue_run(*state, fs, SBX_OP_PWRITE, &args);
    enum sbx_status status = op->result.status;
    sbx_op_destroy(op);
    sbx_fs_destroy(fs);
    assert_status(status, SBX_OK);
}

static void test_write_of_too_much_is_not_sent(void **state)
{
    struct sbx_fs *fs = dialogue_fs("/b", 100);
    char *content = pattern(SBX_BODY_MAX + 1);
    struct dialogue dialogue = {
        "write of 2 MiB and a byte", SBX_OP_WRITE, {PATH("/f")}, SBX_EFBIG, NULL, {{0}}};
    dialogue.args.data = (struct sbx_span){content, SBX_BODY_MAX + 1};
    dialogue_play(*state, fs, &dialogue);
    dialogue.code = SBX_OP_PWRITE;
    dialogue_play(*state, fs, &dialogue);
    free(content);
    sbx_fs_destroy(fs);
}

static void test_read_of_too_much(void **state)
{
    static const struct dialogue fits = {"five of five", SBX_OP_READ, {PATH("/f")},
                                         SBX_OK,         "abcde",     {HOLDS("/b/f", "abcde")}};
    static const struct dialogue too_long = {"six of five", SBX_OP_READ, {PATH("/f")},
                                             SBX_EFBIG,     NULL,        {HOLDS("/b/f", "abcdef")}};
    struct sbx_fs *fs = dialogue_fs("/b", 5);
    dialogue_play(*state, fs, &fits);
    dialogue_play(*state, fs, &too_long);
    sbx_fs_destroy(fs);
}

static bool is_asked(void *user)
{
    return server_count(((struct world *)user)->server) > 0;
}

/* A write of /fifo that is handed over whole and never answered. */
static void hang(struct world *world, const struct sbx_fs *fs)
{
    static const struct exchange silence[EXCHANGES_MAX] = {{PUT("/b/fifo"), "x", NULL, NULL, 0}};
    struct sbx_args args = {PATH("/fifo"), DATA("x")};
    struct sbx_op *op;
    const struct sbx_op_row *row = sbx_op_row(SBX_OP_WRITE);
    script_begin(&dialogue_script, silence);
    assert_status(sbx_fs_op_create(&op, fs, row, world->endpoint, &args), SBX_OK);
    sbx_lane_submit(op, world->engine);
    drive_until(world->engine, is_asked, world);
    clock_advance(10001);
    world_drive(world, 1);
    enum sbx_status status = op->result.status;
    sbx_op_destroy(op);
    assert_status(status, SBX_ETIMEDOUT);
}

/* It may hang in a FIFO, where it holds a thread of the server for good: it is not repeated for a minute. */
static void test_write_that_hangs_is_not_repeated(void **state)
{
    static const struct dialogue dialogues[] = {
        {"the second", SBX_OP_WRITE, {PATH("/fifo"), DATA("x")}, SBX_ETIMEDOUT, NULL, {{0}}},
        {"a copy", SBX_OP_COPY, {PATH("/f"), NEW_PATH("/fifo")}, SBX_ETIMEDOUT, NULL, {HOLDS("/b/f", "ab")}},
        {"another path", SBX_OP_WRITE, {PATH("/f"), DATA("x")}, SBX_OK, NULL, {TAKES("/b/f", "x", 1)}},
    };
    static const struct dialogue later = {"after a minute", SBX_OP_WRITE, {PATH("/fifo"), DATA("x")},
                                          SBX_OK,           NULL,         {TAKES("/b/fifo", "x", 1)}};
    struct sbx_fs *fs = dialogue_fs("/b", 100);
    hang(*state, fs);
    for (size_t i = 0; i < COUNT(dialogues); i++) {
        dialogue_play(*state, fs, &dialogues[i]);
    }
    clock_advance(SBX_STUCK_WRITE_MS + 1);
    dialogue_play(*state, fs, &later);
    sbx_fs_destroy(fs);
}

/* What is answered hangs nowhere, whatever the answer, and the next write is sent. */
static void test_write_that_is_answered(void **state)
{
    static const struct dialogue dialogues[] = {
        {"an errno",
         SBX_OP_WRITE,
         {PATH("/f"), DATA("x")},
         SBX_ETIMEDOUT,
         NULL,
         {FAILS(PUT("/b/f"), "x", 110)}},
        {"is repeated", SBX_OP_WRITE, {PATH("/f"), DATA("x")}, SBX_OK, NULL, {TAKES("/b/f", "x", 1)}},
    };
    dialogue_play_all(state, dialogues, COUNT(dialogues));
}

static void test_no_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ranges); i++) {
        if (strcmp(ranges[i].name, "pwrite over the end") == 0) {
            dialogue_play_without_memory(&ranges[i]);
        }
    }
}

#define WORLD(function) cmocka_unit_test_setup_teardown(function, dialogue_set_up, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_contents),
        WORLD(test_ranges),
        WORLD(test_opens),
        WORLD(test_open_says_whether_it_made_the_file),
        WORLD(test_growth_is_zero),
        WORLD(test_pwrite_of_nothing),
        WORLD(test_write_of_too_much_is_not_sent),
        WORLD(test_read_of_too_much),
        WORLD(test_write_that_hangs_is_not_repeated),
        WORLD(test_write_that_is_answered),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
