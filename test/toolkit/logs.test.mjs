// get-process-logs: the text is what the program printed, whole, wherever it is read on.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from '../helpers/eventually.mjs';
import { call, suite } from '../helpers/suite.mjs';

const { sandbox, toolkit } = await suite();
const kit = toolkit();
const create = async (command, rest) => (await call(kit, 'create-process', { command, ...rest })).id;
const read = (id, rest, by = kit) => call(by, 'get-process-logs', { id, ...rest });
const text = ({ logs }) => logs.map(({ data }) => data).join('');
const ended = (id) => eventually(async () => (await read(id)).status === 'exited');

test('no character is cut in two: between entries, streams and calls', async () => {
  const directory = await sandbox.directory();
  // Each byte by itself: the server reads it before the next one comes.
  const bytes = [...Buffer.from('é漢🙂')].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`);
  const steps = bytes.map((byte, i) => `printf '${byte}'; printf '${byte}' >&2; until [ -e ${directory}/${i} ]; do sleep 0.01; done`);
  const id = await create(`${steps.join('; ')};`);
  const seen = { stdout: '', stderr: '' };
  let since;
  for (const i of bytes.keys()) {
    // Both bytes are there, shown or held back in nextSince.
    await eventually(async () => Number.parseInt((await read(id)).nextSince, 10) === 2 * (i + 1));
    const answer = await read(id, { since });
    for (const { data, stream, encoding } of answer.logs) {
      assert.equal(encoding, undefined);
      seen[stream] += data;
    }
    since = answer.nextSince;
    await sandbox.client.writeFsFile({ path: `${directory}/${i}` }, '');
  }
  assert.deepEqual(seen, { stdout: 'é漢🙂', stderr: 'é漢🙂' });
  await ended(id);
  assert.deepEqual((await read(id, { since })).logs, []);
  for (const stream of ['stdout', 'stderr']) assert.equal(text(await read(id, { stream })), 'é漢🙂');
});

test('nor between an answer with the last lines alone and the next, on whichever stream', async () => {
  const directory = await sandbox.directory();
  const begin = "printf '\\342\\202'; seq 100 | while read -r i; do echo $i >&2; sleep 0.002; done";
  const id = await create(`${begin}; until [ -e ${directory}/go ]; do sleep 0.01; done; printf '\\254\n'`);
  await eventually(async () => text(await read(id)).endsWith('100\n'));
  const { logs, nextSince } = await read(id, { tail: 2 });
  assert.equal(text({ logs }), '99\n100\n');
  await sandbox.client.writeFsFile({ path: `${directory}/go` }, '');
  await ended(id);
  const rest = await eventually(async () => {
    const answer = await read(id, { since: nextSince });
    return answer.logs.length > 0 && answer.logs;
  });
  assert.deepEqual(
    rest.map(({ data, stream, encoding }) => [data, stream, encoding]),
    [['€\n', 'stdout', undefined]],
  );
});

test('bytes that are no UTF-8 come as base64, those of a character that never came too', async () => {
  const id = await create("printf 'a\\377b'; sleep 0.2; printf 'c\\342\\202'");
  await ended(id);
  const { logs } = await eventually(async () => (await read(id)).logs.length === 3 && read(id));
  assert.deepEqual(
    logs.map(({ data, encoding }) => [data, encoding]),
    [
      [Buffer.from('a\xffb', 'latin1').toString('base64'), 'base64'],
      ['c', undefined],
      [Buffer.from([0xe2, 0x82]).toString('base64'), 'base64'],
    ],
  );
});

test('tail counts lines', async () => {
  const id = await create('seq 1 5000; printf "no end"; sleep 600');
  await eventually(async () => text(await read(id)).endsWith('no end'));
  assert.equal(text(await read(id, { tail: 1 })), 'no end');
  assert.equal(text(await read(id, { tail: 3 })), '4999\n5000\nno end');
  assert.equal(text(await read(id, { tail: 4000 })).split('\n').length, 4000);
  assert.equal(text(await read(id, { tail: 9000 })).split('\n').length, 5001);
  const two = await create('for i in 1 2 3 4; do echo out $i; echo err $i >&2; sleep 0.05; done');
  await ended(two);
  assert.equal(text(await read(two, { tail: 2, stream: 'stdout' })), 'out 3\nout 4\n');
  assert.equal(text(await read(two, { tail: 3, stream: 'stderr' })), 'err 2\nerr 3\nerr 4\n');
});

test('since goes on where an answer ended', async () => {
  const directory = await sandbox.directory();
  const id = await create(`echo one; until [ -e ${directory}/go ]; do sleep 0.01; done; echo two; sleep 600`);
  const first = await eventually(async () => text(await read(id)) === 'one\n' && read(id));
  assert.deepEqual((await read(id, { since: first.nextSince })).logs, []);
  await sandbox.client.writeFsFile({ path: `${directory}/go` }, '');
  const next = await eventually(async () => {
    const answer = await read(id, { since: first.nextSince });
    return answer.logs.length > 0 && answer;
  });
  assert.equal(text(next), 'two\n');
  assert.equal(next.status, 'running');
  assert.ok(!('exitCode' in next) && !('droppedEntries' in next));
  for (const since of ['x', '-1', '1.5', '1-x', ''])
    await assert.rejects(read(id, { since }), /^Error: .*usage: get-process-logs: "since"|usage: .*since/);
});

test('follow ends with the process, and has its exit', async () => {
  const id = await create('for i in 1 2 3; do echo $i; sleep 0.2; done; echo last >&2; exit 7');
  const answer = await read(id, { follow: 25_000 });
  assert.equal(text(answer), '1\n2\n3\nlast\n');
  assert.deepEqual([answer.status, answer.exitCode], ['exited', 7]);
  const killed = await create('echo x; kill -9 $$');
  const { status, exitCode } = await read(killed, { follow: 25_000 });
  assert.deepEqual([status, exitCode], ['exited', null]);
});

test('follow ends when its time is over, and the process goes on', async () => {
  const id = await create('while :; do echo tick; sleep 0.05; done');
  const started = Date.now();
  const answer = await read(id, { follow: 700 });
  assert.ok(Date.now() - started >= 700);
  assert.equal(answer.status, 'running');
  assert.ok(answer.logs.length > 1);
  const next = await read(id, { since: answer.nextSince, follow: 300 });
  assert.ok(next.logs.length > 0);
  assert.equal((await call(kit, 'list-processes')).processes.find((process) => process.id === id).status, 'running');
});

test('a closing toolkit waits for who follows', async () => {
  const other = toolkit();
  const id = await create('sleep 600');
  const following = call(other, 'get-process-logs', { id, follow: 400 });
  await other.close();
  assert.equal((await following).status, 'running');
});

test('a worker that follows can be terminated, and a process can exit', async () => {
  const id = await create('sleep 600');
  const client = `{ baseUrl: '${sandbox.baseUrl}', token: '${sandbox.token}', statFs() {}, runProcess() {} }`;
  const follow = `const { createSandboxToolkit } = require('@rivet-dev/agent-os-sandbox');
    const kit = createSandboxToolkit({ client: ${client} });
    kit.tools['get-process-logs'].execute({ id: '${id}', follow: 60000 }).finally(() => console.log('too early'));`;
  for (const ending of [
    `${follow} setTimeout(() => process.exit(7), 300);`,
    `const { Worker } = require('node:worker_threads');
     const worker = new Worker(${JSON.stringify(follow)}, { eval: true });
     setTimeout(() => worker.terminate().then(() => process.exit(7)), 600);`,
  ]) {
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', ending], { cwd: root, encoding: 'utf8', timeout: 50_000 });
    assert.deepEqual([status, stdout], [7, ''], stderr);
  }
});

test('what the log no longer holds is counted', async () => {
  const patient = toolkit({ timeoutMs: 120_000 }); // each answer has 14 MB, and other tests run beside this one
  const readAll = (rest) => read(id, rest, patient);
  const id = await create('yes 12345678901234567890123456789012345678901234567890 | head -c 14000000; echo; echo the end');
  await eventually(async () => (await readAll({ tail: 1 })).status === 'exited', 'its end', 120_000);
  const answer = await readAll({ follow: 25_000 });
  const { droppedEntries } = await readAll({});
  assert.ok(droppedEntries > 100, `${droppedEntries}`);
  assert.match(text(await readAll({ tail: 1 })), /^the end\n$/);
  assert.ok(!('droppedEntries' in (await readAll({ tail: 1 }))));
  assert.match(text(answer), /the end\n$/);
  assert.equal((await readAll({ follow: 25_000 })).droppedEntries, droppedEntries);
  for (const rest of [{}, { follow: 25_000 }]) {
    assert.equal((await readAll({ since: '10', ...rest })).droppedEntries, droppedEntries - 10);
    assert.ok(!('droppedEntries' in (await readAll({ since: String(droppedEntries), ...rest }))));
  }
});

test("the server's own message is not the program's", async () => {
  const id = await create('echo hi', { tty: true });
  const { logs } = await read(id, { follow: 25_000 });
  assert.equal(text({ logs }), 'hi\r\n');
  const { entries } = await sandbox.client.getProcessLogs(id);
  assert.match(entries.map(({ data }) => Buffer.from(data, 'base64').toString()).join(''), /process stream error/);
});

test('an id that is none is an error, followed or not', async () => {
  for (const rest of [{}, { follow: 25_000 }, { tail: 3 }])
    await assert.rejects(read('proc_99999', rest), { code: 'ESRCH' });
});
