// register-command.js: makes `agentos-sandbox` a command of every VM that has our toolkit; of one with another name,
// agentos-<name> (command-name.js).
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
const { DEFAULT_NAME, checkName, commandOf, directoryOf } = require('./command-name.js');
const { valueError } = require('./usage.js');

const CORE = '@rivet-dev/agent-os-core';

// For every copy of this package: the one that wraps core knows the toolkits of all.
const TOOLKIT = Symbol.for('@rivet-dev/agent-os-sandbox:toolkit');

const commandsOf = (name) => Object.freeze([Object.freeze({ name: commandOf(name), permissionTier: 'full' })]);
const describe = (name) => `${commandOf(name)}: the tools of the sandbox as a command`;

// What users add to `software` themselves. A core that is not wrapped reads commandDir; how often that
// happened, less the toolkits it accounts for, by the name of the toolkit.
const commandDirReads = new Map();
const readsOf = (name) => commandDirReads.get(name) ?? 0;
const entriesForUsers = new Map();

function entryForUsers(name) {
  const known = entriesForUsers.get(name);
  if (known !== undefined) return known;
  const entry = {
    name: commandOf(name),
    description: describe(name),
    get commandDir() {
      commandDirReads.set(name, readsOf(name) + 1);
      return directoryOf(name);
    },
    commands: commandsOf(name),
  };
  entriesForUsers.set(name, entry);
  return entry;
}

const named = (name) => Object.freeze(entryForUsers(checkName(name, '"name" argument')));
const sandboxCommand = Object.freeze(Object.defineProperty(entryForUsers(DEFAULT_NAME), 'named', { value: named }));
const isForUsers = (entry) => [...entriesForUsers.values()].includes(entry);

function hasCommand(entry, command) {
  if (entry?.commands?.some?.((one) => one?.name === command)) return true;
  if (isForUsers(entry)) return false; // its commandDir is not to be read
  const directory = entry?.commandDir;
  return typeof directory === 'string' && existsSync(path.join(directory, command));
}

// The entry as core gets it from us. Where no entry says what its commands may do, core lets every command do
// everything; ours, which does say, must not end that.
function plainEntry(name, others) {
  const anyTier = others.some((entry) => entry?.commands?.length > 0 || entry?.permissions !== undefined);
  const everything = anyTier ? [] : [{ name: '*', permissionTier: 'full' }];
  const commands = [...commandsOf(name), ...everything];
  return { name: commandOf(name), description: describe(name), commandDir: directoryOf(name), commands };
}

// Of two toolkits with one name core would take the last one, whichever sandbox was meant.
function needOwnNames(toolKits) {
  const ours = toolKits.filter((toolkit) => toolkit?.[TOOLKIT]);
  for (const { name, [TOOLKIT]: mark } of ours) {
    if (toolKits.some((other) => other?.name === name && other[TOOLKIT] !== mark)) {
      throw valueError(
        `Two of the "toolKits" have the name ${JSON.stringify(name)}, and core would take one of them alone. Give ` +
          'each its own: createSandboxToolkit({ client, name })',
      );
    }
  }
}

// The options of AgentOs.create, with the command where it belongs.
function withCommand(options) {
  const { toolKits, software = [] } = options ?? {};
  const marks = Array.isArray(toolKits) ? toolKits.map((toolkit) => toolkit?.[TOOLKIT]).filter(Boolean) : [];
  for (const mark of marks) mark.handled = true;
  if (marks.length > 0) needOwnNames(toolKits);
  const names = new Set(marks.filter((mark) => mark.registerCommand).map((mark) => mark.name));
  if (names.size === 0 || !Array.isArray(software)) return options;
  const entries = software.flat();
  const ours = [...names].map(commandOf);
  const others = entries.filter((entry) => !(isForUsers(entry) && ours.includes(entry.name)));
  const missing = [...names].filter((name) => !others.some((entry) => hasCommand(entry, commandOf(name))));
  if (missing.length === 0) return options;
  return { ...options, software: [...others, ...missing.map((name) => plainEntry(name, others))] };
}

function warn(name) {
  const entry = name === DEFAULT_NAME ? 'sandboxCommand' : `sandboxCommand.named('${name}')`;
  process.emitWarning(
    `This copy of ${CORE} could not be extended, so its VM has no command ${commandOf(name)}. Add the command to ` +
      `AgentOs.create: \`software: [common, ${entry}]\`, with \`sandboxCommand\` from '@rivet-dev/agent-os-sandbox'.`,
    { code: 'AGENTOS_SANDBOX_COMMAND' },
  );
}

// What core reads of a toolkit before anything else: its description, then at once its tools.
const warned = new Set(); // of names
function coreReadsTools(mark) {
  if (mark.handled || !mark.registerCommand) return;
  mark.handled = true;
  if (readsOf(mark.name) > 0) {
    commandDirReads.set(mark.name, readsOf(mark.name) - 1);
  } else if (!warned.has(mark.name)) {
    warned.add(mark.name);
    warn(mark.name);
  }
}

// Marks a toolkit as ours; from then on it notices a core that was not wrapped. `tools` stands before `description`,
// so that whoever lists or copies the whole toolkit is not taken for core. A copy keeps the mark.
function markToolkit(toolkit, registerCommand) {
  const mark = { name: toolkit.name, registerCommand, handled: false };
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
