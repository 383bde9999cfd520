/* base64.c: four characters, three bytes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "companion/base64.h"

#include "wire/base64.h"

enum sbx_status base64_decode(struct sbx_writer *bytes, struct sbx_span text)
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
        sbx_buf_put_bytes(bytes, (struct sbx_span){out, length});
    }
    return bytes->failed ? SBX_EFBIG : SBX_OK;
}
