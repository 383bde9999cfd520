/* box.c: a directory of parts (parts.h), whose files nobody needs in their order. It is opened anew each time: it may have been
 * swept, and made again by the server.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/box.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "companion/content.h"
#include "companion/open.h"
#include "companion/parts.h"

void box_make(struct box *box, struct server *server)
{
    int private = -1;
    struct sbx_buffer path = {0};
    box->path[0] = '\0';
    if (parts_open_private(&private) == SBX_OK &&
        open_close(private, parts_make(server, private, &path)) == SBX_OK) {
        memcpy(box->path, path.data, path.length);
        box->path[path.length] = '\0';
    }
}

static enum sbx_status open_parts(const struct box *box, struct parts *parts)
{
    return parts_open((struct sbx_span){box->path, strlen(box->path)}, parts);
}

static enum sbx_status take(const struct parts *parts, uint32_t number, struct sbx_buffer *bytes)
{
    char name[PARTS_NUMBER_SIZE];
    (void)snprintf(name, sizeof(name), "%" PRIu32, number);
    int fd = openat(parts->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return server_errno();
    }
    (void)unlinkat(parts->fd, name, 0);
    return open_close(fd, content_get(fd, bytes, SBX_BATCH_MAX, 0));
}

enum sbx_status box_take(const struct box *box, uint32_t number, struct sbx_buffer *bytes)
{
    struct parts parts;
    enum sbx_status status = open_parts(box, &parts);
    if (status == SBX_OK) {
        status = parts.alone ? take(&parts, number, bytes) : SBX_EPERM;
        parts_close(&parts);
    }
    return status;
}

void box_remove(const struct box *box, struct server *server)
{
    struct parts parts;
    if (open_parts(box, &parts) == SBX_OK) {
        (void)!parts_remove(server, &parts); /* else it is swept one day */
        parts_close(&parts);
    }
}
