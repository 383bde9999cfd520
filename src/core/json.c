/* json.c: jansson's parser, told apart as far as it does itself: no JSON, or no memory. (A lexer without
 * memory says "invalid token".)
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/json.h"

enum sbx_status sbx_json_parse(json_t **root, struct sbx_span text, size_t flags)
{
    json_error_t error = {0};
    *root = NULL;
    if (text.length == 0) {
        return SBX_EPROTO;
    }
    *root = json_loadb(text.data, text.length, flags, &error);
    if (*root != NULL) {
        return SBX_OK;
    }
    enum json_error_code code = json_error_code(&error); /* unknown: no memory for the parser itself */
    return code == json_error_out_of_memory || code == json_error_unknown ? SBX_ENOMEM : SBX_EPROTO;
}

bool sbx_json_name_with_nul(struct sbx_span text, struct sbx_span *name)
{
    json_error_t error = {0};
    json_t *root = json_loadb(text.data, text.length, JSON_ALLOW_NUL, &error);
    json_decref(root);
    if (root != NULL || json_error_code(&error) != json_error_null_byte_in_key) {
        return false;
    }
    size_t end = (size_t)error.position - 1; /* of the quote behind it */
    size_t start = end;
    while (start > 0 && (text.data[start - 1] != '"' || (start > 1 && text.data[start - 2] == '\\'))) {
        start--;
    }
    *name = (struct sbx_span){text.data + start, end - start};
    return true;
}
