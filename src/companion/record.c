/* record.c: see record.h. A file that is written under another name and takes its own when it is whole.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/record.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "companion/kernel.h"
#include "companion/open.h"
#include "companion/private.h"
#include "companion/server.h"

#define COMMAND_SIZE (SBX_PATH_MAX + 256) /* bytes of a command line, up to the record's name */
#define STATE "state"
#define STATE_NEW "state.new"

/* Opens the directory that the record `name` is in; the caller's. SBX_EINVAL: it is no name for one. */
static enum sbx_status open_private(const char *name, int *private)
{
    struct sbx_span path = private_directory();
    if (!private_is(name, PRIVATE_RUN)) {
        return SBX_EINVAL;
    }
    return path.length == 0 ? SBX_EACCES : private_open(path.data, private);
}

enum sbx_status record_open(struct record *record, const char *name)
{
    int private = -1;
    record->directory = -1;
    if (name == NULL) {
        return SBX_OK;
    }
    enum sbx_status status = open_private(name, &private);
    if (status != SBX_OK) {
        return status;
    }
    status = server_status(mkdirat(private, name, 0700));
    if (status == SBX_OK) {
        record->directory = openat(private, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        status = server_status(record->directory);
    }
    return open_close(private, status);
}

enum sbx_status record_take_input(const char *name, int *fd)
{
    int private = -1;
    char input[PRIVATE_NAME_SIZE];
    enum sbx_status status = open_private(name, &private);
    if (status != SBX_OK) {
        return status;
    }
    (void)snprintf(input, sizeof(input), "input%s", strchr(name, '-'));
    *fd = openat(private, input, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    status = server_status(*fd);
    (void)unlinkat(private, input, 0); /* what is left is swept */
    return open_close(private, status);
}

enum sbx_status record_make(const struct record *record, const char *name, int *fd)
{
    *fd = openat(record->directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return server_status(*fd);
}

static enum sbx_status put(int fd, struct sbx_span bytes)
{
    ssize_t written = write(fd, bytes.data, bytes.length);
    if (written >= 0 && (size_t)written < bytes.length) {
        return SBX_ENOSPC;
    }
    return server_status(written);
}

enum sbx_status record_write(const struct record *record, const struct sbx_supervised *state)
{
    char bytes[SBX_SUPERVISED_LENGTH];
    struct sbx_writer writer = sbx_buf_writer(bytes, sizeof(bytes));
    if (record->directory < 0) {
        return SBX_OK;
    }
    sbx_supervised_encode(state, &writer);
    int fd = openat(record->directory, STATE_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    enum sbx_status status = fd < 0 ? server_errno() : open_close(fd, put(fd, sbx_buf_written(&writer)));
    if (status == SBX_OK) {
        status = server_status(renameat(record->directory, STATE_NEW, record->directory, STATE));
    }
    return status;
}

enum sbx_status record_read(int private, const char *name, struct sbx_supervised *state)
{
    char path[64];
    char bytes[SBX_SUPERVISED_LENGTH + 1];
    (void)snprintf(path, sizeof(path), "%.40s/" STATE, name);
    int fd = openat(private, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return server_errno();
    }
    ssize_t length = read(fd, bytes, sizeof(bytes));
    enum sbx_status status = open_close(fd, server_status(length));
    return status == SBX_OK ? sbx_supervised_decode((struct sbx_span){bytes, (size_t)length}, state) : status;
}

/* Whether one of the arguments before the program is the name; a process that has ended has none. */
static bool has_argument(pid_t pid, const char *name)
{
    char path[32];
    char command[COMMAND_SIZE];
    (void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, command, sizeof(command) - 1);
    if (fd >= 0) {
        (void)close(fd);
    }
    if (length <= 0) {
        return false;
    }
    command[length] = '\0';
    const char *argument = command;
    while (argument < command + length && strcmp(argument, name) != 0 && strcmp(argument, "--") != 0) {
        argument += strlen(argument) + 1;
    }
    return argument < command + length && strcmp(argument, name) == 0;
}

bool record_is_kept(const char *name, const struct sbx_supervised *state, int *process)
{
    pid_t pid = (pid_t)state->supervisor;
    int opened =
        process == NULL ? -1 : kernel_process(pid); /* before the look: then it is of whom that saw */
    bool is_kept = pid > 0 && has_argument(pid, name);
    if (!is_kept && opened >= 0) {
        (void)close(opened);
        opened = -1;
    }
    if (process != NULL) {
        *process = opened;
    }
    return is_kept;
}
