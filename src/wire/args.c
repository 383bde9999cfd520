/* args.c: arguments to bytes and back, one loop over the words of the row.
 *
 * A path is its length (u16), its bytes and a NUL, so that the far end can give it to a system call where
 * it stands. A content is its length (u32) and its bytes. Numbers are as wide as their slot. An operation
 * whose reply is entries has its offset after the words of its row: lists come in pages.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wire/args.h"

#include "wire/limits.h"

static enum sbx_status put_path(struct sbx_writer *writer, struct sbx_span path)
{
    if (path.length > SBX_PATH_MAX) {
        return SBX_ENAMETOOLONG;
    }
    for (size_t i = 0; i < path.length; i++) {
        if (path.data[i] == '\0') {
            return SBX_EINVAL;
        }
    }
    sbx_buf_put(writer, path.length, 2);
    sbx_buf_put_bytes(writer, path);
    sbx_buf_put(writer, 0, 1);
    return SBX_OK;
}

static enum sbx_status put_data(struct sbx_writer *writer, struct sbx_span data)
{
    if (data.length > SBX_FRAME_MAX) {
        return SBX_ENOBUFS;
    }
    sbx_buf_put(writer, data.length, 4);
    sbx_buf_put_bytes(writer, data);
    return SBX_OK;
}

static enum sbx_status put_slot(struct sbx_writer *writer, enum sbx_arg slot, const struct sbx_args *args)
{
    switch (slot) {
    case SBX_ARG_PATH:
        return put_path(writer, args->path);
    case SBX_ARG_NEW_PATH:
        return put_path(writer, args->new_path);
    case SBX_ARG_TARGET:
        return put_path(writer, args->target);
    case SBX_ARG_DATA:
        return put_data(writer, args->data);
    case SBX_ARG_OFFSET:
        sbx_buf_put(writer, args->offset, 8);
        break;
    case SBX_ARG_LENGTH:
        sbx_buf_put(writer, args->length, 8);
        break;
    case SBX_ARG_HASH:
        sbx_buf_put(writer, args->hash, 8);
        break;
    case SBX_ARG_ATIME:
        sbx_buf_put(writer, (uint64_t)args->atime_ns, 8);
        break;
    case SBX_ARG_MTIME:
        sbx_buf_put(writer, (uint64_t)args->mtime_ns, 8);
        break;
    case SBX_ARG_MODE:
        sbx_buf_put(writer, args->mode, 4);
        break;
    case SBX_ARG_FLAGS:
        sbx_buf_put(writer, args->flags, 4);
        break;
    case SBX_ARG_UID:
        sbx_buf_put(writer, args->uid, 4);
        break;
    case SBX_ARG_GID:
        sbx_buf_put(writer, args->gid, 4);
        break;
    case SBX_ARG_NONE:
        break;
    }
    return SBX_OK;
}

enum sbx_status sbx_args_encode(const struct sbx_op_row *row, const struct sbx_args *args,
                                struct sbx_writer *writer)
{
    enum sbx_status status = SBX_OK;
    for (size_t i = 0; i < SBX_ROW_ARGS && status == SBX_OK; i++) {
        status = put_slot(writer, row->arguments[i], args);
    }
    if (sbx_op_lists((enum sbx_reply)row->reply) && status == SBX_OK) {
        status = put_slot(writer, SBX_ARG_OFFSET, args);
    }
    return status == SBX_OK && writer->failed ? SBX_ENOBUFS : status;
}

/* A path with a NUL inside or none behind it is none: the reader fails. */
static struct sbx_span get_path(struct sbx_reader *reader)
{
    size_t length = (size_t)sbx_buf_get(reader, 2);
    struct sbx_span path = sbx_buf_get_bytes(reader, length + 1);
    for (size_t i = 0; i < path.length; i++) {
        if ((path.data[i] == '\0') != (i == length)) {
            reader->failed = true;
        }
    }
    return reader->failed ? SBX_SPAN("") : (struct sbx_span){path.data, length};
}

static struct sbx_span get_data(struct sbx_reader *reader)
{
    size_t length = (size_t)sbx_buf_get(reader, 4);
    return sbx_buf_get_bytes(reader, length);
}

static void get_slot(struct sbx_reader *reader, enum sbx_arg slot, struct sbx_args *args)
{
    switch (slot) {
    case SBX_ARG_PATH:
        args->path = get_path(reader);
        break;
    case SBX_ARG_NEW_PATH:
        args->new_path = get_path(reader);
        break;
    case SBX_ARG_TARGET:
        args->target = get_path(reader);
        break;
    case SBX_ARG_DATA:
        args->data = get_data(reader);
        break;
    case SBX_ARG_OFFSET:
        args->offset = sbx_buf_get(reader, 8);
        break;
    case SBX_ARG_LENGTH:
        args->length = sbx_buf_get(reader, 8);
        break;
    case SBX_ARG_HASH:
        args->hash = sbx_buf_get(reader, 8);
        break;
    case SBX_ARG_ATIME:
        args->atime_ns = (int64_t)sbx_buf_get(reader, 8);
        break;
    case SBX_ARG_MTIME:
        args->mtime_ns = (int64_t)sbx_buf_get(reader, 8);
        break;
    case SBX_ARG_MODE:
        args->mode = (uint32_t)sbx_buf_get(reader, 4);
        break;
    case SBX_ARG_FLAGS:
        args->flags = (uint32_t)sbx_buf_get(reader, 4);
        break;
    case SBX_ARG_UID:
        args->uid = (uint32_t)sbx_buf_get(reader, 4);
        break;
    case SBX_ARG_GID:
        args->gid = (uint32_t)sbx_buf_get(reader, 4);
        break;
    case SBX_ARG_NONE:
        break;
    }
}

static bool is_too_long(struct sbx_span path)
{
    return path.length > SBX_PATH_MAX;
}

enum sbx_status sbx_args_decode(const struct sbx_op_row *row, struct sbx_span payload, struct sbx_args *args)
{
    struct sbx_reader reader = sbx_buf_reader(payload);
    *args = (struct sbx_args){.path = SBX_SPAN(""), .new_path = SBX_SPAN(""), .target = SBX_SPAN("")};
    for (size_t i = 0; i < SBX_ROW_ARGS; i++) {
        get_slot(&reader, row->arguments[i], args);
    }
    if (sbx_op_lists((enum sbx_reply)row->reply)) {
        get_slot(&reader, SBX_ARG_OFFSET, args);
    }
    if (reader.failed || sbx_buf_left(&reader) > 0) {
        return SBX_EPROTO;
    }
    bool too_long = is_too_long(args->path) || is_too_long(args->new_path) || is_too_long(args->target);
    return too_long ? SBX_ENAMETOOLONG : SBX_OK;
}
