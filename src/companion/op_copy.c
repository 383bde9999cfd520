/* op_copy.c: a copy has the data and the holes of its source. The source is locked meanwhile, so that a write of ours is in
 * it whole or not at all; a lock that somebody else holds for long is not waited for to its end.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "companion/kernel.h"
#include "companion/open.h"
#include "companion/segments.h"
#include "companion/server.h"
#include "companion/target.h"

#define PERMISSIONS 07777U

/* The segments of `from`. `length` becomes where the copy ends: before the last of them where the source became shorter
 * meanwhile. */
static enum sbx_status copy_segments(int from, int to, const struct segments *segments, off_t *length)
{
    enum sbx_status status = SBX_OK;
    *length = segments->size;
    for (size_t i = 0; i < segments->count && status == SBX_OK; i++) {
        const struct segment *segment = &segments->list[i];
        if (lseek(from, segment->start, SEEK_SET) < 0 || lseek(to, segment->start, SEEK_SET) < 0) {
            return server_errno();
        }
        status = kernel_copy(from, to, (uint64_t)segment->length);
        off_t end = lseek(to, 0, SEEK_CUR);
        if (end < segment->start + segment->length) {
            *length = end;
            return status;
        }
    }
    return status;
}

/* Files of /proc have no size: only their end says how long they are. */
static enum sbx_status copy_to_the_end(int from, int to, off_t *length)
{
    enum sbx_status status = kernel_copy(from, to, INT64_MAX);
    *length = lseek(to, 0, SEEK_CUR);
    return status;
}

/* Of a file of someone else the content is all that can be copied. */
static enum sbx_status set_mode(int fd, mode_t mode)
{
    return fchmod(fd, mode & PERMISSIONS) != 0 && errno != EPERM ? server_errno() : SBX_OK;
}

/* What is copied so far may be read by nobody who may not read the source, and the file by nobody new. */
static enum sbx_status hide(const struct target *target, const struct stat *source)
{
    mode_t allowed = target->made ? S_IRWXU : target->stat.st_mode;
    return set_mode(target->fd, source->st_mode & allowed);
}

static enum sbx_status copy_into(int from, const struct stat *source, struct segments *segments,
                                 struct target *target)
{
    off_t length = 0;
    enum sbx_status status = target_reserve(target, segments);
    if (status == SBX_OK) {
        status = hide(target, source);
    }
    if (status == SBX_OK) {
        status = source->st_size == 0 ? copy_to_the_end(from, target->fd, &length)
                                      : copy_segments(from, target->fd, segments, &length);
    }
    if (status == SBX_OK) {
        status = set_mode(target->fd, source->st_mode);
    } else {
        (void)set_mode(target->fd, target->stat.st_mode);
    }
    return target_end(target, status, (uint64_t)length);
}

static enum sbx_status copy_to(struct server *server, int from, const struct stat *source, const char *path)
{
    struct target target;
    struct segments segments = {.list = (struct segment *)(void *)server->space};
    enum sbx_status status = target_open(&target, path, server->alone);
    if (status != SBX_OK) {
        return status;
    }
    if (source->st_dev == target.stat.st_dev && source->st_ino == target.stat.st_ino) {
        return open_close(target.fd, SBX_OK); /* onto itself: nothing to do */
    }
    if (target_lock(from, LOCK_SH, server->alone) == SBX_ENOBUFS) {
        return target_end(&target, SBX_ENOBUFS, 0);
    }
    segments_find(from, source->st_size, SERVER_SPACE / sizeof(struct segment), &segments);
    return copy_into(from, source, &segments, &target);
}

enum sbx_status op_copy(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)out;
    int from = -1;
    struct stat source;
    enum sbx_status status = open_file(in->path.data, O_RDONLY, &from, &source);
    return status == SBX_OK ? open_close(from, copy_to(server, from, &source, in->new_path.data)) : status;
}
