/* op_dir_test.c: a directory is listed whole, each name once, with the attributes of lstat, in as many pages as
 * it needs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"

static bool find(const char *name, struct sbx_entry *entry)
{
    struct sbx_listing list = answer.list;
    while (sbx_result_next_entry(&list, entry)) {
        if (sbx_span_equal(entry->name, P(name))) {
            return true;
        }
    }
    return false;
}

static const char *const names[] = {"dir", "fifo", "dangling", "file", "new\nline", "\xff\xfe"};

static void make_some(void)
{
    scratch_put("file", "content");
    scratch_put("new\nline", "");
    scratch_put("\xff\xfe", "");
    assert_int_equal(mkdir("dir", 0700), 0);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(symlink("nowhere", "dangling"), 0);
}

static void test_attributes(void **state)
{
    (void)state;
    make_some();
    assert_status(ASK(READDIR, .path = P(".")), SBX_OK);
    assert_int_equal(answer.list.count, COUNT(names));
    assert_true(answer.list.next == 0);
    for (size_t i = 0; i < COUNT(names); i++) {
        struct sbx_entry entry;
        struct sbx_answer listed = answer;
        assert_true(find(names[i], &entry));
        struct sbx_stat stat = entry.stat;
        assert_status(ASK(LSTAT, .path = P(names[i])), SBX_OK);
        assert_memory_equal(&stat, &answer.stat, sizeof(stat));
        assert_status(ASK(READDIR, .path = P(".")), SBX_OK);
        assert_int_equal(listed.list.count, answer.list.count);
    }
}

/* Of each entry what lstat says of its ino and type, and nothing else. */
static void test_names(void **state)
{
    (void)state;
    make_some();
    assert_status(ASK(NAMES, .path = P(".")), SBX_OK);
    assert_int_equal(answer.list.count, COUNT(names));
    assert_true(answer.list.next == 0);
    for (size_t i = 0; i < COUNT(names); i++) {
        struct sbx_entry entry;
        struct stat real;
        assert_true(find(names[i], &entry));
        assert_int_equal(lstat(names[i], &real), 0);
        const struct sbx_stat expected = {.ino = real.st_ino, .mode = real.st_mode & SBX_S_IFMT};
        assert_memory_equal(&entry.stat, &expected, sizeof(expected));
    }
}

static void test_empty_and_errors(void **state)
{
    (void)state;
    assert_status(ASK(READDIR, .path = P(".")), SBX_OK);
    assert_int_equal(answer.list.count, 0);
    assert_status(ASK(NAMES, .path = P(".")), SBX_OK);
    assert_int_equal(answer.list.count, 0);
    assert_status(ASK(NAMES, .path = P("absent")), SBX_ENOENT);
    scratch_put("file", "");
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(mkdir("private", 0700), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_int_equal(symlink("private", "link"), 0);
    (void)alarm(20);
    assert_status(ASK(READDIR, .path = P("file")), SBX_ENOTDIR);
    assert_status(ASK(READDIR, .path = P("fifo")), SBX_ENOTDIR);
    assert_status(ASK(READDIR, .path = P("absent")), SBX_ENOENT);
    assert_status(ASK(READDIR, .path = P("loop")), SBX_ELOOP);
    assert_status(ASK(READDIR, .path = P("link")), SBX_OK);
    (void)alarm(0);
    scratch_become_nobody();
    assert_status(ASK(READDIR, .path = P("private")), SBX_EACCES);
}

/* Names may be read, what they name may not. */
static void test_attributes_that_may_not_be_read(void **state)
{
    (void)state;
    struct sbx_entry entry;
    assert_int_equal(mkdir("dir", 0755), 0);
    scratch_put("dir/file", "");
    assert_int_equal(mkdir("dir/sub", 0755), 0);
    assert_int_equal(chmod("dir", 0744), 0);
    scratch_become_nobody();
    assert_status(ASK(READDIR, .path = P("dir")), SBX_OK);
    assert_int_equal(answer.list.count, 2);
    assert_true(find("file", &entry));
    assert_int_equal(entry.stat.mode, SBX_S_IFREG);
    assert_true(entry.stat.ino != 0);
    assert_true(find("sub", &entry));
    assert_int_equal(entry.stat.mode, SBX_S_IFDIR);
}

#define MANY 10000

/* Lists all of it, ticks each name off, and runs `between` after the first page. */
static int list_in_pages(enum sbx_op_code code, unsigned char seen[MANY], void (*between)(void))
{
    struct sbx_entry entry;
    uint64_t offset = 0;
    int pages = 0;
    do {
        const struct sbx_args args = {.path = P("many"), .offset = offset};
        assert_status(scratch_ask(code, &args, &answer), SBX_OK);
        assert_true(answer.list.count > 0);
        offset = answer.list.next;
        while (sbx_result_next_entry(&answer.list, &entry)) {
            int number = -1;
            char name[256] = {0};
            memcpy(name, entry.name.data, entry.name.length);
            assert_int_equal(sscanf(name, "an entry of many %d", &number), 1);
            assert_in_range(number, 0, MANY - 1);
            seen[number]++;
        }
        pages++;
        if (pages == 1 && between != NULL) {
            between();
        }
        assert_in_range(pages, 1, 100);
    } while (offset != 0);
    return pages;
}

static void name_of(char name[64], int number)
{
    (void)snprintf(name, 64, "many/an entry of many %d", number);
}

static void make_many(void)
{
    assert_int_equal(mkdir("many", 0755), 0);
    for (int i = 0; i < MANY; i++) {
        char name[64];
        name_of(name, i);
        scratch_put(name, "");
    }
}

static void remove_odd(void)
{
    for (int i = 1; i < MANY; i += 2) {
        char name[64];
        name_of(name, i);
        assert_int_equal(unlink(name), 0);
    }
}

static void test_pages(void **state)
{
    (void)state;
    unsigned char seen[MANY] = {0};
    make_many();
    assert_in_range(list_in_pages(SBX_OP_READDIR, seen, NULL), 2, 3);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(seen[i], 1);
    }
}

/* As many fit into one reply; in less room they take more of them, whose ends meet. */
static void test_pages_of_names(void **state)
{
    (void)state;
    unsigned char seen[MANY] = {0};
    make_many();
    assert_int_equal(list_in_pages(SBX_OP_NAMES, seen, NULL), 1);
    scratch_room = 60000;
    assert_in_range(list_in_pages(SBX_OP_NAMES, seen, NULL), 6, 7);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(seen[i], 2);
    }
}

/* What stays is listed, once, whatever goes meanwhile. */
static void test_pages_of_a_directory_that_changes(void **state)
{
    (void)state;
    unsigned char seen[MANY] = {0};
    make_many();
    (void)list_in_pages(SBX_OP_READDIR, seen, remove_odd);
    for (int i = 0; i < MANY; i++) {
        assert_true(seen[i] <= 1);
        assert_true(seen[i] == 1 || i % 2 == 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_attributes),
        scratch_test(test_names),
        scratch_test(test_empty_and_errors),
        scratch_test(test_attributes_that_may_not_be_read),
        scratch_test(test_pages),
        scratch_test(test_pages_of_names),
        scratch_test(test_pages_of_a_directory_that_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
