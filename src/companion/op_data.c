/* op_data.c: contents: open_create, truncate, fsync, pread, pwrite, read, write.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "companion/content.h"
#include "companion/kernel.h"
#include "companion/open.h"
#include "companion/server.h"
#include "companion/target.h"
#include "wire/resident.h"

#define OFFSET_MAX ((uint64_t)INT64_MAX)
#define OPEN_FLAGS (O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC) /* the same number on every architecture */

/* open(2), and whether it made the file: first as the one that makes it, then as the one that was asked for.
 * Behind a dangling link that one makes a file too. */
static enum sbx_status create(const char *path, int flags, int *fd, struct stat *stat, bool *created)
{
    bool may_create = (flags & O_CREAT) != 0;
    enum sbx_status status = may_create ? open_any(path, flags | O_EXCL, fd, stat) : SBX_EEXIST;
    *created = may_create;
    if (status == SBX_EEXIST && (!may_create || (flags & O_EXCL) == 0)) {
        *created = may_create && access(path, F_OK) != 0;
        status = open_any(path, flags, fd, stat);
    }
    return status;
}

enum sbx_status op_open_create(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)server;
    int fd = -1;
    struct stat stat;
    enum sbx_status status = create(in->path.data, (int)in->flags & OPEN_FLAGS, &fd, &stat, &out->created);
    if (status != SBX_OK) {
        return status;
    }
    return open_close(fd, S_ISREG(stat.st_mode) || S_ISDIR(stat.st_mode) ? SBX_OK : SBX_EINVAL);
}

enum sbx_status op_truncate(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)server, (void)out;
    if (in->length > OFFSET_MAX) {
        return SBX_EFBIG;
    }
    return server_status(truncate(in->path.data, (off_t)in->length));
}

enum sbx_status op_fsync(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)server, (void)out;
    int fd = -1;
    struct stat stat;
    enum sbx_status status = open_any(in->path.data, O_RDONLY, &fd, &stat);
    if (status == SBX_EACCES) { /* one that may be written alone */
        status = open_any(in->path.data, O_WRONLY, &fd, &stat);
    }
    if (status != SBX_OK) {
        return status;
    }
    if (!S_ISREG(stat.st_mode) && !S_ISDIR(stat.st_mode)) {
        return open_close(fd, SBX_EINVAL);
    }
    return open_close(fd, server_status(fsync(fd)));
}

/* Fewer bytes than asked for come back only at the end of the file. */
enum sbx_status op_pread(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    int fd = -1;
    struct stat stat;
    if (in->offset > OFFSET_MAX || in->length > OFFSET_MAX - in->offset) {
        return SBX_EINVAL;
    }
    if (in->length > SBX_REPLY_CONTENT_MAX) {
        return SBX_EFBIG;
    }
    if (in->length > server->room - sbx_result_least(SBX_REPLY_BYTES)) {
        return SBX_ENOBUFS;
    }
    enum sbx_status status = open_file(in->path.data, O_RDONLY, &fd, &stat);
    if (status != SBX_OK) {
        return status;
    }
    out->bytes = (struct sbx_buffer){.data = server->space};
    out->total = (uint64_t)stat.st_size;
    status = kernel_file(fd, &out->file);
    if (status == SBX_OK) {
        status = content_get(fd, &out->bytes, (size_t)in->length, in->offset);
    }
    return open_close(fd, status);
}

/* The file is there already: a pwrite makes none. */
enum sbx_status op_pwrite(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)server, (void)out;
    int fd = -1;
    struct stat stat;
    if (in->offset > OFFSET_MAX) {
        return SBX_EINVAL;
    }
    if (in->data.length > OFFSET_MAX - in->offset) {
        return SBX_EFBIG;
    }
    enum sbx_status status = open_file(in->path.data, O_WRONLY, &fd, &stat);
    return status == SBX_OK ? open_close(fd, content_put(fd, in->data, in->offset)) : status;
}

/* Bytes of a content that is told, not its size alone. One that stays tells no more than there is room for. */
static size_t longest_content(const struct server *server)
{
    size_t most = server->files ? SBX_RESIDENT_FILED_CONTENT_MAX : SBX_RESIDENT_CONTENT_MAX;
    size_t room = server->room - sbx_result_least(SBX_REPLY_BYTES);
    return !server->resident ? SBX_REPLY_CONTENT_MAX : most < room ? most : room;
}

/* Its end says how long a content is, not its attributes: files of /proc have no size. Of one that goes another
 * way than frames only its size is told: of one that has none, or grows meanwhile, that it is more than a frame.
 * Which file it is, is told where its attributes say how long it is: that one can be read in another way too. */
enum sbx_status op_read(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    int fd = -1;
    struct stat stat;
    enum sbx_status status = open_file(in->path.data, O_RDONLY, &fd, &stat);
    if (status != SBX_OK) {
        return status;
    }
    out->bytes = (struct sbx_buffer){.data = server->space};
    out->total = (uint64_t)stat.st_size;
    if (out->total > longest_content(server)) {
        return open_close(fd, SBX_OK);
    }
    status = content_get(fd, &out->bytes, SBX_REPLY_CONTENT_MAX + 1, 0);
    if (status == SBX_OK && out->total > 0 && out->total == out->bytes.length) {
        status = kernel_file(fd, &out->file);
    }
    out->total = out->bytes.length; /* whatever was seen before: this is the whole of it */
    if (out->bytes.length > SBX_REPLY_CONTENT_MAX) {
        out->bytes.length = 0;
    }
    return open_close(fd, status); /* what does not fit beside the other replies is seen by serve.c */
}

/* The file stays the one it was: its inode, mode, owner, links. */
enum sbx_status op_write(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)out;
    struct target target;
    enum sbx_status status = target_make(&target, in->path.data, server->alone);
    if (status != SBX_OK) {
        return status;
    }
    status = target_reserve_whole(&target, in->data.length);
    if (status == SBX_OK) {
        status = content_put(target.fd, in->data, 0);
    }
    return target_end(&target, status, in->data.length);
}
