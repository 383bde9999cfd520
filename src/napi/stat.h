/* stat.h: a stat as JavaScript has it. One that is made property by property costs more than all the rest of an operation;
 * so the numbers go into memory that a function of the loader's reads, lib/stat.js.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_STAT_H
#define SBX_NAPI_STAT_H

#include <node_api.h>

#include "wire/result.h"

/* setStat(buffer, make), for the loader: the memory, and the function. The callback's data is the environment. */
napi_value sbx_stat_set(napi_env env, napi_callback_info info);

/* The fields of core's VirtualStat, and those that its successor asks for; the times in ns beside them. NULL: thrown. */
napi_value sbx_stat_object(napi_env env, const struct sbx_stat *stat);

#endif
