/* tool_env.h: an environment as a call gives it: an object of strings, or a list of "NAME=VALUE", as a flag that is
 * repeated makes one.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_TOOL_ENV_H
#define SBX_CORE_TOOL_ENV_H

#include <jansson.h>

#include "core/tools.h"

/* `value` as an object, which the caller owns. SBX_EINVAL: one of it is no variable; `words` says which, and why: it has
 * no name, no "=", a "=" in its name, or a NUL. */
enum sbx_status sbx_env_read(json_t *value, json_t **env, char words[SBX_ENV_WORDS]) SBX_CHECKED;

/* The same of the text of an object; of none, no variables. Where it is no object of strings `words` is empty. */
enum sbx_status sbx_env_parse(struct sbx_span text, json_t **env, char words[SBX_ENV_WORDS]) SBX_CHECKED;

#endif
