/* greeting.c: the greeting to bytes and back.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/greeting.h"

#include "wire/limits.h"
#include "wire/ops.h"

void sbx_greeting_set_codes(struct sbx_greeting *greeting)
{
    for (unsigned code = 1; code <= SBX_OP_MAX; code++) {
        greeting->codes[code / 8] = (uint8_t)(greeting->codes[code / 8] | 1U << code % 8);
    }
}

bool sbx_greeting_knows(const struct sbx_greeting *greeting, unsigned code)
{
    return code / 8 < SBX_GREETING_CODES && (greeting->codes[code / 8] >> code % 8 & 1) != 0;
}

static void put_path(struct sbx_writer *writer, struct sbx_span path)
{
    writer->failed = writer->failed || path.length > SBX_PATH_MAX;
    sbx_buf_put(writer, path.length, 2);
    sbx_buf_put_bytes(writer, path);
}

void sbx_greeting_encode(const struct sbx_greeting *greeting, struct sbx_writer *writer)
{
    sbx_buf_put(writer, greeting->version, 2);
    sbx_buf_put(writer, greeting->architecture, 2);
    sbx_buf_put(writer, greeting->cores, 4);
    sbx_buf_put(writer, greeting->free_memory, 8);
    for (size_t i = 0; i < SBX_GREETING_CODES; i++) {
        sbx_buf_put(writer, greeting->codes[i], 1);
    }
    put_path(writer, greeting->program);
    put_path(writer, greeting->directory);
}

static struct sbx_span get_path(struct sbx_reader *reader)
{
    size_t length = (size_t)sbx_buf_get(reader, 2);
    struct sbx_span path = sbx_buf_get_bytes(reader, length);
    for (size_t i = 0; i < path.length; i++) {
        reader->failed = reader->failed || path.data[i] == '\0';
    }
    if (path.length > SBX_PATH_MAX || (path.length > 0 && path.data[0] != '/')) {
        reader->failed = true;
    }
    return path;
}

enum sbx_status sbx_greeting_decode(struct sbx_span payload, struct sbx_greeting *greeting)
{
    struct sbx_reader reader = sbx_buf_reader(payload);
    greeting->version = (uint16_t)sbx_buf_get(&reader, 2);
    greeting->architecture = (uint16_t)sbx_buf_get(&reader, 2);
    greeting->cores = (uint32_t)sbx_buf_get(&reader, 4);
    greeting->free_memory = sbx_buf_get(&reader, 8);
    for (size_t i = 0; i < SBX_GREETING_CODES; i++) {
        greeting->codes[i] = (uint8_t)sbx_buf_get(&reader, 1);
    }
    greeting->program = get_path(&reader);
    greeting->directory = get_path(&reader);
    return reader.failed || greeting->version != SBX_WIRE_VERSION ? SBX_EPROTO : SBX_OK;
}
