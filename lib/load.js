// load.js: finds the compiled addon: the one that a checkout has built, else the package's own for this
// platform. Where neither loads, one error tells what was tried, which platforms there are, and what to do.
//
// SPDX-License-Identifier: Apache-2.0
'use strict';

const { existsSync, readdirSync } = require('node:fs');
const path = require('node:path');
const { targets, currentTarget } = require('./platforms.js');

const root = path.join(__dirname, '..');
const prebuilds = path.join(root, 'prebuilds');
const nodeApiVersion = 9;

function candidates(target) {
  return [
    path.join(root, 'build', 'Release', 'agent_os_sandbox.node'),
    path.join(prebuilds, target, 'agent-os-sandbox.node'),
  ];
}

// The targets whose binary is in this package.
function present() {
  const names = existsSync(prebuilds) ? readdirSync(prebuilds) : [];
  return targets.filter((target) => names.includes(target));
}

function advice(target) {
  if (Number(process.versions.napi) < nodeApiVersion) return 'Use Node.js 20 or later.';
  if (existsSync(path.join(root, 'binding.gyp'))) return 'This is a checkout: `npm run setup` builds it.';
  if (present().includes(target)) return 'Install the package again; if that does not help, report the errors above.';
  return 'Run it on one of these platforms, or in a container of one of them.';
}

function noAddon(target, errors) {
  const lines = [
    `@rivet-dev/agent-os-sandbox has no binary that loads on ${target} (Node.js ${process.versions.node}).`,
    ...errors.map((error) => `  ${error.message.split('\n')[0]}`),
    `Binaries in this package: ${present().join(', ') || 'none'}. Targets: ${targets.join(', ')}.`,
    advice(target),
  ];
  const error = new Error(lines.join('\n'), { cause: new AggregateError(errors) });
  error.code = 'ERR_AGENT_OS_SANDBOX_NO_BINARY';
  return error;
}

function load() {
  const target = currentTarget();
  const errors = [];
  for (const file of candidates(target)) {
    if (!existsSync(file)) {
      errors.push(new Error(`${file}: not there`));
      continue;
    }
    try {
      return require(file);
    } catch (error) {
      errors.push(error);
    }
  }
  throw noAddon(target, errors);
}

module.exports = load();
