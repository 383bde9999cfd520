/* base64.c: four characters at a time, into room made once.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/base64.h"

#include <stdlib.h>
#include <string.h>

#include "wire/base64.h"

/* Bytes that `text`, of whole quads, is at most, its padding taken off. */
static size_t decoded_length(struct sbx_span text)
{
    size_t length = text.length / 4 * 3;
    for (size_t i = 1; i <= 2 && i <= text.length; i++) {
        length -= text.data[text.length - i] == '=' ? 1 : 0;
    }
    return length;
}

enum sbx_status sbx_base64_decode(struct sbx_bytes *bytes, struct sbx_span text)
{
    if (text.length % 4 != 0) {
        return SBX_EPROTO;
    }
    sbx_bytes_reserve(bytes, decoded_length(text));
    for (size_t i = 0; i < text.length && bytes->status == SBX_OK; i += 4) {
        char out[3];
        size_t length = sbx_base64_quad(text.data + i, i + 4 == text.length, out);
        if (length == 0) {
            return SBX_EPROTO;
        }
        memcpy(bytes->data + bytes->length, out, length);
        bytes->length += length;
    }
    return bytes->status;
}

json_t *sbx_base64_json(struct sbx_span bytes)
{
    size_t length = SBX_BASE64_LENGTH(bytes.length);
    char *text = malloc(length + 1);
    if (text != NULL) {
        sbx_base64_encode(text, bytes);
    }
    json_t *string = text == NULL ? NULL : json_stringn(text, length);
    free(text);
    return string;
}
