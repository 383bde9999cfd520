// index.js: what the package exports. The rest of it is C.
//
// SPDX-License-Identifier: Apache-2.0
'use strict';

const binding = require('./load.js');
const { markDriver } = require('./mounts.js');
const { sandboxCommand, markToolkit } = require('./register-command.js');
const { addStreams } = require('./streams.js');
const { typeError } = require('./usage.js');
const { wrapCore } = require('./wrap-core.js');

wrapCore();
binding.setRoots(() => require('./roots.js')());
binding.setNetwork(require('./network.js'));
process.once('exit', () => binding.stop());

// Takes out the one option that the addon does not know.
function takeRegisterCommand(options) {
  if (options === null || typeof options !== 'object' || !('registerCommand' in options)) {
    return { registerCommand: true, rest: options };
  }
  const { registerCommand = true, ...rest } = options;
  if (typeof registerCommand !== 'boolean') {
    throw typeError('"options.registerCommand" property', 'of type boolean', registerCommand);
  }
  return { registerCommand, rest };
}

function createSandboxFs(options) {
  return markDriver(addStreams(binding.createSandboxFs(options)));
}

function createSandboxToolkit(options) {
  const { inputSchema } = require('./schema.js'); // only now: zod takes longer to load than all else
  const { registerCommand, rest } = takeRegisterCommand(options);
  const toolkit = binding.createSandboxToolkit(rest);
  for (const tool of Object.values(toolkit.tools)) {
    tool.inputSchema = inputSchema(tool.fields);
    delete tool.fields;
  }
  // Core looks tools up by names that come from the VM: `constructor` must not be one.
  Object.setPrototypeOf(toolkit.tools, null);
  return markToolkit(toolkit, registerCommand);
}

module.exports = { createSandboxFs, createSandboxToolkit, sandboxCommand };
