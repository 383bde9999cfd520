/* op_patch.c: same and patch: what whoever asks has of a content is told by its length and its hash alone, and a content
 * that shares all but one range with it is written as that range.
 *
 * The file is looked at whole each time: no time of a file tells whether it has changed, for two changes can have one.
 * Another content is SBX_ESTALE, and nothing is changed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "companion/content.h"
#include "companion/open.h"
#include "companion/server.h"
#include "companion/target.h"

#define PIECE ((size_t)SBX_REPLY_CONTENT_MAX) /* bytes; whole stripes */

/* Whether the file has that content: SBX_ESTALE where not. */
static enum sbx_status compare(int fd, const struct stat *stat, const struct sbx_args *in, char *space)
{
    struct sbx_hash hash;
    struct sbx_buffer piece = {.length = PIECE};
    uint64_t offset = 0;
    sbx_hash_init(&hash);
    if ((uint64_t)stat->st_size != in->length) {
        return SBX_ESTALE;
    }
    for (; piece.length == PIECE; offset += piece.length) { /* a shorter one is the last */
        piece = (struct sbx_buffer){.data = space};
        enum sbx_status status = content_get(fd, &piece, PIECE, offset);
        if (status != SBX_OK) {
            return status;
        }
        sbx_hash_take(&hash, (struct sbx_span){piece.data, piece.length});
    }
    size_t rest = piece.length % SBX_HASH_STRIPE;
    bool same = offset == in->length &&
                sbx_hash_end(&hash, (struct sbx_span){space + piece.length - rest, rest}) == in->hash;
    return same ? SBX_OK : SBX_ESTALE;
}

enum sbx_status op_same(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)out;
    int fd = -1;
    struct stat stat;
    enum sbx_status status = open_file(in->path.data, O_RDONLY, &fd, &stat);
    return status == SBX_OK ? open_close(fd, compare(fd, &stat, in, server->space)) : status;
}

/* Opens what is there, and takes its lock. A file that was removed meanwhile is another content. */
static enum sbx_status open_there(struct target *target, const char *path, bool alone)
{
    *target = (struct target){.fd = -1, .path = path};
    enum sbx_status status = open_file(path, O_RDWR, &target->fd, &target->stat);
    if (status != SBX_OK) {
        return status;
    }
    status = target_lock(target->fd, LOCK_EX, alone);
    if (status == SBX_OK) {
        status = server_status(fstat(target->fd, &target->stat));
    }
    if (status == SBX_OK && target->stat.st_nlink == 0) {
        status = SBX_ESTALE;
    }
    return status == SBX_OK ? SBX_OK : open_close(target->fd, status);
}

/* The range may reach beyond the old end, and begins there at the latest. */
enum sbx_status op_patch(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)out;
    struct target target;
    if (in->length > INT64_MAX - in->data.length || in->offset > in->length) {
        return SBX_EINVAL;
    }
    uint64_t end = in->offset + in->data.length;
    uint64_t length = end > in->length ? end : in->length;
    enum sbx_status status = open_there(&target, in->path.data, server->alone);
    if (status != SBX_OK) {
        return status;
    }
    status = compare(target.fd, &target.stat, in, server->space);
    if (status == SBX_OK) {
        status = target_reserve_whole(&target, length);
    }
    if (status == SBX_OK) {
        status = content_put(target.fd, in->data, in->offset);
    }
    return target_end(&target, status, length);
}
