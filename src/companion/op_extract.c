/* op_extract.c: a range of a file becomes a part, a file of its own in the private directory, so that the server, which
 * reads a file whole before it answers, never has more of a large one in memory than that.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "companion/kernel.h"
#include "companion/open.h"
#include "companion/parts.h"
#include "companion/server.h"

#define PART_MODE 0600

/* The range, which ends where the file does, into the part "0" of `directory`. */
static enum sbx_status fill(int from, const struct sbx_args *in, int directory)
{
    int to = openat(directory, "0", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, PART_MODE);
    if (to < 0) {
        return server_errno();
    }
    enum sbx_status status = server_status(lseek(from, (off_t)in->offset, SEEK_SET));
    return open_close(to, status == SBX_OK ? kernel_copy(from, to, in->length) : status);
}

/* The path of the part's directory is what is answered. */
static enum sbx_status extract(struct server *server, int from, const struct sbx_args *in,
                               struct sbx_result *out)
{
    int private = -1;
    struct parts parts;
    enum sbx_status status = parts_open_private(&private);
    if (status == SBX_OK) {
        status = open_close(private, parts_make(server, private, PRIVATE_PARTS, &out->bytes));
    }
    if (status == SBX_OK) {
        status = parts_open((struct sbx_span){out->bytes.data, out->bytes.length}, PRIVATE_PARTS, &parts);
    }
    if (status != SBX_OK) {
        return status;
    }
    status = fill(from, in, parts.fd);
    if (status != SBX_OK) {
        (void)!parts_remove(server, &parts);
    }
    parts_close(&parts);
    return status;
}

/* The part before goes first: there is never more than one of them for each that is read. */
static enum sbx_status remove_before(struct server *server, struct sbx_span target)
{
    return target.length == 0 ? SBX_OK : op_unstage(server, &(struct sbx_args){.target = target}, NULL);
}

/* Of no bytes there is no part: then it is the one before that goes, alone. SBX_ENOSYS: there is no private directory. */
enum sbx_status op_extract(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    int from = -1;
    struct stat stat;
    enum sbx_status status = remove_before(server, in->target);
    if (status != SBX_OK || in->length == 0) {
        return status;
    }
    if (in->offset > INT64_MAX || in->length > INT64_MAX - in->offset) {
        return SBX_EFBIG;
    }
    status = open_file(in->path.data, O_RDONLY, &from, &stat);
    if (status != SBX_OK) {
        return status;
    }
    out->total = (uint64_t)stat.st_size;
    status = kernel_file(from, &out->file);
    return open_close(from, status == SBX_OK ? extract(server, from, in, out) : status);
}
