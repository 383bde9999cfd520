/* json.h: text to jansson's values, with a status instead of a position.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_JSON_H
#define SBX_CORE_JSON_H

#include <stdbool.h>

#include <jansson.h>

#include "wire/span.h"
#include "wire/status.h"

/* Parses `text`; `flags` are jansson's. The caller owns a count of `root`. SBX_EPROTO: it is no JSON. */
enum sbx_status sbx_json_parse(json_t **root, struct sbx_span text, size_t flags) SBX_CHECKED;

/* Whether jansson refused `text` because of a NUL in the name of a member, which it takes in no mode: `name`, as it is
 * written there. */
bool sbx_json_name_with_nul(struct sbx_span text, struct sbx_span *name);

#endif
