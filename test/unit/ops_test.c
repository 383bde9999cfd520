/* ops_test.c: the table of operations has no hole and no two rows alike, and each row says what its operation is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "support.h"

static void test_codes_without_holes(void **state)
{
    (void)state;
    for (unsigned code = 1; code <= SBX_OP_MAX; code++) {
        const struct sbx_op_row *row = sbx_op_row(code);
        assert_non_null(row);
        assert_int_equal(row->code, code);
        assert_non_null(row->name);
        assert_true(row->name[0] != '\0');
    }
}

static void test_unknown_codes(void **state)
{
    (void)state;
    assert_null(sbx_op_row(0));
    assert_null(sbx_op_row(SBX_OP_MAX + 1));
    assert_null(sbx_op_row(256 + SBX_OP_STAT));
    assert_null(sbx_op_row(UINT32_MAX));
}

static void test_names_are_unique(void **state)
{
    (void)state;
    for (unsigned one = 1; one <= SBX_OP_MAX; one++) {
        for (unsigned other = one + 1; other <= SBX_OP_MAX; other++) {
            assert_string_not_equal(sbx_op_row(one)->name, sbx_op_row(other)->name);
        }
    }
}

/* Codes are on the wire: these never change. */
static void test_codes_keep_their_names(void **state)
{
    (void)state;
    static const char *const names[] = {
        "lstat",  "stat",    "readdir", "readlink", "realpath", "access", "open_create", "mkdir",  "mkdir_p",
        "rmdir",  "unlink",  "rename",  "link",     "symlink",  "chmod",  "chown",       "utimes", "truncate",
        "fsync",  "pread",   "pwrite",  "read",     "write",    "copy",   "rm",          "walk",   "statfs",
        "commit", "unstage", "names",   "stage",    "place",    "wait",   "end",         "same",   "patch",
    };
    assert_in_range(SBX_OP_MAX, COUNT(names), 255);
    for (unsigned i = 0; i < COUNT(names); i++) {
        assert_string_equal(sbx_op_row(i + 1)->name, names[i]);
    }
}

static bool has_argument(const struct sbx_op_row *row, enum sbx_arg argument)
{
    for (size_t i = 0; i < SBX_ROW_ARGS; i++) {
        if (row->arguments[i] == argument) {
            return true;
        }
    }
    return false;
}

static void test_rows_are_sound(void **state)
{
    (void)state;
    for (unsigned code = 1; code <= SBX_OP_MAX; code++) {
        const struct sbx_op_row *row = sbx_op_row(code);
        bool reads = (row->kind & SBX_READ) != 0;
        bool changes = (row->kind & SBX_CHANGE) != 0;
        assert_true(reads != changes);
        assert_true(has_argument(row, SBX_ARG_PATH) || has_argument(row, SBX_ARG_TARGET));
        assert_int_equal(row->arguments[SBX_ROW_ARGS - 1], SBX_ARG_NONE);
        /* What may not fit beside other replies comes back only from what can be asked again. */
        assert_true(reads || row->reply == SBX_REPLY_NOTHING || row->reply == SBX_REPLY_CREATED ||
                    row->reply == SBX_REPLY_TEXT);
    }
}

/* What changes the file system answers EROFS and is never done twice: to forget one here would lose data. */
static void test_what_changes(void **state)
{
    (void)state;
    static const enum sbx_op_code reads[] = {
        SBX_OP_LSTAT,  SBX_OP_STAT,  SBX_OP_READDIR, SBX_OP_READLINK, SBX_OP_REALPATH,
        SBX_OP_ACCESS, SBX_OP_FSYNC, SBX_OP_PREAD,   SBX_OP_READ,     SBX_OP_WALK,
        SBX_OP_STATFS, SBX_OP_NAMES, SBX_OP_WAIT,    SBX_OP_END,      SBX_OP_SAME,
    };
    for (unsigned code = 1; code <= SBX_OP_MAX; code++) {
        bool only_reads = false;
        for (size_t i = 0; i < COUNT(reads); i++) {
            only_reads = only_reads || reads[i] == code;
        }
        assert_int_equal((sbx_op_row(code)->kind & SBX_READ) != 0, only_reads);
    }
}

/* What may take long goes in a batch of its own: to forget one here would hold others up. */
static void test_what_goes_alone(void **state)
{
    (void)state;
    static const enum sbx_op_code alone[] = {
        SBX_OP_COPY,    SBX_OP_RM,    SBX_OP_WALK, SBX_OP_COMMIT,
        SBX_OP_UNSTAGE, SBX_OP_PLACE, SBX_OP_WAIT, SBX_OP_END,
    };
    for (unsigned code = 1; code <= SBX_OP_MAX; code++) {
        bool goes_alone = false;
        for (size_t i = 0; i < COUNT(alone); i++) {
            goes_alone = goes_alone || alone[i] == code;
        }
        assert_int_equal((sbx_op_row(code)->kind & SBX_ALONE) != 0, goes_alone);
    }
}

static void test_what_comes_in_pages(void **state)
{
    (void)state;
    static const enum sbx_op_code lists[] = {SBX_OP_READDIR, SBX_OP_WALK, SBX_OP_NAMES};
    for (unsigned code = 1; code <= SBX_OP_MAX; code++) {
        bool is_list = false;
        for (size_t i = 0; i < COUNT(lists); i++) {
            is_list = is_list || lists[i] == code;
        }
        assert_int_equal(sbx_op_lists((enum sbx_reply)sbx_op_row(code)->reply), is_list);
    }
}

static void test_arguments_in_order(void **state)
{
    (void)state;
    const struct sbx_op_row *symlink = sbx_op_row(SBX_OP_SYMLINK);
    assert_int_equal(symlink->arguments[0], SBX_ARG_TARGET); /* as symlink(2) has them */
    assert_int_equal(symlink->arguments[1], SBX_ARG_PATH);
    const struct sbx_op_row *rename = sbx_op_row(SBX_OP_RENAME);
    assert_int_equal(rename->arguments[0], SBX_ARG_PATH);
    assert_int_equal(rename->arguments[1], SBX_ARG_NEW_PATH);
    assert_int_equal(rename->arguments[2], SBX_ARG_NONE);
    const struct sbx_op_row *pwrite = sbx_op_row(SBX_OP_PWRITE);
    assert_int_equal(pwrite->arguments[0], SBX_ARG_PATH);
    assert_int_equal(pwrite->arguments[1], SBX_ARG_OFFSET);
    assert_int_equal(pwrite->arguments[2], SBX_ARG_DATA);
    const struct sbx_op_row *commit = sbx_op_row(SBX_OP_COMMIT);
    assert_int_equal(commit->arguments[0], SBX_ARG_PATH);
    assert_int_equal(commit->arguments[1], SBX_ARG_TARGET);
    assert_int_equal(commit->arguments[2], SBX_ARG_LENGTH);
    const struct sbx_op_row *place = sbx_op_row(SBX_OP_PLACE);
    assert_int_equal(place->arguments[2], SBX_ARG_OFFSET);
    assert_int_equal(place->arguments[3], SBX_ARG_LENGTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes_without_holes), cmocka_unit_test(test_unknown_codes),
        cmocka_unit_test(test_names_are_unique),    cmocka_unit_test(test_codes_keep_their_names),
        cmocka_unit_test(test_rows_are_sound),      cmocka_unit_test(test_what_changes),
        cmocka_unit_test(test_arguments_in_order),  cmocka_unit_test(test_what_goes_alone),
        cmocka_unit_test(test_what_comes_in_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
