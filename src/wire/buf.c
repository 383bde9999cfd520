/* buf.c: every access is checked against what is left, in a form that cannot overflow.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/buf.h"

#define WIDTH_MAX sizeof(uint64_t)

#define GROUP_BITS 7
#define GROUP_MORE 0x80U /* another group follows */

/* Room for `length` bytes more; NULL, and `failed`, where there is none. */
static char *make_room(struct sbx_writer *writer, size_t length)
{
    if (sbx_buf_room(writer) < length) {
        writer->failed = true;
    }
    if (writer->failed || length == 0) {
        return NULL;
    }
    char *place = writer->data + writer->length;
    writer->length += length;
    return place;
}

static void store(char *place, uint64_t number, size_t width)
{
    for (size_t i = 0; i < width; i++) {
        place[i] = (char)(unsigned char)(number >> (8 * i) & 0xff);
    }
}

void sbx_buf_put(struct sbx_writer *writer, uint64_t number, size_t width)
{
    writer->failed = writer->failed || width > WIDTH_MAX;
    char *place = make_room(writer, width);
    if (place != NULL) {
        store(place, number, width);
    }
}

void sbx_buf_put_varint(struct sbx_writer *writer, uint64_t number)
{
    char bytes[SBX_VARINT_MAX];
    size_t length = 0;
    for (; number >= GROUP_MORE; number >>= GROUP_BITS) {
        bytes[length++] = (char)(unsigned char)((number & (GROUP_MORE - 1)) | GROUP_MORE);
    }
    bytes[length++] = (char)(unsigned char)number;
    sbx_buf_put_bytes(writer, (struct sbx_span){bytes, length});
}

void sbx_buf_put_bytes(struct sbx_writer *writer, struct sbx_span bytes)
{
    char *place = make_room(writer, bytes.length);
    if (place != NULL) {
        __builtin_memcpy(place, bytes.data, bytes.length);
    }
}

void sbx_buf_poke(struct sbx_writer *writer, size_t at, uint64_t number, size_t width)
{
    if (writer->failed || width > WIDTH_MAX || at > writer->length || writer->length - at < width) {
        writer->failed = true;
        return;
    }
    store(writer->data + at, number, width);
}

struct sbx_span sbx_buf_get_bytes(struct sbx_reader *reader, size_t length)
{
    if (sbx_buf_left(reader) < length) {
        reader->failed = true;
    }
    if (reader->failed || length == 0) {
        return SBX_SPAN("");
    }
    struct sbx_span bytes = {reader->data + reader->at, length};
    reader->at += length;
    return bytes;
}

uint64_t sbx_buf_get(struct sbx_reader *reader, size_t width)
{
    uint64_t number = 0;
    if (width > WIDTH_MAX) {
        reader->failed = true;
        return 0;
    }
    struct sbx_span bytes = sbx_buf_get_bytes(reader, width);
    for (size_t i = 0; i < bytes.length; i++) {
        number |= (uint64_t)(unsigned char)bytes.data[i] << (8 * i);
    }
    return number;
}

uint64_t sbx_buf_get_varint(struct sbx_reader *reader, uint64_t most)
{
    uint64_t number = 0;
    uint64_t group = GROUP_MORE;
    for (unsigned shift = 0; group >= GROUP_MORE && !reader->failed; shift += GROUP_BITS) {
        group = sbx_buf_get(reader, 1);
        uint64_t bits = group & (GROUP_MORE - 1);
        bool vain = group == 0 && shift > 0;
        if (vain || shift >= 64 || bits > most >> shift) {
            reader->failed = true;
            return 0;
        }
        number |= bits << shift;
    }
    reader->failed = reader->failed || number > most;
    return reader->failed ? 0 : number;
}
