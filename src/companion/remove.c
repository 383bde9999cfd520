/* remove.c: one directory after the other, each by its descriptor. Two are open at once, whatever the depth: the
 * one whose entries are removed, and the one above it. The way back is "..", which has to be the directory that
 * we came from. A directory is read again until a pass removes nothing: positions shift where entries go.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/remove.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "companion/kernel.h"
#include "companion/page.h"

#define PASSES_MAX 64 /* of a directory that someone else fills meanwhile */

struct level {
    dev_t dev;
    ino_t ino;
    const char *name; /* borrowed; its own, in the directory above */
    long position;    /* of the entry to come */
    int passes;
    bool progress; /* this pass has removed something */
};

struct remover {
    int base;              /* borrowed; the directory above the first level */
    DIR *directory;        /* owned; of the deepest level */
    int above;             /* owned; the directory above that one; -1: it is the base */
    struct level *levels;  /* borrowed; from the start of the space */
    size_t depth;          /* levels there are */
    char *names;           /* borrowed; the lowest name, from the end of the space downwards */
    enum sbx_status first; /* error */
};

static void note(struct remover *remover, enum sbx_status status)
{
    if (remover->first == SBX_OK && status != SBX_ENOENT) {
        remover->first = status;
    }
}

static struct level *deepest(const struct remover *remover)
{
    return &remover->levels[remover->depth - 1];
}

/* Removes what needs no descending. What was taken for a directory, or for none, may be another thing by now. */
static enum sbx_status remove_one(int parent, const char *name, bool directory)
{
    int flag = directory ? AT_REMOVEDIR : 0;
    if (unlinkat(parent, name, flag) == 0) {
        return SBX_OK;
    }
    if (errno == (directory ? ENOTDIR : EISDIR)) {
        return server_status(unlinkat(parent, name, flag ^ AT_REMOVEDIR));
    }
    return server_errno();
}

static bool push(struct remover *remover, const char *name, const struct stat *stat)
{
    size_t size = strlen(name) + 1;
    const char *levels_end = (const char *)&remover->levels[remover->depth + 1];
    if (levels_end > remover->names || (size_t)(remover->names - levels_end) < size) {
        return false;
    }
    remover->names -= size;
    memcpy(remover->names, name, size);
    remover->levels[remover->depth++] =
        (struct level){.dev = stat->st_dev, .ino = stat->st_ino, .name = remover->names};
    return true;
}

static void pop(struct remover *remover)
{
    remover->names += strlen(remover->names) + 1;
    remover->depth--;
}

/* The deepest level gives its descriptor away and is the one above. */
static enum sbx_status step_back(struct remover *remover)
{
    if (remover->directory == NULL) {
        return SBX_OK;
    }
    int kept = fcntl(dirfd(remover->directory), F_DUPFD_CLOEXEC, 0);
    if (kept < 0) {
        return server_errno();
    }
    (void)closedir(remover->directory);
    if (remover->above >= 0) {
        (void)close(remover->above);
    }
    remover->above = kept;
    return SBX_OK;
}

/* Goes down into the directory `name` of `parent`, where it is on the same file system. */
static enum sbx_status enter(struct remover *remover, int parent, const char *name)
{
    struct stat here;
    struct stat above;
    DIR *lower = page_open_directory(parent, name, O_NOFOLLOW);
    if (lower == NULL) {
        return server_errno();
    }
    enum sbx_status status = SBX_OK;
    if (fstat(dirfd(lower), &here) != 0 || fstat(parent, &above) != 0) {
        status = server_errno();
    } else if (here.st_dev != above.st_dev) {
        status = SBX_EBUSY;
    }
    if (status == SBX_OK && !push(remover, name, &here)) {
        status = SBX_ENAMETOOLONG;
    }
    if (status == SBX_OK) {
        status = step_back(remover);
        if (status != SBX_OK) {
            pop(remover);
        }
    }
    if (status != SBX_OK) {
        (void)closedir(lower);
        return status;
    }
    remover->directory = lower;
    return SBX_OK;
}

/* The directory above `fd`, if it is that of the level; -1, and errno. */
static int open_above(int fd, const struct level *level)
{
    struct stat stat;
    int above = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (above >= 0 && (fstat(above, &stat) != 0 || stat.st_dev != level->dev || stat.st_ino != level->ino)) {
        (void)close(above);
        errno = EBUSY;
        return -1;
    }
    return above;
}

/* Makes the level above the deepest one again; what is wrong with it ends everything. */
static enum sbx_status come_back(struct remover *remover)
{
    remover->directory = fdopendir(remover->above);
    if (remover->directory == NULL) {
        return server_errno();
    }
    remover->above = -1;
    if (remover->depth >= 2) {
        remover->above = open_above(dirfd(remover->directory), &remover->levels[remover->depth - 2]);
        if (remover->above < 0) {
            return server_errno();
        }
    }
    seekdir(remover->directory, deepest(remover)->position);
    return SBX_OK;
}

/* Goes up from a directory that has been emptied, as far as could be, and removes it. */
static enum sbx_status leave(struct remover *remover)
{
    const char *name = deepest(remover)->name; /* stays where it is until another is pushed */
    enum sbx_status status = SBX_OK;
    (void)closedir(remover->directory);
    remover->directory = NULL;
    pop(remover);
    if (remover->depth > 0) {
        status = come_back(remover);
    }
    if (status == SBX_OK) {
        int parent = remover->depth > 0 ? dirfd(remover->directory) : remover->base;
        enum sbx_status removed = remove_one(parent, name, true);
        note(remover, removed);
        if (remover->depth > 0 && removed == SBX_OK) {
            deepest(remover)->progress = true;
        }
    }
    return status;
}

static enum sbx_status end_of_pass(struct remover *remover)
{
    struct level *level = deepest(remover);
    if (!level->progress || ++level->passes == PASSES_MAX) {
        return leave(remover);
    }
    level->progress = false;
    rewinddir(remover->directory);
    return SBX_OK;
}

static void remove_entry(struct remover *remover, const struct dirent *found)
{
    struct level *level = deepest(remover);
    int parent = dirfd(remover->directory);
    bool directory = kernel_tells_type(found) && found->d_type == DT_DIR;
    level->position = found->d_off;
    enum sbx_status status = remove_one(parent, found->d_name, directory);
    if (status == SBX_OK) {
        level->progress = true;
    } else if (status == SBX_ENOTEMPTY || status == SBX_EEXIST) {
        note(remover, enter(remover, parent, found->d_name));
    } else {
        note(remover, status);
    }
}

static enum sbx_status next_entry(struct remover *remover)
{
    errno = 0;
    const struct dirent *found = readdir(remover->directory);
    if (found == NULL) {
        note(remover, server_status(errno == 0 ? 0 : -1));
        return end_of_pass(remover);
    }
    if (!page_is_dots(found->d_name)) {
        remove_entry(remover, found);
    }
    return SBX_OK;
}

enum sbx_status remove_tree(struct server *server, int parent, const char *name)
{
    struct remover remover = {
        .base = parent,
        .above = -1,
        .levels = (struct level *)(void *)server->space,
        .names = server->space + SERVER_SPACE,
    };
    enum sbx_status status = remove_one(parent, name, false);
    if (status != SBX_ENOTEMPTY && status != SBX_EEXIST) {
        return status;
    }
    status = enter(&remover, parent, name);
    while (status == SBX_OK && remover.depth > 0) {
        status = next_entry(&remover);
    }
    note(&remover, status);
    if (remover.directory != NULL) {
        (void)closedir(remover.directory);
    }
    if (remover.above >= 0) {
        (void)close(remover.above);
    }
    return remover.first;
}
