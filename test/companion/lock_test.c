/* lock_test.c: whole contents are written one after the other; whoever waits holds no one else up; and what could not
 * be written leaves nothing.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "companion/private.h"
#include "companion/target.h"
#include "scratch.h"

#define PARTS "parts-0123456789abcdef"

static char parts[2 * SBX_PATH_MAX];

static int take_lock(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    return fd;
}

static void stage_one(const char *content)
{
    char name[2 * SBX_PATH_MAX + 8];
    struct sbx_span directory = private_directory();
    (void)snprintf(parts, sizeof(parts), "%.*s/" PARTS, (int)directory.length, directory.data);
    (void)snprintf(name, sizeof(name), "%s/0", parts);
    assert_int_equal(mkdir(parts, 0700), 0);
    scratch_put(name, content);
}

/* The operations that write a whole content; each makes it "new content". */
static const struct {
    enum sbx_op_code code;
    struct sbx_args args;
} writers[] = {
    {SBX_OP_WRITE, {.path = {"file", 4}, .data = {"new content", 11}}},
    {SBX_OP_COPY, {.path = {"source", 6}, .new_path = {"file", 4}}},
    {SBX_OP_COMMIT, {.path = {"file", 4}, .length = 11}},
};

static struct sbx_args prepare(size_t writer)
{
    struct sbx_args args = writers[writer].args;
    if (writers[writer].code == SBX_OP_COMMIT) {
        stage_one("new content");
        args.target = P(parts);
    }
    return args;
}

static void put_frame(struct sbx_writer *batch, enum sbx_op_code code, const struct sbx_args *args)
{
    size_t start = sbx_frame_begin(batch, 1, (uint16_t)code);
    assert_status(sbx_args_encode(sbx_op_row(code), args, batch), SBX_OK);
    assert_status(sbx_frame_end(batch, start), SBX_OK);
}

/* One of several frames does not wait: it is not done, the others are. */
static void test_among_others(void **state)
{
    (void)state;
    static char bytes[4 * SBX_PATH_MAX];
    const struct sbx_args stat_args = {.path = P("source")};
    scratch_put("source", "new content");
    scratch_put("file", "old");
    int fd = take_lock("file");
    for (size_t i = 0; i < COUNT(writers); i++) {
        struct sbx_args args = prepare(i);
        struct server server = scratch_server(SBX_REPLIES_MAX);
        struct sbx_writer batch = sbx_buf_writer(bytes, sizeof(bytes));
        struct sbx_frame replies[2];
        put_frame(&batch, writers[i].code, &args);
        put_frame(&batch, SBX_OP_STAT, &stat_args);
        assert_status(server_batch(&server, sbx_buf_written(&batch)), SBX_OK);
        struct sbx_reader reader = sbx_buf_reader(sbx_buf_written(&server.replies));
        assert_status(sbx_frame_next(&reader, &replies[0]), SBX_OK);
        assert_status(sbx_frame_next(&reader, &replies[1]), SBX_OK);
        assert_status((enum sbx_status)replies[0].code, SBX_ENOBUFS);
        assert_status((enum sbx_status)replies[1].code, SBX_OK);
        scratch_has("file", "old");
    }
    assert_true(scratch_is_there(parts)); /* it can be asked again */
    assert_int_equal(close(fd), 0);
    assert_status(ASK(COMMIT, .path = P("file"), .target = P(parts), .length = 11), SBX_OK);
    scratch_has("file", "new content");
}

/* A lock that nobody gives back is waited for, but not for ever. */
static void test_never_released(void **state)
{
    (void)state;
    scratch_put("file", "old");
    stage_one("content");
    int fd = take_lock("file");
    assert_status(ASK(COMMIT, .path = P("file"), .target = P(parts), .length = 7), SBX_EAGAIN);
    scratch_has("file", "old");
    assert_false(scratch_is_there(parts));
    assert_int_equal(close(fd), 0);
}

/* Starts a process that has the lock of "file" when this returns, and soon runs `end` and gives it back. */
static pid_t hold(void (*end)(int fd))
{
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        const struct timespec pause = {.tv_nsec = 100000000};
        int fd = open("file", O_RDWR | O_CLOEXEC);
        bool good = fd >= 0 && flock(fd, LOCK_EX) == 0 && write(ready[1], "", 1) == 1;
        (void)nanosleep(&pause, NULL);
        end(fd);
        _exit(good ? 0 : 1);
    }
    assert_int_equal(close(ready[1]), 0);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(close(ready[0]), 0);
    return child;
}

static void end_well(pid_t child)
{
    int status = 1;
    assert_true(waitpid(child, &status, 0) == child);
    assert_int_equal(status, 0);
}

static void write_much(int fd)
{
    (void)!pwrite(fd, "what the other one writes at its end", 36, 0);
}

static void remove_file(int fd)
{
    (void)fd;
    (void)unlink("file");
}

static void test_waits(void **state)
{
    (void)state;
    scratch_put("source", "new content");
    scratch_put("file", "old");
    for (size_t i = 0; i < COUNT(writers); i++) {
        struct sbx_args args = prepare(i);
        pid_t child = hold(write_much);
        assert_status(scratch_ask(writers[i].code, &args, &answer), SBX_OK);
        end_well(child);
        scratch_has("file", "new content");
    }
}

/* Whoever has the lock removes the file: what is written afterwards is not lost with it. */
static void test_removed_meanwhile(void **state)
{
    (void)state;
    scratch_put("source", "new content");
    for (size_t i = 0; i < COUNT(writers); i++) {
        scratch_put("file", "old");
        struct sbx_args args = prepare(i);
        pid_t child = hold(remove_file);
        assert_status(scratch_ask(writers[i].code, &args, &answer), SBX_OK);
        end_well(child);
        scratch_has("file", "new content");
    }
}

static void remove_parts(int fd)
{
    (void)fd;
    (void)ASK(UNSTAGE, .target = P(parts));
}

/* A client that has given up while its commit waited: the file is not touched any more. */
static void test_given_up_meanwhile(void **state)
{
    (void)state;
    scratch_put("file", "old");
    stage_one("new content");
    pid_t child = hold(remove_parts);
    assert_status(ASK(COMMIT, .path = P("file"), .target = P(parts), .length = 11), SBX_ESTALE);
    end_well(child);
    scratch_has("file", "old");
    assert_false(scratch_is_there(parts));
}

#define PARTS_MANY 900

static void stage_many(char *content)
{
    stage_one("n");
    for (int i = 1; i < PARTS_MANY; i++) {
        char name[2 * SBX_PATH_MAX + 16];
        (void)snprintf(name, sizeof(name), "%s/%d", parts, i);
        scratch_put(name, "n");
    }
    memset(content, 'n', PARTS_MANY);
    content[PARTS_MANY] = '\0';
}

/* The lock goes first: the commit may come by while the parts go, which takes longer than it waits between two looks. */
static void release_and_remove_parts(int fd)
{
    if (close(fd) != 0 || ASK(UNSTAGE, .target = P(parts)) != SBX_OK) {
        _exit(2);
    }
}

/* A client that gives up just when its commit goes on: the file has the one content or the other, whole. */
static void test_given_up_at_the_end(void **state)
{
    (void)state;
    char content[PARTS_MANY + 1];
    char claimed[2 * SBX_PATH_MAX];
    for (int i = 0; i < 25; i++) {
        scratch_put("file", "old");
        stage_many(content);
        pid_t child = hold(release_and_remove_parts);
        enum sbx_status status = ASK(COMMIT, .path = P("file"), .target = P(parts), .length = PARTS_MANY);
        end_well(child);
        scratch_has("file", status == SBX_OK ? content : "old");
        assert_true(status == SBX_OK || status == SBX_ESTALE);
        assert_false(scratch_is_there(parts));
        (void)snprintf(claimed, sizeof(claimed), "%.*sclaimed%s", (int)(strrchr(parts, '/') + 1 - parts),
                       parts, strrchr(parts, '-'));
        assert_false(scratch_is_there(claimed));
    }
}

static void remove_a_part(int fd)
{
    char name[2 * SBX_PATH_MAX + 8];
    (void)fd;
    (void)snprintf(name, sizeof(name), "%s/1", parts);
    (void)unlink(name);
}

/* The parts are fewer by the time that the lock is there: nothing of them is written. */
static void test_fewer_meanwhile(void **state)
{
    (void)state;
    char content[PARTS_MANY + 1];
    scratch_put("file", "old");
    stage_many(content);
    pid_t child = hold(remove_a_part);
    assert_status(ASK(COMMIT, .path = P("file"), .target = P(parts), .length = PARTS_MANY), SBX_ESTALE);
    end_well(child);
    scratch_has("file", "old");
    assert_false(scratch_is_there(parts));
}

#define WRITERS 4
#define CONTENT ((size_t)2000000)

static size_t length_of(int letter)
{
    return CONTENT - (size_t)letter * 10000;
}

/* Makes a content of one letter, and then the file of it, often. */
static void write_often(int letter)
{
    char name[] = {'f', 'r', 'o', 'm', (char)('a' + letter), '\0'};
    char *content = malloc(CONTENT);
    memset(content, 'a' + letter, CONTENT);
    enum sbx_status status = SBX_OK;
    for (size_t at = 0; at < length_of(letter) && status == SBX_OK; at += SBX_MIB) {
        size_t left = length_of(letter) - at;
        struct sbx_span data = {content, left < SBX_MIB ? left : SBX_MIB};
        status = at == 0 ? ASK(WRITE, .path = P(name), .data = data)
                         : ASK(PWRITE, .path = P(name), .offset = at, .data = data);
    }
    for (int i = 0; i < 100 && status == SBX_OK; i++) {
        status = ASK(COPY, .path = P(name), .new_path = P("file"));
    }
    free(content);
    _exit(status == SBX_OK ? 0 : 1);
}

/* Whoever has the lock sees one whole content. */
static void look(char *got)
{
    int fd = open("file", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return; /* nobody has written yet */
    }
    assert_int_equal(flock(fd, LOCK_EX), 0);
    ssize_t length = pread(fd, got, CONTENT + 1, 0);
    assert_int_equal(close(fd), 0);
    for (ssize_t i = 1; i < length; i++) {
        assert_int_equal(got[i], got[0]);
    }
    assert_true(length == 0 || length == (ssize_t)length_of(got[0] - 'a'));
}

static void test_many_writers(void **state)
{
    (void)state;
    const struct timespec pause = {.tv_nsec = 1000000};
    int left = WRITERS;
    char *got = malloc(CONTENT + 1);
    for (int i = 0; i < WRITERS; i++) {
        if (fork() == 0) {
            write_often(i);
        }
    }
    while (left > 0) {
        int status = 0;
        pid_t ended = waitpid(-1, &status, WNOHANG);
        assert_true(ended >= 0);
        assert_int_equal(status, 0);
        left -= ended > 0 ? 1 : 0;
        look(got);
        (void)nanosleep(&pause, NULL);
    }
    free(got);
}

/* Larger than a file may be: the old content stays, and a file that was not there does not begin to be. */
static void test_too_large_leaves_nothing(void **state)
{
    (void)state;
    const struct rlimit small = {.rlim_cur = 5, .rlim_max = RLIM_INFINITY};
    const struct rlimit unlimited = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    (void)signal(SIGXFSZ, SIG_IGN);
    scratch_put("source", "new content");
    scratch_put("file", "old");
    assert_int_equal(symlink("new", "dangling"), 0);
    for (size_t i = 0; i < COUNT(writers); i++) {
        static const char *const paths[] = {"file", "new", "dangling"};
        for (size_t j = 0; j < COUNT(paths); j++) {
            struct sbx_args args = prepare(i);
            *(writers[i].code == SBX_OP_COPY ? &args.new_path : &args.path) = P(paths[j]);
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
            enum sbx_status status = scratch_ask(writers[i].code, &args, &answer);
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
            assert_status(status, SBX_EFBIG);
        }
        scratch_has("file", "old");
        assert_false(scratch_is_there("new"));
        assert_true(scratch_is_there("dangling"));
    }
}

/* Of a file that was made and failed its own name goes, and nothing that someone else put there meanwhile. */
static void test_removes_its_own_alone(void **state)
{
    (void)state;
    struct target target;
    scratch_put("other", "of someone else");
    assert_int_equal(symlink("made", "link"), 0);
    assert_status(target_open(&target, "link", true), SBX_OK);
    assert_true(target.made && scratch_is_there("made"));
    assert_status(target_end(&target, SBX_ENOSPC, 0), SBX_ENOSPC);
    assert_false(scratch_is_there("made"));
    assert_true(scratch_is_there("link"));
    assert_status(target_open(&target, "link", true), SBX_OK);
    assert_int_equal(rename("other", "made"), 0);
    assert_status(target_end(&target, SBX_ENOSPC, 0), SBX_ENOSPC);
    scratch_has("made", "of someone else");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(test_among_others),          scratch_test(test_never_released),
        scratch_test(test_removes_its_own_alone), scratch_test(test_waits),
        scratch_test(test_removed_meanwhile),     scratch_test(test_given_up_meanwhile),
        scratch_test(test_given_up_at_the_end),   scratch_test(test_fewer_meanwhile),
        scratch_test(test_many_writers),          scratch_test(test_too_large_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
