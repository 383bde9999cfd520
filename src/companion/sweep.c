/* sweep.c: see sweep.h. Only what has a name that we give, our owner, and the type that we make.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/sweep.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "companion/page.h"
#include "companion/private.h"
#include "companion/record.h"
#include "companion/remove.h"

#define HOUR_S INT64_C(3600)
#define DAY_S (24 * HOUR_S)
#define WEEK_S (7 * DAY_S)

static int64_t later(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

/* When it was used last. */
static int64_t use_of_program(const struct stat *stat)
{
    return later(stat->st_atim.tv_sec, stat->st_mtim.tv_sec);
}

/* When it was put there: the archive that it came in sets the other times. */
static int64_t use_of_upload(const struct stat *stat)
{
    return stat->st_ctim.tv_sec;
}

/* When the last part came, or the record was written. */
static int64_t use_of_parts(const struct stat *stat)
{
    return stat->st_mtim.tv_sec;
}

static void remove_file(struct server *server, int fd, const char *name)
{
    (void)server;
    (void)unlinkat(fd, name, 0);
}

static void remove_directory(struct server *server, int fd, const char *name)
{
    (void)!remove_tree(server, fd, name);
}

/* A commit may come for them this moment: one of us gets them. */
static void claim_and_remove(struct server *server, int fd, const char *name)
{
    char claimed[PRIVATE_NAME_SIZE];
    if (private_claim(fd, name, claimed) == SBX_OK) {
        remove_directory(server, fd, claimed);
    }
}

/* A program may run for weeks, and print nothing. */
static void remove_record(struct server *server, int fd, const char *name)
{
    struct sbx_supervised state = {0};
    if (record_read(fd, name, &state) != SBX_OK || !record_is_kept(name, &state, NULL)) {
        remove_directory(server, fd, name);
    }
}

static const struct {
    int64_t (*use)(const struct stat *stat);
    int64_t age_s;
    mode_t type;
    void (*remove)(struct server *server, int fd, const char *name);
} kinds[PRIVATE_KINDS] = {
    [PRIVATE_PROGRAM] = {use_of_program, WEEK_S, S_IFREG, remove_file},
    [PRIVATE_UPLOADED] = {use_of_upload, HOUR_S, S_IFREG, remove_file},
    [PRIVATE_PARTS] = {use_of_parts, HOUR_S, S_IFDIR, claim_and_remove},
    [PRIVATE_CLAIMED] = {use_of_parts, HOUR_S, S_IFDIR, remove_directory},
    [PRIVATE_BOX] = {use_of_parts, HOUR_S, S_IFDIR, remove_directory},
    [PRIVATE_RUN] = {use_of_parts, DAY_S, S_IFDIR, remove_record},
    [PRIVATE_INPUT] = {use_of_upload, HOUR_S, S_IFREG, remove_file},
};

static bool is_old(int fd, const char *name, enum private_kind kind, int64_t now)
{
    struct stat stat;
    return private_is(name, kind) && fstatat(fd, name, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
           stat.st_uid == geteuid() && (stat.st_mode & S_IFMT) == kinds[kind].type &&
           kinds[kind].use(&stat) < now - kinds[kind].age_s;
}

/* Those of the kinds from `first` on. */
static void sweep(struct server *server, int fd, const char *own, enum private_kind first, int64_t now)
{
    DIR *opened = page_open_directory(fd, ".", 0);
    const struct dirent *found = opened == NULL ? NULL : readdir(opened);
    for (; found != NULL; found = readdir(opened)) {
        for (enum private_kind kind = first; kind < PRIVATE_KINDS; kind++) {
            if (strcmp(found->d_name, own) != 0 && is_old(fd, found->d_name, kind, now)) {
                kinds[kind].remove(server, fd, found->d_name);
            }
        }
    }
    if (opened != NULL) {
        (void)closedir(opened);
    }
}

void sweep_all(struct server *server, int fd, const char *own, int64_t now)
{
    sweep(server, fd, own, 0, now);
}

void sweep_parts(struct server *server, int fd, int64_t now)
{
    sweep(server, fd, "", PRIVATE_PARTS, now);
}
