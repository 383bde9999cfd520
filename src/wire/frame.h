/* frame.h: what travels between the two ends. A frame asks, a reply answers; both begin with the same
 * header, little-endian:
 *
 *   u32 length   bytes of what follows it: id, code and payload
 *   u32 id       whoever asks chooses it; the reply has the same
 *   u16 code     in a frame the operation (ops.h), or SBX_FRAME_GREET; in a reply the status
 *   payload      in a frame the arguments by the row (args.h); in a reply, where its status is SBX_OK,
 *                the result by the row (result.h), else nothing
 *
 * Frames stand one after the other with nothing between; so do replies. Their order is that of the
 * frames; a frame whose code or arguments are not understood has a reply all the same.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_WIRE_FRAME_H
#define SBX_WIRE_FRAME_H

#include "wire/buf.h"
#include "wire/status.h"

#define SBX_FRAME_HEADER ((size_t)10) /* bytes of length, id and code */
#define SBX_FRAME_GREET 0             /* the code that asks for the greeting (greeting.h) */

struct sbx_frame {
    uint32_t id;
    uint16_t code;
    struct sbx_span payload; /* borrowed from the bytes that it was cut from */
};

/* Begins a frame or a reply; the payload is put after it. Returns where it begins, for sbx_frame_end. */
size_t sbx_frame_begin(struct sbx_writer *writer, uint32_t id, uint16_t code);

/* Ends it: its length is known now. On a failure the writer is as it was before `start`, and not failed.
 * SBX_ENOBUFS: it did not fit. */
enum sbx_status sbx_frame_end(struct sbx_writer *writer, size_t start) SBX_CHECKED;

/* Cuts the next one off. SBX_EAGAIN: its bytes are not all there yet, the reader is as it was.
 * SBX_EPROTO: it is longer than SBX_FRAME_MAX or shorter than its header, and nothing after it can be
 * read. */
enum sbx_status sbx_frame_next(struct sbx_reader *reader, struct sbx_frame *frame) SBX_CHECKED;

#endif
