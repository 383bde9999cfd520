// register-command.js: makes `agentos-sandbox` a command of every VM that has our toolkit.
//
// Core 0.1.1 gives each toolkit a script at /usr/local/bin/agentos-<name>, which its shell cannot execute. A
// command that the shell can execute is a WebAssembly file in the directory of a `software` entry. Neither a
// driver nor a toolkit is handed the VM, so the entry is added where the VM is made (wrap-core.js): where one of our
// toolkits is among the `toolKits`, no other entry has the command, and the toolkit was not made with
// `registerCommand: false`.
//
// A copy of core that is not wrapped (a second one, or one inside a bundle) would leave the VM without the
// command. Such a core reads the description and the tools of a toolkit that no wrapped create has seen;
// that gives one warning, which says what to add.
//
// SPDX-License-Identifier: Apache-2.0
'use strict';

const { existsSync } = require('node:fs');
const path = require('node:path');

const CORE = '@rivet-dev/agent-os-core';
const COMMAND = 'agentos-sandbox';

// For every copy of this package: the one that wraps core knows the toolkits of all.
const TOOLKIT = Symbol.for('@rivet-dev/agent-os-sandbox:toolkit');

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

// The options of AgentOs.create, with the command where it belongs.
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

module.exports = { CORE, sandboxCommand, withCommand, markToolkit };
