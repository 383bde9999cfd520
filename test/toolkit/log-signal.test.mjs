// get-process-logs names the signal that ended a process: the server does not know it, its record does.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, suite } from '../helpers/suite.mjs';

const { sandbox, toolkit, proxied } = await suite();
const kit = toolkit();
const http = toolkit({ companion: false });
const create = async (input, by = kit) => (await call(by, 'create-process', input)).id;
const read = (id, rest, by = kit) => call(by, 'get-process-logs', { id, ...rest });
const follow = (id, by) => read(id, { follow: 25_000 }, by);
const sleeper = { command: 'sleep', args: ['7777'] };
const endOf = ({ status, exitCode, signal }) => ({ status, exitCode, signal });
const killed = { status: 'exited', exitCode: null, signal: 'SIGKILL' };

test('the signal that ended a process stands beside its exit code, followed or not', async () => {
  for (const [number, signal] of [
    [9, 'SIGKILL'],
    [11, 'SIGSEGV'],
    [15, 'SIGTERM'],
    [31, 'SIGSYS'],
  ])
    for (const tty of [false, true]) {
      const id = await create({ command: `echo x; kill -${number} $$`, tty });
      assert.deepEqual(endOf(await follow(id)), { status: 'exited', exitCode: null, signal });
      assert.deepEqual(endOf(await read(id)), { status: 'exited', exitCode: null, signal });
      assert.equal((await read(id, { tail: 1, stream: 'stderr' })).signal, signal);
    }
});

test('what a tool has ended was ended by its signal, a command that goes on too', async () => {
  for (const [tool, signal] of [
    ['stop-process', 'SIGTERM'],
    ['kill-process', 'SIGKILL'],
  ]) {
    const id = await create(sleeper);
    const { id: command } = await call(kit, 'run-command', { ...sleeper, waitMs: 1 });
    for (const ended of [id, command]) {
      await call(kit, tool, { id: ended });
      assert.deepEqual(endOf(await read(ended)), { status: 'exited', exitCode: null, signal });
    }
  }
});

test('there is none where none ended it, and none that is not known', async () => {
  const running = await create(sleeper);
  assert.ok(!('signal' in (await read(running))));
  const exited = await follow(await create({ command: 'exit 137;' }));
  assert.deepEqual([exited.exitCode, 'signal' in exited], [137, false]);
  const plain = await create({ command: 'kill -9 $$' }, http);
  for (const by of [kit, http]) {
    const answer = await follow(plain, by);
    assert.deepEqual([answer.status, answer.exitCode, 'signal' in answer], ['exited', null, false]);
  }
  const supervised = await create({ command: 'kill -9 $$' });
  await follow(supervised);
  assert.ok(!('signal' in (await read(supervised, {}, http))));
  // Its supervisor was killed: it cannot have told.
  const { processes } = await sandbox.client.listProcesses();
  await sandbox.sh('kill -KILL "$1"', String(processes.find(({ id }) => id === running).pid));
  const answer = await follow(running);
  assert.deepEqual([answer.status, answer.exitCode, 'signal' in answer], ['exited', null, false]);
});

test('a question for it that is lost is asked again; one that is never answered does not hold the log', async () => {
  const { proxy, client } = await proxied();
  const patient = toolkit({ client, timeoutMs: 1500 });
  const id = await create({ command: 'echo x; kill -9 $$' }, patient);
  assert.deepEqual(endOf(await follow(id, patient)), killed);
  for (const how of ['lose', 'close']) {
    await proxy.rules([{ match: 'POST /v1/processes/run', do: how, times: 2 }]);
    assert.deepEqual(endOf(await read(id, {}, patient)), killed, how);
  }
  await proxy.rules([{ match: 'POST /v1/processes/run', do: 'stall' }]);
  const { logs, exitCode, ...rest } = await read(id, {}, patient);
  assert.deepEqual([logs.length, exitCode, 'signal' in rest], [1, null, false]);
  await proxy.rules([]);
});
