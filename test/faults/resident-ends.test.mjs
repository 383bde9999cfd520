// How the companion that stays ends: with close(); it holds no process of its client's; no tool shows or reaches it; and where
// the server has no place for it, or others have all that there are for it, all goes by `run`.
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../helpers/eventually.mjs';
import { fetchClient } from '../helpers/fetch-client.mjs';
import { runProgram } from '../helpers/program.mjs';
import { staying as stayingBy } from '../helpers/staying.mjs';
import { AT_ONCE, call, suite } from '../helpers/suite.mjs';

const { sandbox, open, toolkit, proxied } = await suite();
const TRY_MS = 5000;
const PLACES = 8;
const HANG_MS = 20_000; // the server has 30 s to answer

const residents = async () =>
  (await sandbox.client.listProcesses()).processes.filter(({ args }) => args[0] === 'serve' && args[1] === '--batches');
const running = async () => (await residents()).filter(({ status }) => status === 'running');

/** Asks for a while, or until the companion stays; whether it does. */
async function stays(fs, until = () => false) {
  for (const end = performance.now() + TRY_MS; performance.now() < end && !(await until()); await fs.stat('/'))
    if (fs.lane.carrier !== 'run' && fs.lane.carrier !== null) return true;
  return false;
}

const staying = async () => (await stayingBy(() => open(AT_ONCE))).fs;

test('close() ends it, and the server forgets it', async () => {
  const fs = await staying();
  assert.equal((await running()).length, 1);
  const [last] = await Promise.all([fs.mkdir('/last').then(() => 'made'), fs.close()]);
  assert.equal(last, 'made');
  assert.deepEqual(await residents(), []);
});

test('close() does not wait for the start of one at a server that does not answer', { timeout: 2 * HANG_MS }, async () => {
  const { proxy, client } = await proxied();
  await proxy.rules([{ match: 'GET /v1/processes', do: 'stall', times: 1 }]);
  const { fs } = await open({ ...AT_ONCE, client });
  const asked = async () => (await proxy.count('GET /v1/processes')) > 0;
  for (let i = 0; i < 10 && !(await asked()); i++) await stays(fs, asked);
  assert.ok(await asked());
  const begin = performance.now();
  await fs.close();
  assert.ok(performance.now() - begin < HANG_MS);
});

const REACHING = [
  ['get-process-logs', {}],
  ['get-process-logs', { since: '0', follow: 100 }],
  ['send-input', { data: 'x' }],
  ['send-input', { data: 'x', eof: true }],
  ['stop-process', {}],
  ['kill-process', {}],
];

for (const companion of ['auto', false])
  test(`no tool shows it, reads or writes it, or ends it, companion: ${companion}`, async () => {
    const fs = await staying();
    const kit = toolkit({ companion });
    const [{ id }] = await running();
    const batches = (await sandbox.client.getProcessLogs(id)).entries.length;
    const { processes } = await call(kit, 'list-processes');
    assert.ok(!processes.some((process) => process.id === id));
    for (const [tool, input] of companion === false ? REACHING : [...REACHING, ['run-command', {}]])
      await assert.rejects(call(kit, tool, { id, ...input }), (error) => {
        assert.equal(error.code, 'ESRCH', `${tool}: ${error.message}`);
        return error.message.includes(`${tool} '${id}'`) && /companion of a file system/.test(error.message);
      });
    assert.equal((await running())[0].id, id);
    assert.notEqual(fs.lane.carrier, 'run');
    await fs.stat('/');
    assert.ok((await sandbox.client.getProcessLogs(id)).entries.length > batches); // its stream was not disturbed
    await fs.close();
  });

test("it is none of the processes that the error of the server's limit names", async () => {
  const fs = await staying();
  const before = await sandbox.client.getProcessConfig();
  const kit = toolkit({ companion: false });
  const { id } = await call(kit, 'create-process', { command: 'sleep', args: ['600'] });
  await sandbox.client.setProcessConfig({ ...before, maxConcurrentProcesses: 2 });
  try {
    assert.equal((await running()).length, 1);
    await assert.rejects(call(kit, 'create-process', { command: 'true' }), {
      code: 'EBUSY',
      message: new RegExp(`; 1 processes run, .*: ${id} \\(sleep 600\\)\\. `),
    });
  } finally {
    await sandbox.client.setProcessConfig(before);
    await call(kit, 'kill-process', { id });
    await fs.close();
  }
});

test('a program that uses it ends by itself, and leaves one that runs, for a while', async () => {
  const place = JSON.stringify({ baseUrl: sandbox.baseUrl, token: sandbox.token });
  let carrier;
  for (let i = 0; i < 10 && carrier !== 'stream'; i++) {
    const ended = await runProgram(new URL('programs/stays.mjs', import.meta.url), [place], { boundMs: 30_000 });
    assert.equal(ended.hung, false);
    assert.equal(ended.code, 0, ended.stderr);
    carrier = ended.stdout.trim();
  }
  assert.equal(carrier, 'stream');
  assert.equal((await running()).length, 1);
  for (const { id } of await running()) await sandbox.client.killProcess(id);
  for (const { id } of await residents()) await sandbox.client.deleteProcess(id);
});

test('where the server has no place for it, all goes by run', async () => {
  const { proxy, client } = await proxied();
  const before = await sandbox.client.getProcessConfig();
  const sleeper = await sandbox.client.createProcess({ command: 'sleep', args: ['600'] });
  await sandbox.client.setProcessConfig({ ...before, maxConcurrentProcesses: 1 });
  try {
    const { fs } = await open({ ...AT_ONCE, client });
    const asked = async () =>
      (await proxy.requests()).some(({ method, url }) => method === 'POST' && url === '/v1/processes');
    assert.equal(await stays(fs, asked), false);
    for (let i = 0; i < 50; i++) await fs.stat('/');
    assert.ok(await asked());
    assert.equal(fs.lane.carrier, 'run');
    assert.deepEqual(await residents(), []);
  } finally {
    await sandbox.client.setProcessConfig(before);
    await sandbox.client.killProcess(sleeper.id);
  }
});

test(`where ${PLACES} are there, there is no other one`, async () => {
  const fs = await staying();
  const [{ command, args }] = await running();
  for (let i = 1; i < PLACES; i++) await sandbox.client.createProcess({ command, args });
  const { proxy, client } = await proxied();
  const { fs: another } = await open({ ...AT_ONCE, client });
  const asked = async () =>
    (await proxy.requests()).filter(({ url }) => url === '/v1/processes').map(({ method }) => method);
  await stays(another, async () => (await asked()).length > 0);
  for (let i = 0; i < 50; i++) await another.stat('/');
  assert.deepEqual(await asked(), ['GET']);
  assert.equal(another.lane.carrier, 'run');
  await fs.close();
  await eventually(async () => (await running()).length === PLACES - 1, 'one to end');
});

test("over the client's own fetch none stays", async () => {
  const { client } = await fetchClient(sandbox);
  const { fs } = await open({ client });
  const before = (await residents()).length;
  for (let i = 0; i < 200; i++) await fs.stat('/');
  assert.equal(fs.lane.carrier, 'run');
  assert.equal((await residents()).length, before);
});
