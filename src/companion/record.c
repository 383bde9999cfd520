/* record.c: see record.h. A file that is written under another name and takes its own when it is whole.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/record.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "companion/open.h"
#include "companion/private.h"
#include "companion/server.h"

#define STATE "state"
#define STATE_NEW "state.new"

enum sbx_status record_open(struct record *record, const char *name)
{
    int private = -1;
    struct sbx_span path = private_directory();
    record->directory = -1;
    if (name == NULL) {
        return SBX_OK;
    }
    if (!private_is(name, PRIVATE_RUN)) {
        return SBX_EINVAL;
    }
    enum sbx_status status = path.length == 0 ? SBX_EACCES : private_open(path.data, &private);
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
