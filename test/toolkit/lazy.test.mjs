// The tools of a sandbox that starts at the first use.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rejection } from '../helpers/expect.mjs';
import { call, suite } from '../helpers/suite.mjs';

const { sandbox, open, toolkit } = await suite();

test('a file system and a toolkit with one function have one sandbox, started once', async () => {
  let calls = 0;
  const client = async () => (calls++, sandbox.client);
  const { fs, base } = await open({ client });
  const kit = toolkit({ client, cwd: base });
  assert.equal(calls, 0);
  const [, ran] = await Promise.all([fs.writeFile('/x', 'x'), call(kit, 'run-command', { command: 'echo', args: ['one'] })]);
  assert.equal(ran.stdout, 'one\n');
  assert.equal((await call(kit, 'run-command', { command: 'cat', args: ['x'] })).stdout, 'x');
  assert.equal(calls, 1);
});

test('a failed start says why in the message, and usage is told without a start', async () => {
  let calls = 0;
  const failure = new Error('no more machines');
  const kit = toolkit({ client: () => (calls++, Promise.reject(failure)) });
  const usage = await rejection(kit.tools['run-command'].execute('x'));
  assert.equal(usage.code, 'ERR_INVALID_ARG_TYPE');
  assert.equal(calls, 0);
  const error = await rejection(call(kit, 'list-processes'));
  assert.equal(error.code, 'EHOSTUNREACH');
  assert.equal(error.message, 'EHOSTUNREACH: host is unreachable; the sandbox could not be started, no more machines');
  assert.equal(error.cause, failure);
});
