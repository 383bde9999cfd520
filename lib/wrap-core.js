// wrap-core.js: stands where a VM is made, because neither a driver nor a toolkit is handed the VM. AgentOs.create is
// wrapped when this package is loaded. Not later: JavaScript fetches `AgentOs.create` before it evaluates the
// createSandboxToolkit() among its arguments.
//
// The wrapped create passes every call on as it came, but for what register-command.js adds to its options; the VM
// that comes back is guarded (guard.js).
//
// SPDX-License-Identifier: Apache-2.0
'use strict';

const { createRequire, isBuiltin } = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { guard, policyOf } = require('./guard.js');
const { CORE, withCommand } = require('./register-command.js');

// For every copy of this package, so that one wraps for all.
const WRAPPED = Symbol.for('@rivet-dev/agent-os-sandbox:wrapped');

function wrap(AgentOs) {
  if (typeof AgentOs?.create !== 'function' || Object.hasOwn(AgentOs, WRAPPED)) return;
  const { create } = AgentOs;
  const wrapped = {
    async create(options, ...rest) {
      const policy = policyOf(options);
      const vm = await Reflect.apply(create, this, arguments.length > 0 ? [withCommand(options), ...rest] : []);
      return guard(vm, policy);
    },
  }.create;
  Object.defineProperty(wrapped, 'length', { value: create.length, configurable: true });
  Object.defineProperty(AgentOs, 'create', { value: wrapped, writable: true, configurable: true });
  Object.defineProperty(AgentOs, WRAPPED, { value: true });
}

// A program that imports core while it imports this package, each by an import() of its own, is still loading core:
// it is wrapped once it is there.
async function wrapOnceLoaded(require) {
  try {
    wrap((await import(pathToFileURL(require.resolve(CORE)))).AgentOs);
  } catch {
    // a toolkit that meets an unwrapped core says so
  }
}

// Wraps core as the module of that file would find it; where it is absent, there is nothing to wrap.
function wrapFrom(file) {
  const require = createRequire(file);
  try {
    wrap(require(CORE).AgentOs);
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') wrapOnceLoaded(require);
  }
}

// The program's main script; where there is none (node -e, a worker made of text), a file of that name beside it.
function mainScript() {
  const [, script] = process.argv;
  return script !== undefined && path.isAbsolute(script) ? script : path.join(process.cwd(), 'main');
}

// Wraps core as this package sees it, and as the program's main script does. Core is an optional peer, and does not
// load where Node.js is without SQLite.
function wrapCore() {
  if (!isBuiltin('node:sqlite')) return;
  wrapFrom(__filename);
  wrapFrom(mainScript());
}

module.exports = { wrapCore };
