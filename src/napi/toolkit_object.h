/* toolkit_object.h: createSandboxToolkit.
 *
 * Thread: main.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SBX_NAPI_TOOLKIT_OBJECT_H
#define SBX_NAPI_TOOLKIT_OBJECT_H

#include <node_api.h>

/* createSandboxToolkit(options) -> core's ToolKit, with each tool's `fields` where core wants a schema:
 * the loader makes one of them. Its data is the environment. */
napi_value sbx_toolkit_object_create(napi_env env, napi_callback_info info);

#endif
