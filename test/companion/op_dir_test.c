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

/* How many entries stand in the directory itself, and how many below; each has the attributes of lstat. */
static void count_around(const char *directory, size_t *here, size_t *below, size_t *listed)
{
    struct sbx_entry entry;
    struct sbx_answer listing;
    bool whole = false;
    *here = *below = *listed = 0;
    assert_status(ASK(NAMES, .path = P(directory), .flags = SBX_NAMES_AROUND), SBX_OK);
    assert_false(answer.list.brief);
    listing = answer;
    while (sbx_result_next_tree_entry(&listing.list, &entry, &whole)) {
        char path[512];
        struct stat real;
        (void)snprintf(path, sizeof(path), "%s/%.*s", directory, (int)entry.name.length, entry.name.data);
        assert_int_equal(lstat(path, &real), 0);
        assert_true(entry.stat.ino == real.st_ino && entry.stat.mode == real.st_mode);
        assert_true(entry.stat.size == (uint64_t)real.st_size && entry.stat.nlink == real.st_nlink);
        *(sbx_result_is_name(entry.name) ? here : below) += 1;
        *listed += whole ? 1 : 0;
    }
}

/* Few names come with attributes and with what stands below, at any depth; behind a link nothing does. */
static void test_around(void **state)
{
    (void)state;
    size_t here = 0;
    size_t below = 0;
    size_t listed = 0;
    make_some();
    assert_int_equal(mkdir("dir/sub", 0700), 0);
    assert_int_equal(symlink("dir", "link"), 0);
    scratch_put("dir/sub/file", "deep");
    count_around(".", &here, &below, &listed);
    assert_int_equal(here, COUNT(names) + 1);
    assert_int_equal(below, 2);
    assert_int_equal(listed, 2);
    assert_status(ASK(NAMES, .path = P("."), .flags = SBX_NAMES_AROUND, .offset = 1), SBX_OK);
    assert_true(answer.list.brief);
    scratch_room = sbx_result_least(SBX_REPLY_TREE);
    assert_status(ASK(NAMES, .path = P("dir"), .flags = SBX_NAMES_AROUND), SBX_OK);
    assert_true(answer.list.brief);
}

/* Who wants them only where they are few hears nothing else of others. */
static void test_few(void **state)
{
    (void)state;
    make_some();
    assert_status(ASK(NAMES, .path = P("."), .flags = SBX_NAMES_AROUND | SBX_NAMES_FEW), SBX_OK);
    assert_false(answer.list.brief);
    for (int i = 0; i <= SBX_AROUND_ENTRIES; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "n%d", i);
        scratch_put(name, "");
    }
    assert_status(ASK(NAMES, .path = P("."), .flags = SBX_NAMES_AROUND | SBX_NAMES_FEW), SBX_EFBIG);
    assert_status(ASK(NAMES, .path = P("."), .flags = SBX_NAMES_AROUND), SBX_OK);
}

/* A directory that may not be read has entries that nobody knows: it is not among those that are listed. */
static void test_around_what_may_not_be_read(void **state)
{
    (void)state;
    size_t here = 0;
    size_t below = 0;
    size_t listed = 0;
    assert_int_equal(mkdir("private", 0700), 0);
    assert_int_equal(mkdir("public", 0755), 0);
    scratch_put("private/file", "");
    scratch_become_nobody();
    count_around(".", &here, &below, &listed);
    assert_int_equal(here, 2);
    assert_int_equal(below, 0);
    assert_int_equal(listed, 1);
}

static void put_files(const char *directory, int count)
{
    for (int i = 0; i < count; i++) {
        char name[64];
        (void)snprintf(name, sizeof(name), "%s/file-%d", directory, i);
        scratch_put(name, "");
    }
}

/* Many names come alone; directories that are large stay below. */
static void test_around_is_bounded(void **state)
{
    (void)state;
    size_t here = 0;
    size_t below = 0;
    size_t listed = 0;
    assert_int_equal(mkdir("d", 0755), 0);
    assert_int_equal(mkdir("d/large", 0755), 0);
    assert_int_equal(mkdir("d/small", 0755), 0);
    put_files("d/large", SBX_AROUND_ENTRIES);
    put_files("d/small", 10);
    count_around("d", &here, &below, &listed);
    assert_int_equal(below, 10);
    assert_int_equal(listed, 1);
    count_around("d/large", &here, &below, &listed);
    assert_int_equal(here, SBX_AROUND_ENTRIES);
    scratch_put("d/large/one more", "");
    assert_status(ASK(NAMES, .path = P("d/large"), .flags = SBX_NAMES_AROUND), SBX_OK);
    assert_true(answer.list.brief);
    assert_int_equal(answer.list.count, SBX_AROUND_ENTRIES + 1);
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
    scratch_room = SBX_REPLIES_MAX / 2;
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
    scratch_room = SBX_REPLIES_MAX / 2;
    assert_in_range(list_in_pages(SBX_OP_READDIR, seen, remove_odd), 2, 3);
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
        scratch_test(test_around),
        scratch_test(test_few),
        scratch_test(test_around_what_may_not_be_read),
        scratch_test(test_around_is_bounded),
        scratch_test(test_pages),
        scratch_test(test_pages_of_names),
        scratch_test(test_pages_of_a_directory_that_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
