/* gather_test.c: pages and trees put together, as they come in.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/gather.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

#define MANY 500 /* entries: more than are allocated at first */

static struct sbx_entry entry_of(const char *name, uint32_t type)
{
    return (struct sbx_entry){.name = {name, strlen(name)}, .stat = {.mode = type}};
}

static void add(struct sbx_gather *gather, const char *name, uint32_t type)
{
    struct sbx_entry entry = entry_of(name, type);
    struct sbx_list list = {.entries = &entry, .count = 1};
    assert_status(sbx_gather_list(gather, &list), SBX_OK);
}

static void expect_path(struct sbx_gather *gather, const char *top, const char *path)
{
    assert_status(sbx_gather_path(gather, (struct sbx_span){top, strlen(top)}), SBX_OK);
    assert_text(sbx_bytes_span(&gather->path), path);
}

static void expect_entries(struct sbx_gather *gather, const char *const *names, size_t count)
{
    struct sbx_list list;
    sbx_gather_take(gather, &list);
    assert_int_equal(list.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_text(list.entries[i].name, names[i]);
    }
    free(list.entries);
    free(list.names);
    free(list.listed);
}

static void a_tree_is_asked_for_directory_by_directory(void **state)
{
    (void)state;
    struct sbx_gather gather;
    sbx_gather_init(&gather);
    expect_path(&gather, "/", "/");
    expect_path(&gather, "/top", "/top");
    add(&gather, "a", SBX_S_IFDIR);
    add(&gather, "file", SBX_S_IFREG);
    add(&gather, "link", SBX_S_IFLNK);
    add(&gather, "b", SBX_S_IFDIR);
    assert_true(sbx_gather_next_directory(&gather));
    expect_path(&gather, "/", "/a");
    expect_path(&gather, "/top", "/top/a");
    add(&gather, "deep", SBX_S_IFDIR);
    assert_true(sbx_gather_next_directory(&gather));
    expect_path(&gather, "/top", "/top/b");
    assert_true(sbx_gather_next_directory(&gather));
    expect_path(&gather, "/top", "/top/a/deep");
    assert_false(sbx_gather_next_directory(&gather));
    static const char *const names[] = {"a", "file", "link", "b", "a/deep"};
    expect_entries(&gather, names, 5);
    sbx_gather_clear(&gather);
}

/* A reply of the companion as sbx_gather_page gets it. */
static void page_of(struct sbx_list *list, struct sbx_answer *answer, char *space, size_t size)
{
    const struct sbx_op_row *row = sbx_op_row(SBX_OP_WALK);
    struct sbx_writer writer = sbx_buf_writer(space, size);
    struct sbx_result result = {.status = SBX_OK, .list = *list};
    assert_status(sbx_result_encode(row, &result, &writer), SBX_OK);
    assert_status(sbx_result_decode(row, sbx_buf_written(&writer), answer), SBX_OK);
}

static void what_a_page_has_listed_is_not_asked_for_again(void **state)
{
    (void)state;
    char space[4096];
    struct sbx_gather gather;
    struct sbx_answer answer;
    struct sbx_entry entries[] = {entry_of("a", SBX_S_IFDIR), entry_of("b", SBX_S_IFDIR),
                                  entry_of("a/c", SBX_S_IFDIR), entry_of("a/c/x", SBX_S_IFREG)};
    uint32_t listed[] = {0, 2};
    struct sbx_list list = {.entries = entries, .count = 4, .listed = listed, .listed_count = 2};
    page_of(&list, &answer, space, sizeof(space));
    sbx_gather_init(&gather);
    assert_status(sbx_gather_page(&gather, &answer.list, true), SBX_OK);
    assert_true(sbx_gather_next_directory(&gather));
    expect_path(&gather, "/", "/b");
    page_of(&list, &answer, space, sizeof(space));
    assert_status(sbx_gather_page(&gather, &answer.list, true), SBX_OK);
    assert_true(sbx_gather_next_directory(&gather));
    expect_path(&gather, "/", "/b/b");
    assert_false(sbx_gather_next_directory(&gather));
    static const char *const names[] = {"a", "b", "a/c", "a/c/x", "b/a", "b/b", "b/a/c", "b/a/c/x"};
    expect_entries(&gather, names, 8);
    sbx_gather_clear(&gather);
}

/* Of names that came with what stands below, those of the directory itself are counted, wherever a foreign reply has them. */
static void names_are_those_before_what_stands_below(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "a/x", "c"};
    struct sbx_gather gather;
    struct sbx_list list;
    sbx_gather_init(&gather);
    for (size_t i = 0; i < COUNT(names); i++) {
        add(&gather, names[i], SBX_S_IFREG);
    }
    sbx_gather_take_names(&gather, &list);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.below, 2);
    assert_text(list.entries[1].name, "b");
    assert_text(list.entries[2].name, "a/x");
    free(list.entries);
    free(list.names);
    free(list.listed);
    sbx_gather_clear(&gather);
}

static void many_keep_their_names(void **state)
{
    (void)state;
    static char names[MANY][8];
    const char *expected[MANY];
    struct sbx_gather gather;
    sbx_gather_init(&gather);
    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "n%zu", i);
        expected[i] = names[i];
        add(&gather, names[i], SBX_S_IFREG);
    }
    expect_entries(&gather, expected, MANY);
    sbx_gather_clear(&gather);
}

static void a_path_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    char top[SBX_PATH_MAX + 1];
    struct sbx_gather gather;
    memset(top, 'x', sizeof(top));
    top[0] = '/';
    sbx_gather_init(&gather);
    assert_status(sbx_gather_path(&gather, (struct sbx_span){top, SBX_PATH_MAX}), SBX_OK);
    assert_status(sbx_gather_path(&gather, (struct sbx_span){top, sizeof(top)}), SBX_ENAMETOOLONG);
    sbx_gather_clear(&gather);
}

/* Whatever its own length: those beside it are not lost with it. */
static void what_cannot_be_asked_for_below_is_passed_over(void **state)
{
    (void)state;
    static char longest[SBX_PATH_MAX + 2];
    static const size_t lengths[] = {SBX_PATH_MAX - 4, SBX_PATH_MAX - 5, SBX_PATH_MAX, SBX_PATH_MAX + 1};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct sbx_gather gather;
        memset(longest, 'x', lengths[i]);
        longest[lengths[i]] = '\0';
        sbx_gather_init(&gather);
        expect_path(&gather, "/top", "/top");
        add(&gather, longest, SBX_S_IFDIR);
        add(&gather, "d", SBX_S_IFDIR);
        assert_true(sbx_gather_next_directory(&gather));
        if (lengths[i] <= SBX_PATH_MAX - 5) {
            assert_status(sbx_gather_path(&gather, SBX_SPAN("/top")), SBX_OK);
            assert_int_equal(gather.path.length, SBX_PATH_MAX);
            assert_true(sbx_gather_next_directory(&gather));
        }
        expect_path(&gather, "/top", "/top/d");
        assert_false(sbx_gather_next_directory(&gather));
        const char *const names[] = {longest, "d"};
        expect_entries(&gather, names, 2);
        sbx_gather_clear(&gather);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_is_asked_for_directory_by_directory),
        cmocka_unit_test(what_a_page_has_listed_is_not_asked_for_again),
        cmocka_unit_test(names_are_those_before_what_stands_below),
        cmocka_unit_test(many_keep_their_names),
        cmocka_unit_test(a_path_beyond_the_limit_is_refused),
        cmocka_unit_test(what_cannot_be_asked_for_below_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
