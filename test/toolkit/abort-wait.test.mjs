// An abort of a run-command that waits by an id ends the wait alone; one of the call that waits for the program it started
// ends the program.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { eventually } from '../helpers/eventually.mjs';
import { rejection } from '../helpers/expect.mjs';
import { lives } from '../helpers/remains.mjs';
import { call, suite } from '../helpers/suite.mjs';

const { sandbox, toolkit, proxied } = await suite();
const { proxy, client } = await proxied();
const execute = (kit, input, options) => kit.tools['run-command'].execute(input, options);
const waits = () => proxy.count('POST /v1/processes/run');

/** A program that writes its pid, and ends with 3 when it is told to. */
async function program() {
  const directory = await sandbox.directory();
  const script = 'echo $$ > "$0/pid"; until [ -e "$0/go" ]; do sleep 0.02; done; echo end; exit 3';
  return {
    input: { command: 'sh', args: ['-c', script, directory] },
    pid: () => eventually(() => sandbox.sh('cat "$1/pid" 2>/dev/null || true', directory), 'the pid'),
    go: () => sandbox.sh('touch "$1/go"', directory),
  };
}

/** Starts a wait, and aborts it once it waits in the sandbox. */
async function aborted(kit, input) {
  const controller = new AbortController();
  const before = await waits();
  const rejected = rejection(execute(kit, input, { signal: controller.signal }));
  await eventually(async () => (await waits()) > before, 'the wait');
  controller.abort('enough');
  assert.equal(await rejected, 'enough');
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
}

test('a wait by the id is given up, and the program goes on, after one answer "running" and after more', async () => {
  const kit = toolkit({ client });
  const { input, pid, go } = await program();
  const { id, status } = await execute(kit, { ...input, waitMs: 1 });
  assert.equal(status, 'running');
  await aborted(kit, { id, waitMs: 60_000 });
  assert.equal((await execute(kit, { id, waitMs: 1 })).status, 'running');
  await aborted(kit, { id, waitMs: 60_000 });
  await kit.close(); // waits for what an abort leaves to do
  assert.equal(await lives(sandbox, await pid()), true);
  const other = toolkit();
  assert.equal((await call(other, 'list-processes')).processes.find((process) => process.id === id).status, 'running');
  await go();
  const { stdout, exitCode } = await execute(other, { id, waitMs: 60_000 });
  assert.deepEqual([stdout, exitCode], ['end\n', 3]);
});

test('a signal that came with the first call has no say once that was answered', async () => {
  const kit = toolkit({ client });
  const controller = new AbortController();
  const { input, pid } = await program();
  const { id } = await execute(kit, { ...input, waitMs: 1 }, { signal: controller.signal });
  controller.abort();
  await kit.close();
  assert.equal(await lives(sandbox, await pid()), true);
  const other = toolkit();
  await call(other, 'kill-process', { id });
  assert.equal((await execute(other, { id })).signal, 'SIGKILL');
});

test('the call that started the program ends it, also where it was to be answered while it goes on', async () => {
  const kit = toolkit({ client });
  const { input, pid } = await program();
  const controller = new AbortController();
  const rejected = rejection(execute(kit, { ...input, waitMs: 50_000 }, { signal: controller.signal }));
  const started = await pid();
  controller.abort('enough');
  assert.equal(await rejected, 'enough');
  await kit.close();
  assert.equal(await lives(sandbox, started), false);
});
