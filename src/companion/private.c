/* private.c: whoever else is in the sandbox could put what they like into a directory of theirs; so a place counts
 * only if it is no link, ours, and nobody else may as much as look into it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/private.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "companion/install.h"
#include "companion/server.h"

#define PRIVATE_MODE 0700
#define OTHERS 077U
#define NAME ".agentos-sandbox"
#define RANDOM_LENGTH 16 /* digits of a hash or of something random */

enum { PLACES_MAX = 5 };

struct places {
    char paths[PLACES_MAX][SBX_PATH_MAX + 1];
    size_t count;
};

/* A place that has no absolute path, or a longer one than a path can be, is none. */
static void add(struct places *places, const char *base, const char *rest)
{
    char *path = places->paths[places->count];
    if (base == NULL || base[0] != '/') {
        return;
    }
    int length = snprintf(path, SBX_PATH_MAX + 1, "%s%s", strcmp(base, "/") == 0 ? "" : base, rest);
    if (length > 0 && (size_t)length <= SBX_PATH_MAX) {
        places->count++;
    }
}

/* The program's directory, where the client has put it there: one at a path of the user's has a directory of the
 * user's, however private that is. */
static void add_of_program(struct places *places)
{
    char path[SBX_PATH_MAX + 1];
    struct sbx_span program = install_path();
    if (program.length > 0) {
        memcpy(path, program.data, program.length + 1);
        char *slash = strrchr(path, '/');
        if (private_is(slash + 1, PRIVATE_PROGRAM) || private_is(slash + 1, PRIVATE_UPLOADED)) {
            *slash = '\0';
            add(places, path, "");
        }
    }
}

/* The same ones, in the same order, as the client's shell looks in. */
static struct places *find_places(void)
{
    static struct places places;
    char path[SBX_PATH_MAX + 1];
    char of_user[64];
    (void)snprintf(of_user, sizeof(of_user), "/" NAME "-%u", (unsigned)geteuid());
    places.count = 0;
    add_of_program(&places);
    add(&places, getenv("HOME"), "/.cache/agentos-sandbox");
    add(&places, getcwd(path, sizeof(path)), "/" NAME);
    add(&places, "/tmp", of_user);
    add(&places, "/var/tmp", of_user);
    return &places;
}

static bool is_ours_alone(const struct stat *stat)
{
    return S_ISDIR(stat->st_mode) && stat->st_uid == geteuid() && (stat->st_mode & OTHERS) == 0;
}

/* Makes the directory, and .cache above it; no other one: /tmp is not ours to make. */
static void make(char *path)
{
    char *name = strrchr(path, '/');
    *name = '\0';
    const char *above = strrchr(path, '/');
    if (above != NULL && strcmp(above, "/.cache") == 0) {
        (void)mkdir(path, PRIVATE_MODE);
    }
    *name = '/';
    (void)mkdir(path, PRIVATE_MODE);
}

struct sbx_span private_directory(void)
{
    struct places *places = find_places();
    for (size_t i = 0; i < places->count; i++) {
        char *path = places->paths[i];
        struct stat stat;
        make(path);
        if (lstat(path, &stat) == 0 && is_ours_alone(&stat)) {
            return (struct sbx_span){path, strlen(path)};
        }
    }
    return SBX_SPAN("");
}

static bool is_place(const char *path)
{
    const struct places *places = find_places();
    for (size_t i = 0; i < places->count; i++) {
        if (strcmp(places->paths[i], path) == 0) {
            return true;
        }
    }
    return false;
}

enum sbx_status private_open(const char *path, int *fd)
{
    if (!is_place(path)) {
        return SBX_EPERM;
    }
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*fd < 0) {
        enum sbx_status status = server_errno();
        return status == SBX_ENOENT ? status : SBX_EPERM;
    }
    return SBX_OK;
}

bool private_is_alone(int fd)
{
    struct stat stat;
    return fstat(fd, &stat) == 0 && is_ours_alone(&stat);
}

static bool is_digit(char character)
{
    return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'f');
}

/* Passes `word` and the digits behind it; NULL where they are not there. */
static const char *pass(const char *name, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(name, word, length) != 0) {
        return NULL;
    }
    name += length;
    for (size_t i = 0; i < RANDOM_LENGTH; i++) {
        if (!is_digit(*name++)) {
            return NULL;
        }
    }
    return name;
}

bool private_is(const char *name, enum private_kind kind)
{
    static const char *const words[PRIVATE_KINDS][2] = {
        [PRIVATE_PROGRAM] = {"companion-"}, [PRIVATE_UPLOADED] = {"companion-", ".new-"},
        [PRIVATE_PARTS] = {"parts-"},       [PRIVATE_CLAIMED] = {"claimed-"},
        [PRIVATE_BOX] = {"box-"},           [PRIVATE_RUN] = {"run-"},
        [PRIVATE_INPUT] = {"input-"},
    };
    for (size_t i = 0; i < 2 && name != NULL && words[kind][i] != NULL; i++) {
        name = pass(name, words[kind][i]);
    }
    return name != NULL && *name == '\0';
}

enum sbx_status private_claim(int fd, const char *name, char claimed[PRIVATE_NAME_SIZE])
{
    const char *random = strchr(name, '-');
    (void)snprintf(claimed, PRIVATE_NAME_SIZE, "claimed%s", random);
    return server_status(renameat(fd, name, fd, claimed));
}
