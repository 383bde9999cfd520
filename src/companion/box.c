/* box.c: a directory as those of parts (parts.h), whose files nobody needs in their order. It is opened anew each time: it may have been
 * swept, and made again by the server, for others to see: nothing in that is taken.
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
        open_close(private, parts_make(server, private, PRIVATE_BOX, &path)) == SBX_OK) {
        memcpy(box->path, path.data, path.length);
        box->path[path.length] = '\0';
    }
}

static enum sbx_status open_parts(const struct box *box, struct parts *parts)
{
    return parts_open((struct sbx_span){box->path, strlen(box->path)}, PRIVATE_BOX, parts);
}

static enum sbx_status take(const struct parts *parts, uint32_t number, struct sbx_buffer *bytes)
{
    char name[PARTS_NUMBER_SIZE];
    (void)snprintf(name, sizeof(name), "%" PRIu32, number);
    int fd = openat(parts->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    enum sbx_status status = fd < 0 ? server_errno() : parts->alone ? SBX_OK : SBX_EPERM;
    (void)unlinkat(parts->fd, name, 0);
    if (status == SBX_OK) {
        status = content_get(fd, bytes, SBX_BATCH_MAX, 0);
    }
    return fd < 0 ? status : open_close(fd, status);
}

enum sbx_status box_take(const struct box *box, uint32_t number, struct sbx_buffer *bytes)
{
    struct parts parts;
    enum sbx_status status = open_parts(box, &parts);
    if (status == SBX_OK) {
        status = take(&parts, number, bytes);
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
