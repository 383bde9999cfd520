/* op_data_test.c: contents are read and written as Linux does it: the file stays the one it was, nothing that is
 * no file is touched or waited for, and the bytes are whole.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "scratch.h"

static struct stat stat_of(const char *path)
{
    struct stat real;
    assert_int_equal(stat(path, &real), 0);
    return real;
}

static void test_write_keeps_the_file(void **state)
{
    (void)state;
    scratch_put("file", "a longer content than the next");
    assert_int_equal(link("file", "hard"), 0);
    assert_int_equal(symlink("file", "soft"), 0);
    assert_int_equal(chmod("file", 0750), 0);
    struct stat before = stat_of("file");
    assert_status(ASK(WRITE, .path = P("soft"), .data = P("new")), SBX_OK);
    struct stat after = stat_of("file");
    assert_true(before.st_ino == after.st_ino);
    assert_int_equal(after.st_mode & 07777, 0750);
    scratch_has("hard", "new");
    assert_status(ASK(WRITE, .path = P("hard"), .data = P("")), SBX_OK);
    assert_int_equal(stat_of("file").st_size, 0);
}

static void test_write_makes(void **state)
{
    (void)state;
    assert_status(ASK(WRITE, .path = P("a/b/c"), .data = P("deep")), SBX_OK);
    scratch_has("a/b/c", "deep");
    assert_int_equal(stat_of("a/b/c").st_mode & 07777, 0644);
    assert_int_equal(stat_of("a/b").st_mode & 07777, 0755);
    assert_int_equal(symlink("made", "dangling"), 0);
    assert_status(ASK(WRITE, .path = P("dangling"), .data = P("through")), SBX_OK);
    scratch_has("made", "through");
    assert_int_equal(symlink("no/where", "lost"), 0);
    assert_status(ASK(WRITE, .path = P("lost"), .data = P("x")), SBX_ENOENT);
}

static void test_write_refuses(void **state)
{
    (void)state;
    scratch_put("file", "old");
    assert_int_equal(chmod("file", 0444), 0);
    assert_int_equal(mkdir("dir", 0755), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_status(ASK(WRITE, .path = P("dir"), .data = P("x")), SBX_EISDIR);
    assert_status(ASK(WRITE, .path = P("new/"), .data = P("x")), SBX_EISDIR);
    assert_status(ASK(WRITE, .path = P("file/x"), .data = P("x")), SBX_ENOTDIR);
    assert_status(ASK(WRITE, .path = P("file/x/y"), .data = P("x")), SBX_ENOTDIR);
    assert_status(ASK(WRITE, .path = P("loop"), .data = P("x")), SBX_ELOOP);
    assert_status(ASK(WRITE, .path = P(""), .data = P("x")), SBX_ENOENT);
    scratch_become_nobody();
    assert_status(ASK(WRITE, .path = P("file"), .data = P("x")), SBX_EACCES);
    assert_status(ASK(WRITE, .path = P("other"), .data = P("x")), SBX_EACCES);
    assert_status(ASK(TRUNCATE, .path = P("file"), .length = 0), SBX_EACCES);
    scratch_become_root();
    scratch_has("file", "old");
}

/* Each would wait for someone, if it were opened like a file. The alarm ends a test that does. */
static void test_nothing_hangs(void **state)
{
    (void)state;
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(mkfifo("fifo", 0666), 0);
    (void)alarm(20);
    static const struct {
        const char *path;
        enum sbx_status reading;
        enum sbx_status writing;
    } cases[] = {
        {"fifo", SBX_EINVAL, SBX_ENXIO},
        {"socket", SBX_ENXIO, SBX_ENXIO},
        {"/dev/zero", SBX_EINVAL, SBX_EINVAL},
        {"/dev/null", SBX_EINVAL, SBX_EINVAL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sbx_span path = P(cases[i].path);
        assert_status(ASK(READ, .path = path), cases[i].reading);
        assert_status(ASK(PREAD, .path = path, .length = 10), cases[i].reading);
        assert_status(ASK(FSYNC, .path = path), cases[i].reading);
        assert_status(ASK(COPY, .path = path, .new_path = P("copied")), cases[i].reading);
        assert_status(ASK(WRITE, .path = path, .data = P("x")), cases[i].writing);
        assert_status(ASK(PWRITE, .path = path, .data = P("x")), cases[i].writing);
        assert_status(ASK(OPEN_CREATE, .path = path, .flags = O_WRONLY | O_CREAT | O_TRUNC),
                      cases[i].writing);
        assert_status(ASK(TRUNCATE, .path = path, .length = 0), SBX_EINVAL);
    }
    (void)alarm(0);
    assert_false(scratch_is_there("copied"));
    assert_int_equal(close(listener), 0);
}

/* A FIFO that someone reads gets nothing from us. */
static void test_fifo_with_a_reader(void **state)
{
    (void)state;
    char byte = 0;
    assert_int_equal(mkfifo("fifo", 0666), 0);
    int reader = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_status(ASK(WRITE, .path = P("fifo"), .data = P("x")), SBX_EINVAL);
    assert_int_equal(read(reader, &byte, 1), 0);
    assert_int_equal(close(reader), 0);
}

/* A disk that is full leaves the old content. */
static void test_no_space_leaves_the_old(void **state)
{
    (void)state;
    assert_int_equal(mkdir("small", 0755), 0);
    if (mount("none", "small", "tmpfs", 0, "size=64k") != 0) {
        skip();
    }
    char *content = pattern(100000);
    scratch_put("small/file", "old");
    assert_status(ASK(WRITE, .path = P("small/file"), .data = {content, 100000}), SBX_ENOSPC);
    scratch_has("small/file", "old");
    assert_status(ASK(WRITE, .path = P("small/file"), .data = {content, 40000}), SBX_OK);
    assert_status(ASK(PWRITE, .path = P("small/file"), .data = {content, 100000}), SBX_ENOSPC);
    free(content);
}

static void test_largest_file(void **state)
{
    (void)state;
    const struct rlimit small = {.rlim_cur = 2, .rlim_max = RLIM_INFINITY};
    const struct rlimit unlimited = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    (void)signal(SIGXFSZ, SIG_IGN);
    scratch_put("file", "old");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum sbx_status status = ASK(PWRITE, .path = P("file"), .offset = 2, .data = P("x"));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
    assert_status(status, SBX_EFBIG);
    scratch_has("file", "old");
}

static void test_sizes_round_trip(void **state)
{
    (void)state;
    static const size_t sizes[] = {0,     1,      4095,   4096,   4097,
                                   98304, 131072, 131073, 500000, SBX_REPLY_CONTENT_MAX};
    char *content = pattern(SBX_REPLY_CONTENT_MAX + 1);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct sbx_span data = {content, sizes[i]};
        assert_status(ASK(WRITE, .path = P("file"), .data = data), SBX_OK);
        assert_status(ASK(READ, .path = P("file")), SBX_OK);
        assert_true(sbx_span_equal(answer.bytes, data));
        assert_int_equal(answer.total, sizes[i]);
        assert_status(ASK(COPY, .path = P("file"), .new_path = P("copy")), SBX_OK);
        assert_status(ASK(PREAD, .path = P("copy"), .length = SBX_REPLY_CONTENT_MAX), SBX_OK);
        assert_true(sbx_span_equal(answer.bytes, data));
    }
    struct sbx_span data = {content, SBX_REPLY_CONTENT_MAX + 1};
    assert_status(ASK(WRITE, .path = P("file"), .data = data), SBX_OK);
    assert_status(ASK(READ, .path = P("file")), SBX_OK); /* how large it is, and nothing of it */
    assert_int_equal(answer.bytes.length, 0);
    assert_int_equal(answer.total, data.length);
    assert_status(ASK(PREAD, .path = P("file"), .offset = 5, .length = 3), SBX_OK);
    assert_int_equal(answer.bytes.length, 3);
    assert_int_equal(answer.total, data.length);
    assert_status(ASK(PREAD, .path = P("file"), .length = data.length), SBX_EFBIG);
    free(content);
}

/* Their attributes say that they are empty. */
static void test_files_of_proc(void **state)
{
    (void)state;
    assert_status(ASK(READ, .path = P("/proc/self/comm")), SBX_OK);
    assert_text(answer.bytes, "op_data_test\n");
    assert_int_equal(answer.total, answer.bytes.length);
}

/* One that has the name later is another, although it may have the same inode again. */
static void test_pread_tells_the_file(void **state)
{
    (void)state;
    scratch_put("file", "0123456789");
    assert_status(ASK(PREAD, .path = P("file"), .length = 1), SBX_OK);
    struct sbx_file file = answer.file;
    struct stat seen;
    assert_int_equal(stat("file", &seen), 0);
    assert_true(file.ino == seen.st_ino && file.dev == seen.st_dev);
    assert_status(ASK(PWRITE, .path = P("file"), .data = P("changed")), SBX_OK);
    assert_status(ASK(RENAME, .path = P("file"), .new_path = P("renamed")), SBX_OK);
    assert_status(ASK(PREAD, .path = P("renamed"), .offset = 5, .length = 1), SBX_OK);
    assert_memory_equal(&answer.file, &file, sizeof(file));
    scratch_put("file", "0123456789");
    assert_status(ASK(PREAD, .path = P("file"), .length = 1), SBX_OK);
    assert_true(sbx_file_differs(&answer.file, &file));
}

static void test_pread(void **state)
{
    (void)state;
    scratch_put("file", "0123456789");
    assert_status(ASK(PREAD, .path = P("file"), .offset = 3, .length = 4), SBX_OK);
    assert_text(answer.bytes, "3456");
    assert_status(ASK(PREAD, .path = P("file"), .offset = 8, .length = 4), SBX_OK);
    assert_text(answer.bytes, "89");
    assert_status(ASK(PREAD, .path = P("file"), .offset = 10, .length = 4), SBX_OK);
    assert_text(answer.bytes, "");
    assert_status(ASK(PREAD, .path = P("file"), .offset = 1ULL << 40, .length = 4), SBX_OK);
    assert_text(answer.bytes, "");
    assert_status(ASK(PREAD, .path = P("file"), .offset = 2, .length = 0), SBX_OK);
    assert_status(ASK(PREAD, .path = P("file"), .offset = UINT64_MAX, .length = 4), SBX_EINVAL);
    assert_status(ASK(PREAD, .path = P("file"), .offset = INT64_MAX, .length = 4), SBX_EINVAL);
    assert_status(ASK(PREAD, .path = P("."), .length = 4), SBX_EISDIR);
    assert_status(ASK(READ, .path = P(".")), SBX_EISDIR);
    assert_status(ASK(PREAD, .path = P("absent"), .length = 4), SBX_ENOENT);
}

static void test_pwrite(void **state)
{
    (void)state;
    scratch_put("file", "0123456789");
    assert_status(ASK(PWRITE, .path = P("file"), .offset = 3, .data = P("xyz")), SBX_OK);
    scratch_has("file", "012xyz6789");
    assert_status(ASK(PWRITE, .path = P("file"), .offset = 1ULL << 32, .data = P("far")), SBX_OK);
    struct stat real = stat_of("file");
    assert_true(real.st_size == (1LL << 32) + 3);
    assert_true(real.st_blocks < 1000); /* what lies between is a hole */
    assert_status(ASK(PWRITE, .path = P("file"), .offset = 5, .data = P("")), SBX_OK);
    assert_status(ASK(PWRITE, .path = P("file"), .offset = UINT64_MAX, .data = P("x")), SBX_EINVAL);
    assert_status(ASK(PWRITE, .path = P("file"), .offset = INT64_MAX, .data = P("x")), SBX_EFBIG);
    assert_status(ASK(PWRITE, .path = P("absent"), .data = P("x")), SBX_ENOENT);
    assert_status(ASK(PWRITE, .path = P("."), .data = P("x")), SBX_EISDIR);
}

static void test_truncate(void **state)
{
    (void)state;
    scratch_put("file", "0123456789");
    assert_status(ASK(TRUNCATE, .path = P("file"), .length = 3), SBX_OK);
    scratch_has("file", "012");
    assert_status(ASK(TRUNCATE, .path = P("file"), .length = 100000), SBX_OK);
    assert_int_equal(stat_of("file").st_size, 100000);
    assert_status(ASK(TRUNCATE, .path = P("file"), .length = UINT64_MAX), SBX_EFBIG);
    assert_status(ASK(TRUNCATE, .path = P("."), .length = 0), SBX_EISDIR);
    assert_status(ASK(TRUNCATE, .path = P("absent"), .length = 0), SBX_ENOENT);
}

#define CREATE(name, bits) ASK(OPEN_CREATE, .path = P(name), .flags = (bits))

static void test_open_create(void **state)
{
    (void)state;
    assert_status(CREATE("absent", O_RDONLY), SBX_ENOENT);
    assert_status(CREATE("file", O_WRONLY | O_CREAT), SBX_OK);
    assert_true(answer.created);
    assert_int_equal(stat_of("file").st_mode & 07777, 0644);
    scratch_put("file", "content");
    assert_status(CREATE("file", O_WRONLY | O_CREAT), SBX_OK);
    assert_false(answer.created);
    scratch_has("file", "content");
    assert_status(CREATE("file", O_WRONLY | O_CREAT | O_EXCL), SBX_EEXIST);
    assert_status(CREATE("other", O_RDWR | O_CREAT | O_EXCL), SBX_OK);
    assert_true(answer.created);
    assert_status(CREATE("file", O_WRONLY | O_CREAT | O_TRUNC), SBX_OK);
    assert_false(answer.created);
    scratch_has("file", "");
    assert_int_equal(symlink("made", "dangling"), 0);
    assert_status(CREATE("dangling", O_WRONLY | O_CREAT | O_EXCL), SBX_EEXIST);
    assert_status(CREATE("dangling", O_WRONLY | O_CREAT), SBX_OK);
    assert_true(answer.created);
    assert_true(scratch_is_there("made"));
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_status(CREATE("loop", O_WRONLY | O_CREAT), SBX_ELOOP);
    assert_status(CREATE(".", O_RDONLY | O_CREAT), SBX_EISDIR);
    assert_status(CREATE(".", O_WRONLY), SBX_EISDIR);
    assert_status(CREATE(".", O_RDONLY), SBX_OK);
    assert_status(CREATE("file/x", O_WRONLY | O_CREAT), SBX_ENOTDIR);
    assert_status(CREATE("absent/x", O_WRONLY | O_CREAT), SBX_ENOENT);
    scratch_become_nobody();
    assert_status(CREATE("file", O_WRONLY | O_TRUNC), SBX_EACCES);
    assert_status(CREATE("new", O_WRONLY | O_CREAT), SBX_EACCES);
}

static void test_fsync(void **state)
{
    (void)state;
    scratch_put("file", "x");
    assert_status(ASK(FSYNC, .path = P("file")), SBX_OK);
    assert_status(ASK(FSYNC, .path = P(".")), SBX_OK);
    assert_status(ASK(FSYNC, .path = P("absent")), SBX_ENOENT);
    assert_int_equal(chmod("file", 0222), 0);
    scratch_become_nobody();
    assert_status(ASK(FSYNC, .path = P("file")), SBX_OK); /* may be written alone */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_write_keeps_the_file),
        scratch_test(test_write_makes),
        scratch_test(test_write_refuses),
        scratch_test(test_nothing_hangs),
        scratch_test(test_fifo_with_a_reader),
        scratch_test(test_no_space_leaves_the_old),
        scratch_test(test_largest_file),
        scratch_test(test_sizes_round_trip),
        scratch_test(test_files_of_proc),
        scratch_test(test_pread_tells_the_file),
        scratch_test(test_pread),
        scratch_test(test_pwrite),
        scratch_test(test_truncate),
        scratch_test(test_open_create),
        scratch_test(test_fsync),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
