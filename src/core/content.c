/* content.c: a content in memory, cut, lengthened or written over, within what a request can carry.
 *
 * Thread: pool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/content.h"

#include <stdlib.h>
#include <string.h>

void sbx_content_cut(struct sbx_buffer *content, uint64_t offset, uint64_t length)
{
    size_t start = offset < content->length ? (size_t)offset : content->length;
    size_t left = content->length - start;
    content->length = length < left ? (size_t)length : left;
    if (content->length > 0) {
        memmove(content->data, content->data + start, content->length);
    }
}

enum sbx_status sbx_content_resize(struct sbx_buffer *content, uint64_t length)
{
    if (length > SBX_BODY_MAX) {
        return SBX_EFBIG;
    }
    char *resized = realloc(content->data, (size_t)length + 1);
    if (resized == NULL) {
        return SBX_ENOMEM;
    }
    if (length > content->length) {
        memset(resized + content->length, 0, (size_t)length - content->length);
    }
    *content = (struct sbx_buffer){resized, (size_t)length};
    return SBX_OK;
}

enum sbx_status sbx_content_overwrite(struct sbx_buffer *content, uint64_t offset, struct sbx_span data)
{
    if (data.length == 0) {
        return SBX_OK;
    }
    if (offset > SBX_BODY_MAX || data.length > SBX_BODY_MAX) {
        return SBX_EFBIG;
    }
    uint64_t end = offset + data.length;
    enum sbx_status status = end > content->length ? sbx_content_resize(content, end) : SBX_OK;
    if (status == SBX_OK) {
        memcpy(content->data + offset, data.data, data.length);
    }
    return status;
}
