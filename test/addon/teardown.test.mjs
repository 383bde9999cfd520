// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runProgram } from '../helpers/program.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, proxied } = await suite();
const { proxy } = await proxied();
await proxy.rules([{ do: 'stall' }]);

const PROGRAM = new URL('programs/teardown.mjs', import.meta.url);
const NODE_ARGS = ['--disable-warning=ExperimentalWarning']; // Node 22 says it of node:sqlite, which core loads

/** How the program ends that ends in this way: its exit code and what it says. */
const WAYS = {
  exit: [7, ''],
  'exit in a continuation': [7, ''],
  'exit in a continuation of a failure': [7, ''],
  'exit at once': [7, ''],
  throw: [1, '', /thrown on purpose/],
  'throw in a continuation': [1, '', /thrown on purpose/],
  reject: [1, '', /thrown on purpose/],
  terminate: [0, '1\ntrue\n'],
  'terminate, the pool saturated': [0, '1\n'],
  'terminate at any moment': [0, 'all terminated\n'],
  'terminate, again and again': [0, 'no descriptor is left\n'],
  'a worker exits': [0, '3\n'],
  'a worker throws': [0, 'thrown in a worker\n'],
  'workers one after another': [0, 'done\n0\ndone\n0\ndone\n0\ndone\n'],
  idle: [0, 'idle\n'],
  'nobody waits': [0, 'written\n'],
  'a deadline': [0, 'ETIMEDOUT\n'],
  'a request that is never answered': [0, 'still here\n'],
};

for (const [way, [code, stdout, stderr = /^$/]] of Object.entries(WAYS)) {
  test(`the process ends as it should: ${way}`, async () => {
    const places = { near: sandbox.baseUrl, stalled: proxy.url, token: sandbox.token, base: await sandbox.directory() };
    const ended = await runProgram(PROGRAM, [way, JSON.stringify(places)], { nodeArgs: NODE_ARGS });
    assert.deepEqual({ ...ended, stderr: '' }, { code, signal: null, stdout, stderr: '', hung: false }, ended.stderr);
    assert.match(ended.stderr, stderr);
  });
}

test('objects that nothing refers to any more end what is in flight', async () => {
  const program = new URL('programs/dropped.mjs', import.meta.url);
  const places = { near: sandbox.baseUrl, token: sandbox.token, base: await sandbox.directory() };
  const ended = await runProgram(program, [JSON.stringify(places)], { nodeArgs: [...NODE_ARGS, '--expose-gc'] });
  assert.deepEqual([ended.code, ended.stdout], [0, '60\ntrue\n'], ended.stderr);
});
