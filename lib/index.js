// index.js: what the package exports. The rest of it is C.
//
// SPDX-License-Identifier: Apache-2.0
'use strict';

const { defaultMaxListeners, getMaxListeners, setMaxListeners } = require('node:events');
const { hostFunctions } = require('./host-functions.js');
const binding = require('./load.js');
const { withSandbox } = require('./lazy.js');
const { markDriver } = require('./mounts.js');
const { DEFAULT_NAME, checkName } = require('./command-name.js');
const { sandboxCommand, markToolkit } = require('./register-command.js');
const { addStreams } = require('./streams.js');
const { typeError } = require('./usage.js');
const { wrapCore } = require('./wrap-core.js');

wrapCore();
binding.setFetch((asked, reply) => require('./fetch.js')(asked, reply));
binding.setRoots(() => require('./roots.js')());
binding.setNetwork(require('./network.js'));
binding.setBeforeListening(allowListeners);
process.once('exit', () => binding.stop());

// Node warns of more listeners than ten, and there is one for each operation under way. What the user has set stays.
function allowListeners(signal) {
  if (!(signal instanceof EventTarget)) return;
  let limit;
  try {
    limit = getMaxListeners(signal);
  } catch {
    return; // Node 20 takes a signal with the limit 0, which is none, for no target at all
  }
  if (limit === defaultMaxListeners) setMaxListeners(Infinity, signal);
}

// Takes out the options that the addon does not know.
function takeOwnOptions(options) {
  if (options === null || typeof options !== 'object' || !('registerCommand' in options || 'name' in options)) {
    return { name: DEFAULT_NAME, registerCommand: true, rest: options };
  }
  const { name = DEFAULT_NAME, registerCommand = true, ...rest } = options;
  if (typeof registerCommand !== 'boolean') {
    throw typeError('"options.registerCommand" property', 'of type boolean', registerCommand);
  }
  return { name: checkName(name, '"options.name" property'), registerCommand, rest };
}

function createSandboxFs(options) {
  return markDriver(addStreams(binding.createSandboxFs(withSandbox(options))));
}

function createSandboxToolkit(options) {
  const { inputSchema } = require('./schema.js'); // only now: zod takes longer to load than all else
  const { name, registerCommand, rest } = takeOwnOptions(options);
  const toolkit = binding.createSandboxToolkit(withSandbox(rest));
  toolkit.name = name;
  for (const tool of Object.values(toolkit.tools)) {
    tool.inputSchema = inputSchema(tool.fields);
    delete tool.fields;
  }
  // Core looks tools up by names that come from the VM: `constructor` must not be one.
  Object.setPrototypeOf(toolkit.tools, null);
  return markToolkit(toolkit, registerCommand);
}

function createSandboxHostFunctions(options) {
  return hostFunctions(binding.createSandboxToolkit(withSandbox(options)));
}

module.exports = { createSandboxFs, createSandboxHostFunctions, createSandboxToolkit, sandboxCommand };
