/* op_walk_test.c: a tree is listed whole, each entry once with the attributes of lstat, in as many replies as it needs:
 * asked on for each directory that was not listed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"

#define ENTRIES 20000
#define NAME 300

/* What a client gathers: the names of all entries from the root, and the directories that it has still to ask for. */
static struct {
    char names[ENTRIES][NAME];
    size_t count;
    size_t bytes; /* of all entries, on the wire */
    char pending[ENTRIES][NAME];
    size_t pending_count;
    int replies;
} tree;

static bool is_in_tree(const char *name)
{
    size_t found = 0;
    for (size_t i = 0; i < tree.count; i++) {
        found += strcmp(tree.names[i], name) == 0;
    }
    assert_in_range(found, 0, 1);
    return found == 1;
}

static void join(char path[NAME], const char *directory, struct sbx_span name)
{
    int length = directory[0] == '\0'
                     ? snprintf(path, NAME, "%.*s", (int)name.length, name.data)
                     : snprintf(path, NAME, "%s/%.*s", directory, (int)name.length, name.data);
    assert_in_range(length, 1, NAME - 1);
}

static void insist_on_attributes(const char *root, const char *name, const struct sbx_stat *got)
{
    char path[2 * NAME];
    struct stat real;
    (void)snprintf(path, sizeof(path), "%s/%s", root, name);
    assert_int_equal(lstat(path, &real), 0);
    assert_true(got->ino == real.st_ino && got->mode == real.st_mode && got->nlink == real.st_nlink);
    assert_true(got->size == (uint64_t)real.st_size && got->dev == real.st_dev && got->uid == real.st_uid);
}

/* Takes a reply about `directory`. Those of its directories that were not listed are pending. */
static void take(const char *root, const char *directory)
{
    struct sbx_entry entry;
    bool listed = false;
    while (sbx_result_next_tree_entry(&answer.list, &entry, &listed)) {
        assert_in_range(tree.count, 0, ENTRIES - 1);
        char *name = tree.names[tree.count++];
        tree.bytes += sbx_stat_wire(&entry.stat) + 2 + entry.name.length;
        join(name, directory, entry.name);
        insist_on_attributes(root, name, &entry.stat);
        if ((entry.stat.mode & SBX_S_IFMT) == SBX_S_IFDIR && !listed) {
            (void)memcpy(tree.pending[tree.pending_count++], name, NAME);
        }
    }
}

/* Asks as a client does, until nothing is pending. */
static void walk(const char *root)
{
    memset(&tree, 0, sizeof(tree));
    char directory[NAME] = "";
    for (;;) {
        char path[2 * NAME];
        uint64_t offset = 0;
        (void)snprintf(path, sizeof(path), "%s/%s", root, directory);
        do {
            assert_status(ASK(WALK, .path = P(path), .offset = offset), SBX_OK);
            offset = answer.list.next;
            tree.replies++;
            take(root, directory);
        } while (offset != 0);
        if (tree.pending_count == 0) {
            return;
        }
        (void)memcpy(directory, tree.pending[--tree.pending_count], NAME);
    }
}

static size_t counted;

static int count(const char *path, const struct stat *stat, int type, struct FTW *place)
{
    (void)path, (void)stat, (void)type;
    counted += place->level > 0;
    return 0;
}

static void insist_on_all(const char *root)
{
    counted = 0;
    assert_int_equal(nftw(root, count, 20, FTW_PHYS), 0);
    assert_int_equal(tree.count, counted);
}

static void make(const char *path)
{
    assert_int_equal(mkdir(path, 0755), 0);
}

static void make_some(void)
{
    make("root");
    make("root/a");
    make("root/a/b");
    make("root/empty");
    scratch_put("root/a/b/file", "content");
    scratch_put("root/new\nline \xff", "");
    assert_int_equal(symlink("..", "root/a/up"), 0);
    assert_int_equal(symlink("nowhere", "root/dangling"), 0);
    assert_int_equal(mkfifo("root/a/fifo", 0600), 0);
}

static void test_one_reply(void **state)
{
    (void)state;
    static const char *const names[] = {"a",    "a/b",      "empty", "a/b/file", "new\nline \xff",
                                        "a/up", "dangling", "a/fifo"};
    make_some();
    walk("root");
    assert_int_equal(tree.replies, 1);
    assert_int_equal(tree.count, COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_true(is_in_tree(names[i]));
    }
}

/* A directory is before its entries. */
static void test_order(void **state)
{
    (void)state;
    make_some();
    walk("root");
    for (size_t i = 0; i < tree.count; i++) {
        char *slash = strrchr(tree.names[i], '/');
        bool above = slash == NULL;
        for (size_t j = 0; j < i && !above; j++) {
            above = strlen(tree.names[j]) == (size_t)(slash - tree.names[i]) &&
                    strncmp(tree.names[j], tree.names[i], strlen(tree.names[j])) == 0;
        }
        assert_true(above);
    }
}

static void test_errors(void **state)
{
    (void)state;
    scratch_put("file", "");
    make("empty");
    make("private");
    assert_int_equal(chmod("private", 0700), 0);
    assert_int_equal(symlink("empty", "link"), 0);
    assert_status(ASK(WALK, .path = P("file")), SBX_ENOTDIR);
    assert_status(ASK(WALK, .path = P("absent")), SBX_ENOENT);
    assert_status(ASK(WALK, .path = P("empty")), SBX_OK);
    assert_int_equal(answer.list.count, 0);
    assert_status(ASK(WALK, .path = P("link")), SBX_OK); /* what was asked for may be a link */
    scratch_become_nobody();
    assert_status(ASK(WALK, .path = P("private")), SBX_EACCES);
    assert_status(ASK(WALK, .path = P(".")), SBX_OK); /* below it is as if it were empty */
    assert_int_equal(answer.list.count, 4);
    struct sbx_entry entry;
    bool listed = false;
    while (sbx_result_next_tree_entry(&answer.list, &entry, &listed)) {
        assert_int_equal(listed, (entry.stat.mode & SBX_S_IFMT) == SBX_S_IFDIR);
    }
}

static void make_files(const char *directory, int count_of_files)
{
    make(directory);
    for (int i = 0; i < count_of_files; i++) {
        char name[NAME];
        (void)snprintf(name, sizeof(name), "%s/a file with a longer name %d", directory, i);
        scratch_put(name, "");
    }
}

static void make_forest(void)
{
    make("root");
    for (int i = 0; i < 12; i++) {
        char name[NAME];
        (void)snprintf(name, sizeof(name), "root/%d", i);
        make_files(name, 30 + i);
        (void)snprintf(name, sizeof(name), "root/%d/deeper", i);
        make_files(name, i);
        (void)snprintf(name, sizeof(name), "root/%d/deeper/deepest", i);
        make_files(name, 2);
    }
    make_files("root/large", 400);
}

/* Whatever the room of a reply, the same comes together; the least is that for one entry. */
static void test_any_room(void **state)
{
    (void)state;
    static const size_t rooms[] = {SBX_REPLIES_MAX, 30000, 10000, 2500, 500};
    int before = 0;
    make_forest();
    for (size_t i = 0; i < COUNT(rooms); i++) {
        scratch_room = rooms[i];
        walk("root");
        insist_on_all("root");
        assert_true(i > 0 ? tree.replies > before : tree.replies == 1);
        before = tree.replies;
    }
}

/* In as few replies as they need: what does not fit is left for the next one, not what comes after it. */
static void test_few_replies(void **state)
{
    (void)state;
    scratch_room = 30000;
    make_forest();
    walk("root");
    insist_on_all("root");
    assert_in_range(tree.replies, tree.bytes / scratch_room + 1, 2 * tree.bytes / scratch_room + 2);
}

/* More of its own entries than one reply holds: they come in pages, and what is below with the last. */
static void test_wide(void **state)
{
    (void)state;
    scratch_room = SBX_REPLIES_MAX / 2;
    make_files("root", 8000);
    make_files("root/dir", 10);
    walk("root");
    insist_on_all("root");
    assert_true(tree.replies >= 2);
}

/* Deeper than a path is long: what no path reaches is left out, the rest is there. */
static void test_deep(void **state)
{
    (void)state;
    static const char name[] = "a directory with a name of some length, so that fewer are needed for it";
    struct sbx_entry entry;
    bool listed = false;
    size_t longest = 0;
    make("root");
    assert_int_equal(chdir("root"), 0);
    for (int i = 0; i < 80; i++) {
        make(name);
        assert_int_equal(chdir(name), 0);
    }
    for (int i = 0; i < 81; i++) {
        assert_int_equal(chdir(".."), 0);
    }
    assert_status(ASK(WALK, .path = P("root")), SBX_OK);
    assert_int_equal(answer.list.count, (SBX_PATH_MAX + 1) / sizeof(name));
    while (sbx_result_next_tree_entry(&answer.list, &entry, &listed)) {
        assert_true(listed);
        assert_true(entry.name.length > longest);
        longest = entry.name.length;
    }
}

static atomic_bool stop;

/* Puts a directory and a link to another one in each other's place, all the time. */
static void *swap(void *unused)
{
    while (!stop) {
        (void)renameat2(AT_FDCWD, "root/a", AT_FDCWD, "link", RENAME_EXCHANGE);
    }
    return unused;
}

/* Whatever is swapped for a link meanwhile, nothing is listed that is not below the root. */
static void test_swapped_for_a_link(void **state)
{
    (void)state;
    pthread_t thread;
    int secrets = 0;
    make_some();
    make("root/a/b/c");
    make("outside");
    make("outside/b");
    make("outside/b/c");
    scratch_put("outside/b/secret", "");
    scratch_put("outside/b/c/secret", "");
    assert_int_equal(symlink("../outside", "link"), 0);
    stop = false;
    assert_int_equal(pthread_create(&thread, NULL, swap, NULL), 0);
    for (int i = 0; i < 3000; i++) {
        struct sbx_entry entry;
        bool listed = false;
        assert_status(ASK(WALK, .path = P("root")), SBX_OK);
        while (sbx_result_next_tree_entry(&answer.list, &entry, &listed)) {
            secrets +=
                entry.name.length > 6 && memcmp(entry.name.data + entry.name.length - 6, "secret", 6) == 0;
        }
    }
    stop = true;
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(secrets, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_one_reply),   scratch_test(test_order),
        scratch_test(test_errors),      scratch_test(test_any_room),
        scratch_test(test_few_replies), scratch_test(test_wide),
        scratch_test(test_deep),        scratch_test(test_swapped_for_a_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
