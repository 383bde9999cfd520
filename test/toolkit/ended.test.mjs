// What has ended does not pile up in the server: of what stays there after its answer the last 32 of each kind stay, with
// their logs and their records.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../helpers/eventually.mjs';
import { json } from '../helpers/proxy.mjs';
import { call, suite } from '../helpers/suite.mjs';

/** A sandbox, a toolkit by way of a proxy, and what is ours in it. */
async function world() {
  const { sandbox, toolkit, proxied } = await suite();
  const { proxy, client } = await proxied();
  const processes = async () => (await sandbox.client.listProcesses()).processes;
  const records = async () =>
    (await sandbox.sh('ls "$HOME/.cache/agentos-sandbox" | grep "^run-" || true')).split('\n').filter((name) => name).length;
  const deleted = async () =>
    (await proxy.requests())
      .filter(({ method, url }) => method === 'DELETE' && url.startsWith('/v1/processes/'))
      .map(({ url }) => url.split('/').at(-1));
  return { sandbox, proxy, kit: toolkit({ client }), processes, records, deleted };
}
const sleeper = { command: 'sleep', args: ['7777'] };

test('of 40 short programs of create-process the last 32 stay, and of those of run-command none', async () => {
  const { kit, processes, records } = await world();
  const ids = [];
  for (let i = 0; i < 40; i++) {
    const { id } = await call(kit, 'create-process', { command: 'echo', args: [`${i}`] });
    await call(kit, 'get-process-logs', { id, follow: 25_000 }); // one ends before the next one starts
    ids.push(id);
  }
  ids.push((await call(kit, 'create-process', sleeper)).id);
  await eventually(async () => (await processes()).length === 33, 'the oldest to be removed');
  assert.deepEqual((await processes()).map(({ id }) => id).sort(), ids.slice(8).sort());
  await eventually(async () => (await records()) === 33, 'their records to be gone');
  const { logs } = await call(kit, 'get-process-logs', { id: ids[8] });
  assert.equal(logs.map(({ data }) => data).join(''), '8\n');
  await assert.rejects(call(kit, 'get-process-logs', { id: ids[7] }), { code: 'ESRCH' });
  for (let i = 0; i < 40; i++) await call(kit, 'run-command', { command: 'true', args: [] });
  await eventually(async () => (await processes()).length === 33 && (await records()) === 33, 'nothing of run-command');
});

test('before the last ones those go first whose end was shown', async () => {
  const { sandbox, kit, processes, records, deleted } = await world();
  const ids = [];
  for (let i = 0; i < 36; i++) ids.push((await call(kit, 'create-process', sleeper)).id);
  for (const id of ids) await sandbox.client.killProcess(id); // not by the toolkit: it does not know
  await call(kit, 'stop-process', { id: ids[2] });
  await call(kit, 'get-process-logs', { id: ids[3] });
  await call(kit, 'stop-process', { id: ids[20] });
  await call(kit, 'create-process', sleeper);
  await eventually(async () => (await processes()).length === 33, 'the oldest to be removed');
  assert.deepEqual(await deleted(), [ids[2], ids[3], ids[0], ids[1]]);
  await eventually(async () => (await records()) === 33, 'their records to be gone');
});

test('what one kind leaves is not counted with the other', async () => {
  const { kit, processes, deleted } = await world();
  const ids = [];
  for (let i = 0; i < 20; i++) {
    ids.push((await call(kit, 'create-process', { command: 'true' })).id);
    const { id } = await call(kit, 'run-command', { ...sleeper, waitMs: 1 });
    await call(kit, 'kill-process', { id });
    ids.push(id);
  }
  assert.deepEqual((await processes()).map(({ id }) => id).sort(), ids.sort());
  await kit.close(); // waits for what tidies
  assert.deepEqual(await deleted(), []);
});

test('one that cannot be removed is tried once a time', async () => {
  const { sandbox, proxy, kit, deleted } = await world();
  await proxy.rules([{ match: 'DELETE /v1/processes/', do: 'answer', status: 500, body: '{}' }]);
  const ids = [];
  for (let i = 0; i < 34; i++) ids.push((await call(kit, 'create-process', sleeper)).id);
  for (const id of ids) await sandbox.client.killProcess(id);
  await call(kit, 'create-process', sleeper);
  await kit.close();
  assert.deepEqual(await deleted(), [ids[0]]);
});

test('the server was started again: the clean-up of a command leaves the process alone that has its id now', async () => {
  const { proxy, kit, processes, records, deleted } = await world();
  const { id } = await call(kit, 'create-process', sleeper);
  const other = (await processes()).find((process) => process.id === id);
  await proxy.rules([{ match: 'GET /v1/processes/proc_', ...json(other) }]);
  assert.equal((await call(kit, 'run-command', { command: 'echo x' })).stdout, 'x\n');
  await kit.close();
  assert.deepEqual(await deleted(), []);
  assert.equal(await records(), 1);
});
