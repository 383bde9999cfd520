/* relay.c: see relay.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "companion/open.h"
#include "companion/server.h"

#define CHUNK ((size_t)64 * 1024) /* bytes: a pipe holds as many */

enum sbx_status relay_open(struct relay *relay, int file, uint64_t most, int to, int *into)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return open_close(file, server_errno());
    }
    *relay = (struct relay){.from = ends[0], .to = to, .file = file, .most = most};
    *into = ends[1];
    return server_status(fcntl(ends[0], F_SETFL, O_RDONLY | O_NONBLOCK));
}

static bool put_at(int file, const char *bytes, size_t length, uint64_t offset)
{
    while (length > 0) {
        ssize_t written = pwrite(file, bytes, length, (off_t)offset);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
            offset += (uint64_t)written;
        }
    }
    return true;
}

/* Piece after piece, cut where the file's head or its end is. A file that cannot be written is left as it is. */
static void keep(struct relay *relay, const char *bytes, size_t length)
{
    while (length > 0) {
        uint64_t room = 0;
        uint64_t offset = sbx_spool_place(relay->most, relay->total, &room);
        size_t piece = length < room ? length : (size_t)room;
        if (relay->file >= 0 && !put_at(relay->file, bytes, piece, offset)) {
            (void)close(relay->file);
            relay->file = -1;
            relay->incomplete = true;
        }
        relay->total += piece;
        bytes += piece;
        length -= piece;
    }
}

/* Where nobody reads it, it is kept all the same. */
static void pass_on(int to, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(to, bytes, length);
        if (written < 0 && errno != EINTR) {
            return;
        }
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
}

bool relay_pass(struct relay *relay)
{
    static char bytes[CHUNK];
    ssize_t got = relay->from < 0 ? -1 : read(relay->from, bytes, sizeof(bytes));
    if (got > 0) {
        keep(relay, bytes, (size_t)got);
        pass_on(relay->to, bytes, (size_t)got);
    } else if (relay->from >= 0 && (got == 0 || (errno != EAGAIN && errno != EINTR))) {
        (void)close(relay->from);
        relay->from = -1;
    }
    return got > 0;
}
