// index.mjs: index.js for `import`.
//
// SPDX-License-Identifier: Apache-2.0
import sandbox from './index.js';

export const { createSandboxFs, createSandboxHostFunctions, createSandboxToolkit, sandboxCommand } = sandbox;
