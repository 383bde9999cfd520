// What is no variable of an environment is an error that names it and says why, whichever way a program is started: it is
// the toolkit that looks, before it asks the server, which takes some of them for variables.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSandboxHostFunctions, createSandboxToolkit } from '@rivet-dev/agent-os-sandbox';
import { expectTypeError } from '../helpers/expect.mjs';
import { call, suite } from '../helpers/suite.mjs';

const { toolkit, proxied } = await suite();
const { proxy, client } = await proxied();
const lanes = { 'with the companion': {}, 'over HTTP alone': { companion: false } };

const wrong = [
  [{ '': '1' }, `'' has no name`],
  [{ 'A=B': '1' }, `the name 'A=B' has a "="`],
  [{ A: '1', '=': '' }, `the name '=' has a "="`],
  [{ A: '1\0' }, `the value of 'A' has a NUL`],
  [['A=1', 'no-value'], `'no-value' is no NAME=VALUE`],
  [[''], `'' is no NAME=VALUE`],
  [['=1'], `'=1' has no name`],
  [['A\0B=1'], `the name 'A\\0B' has a NUL`],
  [['A=1\0'], `the value of 'A' has a NUL`],
];
const nulInName = [{ 'A\0B': '1' }, String.raw`the name 'A\u0000B' has a NUL`];

const tools = ['run-command', 'create-process'];
for (const [lane, options] of Object.entries(lanes))
  for (const tool of tools)
    test(`${tool} names what is no variable, and why, ${lane}`, async () => {
      const kit = toolkit({ client, ...options });
      const refused = (input, words) =>
        assert.rejects(call(kit, tool, { command: 'true', ...input }), (error) => {
          assert.deepEqual([error.code, error.message], ['EINVAL', `usage: ${tool}: ${words}`]);
          return true;
        });
      const asked = await proxy.count();
      for (const [env, why] of wrong) {
        await refused({ env }, `"env": ${why}`);
        await refused({ json: JSON.stringify({ env }) }, `"env": ${why}`);
      }
      const [env, why] = nulInName; // no parser of JSON that we have takes it
      await refused({ env }, why);
      await refused({ json: JSON.stringify({ env }) }, why);
      assert.equal(await proxy.count(), asked);
    });

test('the environment of all programs is looked at when the toolkit is made', async () => {
  for (const create of [createSandboxToolkit, createSandboxHostFunctions])
    for (const [env, why] of [...wrong.filter(([env]) => !Array.isArray(env)), nulInName]) {
      const { message } = await expectTypeError(() => create({ client, env }), /env/, 'ERR_INVALID_ARG_VALUE');
      assert.equal(message, `The "options.env" property must be an object of strings: ${why}`);
    }
});

test('odd names and values that a program can have arrive', async () => {
  const env = { 'a b': '1', 'é-1': '= =', C: '', A: '=', B: 'a\nb' };
  const print = 'process.stdout.write(JSON.stringify(JSON.parse(process.argv[1]).map((name) => process.env[name])))';
  const args = ['-e', print, JSON.stringify(Object.keys(env))];
  for (const [lane, options] of Object.entries(lanes))
    for (const given of [env, Object.entries(env).map(([name, value]) => `${name}=${value}`)]) {
      const { stdout } = await call(toolkit(options), 'run-command', { command: 'node', args, env: given });
      assert.deepEqual(JSON.parse(stdout), Object.values(env), lane);
    }
});
