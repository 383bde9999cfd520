/* scratch.c: see scratch.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scratch.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

struct sbx_answer answer;
size_t scratch_room;

static char directory[64];

int scratch_open(void **state)
{
    (void)state;
    (void)snprintf(directory, sizeof(directory), "/tmp/companion-test-XXXXXX");
    (void)umask(022);
    scratch_room = SBX_REPLIES_MAX;
    return mkdtemp(directory) == NULL || chmod(directory, 0755) != 0 || chdir(directory) != 0 ||
                   setenv("HOME", directory, 1) != 0
               ? -1
               : 0;
}

/* rm goes where no path is short enough for nftw. */
static int remove_all(const char *path)
{
    char *const arguments[] = {"rm", "-rf", "--", (char *)path, NULL};
    int status = 0;
    pid_t child = 0;
    return posix_spawnp(&child, "rm", NULL, NULL, arguments, environ) != 0 || waitpid(child, &status, 0) < 0
               ? -1
               : status;
}

int scratch_close(void **state)
{
    (void)state;
    scratch_become_root();
    (void)umount2("small", MNT_DETACH); /* what a test may have mounted */
    return chdir("/") != 0 ? -1 : remove_all(directory);
}

struct server scratch_server(size_t room)
{
    static char replies[SBX_REPLIES_MAX];
    static _Alignas(16) char space[SERVER_SPACE];
    return (struct server){.replies = sbx_buf_writer(replies, room), .space = space};
}

enum sbx_status scratch_ask(enum sbx_op_code code, const struct sbx_args *args, struct sbx_answer *decoded)
{
    static char bytes[SBX_BATCH_MAX];
    struct server server = scratch_server(scratch_room);
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    struct sbx_frame reply;
    size_t start = sbx_frame_begin(&writer, 77, (uint16_t)code);
    enum sbx_status status = sbx_args_encode(sbx_op_row(code), args, &writer);
    if (status != SBX_OK) {
        return status;
    }
    assert_status(sbx_frame_end(&writer, start), SBX_OK);
    assert_status(server_batch(&server, sbx_buf_written(&writer)), SBX_OK);
    struct sbx_reader reader = sbx_buf_reader(sbx_buf_written(&server.replies));
    assert_status(sbx_frame_next(&reader, &reply), SBX_OK);
    assert_int_equal(reply.id, 77);
    assert_int_equal(sbx_buf_left(&reader), 0);
    if (reply.code != SBX_OK) {
        assert_int_equal(reply.payload.length, 0);
        return (enum sbx_status)reply.code;
    }
    assert_status(sbx_result_decode(sbx_op_row(code), reply.payload, decoded), SBX_OK);
    return SBX_OK;
}

void scratch_put(const char *path, const char *content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    assert_int_equal(close(fd), 0);
}

void scratch_has(const char *path, const char *content)
{
    char got[1000];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t length = read(fd, got, sizeof(got));
    assert_int_equal(close(fd), 0);
    assert_true(length >= 0);
    assert_text(((struct sbx_span){got, (size_t)length}), content);
}

bool scratch_is_there(const char *path)
{
    struct stat stat;
    return lstat(path, &stat) == 0;
}

void scratch_become_nobody(void)
{
    if (geteuid() != 0) {
        skip();
    }
    assert_int_equal(setegid(NOBODY), 0);
    assert_int_equal(seteuid(NOBODY), 0);
}

void scratch_become_root(void)
{
    if (getuid() == 0) {
        assert_int_equal(seteuid(0), 0);
        assert_int_equal(setegid(0), 0);
    }
}

void scratch_put_zeros(const char *path, size_t size)
{
    scratch_put(path, "");
    assert_int_equal(truncate(path, (off_t)size), 0);
}
