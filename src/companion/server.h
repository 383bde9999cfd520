/* server.h: what serves a frame: the handlers, one for each row of ops.h, and the memory they work in.
 *
 * A handler op_<name> reads its arguments, does what Linux does, and returns the errno of the system call
 * that failed, unchanged. Its paths end in NUL. What it answers points into the server's `space`, which is
 * good until the next frame is served.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef COMPANION_SERVER_H
#define COMPANION_SERVER_H

#include "wire/wire.h"

struct server {
    struct sbx_writer replies; /* what is answered so far */
    size_t kept;               /* bytes of `replies` kept free for the frames that wait */
    size_t room;               /* bytes that the payload of this reply may have */
    bool alone;                /* the batch has one frame: it may wait, and holds no other up */
    bool resident;             /* others wait behind this batch: nothing in it waits, even alone */
    bool files;                /* long replies of it are left in a file */
    char *space;               /* owned; where a handler puts its answer */
};

/* Bytes of `space`: entries take more in memory than on the wire. A page ends where it is full, too. */
#define SERVER_SPACE (4 * SBX_MIB)

typedef enum sbx_status op_handler(struct server *server, const struct sbx_args *in, struct sbx_result *out);

/* A handler without a body stops the linker, by name. */
#define SERVER_DECLARE(code, NAME, name, args, reply, kind) op_handler op_##name;
SBX_OPS(SERVER_DECLARE)
#undef SERVER_DECLARE

/* Serves a batch of frames, one after the other, and puts the replies. What cannot be cut into frames to its
 * end is refused before any of it is done: SBX_EPROTO. SBX_ENOBUFS: it was served, but there is no room for the replies
 * (some of what should be in `replies` is missing). */
enum sbx_status server_batch(struct server *server, struct sbx_span batch) SBX_CHECKED;

/* errno as a status: the number is the same. */
enum sbx_status server_errno(void);

/* For a system call that says -1 when it fails. */
static inline enum sbx_status server_status(long returned)
{
    return returned < 0 ? server_errno() : SBX_OK;
}

/* What the greeting tells (greet.c). What is old in the private directory goes with it. */
void server_greeting(struct server *server, struct sbx_greeting *greeting);

#endif
