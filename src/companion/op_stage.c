/* op_stage.c: a content comes in parts, and becomes that of a file, or a range of it, or goes. The parts are the files "0",
 * "1", … of a directory in the private one, which stage makes; whoever has the bytes puts them there, by another way than
 * frames. They are removed at every ending of commit and place but SBX_ENOBUFS, which is asked again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "companion/kernel.h"
#include "companion/open.h"
#include "companion/parts.h"
#include "companion/server.h"
#include "companion/sweep.h"
#include "companion/target.h"

/* Looks at the file first: what would be refused in the end is, before any part is sent. It waits for nothing
 * and so shares its batch with others. */
enum sbx_status op_stage(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    int fd = -1;
    enum sbx_status status = parts_open_private(&fd);
    if (status != SBX_OK) {
        return status;
    }
    status = target_look(in->path.data, in->length, (in->flags & SBX_STAGE_IN_PLACE) != 0, fd);
    if (status == SBX_OK) {
        status = parts_make(server, fd, PRIVATE_PARTS, &out->bytes);
    }
    return open_close(fd, status);
}

/* ---- The parts ------------------------------------------------------------------------------------------ */

static void name_part(char name[PARTS_NUMBER_SIZE], size_t number)
{
    (void)snprintf(name, PARTS_NUMBER_SIZE, "%zu", number);
}

/* Counts the parts, which have to have `length` bytes together. */
static enum sbx_status count_parts(struct parts *parts, uint64_t length)
{
    for (parts->count = 0;; parts->count++) {
        char name[PARTS_NUMBER_SIZE];
        struct stat stat;
        name_part(name, parts->count);
        if (fstatat(parts->fd, name, &stat, AT_SYMLINK_NOFOLLOW) != 0) {
            enum sbx_status status = server_errno();
            return status == SBX_ENOENT ? (length == 0 ? SBX_OK : SBX_ESTALE) : status;
        }
        if (!S_ISREG(stat.st_mode) || (uint64_t)stat.st_size > length) {
            return SBX_ESTALE;
        }
        length -= (uint64_t)stat.st_size;
    }
}

/* ---- The commit ------------------------------------------------------------------------------------------ */

static enum sbx_status copy_part(const struct parts *parts, size_t number, int to)
{
    char name[PARTS_NUMBER_SIZE];
    name_part(name, number);
    (void)futimens(parts->fd, NULL); /* nobody takes them for old, however long this takes */
    int from = openat(parts->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    return from < 0 ? server_errno() : open_close(from, kernel_copy(from, to, INT64_MAX));
}

/* To where the file `to` stands; `end` is where it stands then. */
static enum sbx_status copy_parts(const struct parts *parts, int to, uint64_t end)
{
    enum sbx_status status = SBX_OK;
    for (size_t i = 0; i < parts->count && status == SBX_OK; i++) {
        status = copy_part(parts, i, to);
    }
    if (status == SBX_OK && lseek(to, 0, SEEK_CUR) != (off_t)end) {
        return SBX_EIO; /* they are other ones by now */
    }
    return status;
}

/* Claims and counts them: whoever had them open until now may have removed some. SBX_ESTALE: it is not the file that is
 * missing. */
static enum sbx_status take_parts(struct parts *parts, uint64_t length)
{
    enum sbx_status status = parts_claim(parts);
    return status == SBX_OK ? count_parts(parts, length) : status == SBX_ENOENT ? SBX_ESTALE : status;
}

static enum sbx_status commit(struct server *server, const struct sbx_args *in, struct parts *parts)
{
    struct target target;
    enum sbx_status status = count_parts(parts, in->length);
    if (status == SBX_OK) {
        status = target_make(&target, in->path.data, server->alone);
    }
    if (status != SBX_OK) {
        return status;
    }
    status = take_parts(parts, in->length);
    if (status == SBX_OK) {
        status = target_reserve_whole(&target, in->length);
    }
    if (status == SBX_OK) {
        status = copy_parts(parts, target.fd, in->length);
    }
    return target_end(&target, status, in->length);
}

/* The parts, in their order, into the file that is open. */
static enum sbx_status place_in(int fd, const struct sbx_args *in, struct parts *parts)
{
    enum sbx_status status = take_parts(parts, in->length);
    if (status == SBX_OK) {
        status = server_status(lseek(fd, (off_t)in->offset, SEEK_SET));
    }
    return status == SBX_OK ? copy_parts(parts, fd, in->offset + in->length) : status;
}

/* The file is there already, as for pwrite. */
static enum sbx_status place(struct server *server, const struct sbx_args *in, struct parts *parts)
{
    int fd = -1;
    struct stat stat;
    (void)server;
    if (in->offset > INT64_MAX || in->length > INT64_MAX - in->offset) {
        return SBX_EFBIG;
    }
    enum sbx_status status = open_file(in->path.data, O_WRONLY, &fd, &stat);
    return status == SBX_OK ? open_close(fd, place_in(fd, in, parts)) : status;
}

typedef enum sbx_status parts_user(struct server *server, const struct sbx_args *in, struct parts *parts);

/* SBX_ESTALE: the parts are not what was sent, or not there any more, or others may have had them. */
static enum sbx_status use_parts(struct server *server, const struct sbx_args *in, parts_user *use)
{
    struct parts parts;
    enum sbx_status status = parts_open(in->target, PRIVATE_PARTS, &parts);
    if (status != SBX_OK) {
        return status == SBX_ENOENT ? SBX_ESTALE : status;
    }
    (void)futimens(parts.fd, NULL); /* nobody takes them for old while it waits */
    status = parts.alone ? use(server, in, &parts) : SBX_ESTALE;
    if (status != SBX_ENOBUFS) {
        (void)!parts_remove(server, &parts);
    }
    sweep_parts(server, parts.directory, time(NULL));
    parts_close(&parts);
    return status;
}

enum sbx_status op_commit(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)out;
    return use_parts(server, in, commit);
}

enum sbx_status op_place(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)out;
    return use_parts(server, in, place);
}

enum sbx_status op_unstage(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)out;
    struct parts parts;
    enum sbx_status status = parts_open(in->target, PRIVATE_PARTS, &parts);
    if (status == SBX_OK) {
        status = parts_claim(&parts);
        if (status == SBX_OK) {
            status = parts_remove(server, &parts);
        }
        parts_close(&parts);
    }
    return status == SBX_ENOENT ? SBX_OK : status;
}
