/* op_name_test.c: names are made, moved and removed as Linux does it, whatever bytes they have, and its errors
 * come back as they are.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"

static const char *const names[] = {
    "plain", "with space ", "new\nline", "quo\"te'",  "back\\slash", "-dash",        "+&=#?%;",
    "$(x)",  "`x`",         "\xc3\xa4",  "a\xcc\x88", "\xff\xfe",    "\x01\x1f\x7f", "...",
};

static uint64_t inode_of(const char *path)
{
    struct stat real;
    assert_int_equal(lstat(path, &real), 0);
    return real.st_ino;
}

static void test_names_of_any_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_status(ASK(WRITE, .path = P(names[i]), .data = P(names[i])), SBX_OK);
        scratch_has(names[i], names[i]);
        assert_status(ASK(RENAME, .path = P(names[i]), .new_path = P("moved")), SBX_OK);
        assert_status(ASK(RENAME, .path = P("moved"), .new_path = P(names[i])), SBX_OK);
        assert_status(ASK(READ, .path = P(names[i])), SBX_OK);
        assert_text(answer.bytes, names[i]);
        assert_status(ASK(SYMLINK, .target = P(names[i]), .path = P("link")), SBX_OK);
        assert_status(ASK(READLINK, .path = P("link")), SBX_OK);
        assert_text(answer.bytes, names[i]);
        assert_status(ASK(UNLINK, .path = P("link")), SBX_OK);
        assert_status(ASK(UNLINK, .path = P(names[i])), SBX_OK);
        assert_status(ASK(MKDIR, .path = P(names[i])), SBX_OK);
        assert_status(ASK(RMDIR, .path = P(names[i])), SBX_OK);
        assert_false(scratch_is_there(names[i]));
    }
}

static void test_mkdir(void **state)
{
    (void)state;
    struct stat real;
    assert_status(ASK(MKDIR, .path = P("dir")), SBX_OK);
    assert_int_equal(stat("dir", &real), 0);
    assert_int_equal(real.st_mode & 07777, 0755);
    (void)umask(077);
    assert_status(ASK(MKDIR, .path = P("dir/private")), SBX_OK);
    assert_int_equal(stat("dir/private", &real), 0);
    assert_int_equal(real.st_mode & 07777, 0700);
    scratch_put("file", "");
    assert_int_equal(symlink("nowhere", "dangling"), 0);
    assert_status(ASK(MKDIR, .path = P("dir")), SBX_EEXIST);
    assert_status(ASK(MKDIR, .path = P("file")), SBX_EEXIST);
    assert_status(ASK(MKDIR, .path = P("dangling")), SBX_EEXIST);
    assert_status(ASK(MKDIR, .path = P("file/below")), SBX_ENOTDIR);
    assert_status(ASK(MKDIR, .path = P("absent/below")), SBX_ENOENT);
    assert_status(ASK(MKDIR, .path = P("/")), SBX_EEXIST);
}

static void test_mkdir_p(void **state)
{
    (void)state;
    assert_status(ASK(MKDIR_P, .path = P("a/b//c/")), SBX_OK);
    assert_true(scratch_is_there("a/b/c"));
    assert_status(ASK(MKDIR_P, .path = P("a/b/c")), SBX_OK);
    assert_status(ASK(MKDIR_P, .path = P("/")), SBX_OK);
    assert_status(ASK(MKDIR_P, .path = P("a/../d/./e")), SBX_OK);
    assert_true(scratch_is_there("d/e"));
    assert_status(ASK(MKDIR_P, .path = P("")), SBX_ENOENT);
    scratch_put("file", "");
    assert_status(ASK(MKDIR_P, .path = P("file")), SBX_EEXIST);
    assert_status(ASK(MKDIR_P, .path = P("file/x/y")), SBX_ENOTDIR);
    assert_int_equal(symlink("a", "to-a"), 0);
    assert_status(ASK(MKDIR_P, .path = P("to-a/x/y")), SBX_OK);
    assert_true(scratch_is_there("a/x/y"));
    assert_int_equal(symlink("nowhere", "dangling"), 0);
    assert_status(ASK(MKDIR_P, .path = P("dangling/x/y")), SBX_ENOENT);
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_status(ASK(MKDIR_P, .path = P("loop/x/y")), SBX_ELOOP);
    scratch_become_nobody();
    assert_status(ASK(MKDIR_P, .path = P("a/b/c")), SBX_OK); /* is there: no question of rights */
    assert_status(ASK(MKDIR_P, .path = P("a/n/m")), SBX_EACCES);
}

/* As long as a path can be: every directory of it is made. */
static void test_deep(void **state)
{
    (void)state;
    char path[SBX_PATH_MAX + 2];
    for (size_t i = 0; i < SBX_PATH_MAX + 1; i++) {
        path[i] = i % 2 == 0 ? 'd' : '/';
    }
    path[SBX_PATH_MAX] = '\0';
    assert_status(ASK(MKDIR_P, .path = P(path)), SBX_OK);
    assert_status(ASK(STAT, .path = P(path)), SBX_OK);
    path[SBX_PATH_MAX] = 'x';
    path[SBX_PATH_MAX + 1] = '\0';
    assert_status(ASK(MKDIR_P, .path = P(path)), SBX_ENAMETOOLONG);
}

static void test_removing(void **state)
{
    (void)state;
    assert_status(ASK(MKDIR_P, .path = P("full/sub")), SBX_OK);
    scratch_put("file", "");
    assert_int_equal(symlink("full", "link"), 0);
    assert_status(ASK(RMDIR, .path = P("full")), SBX_ENOTEMPTY);
    assert_status(ASK(RMDIR, .path = P("file")), SBX_ENOTDIR);
    assert_status(ASK(RMDIR, .path = P("link")), SBX_ENOTDIR);
    assert_status(ASK(RMDIR, .path = P("absent")), SBX_ENOENT);
    assert_status(ASK(RMDIR, .path = P("full/.")), SBX_EINVAL);
    assert_status(ASK(UNLINK, .path = P("full")), SBX_EISDIR);
    assert_status(ASK(UNLINK, .path = P("absent")), SBX_ENOENT);
    assert_status(ASK(UNLINK, .path = P("file/x")), SBX_ENOTDIR);
    assert_status(ASK(UNLINK, .path = P("link")), SBX_OK);
    assert_true(scratch_is_there("full/sub"));
    scratch_become_nobody();
    assert_status(ASK(UNLINK, .path = P("file")), SBX_EACCES);
    assert_status(ASK(RMDIR, .path = P("full/sub")), SBX_EACCES);
}

static void test_rename(void **state)
{
    (void)state;
    scratch_put("a", "a");
    scratch_put("b", "b");
    assert_int_equal(link("a", "hard"), 0);
    assert_status(ASK(MKDIR_P, .path = P("dir/sub")), SBX_OK);
    assert_status(ASK(MKDIR, .path = P("empty")), SBX_OK);
    uint64_t inode = inode_of("a");
    assert_status(ASK(RENAME, .path = P("a"), .new_path = P("a")), SBX_OK);
    assert_status(ASK(RENAME, .path = P("a"), .new_path = P("hard")), SBX_OK);
    scratch_has("a", "a"); /* two links of one inode: both stay */
    scratch_has("hard", "a");
    assert_status(ASK(RENAME, .path = P("absent"), .new_path = P("b")), SBX_ENOENT);
    scratch_has("b", "b");
    assert_status(ASK(RENAME, .path = P("a"), .new_path = P("empty")), SBX_EISDIR);
    assert_status(ASK(RENAME, .path = P("dir"), .new_path = P("b")), SBX_ENOTDIR);
    assert_status(ASK(RENAME, .path = P("dir"), .new_path = P("dir/sub/in")), SBX_EINVAL);
    assert_status(ASK(RENAME, .path = P("empty"), .new_path = P("dir")), SBX_ENOTEMPTY);
    assert_status(ASK(RENAME, .path = P("dir"), .new_path = P("empty")), SBX_OK);
    assert_true(scratch_is_there("empty/sub"));
    assert_status(ASK(RENAME, .path = P("a"), .new_path = P("b")), SBX_OK);
    scratch_has("b", "a");
    assert_true(inode_of("b") == inode);
    assert_false(scratch_is_there("a"));
}

static void test_other_device(void **state)
{
    (void)state;
    struct stat here;
    struct stat there;
    if (stat(".", &here) != 0 || stat("/dev/shm", &there) != 0 || here.st_dev == there.st_dev) {
        skip();
    }
    scratch_put("a", "a");
    assert_status(ASK(RENAME, .path = P("a"), .new_path = P("/dev/shm/companion-test")), SBX_EXDEV);
    assert_status(ASK(LINK, .path = P("a"), .new_path = P("/dev/shm/companion-test")), SBX_EXDEV);
    scratch_has("a", "a");
}

static void test_links(void **state)
{
    (void)state;
    scratch_put("file", "x");
    assert_int_equal(mkdir("dir", 0755), 0);
    assert_status(ASK(LINK, .path = P("file"), .new_path = P("hard")), SBX_OK);
    assert_true(inode_of("file") == inode_of("hard"));
    assert_status(ASK(LINK, .path = P("file"), .new_path = P("hard")), SBX_EEXIST);
    assert_status(ASK(LINK, .path = P("absent"), .new_path = P("x")), SBX_ENOENT);
    assert_status(ASK(LINK, .path = P("dir"), .new_path = P("x")), SBX_EPERM);
    assert_status(ASK(SYMLINK, .target = P("../any where\n"), .path = P("soft")), SBX_OK);
    assert_status(ASK(LINK, .path = P("soft"), .new_path = P("soft2")), SBX_OK); /* the link itself */
    assert_status(ASK(READLINK, .path = P("soft2")), SBX_OK);
    assert_text(answer.bytes, "../any where\n");
    assert_status(ASK(SYMLINK, .target = P("x"), .path = P("soft")), SBX_EEXIST);
    assert_status(ASK(SYMLINK, .target = P(""), .path = P("none")), SBX_ENOENT);
    assert_status(ASK(READLINK, .path = P("file")), SBX_EINVAL);
    assert_status(ASK(READLINK, .path = P("dir")), SBX_EINVAL);
    assert_status(ASK(READLINK, .path = P("absent")), SBX_ENOENT);
}

static void test_longest_target(void **state)
{
    (void)state;
    char target[SBX_PATH_MAX + 1];
    memset(target, 't', SBX_PATH_MAX);
    target[SBX_PATH_MAX] = '\0';
    assert_status(ASK(SYMLINK, .target = P(target), .path = P("link")), SBX_OK);
    assert_status(ASK(READLINK, .path = P("link")), SBX_OK);
    assert_text(answer.bytes, target);
}

static void test_realpath(void **state)
{
    (void)state;
    char here[PATH_MAX];
    char expected[PATH_MAX + 16];
    assert_non_null(getcwd(here, sizeof(here)));
    (void)snprintf(expected, sizeof(expected), "%s/dir/file", here);
    assert_int_equal(mkdir("dir", 0755), 0);
    scratch_put("dir/file", "");
    assert_int_equal(symlink("dir", "one"), 0);
    assert_int_equal(symlink("one/./file", "two"), 0);
    static const char *const paths[] = {"dir/file", "one/../two", "two", "./dir//file"};
    for (size_t i = 0; i < COUNT(paths); i++) {
        assert_status(ASK(REALPATH, .path = P(paths[i])), SBX_OK);
        assert_text(answer.bytes, expected);
    }
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_int_equal(symlink("nowhere", "dangling"), 0);
    assert_status(ASK(REALPATH, .path = P("loop")), SBX_ELOOP);
    assert_status(ASK(REALPATH, .path = P("dangling")), SBX_ENOENT);
    assert_status(ASK(REALPATH, .path = P("dir/file/x")), SBX_ENOTDIR);
    assert_status(ASK(REALPATH, .path = P("/")), SBX_OK);
    assert_text(answer.bytes, "/");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_names_of_any_bytes),
        scratch_test(test_mkdir),
        scratch_test(test_mkdir_p),
        scratch_test(test_deep),
        scratch_test(test_removing),
        scratch_test(test_rename),
        scratch_test(test_other_device),
        scratch_test(test_links),
        scratch_test(test_longest_target),
        scratch_test(test_realpath),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
