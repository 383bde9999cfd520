// register-command.js: makes `agentos-sandbox` a command of every VM that has our toolkit.
//
// Core 0.1.1 gives each toolkit a script at /usr/local/bin/agentos-<name>, which its shell cannot execute. A
// command that the shell can execute is a WebAssembly file in the directory of a `software` entry. Neither a
// driver nor a toolkit is handed the VM, so the entry is added where the VM is made: AgentOs.create is
// wrapped when this package is loaded. Not later: JavaScript fetches `AgentOs.create` before it evaluates
// the createSandboxToolkit() among its arguments.
//
// The wrapped create passes every call on as it came, unless one of our toolkits is among its `toolKits`.
// Then it adds the entry, where no other entry has the command and the toolkit was not made with
// `registerCommand: false`.
//
// A copy of core that is not wrapped (a second one, or one inside a bundle) would leave the VM without the
// command. Such a core reads the description and the tools of a toolkit that no wrapped create has seen;
// that gives one warning, which says what to add.
//
// SPDX-License-Identifier: Apache-2.0
'use strict';

const { existsSync } = require('node:fs');
const { createRequire, isBuiltin } = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const CORE = '@rivet-dev/agent-os-core';
const COMMAND = 'agentos-sandbox';

// For every copy of this package, so that one wraps for all.
const TOOLKIT = Symbol.for('@rivet-dev/agent-os-sandbox:toolkit');
const WRAPPED = Symbol.for('@rivet-dev/agent-os-sandbox:wrapped');

const commandDir = path.join(__dirname, '..', 'wasm');
const commands = Object.freeze([Object.freeze({ name: COMMAND, permissionTier: 'full' })]);
const description = 'agentos-sandbox: the tools of the sandbox as a command';

// What users add to `software` themselves. A core that is not wrapped reads commandDir; how often that
// happened, less the toolkits it accounts for.
let commandDirReads = 0;
const sandboxCommand = Object.freeze({
  name: COMMAND,
  description,
  get commandDir() {
    commandDirReads++;
    return commandDir;
  },
  commands,
});

function hasCommand(entry) {
  if (entry === sandboxCommand || entry?.commands?.some?.((command) => command?.name === COMMAND)) return true;
  const directory = entry?.commandDir;
  return typeof directory === 'string' && existsSync(path.join(directory, COMMAND));
}

// The entry as core gets it from us. Where no entry says what its commands may do, core lets every command do
// everything; ours, which does say, must not end that.
function plainEntry(others) {
  const anyTier = others.some((entry) => entry?.commands?.length > 0 || entry?.permissions !== undefined);
  const everything = anyTier ? [] : [{ name: '*', permissionTier: 'full' }];
  return { name: COMMAND, description, commandDir, commands: [...commands, ...everything] };
}

function withCommand(options) {
  const { toolKits, software = [] } = options ?? {};
  const marks = Array.isArray(toolKits) ? toolKits.map((toolkit) => toolkit?.[TOOLKIT]).filter(Boolean) : [];
  for (const mark of marks) mark.handled = true;
  if (!marks.some((mark) => mark.registerCommand) || !Array.isArray(software)) return options;
  const entries = software.flat();
  const others = entries.filter((entry) => entry !== sandboxCommand);
  if (others.some(hasCommand)) return options;
  return { ...options, software: [...others, plainEntry(others)] };
}

function wrap(AgentOs) {
  if (typeof AgentOs?.create !== 'function' || Object.hasOwn(AgentOs, WRAPPED)) return;
  const { create } = AgentOs;
  const wrapped = {
    create(options, ...rest) {
      return Reflect.apply(create, this, arguments.length > 0 ? [withCommand(options), ...rest] : []);
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

function warn() {
  process.emitWarning(
    `This copy of ${CORE} could not be extended, so its VM has no command ${COMMAND}. Add the command to ` +
      "AgentOs.create: `software: [common, sandboxCommand]`, with `sandboxCommand` from '@rivet-dev/agent-os-sandbox'.",
    { code: 'AGENTOS_SANDBOX_COMMAND' },
  );
}

// What core reads of a toolkit before anything else: its description, then at once its tools.
let warned = false;
function coreReadsTools(mark) {
  if (mark.handled || !mark.registerCommand) return;
  mark.handled = true;
  if (commandDirReads > 0) {
    commandDirReads--;
  } else if (!warned) {
    warned = true;
    warn();
  }
}

// Marks a toolkit as ours; from then on it notices a core that was not wrapped. `tools` stands before `description`,
// so that whoever lists or copies the whole toolkit is not taken for core. A copy keeps the mark.
function markToolkit(toolkit, registerCommand) {
  const mark = { registerCommand, handled: false };
  const { description: text, tools } = toolkit;
  let justDescribed = false;
  delete toolkit.description;
  delete toolkit.tools;
  return Object.defineProperties(toolkit, {
    [TOOLKIT]: { value: mark, enumerable: true },
    tools: {
      get() {
        if (justDescribed) coreReadsTools(mark);
        return tools;
      },
      enumerable: true,
      configurable: true,
    },
    description: {
      get() {
        justDescribed = true;
        queueMicrotask(() => (justDescribed = false));
        return text;
      },
      enumerable: true,
      configurable: true,
    },
  });
}

module.exports = { sandboxCommand, wrapCore, markToolkit };
