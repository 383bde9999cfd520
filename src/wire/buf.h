/* buf.h: two bounded cursors over bytes that someone else owns: a writer puts, a reader gets. Neither
 * allocates, and neither leaves its bytes: what does not fit, or is not there, sets `failed`, which stays
 * set; everything put or got after that does nothing and gives zeros. So a whole frame is put or got
 * without a test at each field, and asked once at its end. Numbers are little-endian, of a width that both know; or
 * of as many bytes as they have groups of seven bits, low ones first, all but the last with its high bit set (LEB128).
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_WIRE_BUF_H
#define SBX_WIRE_BUF_H

#include "wire/span.h"

/* Bytes of the longest number whose width is its own. */
#define SBX_VARINT_MAX ((size_t)10)

struct sbx_writer {
    char *data;    /* borrowed */
    size_t size;   /* bytes there is room for */
    size_t length; /* bytes put */
    bool failed;
};

struct sbx_reader {
    const char *data; /* borrowed */
    size_t length;    /* bytes there are */
    size_t at;        /* bytes got */
    bool failed;
};

/* Puts the `width` (at most 8) low bytes of `number`. */
void sbx_buf_put(struct sbx_writer *writer, uint64_t number, size_t width);
void sbx_buf_put_varint(struct sbx_writer *writer, uint64_t number);
void sbx_buf_put_bytes(struct sbx_writer *writer, struct sbx_span bytes);

/* Writes over `width` bytes that were put before, at `at`. */
void sbx_buf_poke(struct sbx_writer *writer, size_t at, uint64_t number, size_t width);

/* A number of `width` (at most 8) bytes. */
uint64_t sbx_buf_get(struct sbx_reader *reader, size_t width);

/* A number whose width is its own, and at most `most`; there is one way to put it, any other is no number. */
uint64_t sbx_buf_get_varint(struct sbx_reader *reader, uint64_t most);

/* The next `length` bytes, borrowed from what is read. */
struct sbx_span sbx_buf_get_bytes(struct sbx_reader *reader, size_t length);

static inline struct sbx_writer sbx_buf_writer(char *data, size_t size)
{
    return (struct sbx_writer){.data = data, .size = size};
}

static inline struct sbx_reader sbx_buf_reader(struct sbx_span bytes)
{
    return (struct sbx_reader){.data = bytes.data, .length = bytes.length};
}

/* Bytes that a writer still has room for, or that a reader has still to get. */
static inline size_t sbx_buf_room(const struct sbx_writer *writer)
{
    return writer->failed ? 0 : writer->size - writer->length;
}

static inline size_t sbx_buf_left(const struct sbx_reader *reader)
{
    return reader->failed ? 0 : reader->length - reader->at;
}

static inline struct sbx_span sbx_buf_written(const struct sbx_writer *writer)
{
    return (struct sbx_span){writer->data, writer->length};
}

#endif
