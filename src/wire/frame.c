/* frame.c: begin, end, and cutting a stream of bytes into frames.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/frame.h"

#include "wire/limits.h"

#define LENGTH_WIDTH ((size_t)4)
#define ID_WIDTH ((size_t)4)
#define CODE_WIDTH ((size_t)2)

size_t sbx_frame_begin(struct sbx_writer *writer, uint32_t id, uint16_t code)
{
    size_t start = writer->length;
    sbx_buf_put(writer, 0, LENGTH_WIDTH);
    sbx_buf_put(writer, id, ID_WIDTH);
    sbx_buf_put(writer, code, CODE_WIDTH);
    return start;
}

enum sbx_status sbx_frame_end(struct sbx_writer *writer, size_t start)
{
    size_t length = writer->length - start;
    if (writer->failed || length < SBX_FRAME_HEADER || length > SBX_FRAME_MAX) {
        writer->length = start;
        writer->failed = false;
        return SBX_ENOBUFS;
    }
    sbx_buf_poke(writer, start, length - LENGTH_WIDTH, LENGTH_WIDTH);
    return SBX_OK;
}

enum sbx_status sbx_frame_next(struct sbx_reader *reader, struct sbx_frame *frame)
{
    struct sbx_reader ahead = *reader;
    if (sbx_buf_left(reader) < LENGTH_WIDTH) {
        return reader->failed ? SBX_EPROTO : SBX_EAGAIN;
    }
    uint64_t length = sbx_buf_get(&ahead, LENGTH_WIDTH);
    if (length < ID_WIDTH + CODE_WIDTH || length > SBX_FRAME_MAX - LENGTH_WIDTH) {
        return SBX_EPROTO;
    }
    if (sbx_buf_left(&ahead) < length) {
        return SBX_EAGAIN;
    }
    frame->id = (uint32_t)sbx_buf_get(&ahead, ID_WIDTH);
    frame->code = (uint16_t)sbx_buf_get(&ahead, CODE_WIDTH);
    frame->payload = sbx_buf_get_bytes(&ahead, (size_t)length - ID_WIDTH - CODE_WIDTH);
    *reader = ahead;
    return SBX_OK;
}
