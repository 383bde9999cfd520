/* base64.c: four characters at a time.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/base64.h"

#include "wire/base64.h"

enum sbx_status sbx_base64_decode(struct sbx_bytes *bytes, struct sbx_span text)
{
    if (text.length % 4 != 0) {
        return SBX_EPROTO;
    }
    for (size_t i = 0; i < text.length; i += 4) {
        char out[3];
        size_t length = sbx_base64_quad(text.data + i, i + 4 == text.length, out);
        if (length == 0) {
            return SBX_EPROTO;
        }
        sbx_bytes_append(bytes, (struct sbx_span){out, length});
    }
    return bytes->status;
}
