// A tool's call that is aborted rejects at once, and a program that it waited for ends in the sandbox, with all that descends
// from it.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { eventually } from '../helpers/eventually.mjs';
import { expectTypeError, rejection } from '../helpers/expect.mjs';
import { lives, remains } from '../helpers/remains.mjs';
import { call, suite } from '../helpers/suite.mjs';

const { sandbox, toolkit, proxied } = await suite();

const execute = (kit, name, input, options) => kit.tools[name].execute(input, options);

/** The pids that a program has written into the file `at` of the sandbox, once there are `count`. */
const pidsIn = (at, count) =>
  eventually(async () => {
    const pids = (await sandbox.sh('cat "$1" 2>/dev/null || true', at)).split('\n').filter(Boolean);
    return pids.length === count && pids;
  }, 'the pids');

const TREE = 'echo $$ >>"$0"; (setsid setsid sh -c \'echo $$ >>"$0"; sleep 7777\' "$0" &); sleep 7777';

test('an abort ends the program with all that descends from it, and nothing stays', async () => {
  const kit = toolkit();
  const controller = new AbortController();
  const at = `${await sandbox.directory()}/pids`;
  const input = { command: 'sh', args: ['-c', TREE, at], timeoutMs: 60_000 };
  const rejected = rejection(execute(kit, 'run-command', input, { signal: controller.signal }));
  const pids = await pidsIn(at, 2);
  const reason = new Error('mine');
  controller.abort(reason);
  assert.equal(await rejected, reason);
  assert.match(reason.cause.message, /may have completed/);
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  await kit.close(); // waits for the program's end
  for (const pid of pids) assert.equal(await lives(sandbox, pid), false);
  assert.deepEqual(await remains(sandbox), { processes: [], files: '' });
});

test('without a companion it is only the limit that ends the program: it is waited for', async () => {
  const kit = toolkit({ companion: false });
  const controller = new AbortController();
  const at = `${await sandbox.directory()}/pids`;
  const input = { command: 'sh', args: ['-c', 'echo $$ >"$0"; exec sleep 7777', at], timeoutMs: 4000 };
  const rejected = rejection(execute(kit, 'run-command', input, { signal: controller.signal }));
  const [pid] = await pidsIn(at, 1);
  controller.abort('over');
  assert.equal(await rejected, 'over');
  assert.equal(await lives(sandbox, pid), true);
  await kit.close();
  assert.equal(await lives(sandbox, pid), false);
});

test('aborted while it is started: it is ended all the same, or never began', async () => {
  const { proxy, client } = await proxied({ delayMs: 200 });
  const kit = toolkit({ client });
  await call(kit, 'run-command', { command: 'true' }); // the companion is there
  for (const name of ['run-command', 'create-process']) {
    const before = await starts(proxy);
    const controller = new AbortController();
    const rejected = rejection(
      execute(kit, name, { command: 'sleep', args: ['7777'] }, { signal: controller.signal }),
    );
    await eventually(async () => (await starts(proxy)) > before, 'the start');
    controller.abort();
    assert.equal((await rejected).name, 'AbortError');
  }
  await kit.close();
  await eventually(async () => (await remains(sandbox)).processes.length === 0, 'no process');
  assert.deepEqual(await remains(sandbox), { processes: [], files: '' });
});

/** Requests that start a process of the server. */
async function starts(proxy) {
  const requests = await proxy.requests();
  return requests.filter(({ method, url }) => method === 'POST' && url === '/v1/processes').length;
}

test('a signal that is aborted already: nothing is sent', async () => {
  const { proxy, client } = await proxied();
  const kit = toolkit({ client });
  for (const [name, input] of [
    ['run-command', { command: 'true' }],
    ['create-process', { command: 'true' }],
    ['list-processes', {}],
    ['get-process-logs', { id: 'x' }],
    ['stop-process', { id: 'x' }],
    ['kill-process', { id: 'x' }],
    ['send-input', { id: 'x', input: 'x' }],
  ])
    assert.equal(await rejection(execute(kit, name, input, { signal: AbortSignal.abort('no') })), 'no', name);
  assert.equal(await proxy.count(), 0);
});

test('the defaults of the factory, and those of a call', async () => {
  const { proxy, client } = await proxied();
  const controller = new AbortController();
  const kit = toolkit({ client, signal: controller.signal });
  await proxy.rules([{ match: 'GET /v1/processes', do: 'stall' }]);
  const late = await rejection(execute(kit, 'list-processes', {}, { timeoutMs: 60 }));
  const before = await proxy.count('GET /v1/processes');
  assert.deepEqual([late.code, /60 ms/.test(late.message)], ['ETIMEDOUT', true]);
  const rejected = rejection(execute(kit, 'list-processes', {}));
  await eventually(async () => (await proxy.count('GET /v1/processes')) > before, 'the question');
  controller.abort('over');
  assert.equal(await rejected, 'over');
  await expectTypeError(execute(kit, 'list-processes', {}, { signal: 1 }), /AbortSignal/);
  await expectTypeError(() => toolkit({ signal: {} }), /"options.signal" property must be an instance of AbortSignal/);
});
