/* result.h: what an operation came back with, as values of JavaScript. Each returns NULL where it threw.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_RESULT_H
#define SBX_NAPI_RESULT_H

#include <node_api.h>

#include "core/sandbox.h"

napi_value sbx_result_undefined(napi_env env, struct sbx_op *op);
napi_value sbx_result_stat(napi_env env, struct sbx_op *op);
napi_value sbx_result_bytes(napi_env env, struct sbx_op *op); /* a Uint8Array */
napi_value sbx_result_piece(napi_env env, struct sbx_op *op); /* { bytes, file }, of lib/streams.js */
napi_value sbx_result_text(napi_env env, struct sbx_op *op);  /* a string, from UTF-8 */
napi_value sbx_result_created(napi_env env, struct sbx_op *op);
napi_value sbx_result_exists(napi_env env, struct sbx_op *op); /* whether it succeeded */
napi_value sbx_result_statfs(napi_env env, struct sbx_op *op); /* as Node's StatFs */
napi_value sbx_result_names(napi_env env, struct sbx_op *op);
napi_value sbx_result_entries(napi_env env, struct sbx_op *op);
napi_value sbx_result_stat_entries(napi_env env, struct sbx_op *op);
napi_value sbx_result_tree(napi_env env, struct sbx_op *op); /* likewise; what has a name has a path */
napi_value sbx_result_json(napi_env env, struct sbx_op *op); /* JSON.parse of its text */

/* The one for a reply of each shape, named as ops.h names it. */
#define SBX_RESULT_NOTHING sbx_result_undefined
#define SBX_RESULT_STAT sbx_result_stat
#define SBX_RESULT_BYTES sbx_result_bytes
#define SBX_RESULT_TEXT sbx_result_text
#define SBX_RESULT_LIST sbx_result_names
#define SBX_RESULT_CREATED sbx_result_created
#define SBX_RESULT_STATFS sbx_result_statfs
#define SBX_RESULT_TREE sbx_result_tree
#define SBX_RESULT_NAMES sbx_result_names
#define SBX_RESULT_SUPERVISED NULL

/* JSON.stringify, and JSON.parse. */
napi_value sbx_result_call_json(napi_env env, const char *function, napi_value argument);

#endif
