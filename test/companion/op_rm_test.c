/* op_rm_test.c: rm removes what it was asked for and nothing else, however deep or wide it is, and whatever is swapped
 * for a link meanwhile.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"

#define BOTH (SBX_RM_RECURSIVE | SBX_RM_FORCE)

static enum sbx_status rm(const char *path, uint32_t flags)
{
    return ASK(RM, .path = P(path), .flags = flags);
}

static void test_one(void **state)
{
    (void)state;
    scratch_put("file", "kept by its other name");
    assert_int_equal(link("file", "hard"), 0);
    assert_int_equal(mkdir("dir", 0755), 0);
    scratch_put("dir/file", "");
    assert_int_equal(symlink("dir", "link"), 0);
    assert_int_equal(symlink("nowhere", "dangling"), 0);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    static const char *const names[] = {"file", "link", "dangling", "fifo"};
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_status(rm(names[i], 0), SBX_OK);
        assert_false(scratch_is_there(names[i]));
        assert_status(rm(names[i], 0), SBX_ENOENT);
        assert_status(rm(names[i], SBX_RM_RECURSIVE), SBX_ENOENT);
        assert_status(rm(names[i], SBX_RM_FORCE), SBX_OK);
        assert_status(rm(names[i], BOTH), SBX_OK);
    }
    assert_true(scratch_is_there("dir/file"));
    scratch_has("hard", "kept by its other name");
}

static void test_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        uint32_t flags;
        enum sbx_status status;
    } cases[] = {
        {"dir", 0, SBX_EISDIR},
        {"dir", SBX_RM_FORCE, SBX_EISDIR},
        {"empty", 0, SBX_EISDIR},
        {"/", BOTH, SBX_EBUSY},
        {"//", BOTH, SBX_EBUSY},
        {".", BOTH, SBX_EINVAL},
        {"..", BOTH, SBX_EINVAL},
        {"dir/.", BOTH, SBX_EINVAL},
        {"dir/./", BOTH, SBX_EINVAL},
        {"dir/..", BOTH, SBX_EINVAL},
        {"", SBX_RM_RECURSIVE, SBX_ENOENT},
        {"dir/file/x", BOTH, SBX_ENOTDIR},
        {"dir/file/", BOTH, SBX_ENOTDIR},
        {"link/", BOTH, SBX_ENOTDIR},
        {"absent/x", SBX_RM_RECURSIVE, SBX_ENOENT},
        {"loop/x", BOTH, SBX_ELOOP},
    };
    assert_int_equal(mkdir("dir", 0755), 0);
    assert_int_equal(mkdir("empty", 0755), 0);
    scratch_put("dir/file", "");
    assert_int_equal(symlink("dir", "link"), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_status(rm(cases[i].path, cases[i].flags), cases[i].status);
        assert_true(scratch_is_there("dir/file"));
        assert_true(scratch_is_there("empty"));
        assert_true(scratch_is_there("link"));
    }
}

static void test_tree(void **state)
{
    (void)state;
    assert_int_equal(mkdir("precious", 0755), 0);
    scratch_put("precious/file", "");
    assert_int_equal(mkdir("tree", 0755), 0);
    assert_int_equal(mkdir("tree/a", 0755), 0);
    assert_int_equal(mkdir("tree/a/b", 0755), 0);
    assert_int_equal(mkdir("tree/empty", 0), 0);
    assert_int_equal(symlink("../../../precious", "tree/a/b/up"), 0);
    assert_int_equal(symlink("../precious", "tree/link"), 0);
    assert_int_equal(symlink(".", "tree/self"), 0);
    assert_int_equal(mkfifo("tree/a/fifo", 0600), 0);
    scratch_put("tree/new\nline \xff", "");
    assert_int_equal(symlink("tree", "to_tree"), 0);
    assert_status(rm("to_tree", SBX_RM_RECURSIVE), SBX_OK); /* the link, not what it points to */
    assert_true(scratch_is_there("tree/a/b"));
    assert_status(rm("tree//", SBX_RM_RECURSIVE), SBX_OK);
    assert_false(scratch_is_there("tree"));
    assert_true(scratch_is_there("precious/file"));
    assert_status(rm("precious/file", SBX_RM_RECURSIVE), SBX_OK);
    assert_status(rm("precious", SBX_RM_RECURSIVE), SBX_OK);
}

#define DEEP 6000

/* No path is long enough for it. It is made, and looked at, from inside. */
static void test_deep(void **state)
{
    (void)state;
    int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(mkdir("deep", 0755), 0);
    assert_int_equal(chdir("deep"), 0);
    for (int i = 0; i < DEEP; i++) {
        assert_int_equal(mkdir("a directory", 0755), 0);
        if (i % 100 == 0) {
            scratch_put("z", "");
        }
        assert_int_equal(chdir("a directory"), 0);
    }
    assert_int_equal(fchdir(here), 0);
    assert_int_equal(close(here), 0);
    assert_status(rm("deep", SBX_RM_RECURSIVE), SBX_OK);
    assert_false(scratch_is_there("deep"));
}

#define WIDE 1000

static void test_wide(void **state)
{
    (void)state;
    assert_int_equal(mkdir("wide", 0755), 0);
    for (int i = 0; i < WIDE; i++) {
        char name[64];
        (void)snprintf(name, sizeof(name), "wide/dir %d", i);
        assert_int_equal(mkdir(name, 0755), 0);
        (void)snprintf(name, sizeof(name), "wide/dir %d/file", i);
        scratch_put(name, "");
    }
    assert_status(rm("wide", SBX_RM_RECURSIVE), SBX_OK);
    assert_false(scratch_is_there("wide"));
}

/* What cannot be removed stays, and the directories above it; all else goes. */
static void test_goes_on(void **state)
{
    (void)state;
    static const char *const directories[] = {"t",   "t/a", "t/a/closed", "t/a/closed/x",
                                              "t/b", "t/z", "t/z/y"};
    assert_int_equal(chmod(".", 0777), 0);
    scratch_become_nobody();
    for (size_t i = 0; i < COUNT(directories); i++) {
        char name[64];
        assert_int_equal(mkdir(directories[i], 0755), 0);
        (void)snprintf(name, sizeof(name), "%s/file", directories[i]);
        scratch_put(name, "");
    }
    assert_int_equal(mkdir("t/unreadable", 0755), 0);
    scratch_put("t/unreadable/file", "");
    assert_int_equal(mkdir("t/unreadable_but_empty", 0), 0);
    assert_int_equal(chmod("t/a/closed", 0555), 0);
    assert_int_equal(chmod("t/unreadable", 0333), 0);
    assert_status(rm("t", BOTH), SBX_EACCES);
    static const char *const gone[] = {"t/b", "t/z", "t/file", "t/a/file", "t/unreadable_but_empty"};
    static const char *const there[] = {"t/a/closed/file", "t/a/closed/x/file", "t/unreadable/file"};
    for (size_t i = 0; i < COUNT(gone); i++) {
        assert_false(scratch_is_there(gone[i]));
    }
    for (size_t i = 0; i < COUNT(there); i++) {
        assert_true(scratch_is_there(there[i]));
    }
}

/* A directory that may be read but not entered: its entries stay, and nothing is lost track of. */
static void test_no_way_back(void **state)
{
    (void)state;
    assert_int_equal(chmod(".", 0777), 0);
    scratch_become_nobody();
    assert_int_equal(mkdir("t", 0755), 0);
    assert_int_equal(mkdir("t/list", 0755), 0);
    scratch_put("t/list/file", "");
    scratch_put("t/other", "");
    assert_int_equal(chmod("t/list", 0444), 0);
    assert_status(rm("t", SBX_RM_RECURSIVE), SBX_EACCES);
    assert_false(scratch_is_there("t/other"));
    assert_int_equal(chmod("t/list", 0755), 0);
    assert_true(scratch_is_there("t/list/file"));
}

static void test_mount_point(void **state)
{
    (void)state;
    assert_int_equal(mkdir("tree", 0755), 0);
    assert_int_equal(mkdir("tree/small", 0755), 0);
    scratch_put("tree/file", "");
    if (mount("none", "tree/small", "tmpfs", 0, "size=64k") != 0) {
        skip();
    }
    scratch_put("tree/small/file", "");
    enum sbx_status inner = rm("tree/small", SBX_RM_RECURSIVE);
    enum sbx_status outer = rm("tree", SBX_RM_RECURSIVE);
    bool kept = scratch_is_there("tree/small/file");
    assert_int_equal(umount2("tree/small", MNT_DETACH), 0);
    assert_status(inner, SBX_EBUSY);
    assert_status(outer, SBX_EBUSY);
    assert_true(kept);
    assert_false(scratch_is_there("tree/file"));
    assert_status(rm("tree", SBX_RM_RECURSIVE), SBX_OK);
}

static atomic_bool stop;

/* Puts a directory and a link to another one in each other's place, all the time. */
static void *swap(void *unused)
{
    while (!stop) {
        (void)renameat2(AT_FDCWD, "tree/a/b", AT_FDCWD, "link", RENAME_EXCHANGE);
    }
    return unused;
}

static void test_swapped_for_a_link(void **state)
{
    (void)state;
    pthread_t thread;
    assert_int_equal(mkdir("precious", 0755), 0);
    scratch_put("precious/file", "");
    assert_int_equal(symlink("../../precious", "link"), 0);
    stop = false;
    assert_int_equal(pthread_create(&thread, NULL, swap, NULL), 0);
    for (int i = 0; i < 1500; i++) {
        (void)rm("link", SBX_RM_RECURSIVE); /* it may be the directory by now */
        (void)symlink("../../precious", "link");
        (void)mkdir("tree", 0755);
        (void)mkdir("tree/a", 0755);
        (void)mkdir("tree/a/b", 0755);
        (void)mkdir("tree/a/b/c", 0755);
        (void)rm("tree", SBX_RM_RECURSIVE);
    }
    stop = true;
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(scratch_is_there("precious/file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_one),         scratch_test(test_refuses),     scratch_test(test_tree),
        scratch_test(test_deep),        scratch_test(test_wide),        scratch_test(test_goes_on),
        scratch_test(test_no_way_back), scratch_test(test_mount_point), scratch_test(test_swapped_for_a_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
