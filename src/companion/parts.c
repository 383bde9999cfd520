/* parts.c: a directory of parts in the private one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/parts.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "companion/kernel.h"
#include "companion/open.h"
#include "companion/remove.h"

#define TRIES_MAX 8 /* for a name that nobody else has */
#define PARTS_MODE 0700

enum sbx_status parts_open_private(int *fd)
{
    struct sbx_span directory = private_directory();
    if (directory.length == 0 || directory.length + PRIVATE_NAME_SIZE + PARTS_NUMBER_SIZE > SBX_PATH_MAX) {
        return SBX_ENOSYS;
    }
    return private_open(directory.data, fd) == SBX_OK ? SBX_OK : SBX_EIO; /* it has gone this moment */
}

static enum sbx_status make_parts(int directory, enum private_kind kind, char name[PRIVATE_NAME_SIZE])
{
    const char *word = kind == PRIVATE_BOX ? "box-" : "parts-";
    enum sbx_status status = SBX_EEXIST;
    for (int i = 0; i < TRIES_MAX && status == SBX_EEXIST; i++) {
        (void)snprintf(name, PRIVATE_NAME_SIZE, "%s%016" PRIx64, word, kernel_random());
        status = server_status(mkdirat(directory, name, PARTS_MODE));
    }
    return status == SBX_EEXIST ? SBX_EIO : status; /* of the file it would say something else */
}

enum sbx_status parts_make(struct server *server, int directory, enum private_kind kind,
                           struct sbx_buffer *path)
{
    char name[PRIVATE_NAME_SIZE];
    enum sbx_status status = make_parts(directory, kind, name);
    if (status == SBX_OK) {
        int length = snprintf(server->space, SBX_PATH_MAX, "%s/%s", private_directory().data, name);
        *path = (struct sbx_buffer){server->space, (size_t)length};
    }
    return status;
}

/* Opens the directory of parts itself, which is no link. */
static enum sbx_status open_inner(struct parts *parts)
{
    struct stat stat;
    parts->fd = openat(parts->directory, parts->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (parts->fd < 0) {
        enum sbx_status status = server_errno();
        return status == SBX_ENOENT ? status : SBX_EPERM;
    }
    if (fstat(parts->fd, &stat) != 0 || stat.st_uid != geteuid()) {
        return open_close(parts->fd, SBX_EPERM);
    }
    return SBX_OK;
}

enum sbx_status parts_open(struct sbx_span target, enum private_kind kind, struct parts *parts)
{
    const char *slash = strrchr(target.data, '/');
    if (slash == NULL || !private_is(slash + 1, kind)) {
        return SBX_EPERM;
    }
    *parts = (struct parts){.name = slash + 1};
    memcpy(parts->parent, target.data, (size_t)(slash - target.data));
    enum sbx_status status = private_open(parts->parent, &parts->directory);
    if (status == SBX_OK) {
        status = open_inner(parts);
        parts->alone = status == SBX_OK && private_is_alone(parts->directory) && private_is_alone(parts->fd);
        return status == SBX_OK ? status : open_close(parts->directory, status);
    }
    return status;
}

enum sbx_status parts_remove(struct server *server, const struct parts *parts)
{
    enum sbx_status status = remove_tree(server, parts->directory, parts->name);
    if (!private_is_alone(parts->directory)) {
        (void)rmdir(parts->parent);
    }
    return status;
}

void parts_close(const struct parts *parts)
{
    (void)close(parts->fd);
    (void)close(parts->directory);
}

enum sbx_status parts_claim(struct parts *parts)
{
    enum sbx_status status = private_claim(parts->directory, parts->name, parts->claimed);
    if (status == SBX_OK) {
        parts->name = parts->claimed;
    }
    return status;
}
