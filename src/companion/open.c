/* open.c: O_NONBLOCK, so that a FIFO without its other end, a device or a lease cannot hang us; then the type
 * of what is really open. (A look before would see another file than the one that is opened.)
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/open.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "companion/server.h"

#define FILE_MODE 0666
#define DIRECTORY_MODE 0777

enum sbx_status open_close(int fd, enum sbx_status status)
{
    /* Whatever close says, the descriptor is gone; EINTR is no failure of what was written. */
    enum sbx_status closed = close(fd) != 0 && errno != EINTR ? server_errno() : SBX_OK;
    return status == SBX_OK ? closed : status;
}

enum sbx_status open_any(const char *path, int flags, int *fd, struct stat *stat)
{
    int opened = open(path, flags | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, FILE_MODE);
    if (opened < 0) {
        return server_errno();
    }
    if (fstat(opened, stat) != 0) {
        return open_close(opened, server_errno());
    }
    *fd = opened;
    return SBX_OK;
}

enum sbx_status open_file(const char *path, int flags, int *fd, struct stat *stat)
{
    enum sbx_status status = open_any(path, flags, fd, stat);
    if (status == SBX_OK && !S_ISREG(stat->st_mode)) {
        return open_close(*fd, S_ISDIR(stat->st_mode) ? SBX_EISDIR : SBX_EINVAL);
    }
    return status;
}

/* What is in the way where a directory was to be made: a file, a dangling link, a loop. */
static enum sbx_status obstacle(const char *path)
{
    struct stat at;
    return stat(path, &at) == 0 ? SBX_ENOTDIR : server_errno();
}

static bool is_directory(const char *path)
{
    struct stat at;
    return stat(path, &at) == 0 && S_ISDIR(at.st_mode);
}

/* A directory that is there is well, whatever mkdir said of it: EEXIST, EROFS, EACCES. */
static enum sbx_status make_directory(const char *path)
{
    if (mkdir(path, DIRECTORY_MODE) == 0) {
        return SBX_OK;
    }
    enum sbx_status status = server_errno();
    return is_directory(path) ? SBX_OK : status;
}

enum sbx_status open_make_parents(const char *path)
{
    char copy[SBX_PATH_MAX + 1];
    size_t length = strlen(path);
    if (length > SBX_PATH_MAX) {
        return SBX_ENAMETOOLONG;
    }
    memcpy(copy, path, length + 1);
    while (length > 0 && copy[length - 1] == '/') {
        copy[--length] = '\0'; /* the last name may have slashes behind it */
    }
    for (size_t i = 1; i < length; i++) {
        if (copy[i] != '/' || copy[i - 1] == '/') {
            continue;
        }
        copy[i] = '\0';
        enum sbx_status status = make_directory(copy);
        if (status != SBX_OK) {
            return status == SBX_EEXIST ? obstacle(copy) : status;
        }
        copy[i] = '/';
    }
    return SBX_OK;
}

enum sbx_status open_make_directories(const char *path)
{
    enum sbx_status status = make_directory(path);
    if (status == SBX_ENOENT) {
        status = open_make_parents(path);
        return status == SBX_OK ? make_directory(path) : status;
    }
    return status;
}
