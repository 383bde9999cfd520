/* tar.c: the ustar format of POSIX: a header of 512 bytes for each entry, its content padded to as much, and two
 * empty headers at the end.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/companion/tar.h"

#include <stdio.h>
#include <string.h>

#define BLOCK ((size_t)512)
#define NAME_MAX_TAR ((size_t)99)

/* POSIX's, field by field; numbers are octal text. */
struct header {
    char name[100];
    char mode[8];
    char uid[8];
    char gid[8];
    char size[12];
    char mtime[12];
    char checksum[8];
    char type;
    char link[100];
    char magic[6];
    char version[2];
    char rest[247];
};

_Static_assert(sizeof(struct header) == BLOCK, "as POSIX has it");

static void append_header(struct sbx_bytes *tar, const char *name, char type, size_t size)
{
    struct header header = {.type = type, .magic = "ustar", .version = {'0', '0'}};
    unsigned sum = 0;
    (void)snprintf(header.name, sizeof(header.name), "%s", name);
    (void)snprintf(header.mode, sizeof(header.mode), "%07o", 0700U);
    (void)snprintf(header.uid, sizeof(header.uid), "%07o", 0U);
    (void)snprintf(header.gid, sizeof(header.gid), "%07o", 0U);
    (void)snprintf(header.size, sizeof(header.size), "%011zo", size);
    (void)snprintf(header.mtime, sizeof(header.mtime), "%011o", 1U); /* its own first run sets the time */
    memset(header.checksum, ' ', sizeof(header.checksum));
    for (size_t i = 0; i < sizeof(header); i++) {
        sum += ((const unsigned char *)&header)[i];
    }
    (void)snprintf(header.checksum, sizeof(header.checksum), "%06o", sum & 0777777U);
    sbx_bytes_append(tar, (struct sbx_span){(const char *)&header, sizeof(header)});
}

static void append_zeros(struct sbx_bytes *tar, size_t length)
{
    static const char zeros[2 * BLOCK];
    sbx_bytes_append(tar, (struct sbx_span){zeros, length});
}

enum sbx_status sbx_tar_append(struct sbx_bytes *tar, struct sbx_span directory, struct sbx_span name,
                               struct sbx_span content)
{
    char path[NAME_MAX_TAR + 1];
    if (directory.length + 1 + name.length > NAME_MAX_TAR) {
        return SBX_ENAMETOOLONG;
    }
    (void)snprintf(path, sizeof(path), "%.*s/", (int)directory.length, directory.data);
    append_header(tar, path, '5', 0);
    (void)snprintf(path, sizeof(path), "%.*s/%.*s", (int)directory.length, directory.data, (int)name.length,
                   name.data);
    append_header(tar, path, '0', content.length);
    sbx_bytes_append(tar, content);
    append_zeros(tar, (BLOCK - content.length % BLOCK) % BLOCK);
    append_zeros(tar, 2 * BLOCK);
    return tar->status;
}
