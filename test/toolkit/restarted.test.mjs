// A sandbox that was started again counts its ids anew: what was meant for a process of before reaches no other one. Here
// another sandbox takes the place of the first.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, suite } from '../helpers/suite.mjs';

const { sandbox: before, toolkit } = await suite();
const { sandbox: after, toolkit: toolkitAfter } = await suite();
const sleeper = { command: 'sleep', args: ['600'] };
const tools = [
  ['get-process-logs'],
  ['send-input', { data: 'x' }],
  ['stop-process'],
  ['kill-process'],
];

/** Starts programs until one of them has the id. */
async function take(kit, id) {
  for (;;) {
    const process = await call(kit, 'create-process', sleeper);
    if (process.id === id) return process;
    await call(kit, 'kill-process', { id: process.id });
  }
}

for (const companion of ['auto', false]) {
  test(`an id of another start is an error until it is shown again, companion: ${companion}`, async () => {
    const client = await before.connect(before.baseUrl);
    const kit = toolkit({ client, companion });
    const neighbour = toolkitAfter({ companion });
    const listed = async (id) =>
      (await call(neighbour, 'list-processes')).processes.find((process) => process.id === id);
    let { id } = await call(kit, 'create-process', sleeper);
    const skipped = (await call(neighbour, 'create-process', sleeper)).id;
    while (Number(id.slice(5)) <= Number(skipped.slice(5))) ({ id } = await call(kit, 'create-process', sleeper));
    await call(kit, 'get-process-logs', { id });
    const other = await take(neighbour, id);
    Object.assign(client, { baseUrl: after.baseUrl, token: after.token });
    const all = companion === false ? tools : [...tools, ['run-command']]; // which has no ids without it
    for (const [tool, rest] of all)
      await assert.rejects(call(kit, tool, { id, ...rest }), (error) => {
        assert.equal(error.code, 'ESRCH', `${tool}: ${error.message}`);
        assert.match(error.message, new RegExp(`'${id}'.*started again.*list-processes`));
        return true;
      });
    assert.equal((await listed(id)).status, 'running');
    assert.equal((await call(kit, 'list-processes')).processes.find((process) => process.id === id).pid, other.pid);
    assert.deepEqual((await call(kit, 'get-process-logs', { id })).logs, []);
    assert.equal((await call(kit, 'stop-process', { id })).status, 'exited');
    assert.deepEqual((await call(kit, 'get-process-logs', { id })).logs, []); // it has no pid any more: it is the same
  });
}

test('the id of a command that goes on is known too', async () => {
  const client = await before.connect(before.baseUrl);
  const kit = toolkit({ client });
  const neighbour = toolkitAfter();
  const start = (by) => call(by, 'run-command', { ...sleeper, waitMs: 1 });
  let { id } = await start(kit);
  let other = await start(neighbour);
  while (Number(id.slice(5)) < Number(other.id.slice(5))) ({ id } = await start(kit));
  while (other.id !== id) {
    await call(neighbour, 'kill-process', { id: other.id });
    await call(neighbour, 'run-command', { id: other.id });
    other = await start(neighbour);
  }
  Object.assign(client, { baseUrl: after.baseUrl, token: after.token });
  for (const tool of ['run-command', 'kill-process'])
    await assert.rejects(call(kit, tool, { id }), { code: 'ESRCH', message: /started again/ });
  const { processes } = await call(neighbour, 'list-processes');
  assert.equal(processes.find((process) => process.id === id).status, 'running');
});
