/* content.c: a system call may move less than was asked for, or be interrupted.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/content.h"

#include <errno.h>
#include <unistd.h>

#include "companion/server.h"

enum sbx_status content_get(int fd, struct sbx_buffer *bytes, size_t length, uint64_t offset)
{
    while (bytes->length < length) {
        ssize_t got =
            pread(fd, bytes->data + bytes->length, length - bytes->length, (off_t)(offset + bytes->length));
        if (got == 0) {
            return SBX_OK;
        }
        if (got < 0 && errno != EINTR) {
            return server_errno();
        }
        bytes->length += got > 0 ? (size_t)got : 0;
    }
    return SBX_OK;
}

enum sbx_status content_put(int fd, struct sbx_span data, uint64_t offset)
{
    while (data.length > 0) {
        ssize_t written = pwrite(fd, data.data, data.length, (off_t)offset);
        if (written < 0 && errno != EINTR) {
            return server_errno();
        }
        if (written > 0) {
            data = (struct sbx_span){data.data + written, data.length - (size_t)written};
            offset += (uint64_t)written;
        }
    }
    return SBX_OK;
}
