/* tool_env.h: an environment as a call gives it: an object of strings, or a list of "NAME=VALUE", as a flag that is
 * repeated makes one.
 *
 * Thread: any.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_CORE_TOOL_ENV_H
#define SBX_CORE_TOOL_ENV_H

#include <jansson.h>

#include "wire/status.h"

/* `value` as an object, which the caller owns. SBX_EINVAL: `wrong`, borrowed from `value`, is no variable: it has no
 * name, or a NUL, or "=" in its name. */
enum sbx_status sbx_env_read(json_t *value, json_t **env, const char **wrong) SBX_CHECKED;

#endif
