// host-functions.js: the toolkit as `hostFunctions` of core's successor, @rivet-dev/agentos-core, which has no `toolKits`.
//
// There a tool has no name and no description: the key that it stands under gives the one (`runCommand` is the command
// `run-command`), its schema the other. A collection holds functions and nothing else, so there is no close(): what it
// holds goes with its last reference, and keeps no process alive.
//
// SPDX-License-Identifier: Apache-2.0
'use strict';

const camelCase = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());

function hostFunction({ description, timeout, fields, examples, execute }) {
  const { hostFunctionSchema, ENV_FLAG } = require('./schema.js'); // only now: zod takes longer to load than all else
  return {
    inputSchema: hostFunctionSchema({ fields, description }),
    examples,
    timeout,
    async execute({ [ENV_FLAG]: env, ...input }, options) {
      return execute(env === undefined ? input : { ...input, env }, options);
    },
  };
}

function hostFunctions({ tools }) {
  return Object.fromEntries(Object.entries(tools).map(([name, tool]) => [camelCase(name), hostFunction(tool)]));
}

module.exports = { hostFunctions };
