/* snapshot.c: see snapshot.h. A file that is written under another name, and takes its own when it is whole.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/snapshot.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "companion/kernel.h"
#include "companion/open.h"
#include "companion/relay.h"
#include "companion/server.h"
#include "companion/supervision.h"

#define SNAPSHOT SBX_SNAPSHOT_FILE
#define SNAPSHOT_NEW "snapshot.new"
#define STREAMS 2
#define PATIENCE_MS 3000 /* that the supervisor, which copies 128 MiB at most, may need */
#define LOOK_MS 2

/* A file of output, at its beginning. */
struct kept {
    int fd; /* owned; -1: it cannot be read */
    uint64_t length;
};

static struct kept open_kept(const struct record *record, const char *name)
{
    struct stat stat;
    struct kept kept = {.fd = openat(record->directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)};
    if (kept.fd >= 0 && fstat(kept.fd, &stat) == 0) {
        kept.length = (uint64_t)stat.st_size;
    }
    return kept;
}

static enum sbx_status put_head(int fd, const struct sbx_supervised *state, const struct kept *kept)
{
    char head[SBX_SNAPSHOT_HEAD];
    struct sbx_writer writer = sbx_buf_writer(head, sizeof(head));
    sbx_supervised_encode(state, &writer);
    for (size_t i = 0; i < STREAMS; i++) {
        sbx_buf_put(&writer, kept[i].length, 8);
    }
    ssize_t written = write(fd, head, sizeof(head));
    return written == (ssize_t)sizeof(head) ? SBX_OK : written < 0 ? server_errno() : SBX_ENOSPC;
}

static enum sbx_status fill(int fd, const struct record *record, const struct sbx_supervised *state)
{
    struct kept kept[STREAMS] = {open_kept(record, RELAY_OUTPUT), open_kept(record, RELAY_ERRORS)};
    enum sbx_status status = put_head(fd, state, kept);
    for (size_t i = 0; i < STREAMS; i++) {
        if (status == SBX_OK && kept[i].length > 0) {
            status = kernel_copy(kept[i].fd, fd, kept[i].length);
        }
        if (kept[i].fd >= 0) {
            (void)close(kept[i].fd);
        }
    }
    return status;
}

void snapshot_make(const struct record *record, const struct sbx_supervised *state)
{
    struct sbx_supervised now = *state;
    now.ended_ms = supervision_clock_ms(CLOCK_REALTIME);
    int fd = openat(record->directory, SNAPSHOT_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    enum sbx_status status = fd < 0 ? server_errno() : open_close(fd, fill(fd, record, &now));
    if (status != SBX_OK || renameat(record->directory, SNAPSHOT_NEW, record->directory, SNAPSHOT) != 0) {
        (void)unlinkat(record->directory, SNAPSHOT_NEW, 0); /* its space, most likely, is wanted */
    }
}

/* Whether the name is of another file than `before` (none: is_there is false). */
static bool is_another(int private, const char *path, bool is_there, const struct stat *before)
{
    struct stat stat;
    return fstatat(private, path, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
           !(is_there && stat.st_ino == before->st_ino);
}

/* Until there is another, or nobody is left who could make one. */
static void await(int private, const char *path, int process, bool is_there, const struct stat *before)
{
    struct pollfd end = {.fd = process, .events = POLLIN};
    uint64_t due_ms = supervision_clock_ms(CLOCK_MONOTONIC) + PATIENCE_MS;
    while (!is_another(private, path, is_there, before) && supervision_clock_ms(CLOCK_MONOTONIC) < due_ms &&
           poll(&end, 1, LOOK_MS) <= 0) {
    }
}

void snapshot_ask(int private, const char *name, const struct sbx_supervised *state)
{
    int process = -1;
    char path[64];
    struct stat before;
    if (state->most == 0 || !record_is_kept(name, state, &process)) {
        return;
    }
    (void)snprintf(path, sizeof(path), "%.40s/" SNAPSHOT, name);
    int old = openat(private, path, O_PATH | O_NOFOLLOW | O_CLOEXEC); /* open, its inode has no other file */
    bool is_there = old >= 0 && fstat(old, &before) == 0;
    if (kernel_signal(process, (pid_t)state->supervisor, SNAPSHOT_SIGNAL) == SBX_OK) {
        await(private, path, process, is_there, &before);
    }
    if (old >= 0) {
        (void)close(old);
    }
    if (process >= 0) {
        (void)close(process);
    }
}
