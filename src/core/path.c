/* path.c: one walk over the parts of a path; ".." takes back the last part written.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/path.h"

#include <string.h>

#include "core/utf8.h"
#include "wire/limits.h"

/* Cuts the part up to the next slash off `rest`. */
static struct sbx_span next_part(struct sbx_span *rest)
{
    const char *slash = memchr(rest->data, '/', rest->length);
    size_t length = slash == NULL ? rest->length : (size_t)(slash - rest->data);
    size_t skipped = slash == NULL ? length : length + 1;
    struct sbx_span part = {rest->data, length};
    rest->data += skipped;
    rest->length -= skipped;
    return part;
}

static void drop_last_part(struct sbx_bytes *bytes, size_t start)
{
    while (bytes->length > start) {
        bytes->length--;
        if (bytes->data[bytes->length] == '/') {
            break;
        }
    }
}

enum sbx_status sbx_path_anchor(struct sbx_bytes *anchored, struct sbx_span path)
{
    size_t start = anchored->length;
    if ((path.length > 0 && memchr(path.data, '\0', path.length) != NULL) || !sbx_utf8_valid(path)) {
        return SBX_EINVAL;
    }
    while (path.length > 0) {
        struct sbx_span part = next_part(&path);
        if (sbx_span_equal(part, SBX_SPAN("..")) && anchored->status == SBX_OK) {
            drop_last_part(anchored, start);
        } else if (part.length > 0 && !sbx_span_equal(part, SBX_SPAN("."))) {
            sbx_bytes_append_text(anchored, "/");
            sbx_bytes_append(anchored, part);
        }
    }
    if (anchored->length == start) {
        sbx_bytes_append_text(anchored, "/");
    }
    if (anchored->status != SBX_OK) {
        return anchored->status == SBX_EFBIG ? SBX_ENAMETOOLONG : anchored->status;
    }
    return anchored->length - start > SBX_PATH_MAX ? SBX_ENAMETOOLONG : SBX_OK;
}

struct sbx_span sbx_path_parent(struct sbx_span path)
{
    size_t length = path.length;
    while (length > 1 && path.data[length - 1] != '/') {
        length--;
    }
    return (struct sbx_span){path.data, length > 1 ? length - 1 : 1};
}

struct sbx_span sbx_path_name(struct sbx_span path)
{
    size_t start = path.length;
    while (start > 0 && path.data[start - 1] != '/') {
        start--;
    }
    return (struct sbx_span){path.data + start, path.length - start};
}

bool sbx_path_is_root(struct sbx_span path)
{
    return path.length == 1;
}

struct sbx_span sbx_path_key(struct sbx_span path)
{
    size_t slash = path.length > 0 && path.data[0] == '/' ? 1 : 0;
    return (struct sbx_span){path.data + slash, path.length - slash};
}
