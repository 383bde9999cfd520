// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSandboxToolkit } from '@rivet-dev/agent-os-sandbox';
import { eventually } from '../helpers/eventually.mjs';
import { rejection } from '../helpers/expect.mjs';
import { fetchClient } from '../helpers/fetch-client.mjs';
import { call, suite } from '../helpers/suite.mjs';

const { sandbox, toolkit } = await suite();

for (const dropsSignal of [false, true]) {
  const how = dropsSignal ? 'only fetch, which drops the signal' : 'only fetch';
  test(`every tool over a client that has ${how}`, async () => {
    const { client, calls } = await fetchClient(sandbox, { dropsSignal });
    const kit = toolkit({ client });
    const ran = await call(kit, 'run-command', { command: 'sh', args: ['-c', 'echo out; echo err >&2; exit 3'] });
    assert.deepEqual([ran.stdout, ran.stderr, ran.exitCode], ['out\n', 'err\n', 3]);
    const { id } = await call(kit, 'create-process', { command: 'cat' });
    await call(kit, 'send-input', { id, input: 'typed' });
    await eventually(async () => JSON.stringify(await call(kit, 'get-process-logs', { id })).includes('typed'));
    const { processes } = await call(kit, 'list-processes');
    assert.ok(processes.some((one) => one.id === id));
    await call(kit, 'stop-process', { id });
    const { id: other } = await call(kit, 'create-process', { command: 'sleep', args: ['600'] });
    await call(kit, 'kill-process', { id: other });
    for (const { init } of calls) assert.equal(init.headers.get('authorization'), `Bearer ${sandbox.token}`);
  });
}

test('a program that is waited for holds nothing else up', async () => {
  const { client } = await fetchClient(sandbox);
  const kit = toolkit({ client });
  const path = `${await sandbox.directory()}/gate`;
  await sandbox.sh('mkfifo "$1"', path);
  const waiting = call(kit, 'run-command', { command: 'cat', args: [path] });
  assert.equal((await call(kit, 'run-command', { command: 'sh', args: ['-c', 'echo open > "$1"', 'sh', path] })).exitCode, 0);
  assert.equal((await waiting).stdout, 'open\n');
});

test('a limit ends the program', async () => {
  const { client } = await fetchClient(sandbox, { dropsSignal: true });
  const ended = await call(toolkit({ client }), 'run-command', { command: 'sleep', args: ['600'], timeoutMs: 300 });
  assert.equal(ended.timedOut, true);
});

test('the token is in no error of a tool', async () => {
  const { client } = await fetchClient(sandbox, {
    wrap: () => {
      throw new Error(`sent ${sandbox.token}`);
    },
  });
  const error = await rejection(call(toolkit({ client, companion: false }), 'list-processes'));
  assert.match(error.message, /^EIO: .*sent \*+/);
});

test('native needs a URL', async () => {
  const { client } = await fetchClient(sandbox);
  assert.throws(() => createSandboxToolkit({ client, transport: 'native' }), { code: 'ENOTSUP' });
  assert.throws(() => createSandboxToolkit({ client, transport: 'none' }), { code: 'ERR_INVALID_ARG_VALUE' });
});
