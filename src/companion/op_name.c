/* op_name.c: names: readlink, realpath, mkdir, mkdir_p, rmdir, unlink, rename, link, symlink. One system call
 * each, its errno the answer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "companion/open.h"
#include "companion/server.h"

#define DIRECTORY_MODE 0777

enum sbx_status op_readlink(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    ssize_t length = readlink(in->path.data, server->space, SBX_PATH_MAX + 1);
    if (length < 0) {
        return server_errno();
    }
    out->bytes = (struct sbx_buffer){server->space, (size_t)length};
    return (size_t)length > SBX_PATH_MAX ? SBX_ENAMETOOLONG : SBX_OK; /* it was cut */
}

enum sbx_status op_realpath(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    _Static_assert(SERVER_SPACE >= PATH_MAX, "realpath writes as much");
    if (realpath(in->path.data, server->space) == NULL) {
        return server_errno();
    }
    out->bytes = (struct sbx_buffer){server->space, strlen(server->space)};
    return SBX_OK;
}

enum sbx_status op_mkdir(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)server, (void)out;
    return server_status(mkdir(in->path.data, DIRECTORY_MODE));
}

enum sbx_status op_mkdir_p(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)server, (void)out;
    return open_make_directories(in->path.data);
}

enum sbx_status op_rmdir(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)server, (void)out;
    return server_status(rmdir(in->path.data));
}

enum sbx_status op_unlink(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)server, (void)out;
    return server_status(unlink(in->path.data));
}

enum sbx_status op_rename(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)server, (void)out;
    return server_status(rename(in->path.data, in->new_path.data));
}

enum sbx_status op_link(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)server, (void)out;
    return server_status(link(in->path.data, in->new_path.data));
}

enum sbx_status op_symlink(struct server *server, const struct sbx_args *in, struct sbx_result *out)
{
    (void)server, (void)out;
    return server_status(symlink(in->target.data, in->path.data));
}
