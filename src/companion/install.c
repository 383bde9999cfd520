/* install.c: where this program is. An upload puts it under the name that it shall have and ".new-" and more; it
 * takes its name when it first greets, so that nobody ever runs half of it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/install.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "companion/private.h"

#define UPLOADED ".new-"
#define DELETED " (deleted)" /* what Linux puts behind the path of a program that was removed */

/* Gives the program at `path` its own name, where an upload gave it another. */
static void take_name(char *path)
{
    char final[SBX_PATH_MAX + 1];
    const char *name = strrchr(path, '/') + 1;
    const char *suffix = strstr(name, UPLOADED);
    if (suffix == NULL || !private_is(name, PRIVATE_UPLOADED)) {
        return; /* one of the user's may have any name */
    }
    size_t kept = (size_t)(suffix - path);
    memcpy(final, path, kept);
    final[kept] = '\0';
    (void)utimensat(AT_FDCWD, path, NULL, 0); /* or it would be taken for old the moment it has its name */
    if (rename(path, final) == 0) {
        path[kept] = '\0';
    }
}

/* A program that was removed while it runs was there; one of that very name is there. */
static void cut_deleted(char *path, size_t length)
{
    size_t cut = sizeof(DELETED) - 1;
    if (length > cut && strcmp(path + length - cut, DELETED) == 0 && access(path, F_OK) != 0) {
        path[length - cut] = '\0';
    }
}

struct sbx_span install_path(void)
{
    static char path[SBX_PATH_MAX + 1]; /* looked up once: an emulator does not see the new name */
    if (path[0] == '\0') {
        ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
        if (length <= 0 || path[0] != '/') {
            path[0] = '\0';
            return SBX_SPAN("");
        }
        path[length] = '\0';
        cut_deleted(path, (size_t)length);
        take_name(path);
    }
    return (struct sbx_span){path, strlen(path)};
}
