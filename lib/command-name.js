// command-name.js: the name of a toolkit, and its command. A toolkit of the name `build` has the command agentos-build:
// the same WebAssembly file, which knows its toolkit by its own name. Core takes a command's name from the file's, so that of
// another name than `sandbox` stands as a copy in a directory of this process, which goes with it.
//
// SPDX-License-Identifier: Apache-2.0
'use strict';

const { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { typeError, valueError } = require('./usage.js');

const DEFAULT_NAME = 'sandbox';
const PACKAGED = path.join(__dirname, '..', 'wasm');
const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const NAME_MAX = 32; // characters

const commandOf = (name) => `agentos-${name}`;

// Throws unless it is a name that a command line, a path and a URL take as it is.
function checkName(name, what) {
  if (typeof name !== 'string') throw typeError(what, 'of type string', name);
  if (name.length > NAME_MAX || !NAME.test(name)) {
    const shown = JSON.stringify(name.length > 2 * NAME_MAX ? `${name.slice(0, 2 * NAME_MAX)}...` : name);
    throw valueError(
      `The ${what} must be lower-case letters and digits, with single hyphens between them, of at most ` +
        `${NAME_MAX} characters. Received ${shown}`,
    );
  }
  return name;
}

let copies; // the directory of them, once there is one

function makeCopies() {
  copies = mkdtempSync(path.join(tmpdir(), 'agent-os-sandbox-'));
  process.once('exit', () => rmSync(copies, { recursive: true, force: true }));
}

// The directory that has the command of a toolkit of that name, and no other.
function directoryOf(name) {
  if (name === DEFAULT_NAME) return PACKAGED;
  if (copies === undefined) makeCopies();
  const directory = path.join(copies, name);
  const file = path.join(directory, commandOf(name));
  if (!existsSync(file)) {
    mkdirSync(directory, { recursive: true });
    copyFileSync(path.join(PACKAGED, commandOf(DEFAULT_NAME)), file);
  }
  return directory;
}

module.exports = { DEFAULT_NAME, checkName, commandOf, directoryOf };
