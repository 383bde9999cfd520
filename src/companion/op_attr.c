/* op_attr.c: attributes: lstat, stat, access, chmod, chown, utimes, statfs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "companion/kernel.h"
#include "companion/server.h"

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define PERMISSIONS 07777U

enum sbx_status op_lstat(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)server;
    return kernel_stat(AT_FDCWD, in->path.data, AT_SYMLINK_NOFOLLOW, &out->stat);
}

enum sbx_status op_stat(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)server;
    return kernel_stat(AT_FDCWD, in->path.data, 0, &out->stat);
}

enum sbx_status op_access(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)server, (void)out;
    return server_status(access(in->path.data, F_OK));
}

enum sbx_status op_chmod(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)server, (void)out;
    return server_status(chmod(in->path.data, in->mode & PERMISSIONS));
}

/* An owner of 2^32 - 1 stays as it is, as chown(2) says. */
enum sbx_status op_chown(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)server, (void)out;
    int flags = (in->flags & SBX_CHOWN_LINK) != 0 ? AT_SYMLINK_NOFOLLOW : 0;
    return server_status(fchownat(AT_FDCWD, in->path.data, in->uid, in->gid, flags));
}

/* The ns of a time before 1970 count forwards from the second below it. */
static struct timespec to_timespec(int64_t ns)
{
    int64_t rest = ns % NS_PER_S;
    int64_t below = rest < 0 ? 1 : 0;
    return (struct timespec){.tv_sec = ns / NS_PER_S - below, .tv_nsec = rest + below * NS_PER_S};
}

/* `ns`, in whole milliseconds, is no other time than the file has already. */
static void omit_same(struct timespec *time, int64_t ns, int64_t found_ns)
{
    if (ns % NS_PER_MS == 0 && found_ns >= ns && found_ns - ns < NS_PER_MS) {
        time->tv_nsec = UTIME_OMIT;
    }
}

enum sbx_status op_utimes(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)server, (void)out;
    struct timespec times[2] = {to_timespec(in->atime_ns), to_timespec(in->mtime_ns)};
    if ((in->flags & SBX_UTIMES_MS) != 0) {
        struct sbx_stat found;
        enum sbx_status looked = kernel_stat(AT_FDCWD, in->path.data, 0, &found);
        if (looked != SBX_OK) {
            return looked;
        }
        omit_same(&times[0], in->atime_ns, found.atime_ns);
        omit_same(&times[1], in->mtime_ns, found.mtime_ns);
    }
    enum sbx_status status = server_status(utimensat(AT_FDCWD, in->path.data, times, 0));
    bool refused = status == SBX_EPERM || status == SBX_EACCES || status == SBX_EROFS;
    return refused && times[1].tv_nsec == UTIME_OMIT ? SBX_OK : status;
}

enum sbx_status op_statfs(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)server;
    struct statfs found;
    if (statfs(in->path.data, &found) != 0) {
        return server_errno();
    }
    out->statfs = (struct sbx_statfs){
        .type = (uint64_t)found.f_type,
        .bsize = (uint64_t)found.f_bsize,
        .blocks = found.f_blocks,
        .bfree = found.f_bfree,
        .bavail = found.f_bavail,
        .files = found.f_files,
        .ffree = found.f_ffree,
    };
    return SBX_OK;
}
