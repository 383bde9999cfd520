/* fs_object.h: createSandboxFs.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_FS_OBJECT_H
#define SBX_NAPI_FS_OBJECT_H

#include <node_api.h>

/* createSandboxFs(options) -> an object with every method of core's VirtualFileSystem. Its data is the
 * environment. */
napi_value sbx_fs_object_create(napi_env env, napi_callback_info info);

/* The names of those methods, close() left out; NULL: thrown. */
napi_value sbx_fs_object_method_names(napi_env env);

#endif
