// Programs that go on after run-command has answered.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../helpers/eventually.mjs';
import { lives, remains } from '../helpers/remains.mjs';
import { call, suite } from '../helpers/suite.mjs';

const { sandbox, toolkit, proxied } = await suite();
const kit = toolkit();
const run = (input) => call(kit, 'run-command', input);
const listed = async (id) => (await call(kit, 'list-processes')).processes.find((process) => process.id === id);

// One that really takes its time, beside all the others.
const { toolkit: slowly, proxied: slow } = await suite();
const { proxy: way, client: byIt } = await slow();
const patience = slowly({ client: byIt }).tools['run-command'].execute({ command: 'sleep 31; exit 6', waitMs: 60_000 }).then(
  ({ exitCode, status }) => [exitCode, status],
  (error) => [error],
);
const byHttp = slowly({ client: byIt, companion: false });
const impatience = byHttp.tools['run-command'].execute({ command: 'sleep', args: ['60'], waitMs: 60_000 }).then(
  ({ timedOut, hint }) => [timedOut, hint],
  (error) => [error],
);

/** Waits for the end of a command that goes on. */
async function end(id) {
  let answer;
  do answer = await run({ id });
  while (answer.status === 'running');
  return answer;
}

const assertNothingLeft = () =>
  eventually(async () => {
    const { processes, files } = await remains(sandbox);
    return processes.length === 0 && files === '';
  }, 'nothing to be left');

/** A program that prints `before`, goes on until the file is there, and prints `after`. */
async function patient(before = 'echo before; echo wrong >&2', after = 'echo after; exit 3') {
  const go = `${await sandbox.directory()}/go`;
  const command = `${before}; until [ -e ${go} ]; do sleep 0.02; done; ${after}`;
  return { command, go: () => sandbox.sh('touch "$1"', go) };
}

test('a program that goes on is answered with its id and what it printed, goes on, and tells its end by that id', async () => {
  const { command, go } = await patient();
  const { id, hint, durationMs, ...answer } = await run({ command, waitMs: 700 });
  assert.deepEqual(answer, {
    stdout: 'before\n',
    stderr: 'wrong\n',
    exitCode: null,
    timedOut: false,
    status: 'running',
  });
  assert.match(hint, new RegExp(`goes on.*run-command, id ${id}.*get-process-logs.*stop-process.*kill-process`));
  assert.ok(durationMs >= 1 && durationMs < 20_000, String(durationMs));
  assert.equal((await listed(id)).status, 'running');
  assert.equal((await run({ id, waitMs: 1 })).stdout, 'before\n');
  await go();
  const { durationMs: took, ...last } = await end(id);
  assert.deepEqual(last, { stdout: 'before\nafter\n', stderr: 'wrong\n', exitCode: 3, timedOut: false });
  assert.ok(took > durationMs);
  await assertNothingLeft();
  await assert.rejects(run({ id }), { code: 'ESRCH' });
});

test('it is followed, stopped and killed by that id; and then its end can be asked for', async () => {
  for (const [tool, signal] of [
    ['stop-process', 'SIGTERM'],
    ['kill-process', 'SIGKILL'],
  ]) {
    const { command } = await patient("setsid setsid sh -c 'echo $$; exec sleep 7777'");
    const { id, stdout } = await run({ command, waitMs: 700 });
    const { logs } = await call(kit, 'get-process-logs', { id });
    assert.equal(logs.map(({ data }) => data).join(''), stdout);
    assert.equal((await call(kit, tool, { id })).status, 'exited');
    assert.equal(await lives(sandbox, stdout), false);
    const answer = await end(id);
    assert.deepEqual([answer.stdout, answer.exitCode, answer.signal], [stdout, null, signal]);
    assert.equal(answer.timedOut, false);
  }
  await assertNothingLeft();
});

test('its limit goes on too, and is named with the advice', async () => {
  const { id, status } = await run({ command: 'echo x; sleep 7777', waitMs: 300, timeoutMs: 1500 });
  assert.equal(status, 'running');
  const { timedOut, stdout, signal, hint } = await end(id);
  assert.deepEqual([timedOut, stdout, signal], [true, 'x\n', 'SIGTERM']);
  assert.match(hint, /1500 ms.*create-process/);
});

test('of much output the head and the tail are there, exact, while it goes on', async () => {
  const line = (i) => `${i}\n`;
  const whole = Array.from({ length: 20_000 }, (_, i) => line(i + 1)).join('');
  for (const maxOutputBytes of [1000, 1001, 65_536, whole.length, 1 << 20]) {
    const { command, go } = await patient('seq 1 20000; seq 1 20000 >&2');
    const started = await run({ command, maxOutputBytes, waitMs: 1 });
    const { id } = started;
    const seen = await eventually(async () => {
      const answer = await run({ id, waitMs: 1 });
      return answer.stderr.endsWith('20000\n') && answer;
    }, 'all of the output');
    for (const text of [seen.stdout, seen.stderr]) {
      if (maxOutputBytes >= whole.length) {
        assert.ok(text === whole);
        continue;
      }
      const [, head, count, tail] = /^([^]*)\n\[(\d+) bytes left out\]\n([^]*)$/.exec(text);
      assert.equal(head, whole.slice(0, Math.floor(maxOutputBytes / 2)));
      assert.equal(tail, whole.slice(whole.length - Math.ceil(maxOutputBytes / 2)));
      assert.equal(Number(count), whole.length - maxOutputBytes);
    }
    await go();
    await end(id);
  }
});

test('each look at a program that prints without end is of one moment', async () => {
  const command = 'i=1000000; while :; do echo $i; i=$((i+1)); done';
  const { id, ...first } = await run({ command, maxOutputBytes: 4096, waitMs: 300 });
  const check = ({ stdout }) => {
    const [, head, count, tail] = /^([^]*)\n\[(\d+) bytes left out\]\n([^]*)$/.exec(stdout);
    assert.equal(head.length + tail.length, 4096);
    assert.ok(head.startsWith('1000000\n1000001\n'));
    const total = head.length + Number(count) + tail.length;
    const first = total - tail.length; // the number of the tail's first byte
    let expected = '';
    for (let i = Math.floor(first / 8); expected.length < tail.length + 16; i++) expected += `${1_000_000 + i}\n`;
    assert.ok(expected.startsWith(tail, first % 8), 'the tail');
  };
  check(first);
  for (let i = 0; i < 20; i++) check(await run({ id, waitMs: 1 }));
  await call(kit, 'kill-process', { id });
  await end(id);
});

test('bytes that are no UTF-8 come as base64 while it goes on', async () => {
  const { command, go } = await patient("printf 'a\\377'");
  const { id, stdout, encoding } = await run({ command, waitMs: 500 });
  assert.deepEqual([Buffer.from(stdout, 'base64').toString('latin1'), encoding], ['a\xff', 'base64']);
  await go();
  await end(id);
});

test('what goes on outlives the toolkit, and another one has its end', async () => {
  const { command, go } = await patient();
  const first = toolkit();
  const { id } = await call(first, 'run-command', { command, waitMs: 1 });
  await first.close();
  await go();
  const { stdout, exitCode } = await end(id);
  assert.deepEqual([stdout, exitCode], ['before\nafter\n', 3]);
  await assertNothingLeft();
});

test('a wait by the id that is lost or given up leaves the program alone', async () => {
  const { proxy, client } = await proxied();
  const { command, go } = await patient();
  const { id } = await run({ command, waitMs: 1 });
  const lost = toolkit({ client, timeoutMs: 500 });
  await call(lost, 'run-command', { id, waitMs: 1 });
  await proxy.rules([{ match: 'POST /v1/processes/run', do: 'stall' }]);
  await assert.rejects(call(lost, 'run-command', { id, waitMs: 1 }), { code: 'ETIMEDOUT' });
  await proxy.rules([]);
  await lost.close();
  assert.equal((await listed(id)).status, 'running');
  await go();
  assert.equal((await end(id)).exitCode, 3);
});

test('a host program may wait longer than core lets a tool, who comes by the schema may not', async () => {
  const { command, go } = await patient('echo');
  const waiting = kit.tools['run-command'].execute({ command, waitMs: 60_000 });
  await go();
  assert.equal((await waiting).exitCode, 3);
  assert.throws(() => run({ command, waitMs: 25_001 }), /25000/);
  await assert.rejects(run({ json: JSON.stringify({ command, waitMs: 25_001 }) }), /usage: .*"waitMs" is 25000 at most/);
  const follow = { json: JSON.stringify({ id: 'proc_1', follow: 25_001 }) };
  await assert.rejects(call(kit, 'get-process-logs', follow), /usage: .*"follow" is 25000 at most/);
});

test('programs that have no place among those of the server go on too', async () => {
  const { command, go } = await patient('echo $$', 'echo after; exit 4');
  const many = await Promise.all(Array.from({ length: 40 }, () => run({ command, waitMs: 3000 })));
  const [id, stopped] = many.map((answer) => answer.id).filter((id) => id.startsWith('run-'));
  assert.match(many.find((answer) => answer.id === id).hint, /not listed/);
  assert.equal(await listed(id), undefined);
  assert.deepEqual(await call(kit, 'stop-process', { id: stopped }), { id: stopped, status: 'exited', exitCode: null });
  await go();
  const ends = await Promise.all(many.map((answer) => end(answer.id)));
  const codes = ends.map(({ exitCode, signal }) => exitCode ?? signal);
  assert.deepEqual(
    codes,
    many.map((answer) => (answer.id === stopped ? 'SIGTERM' : 4)),
  );
  await assertNothingLeft();
});

test('ends that nobody asks for do not pile up: the oldest goes, the newest stay', async () => {
  const ids = [];
  for (let i = 0; i < 35; i++) {
    const { id } = await run({ command: `echo ${i}; sleep 7777`, waitMs: 1 });
    await call(kit, 'kill-process', { id });
    ids.push(id);
  }
  const { id: last } = await run({ command: 'sleep 7777', waitMs: 1 });
  await eventually(async () => (await sandbox.client.listProcesses()).processes.length <= 33 + 1, 'the oldest removed');
  await assert.rejects(run({ id: ids[0] }), { code: 'ESRCH' });
  assert.equal((await end(ids.at(-1))).stdout, '34\n');
  await call(kit, 'kill-process', { id: last });
  for (const { id } of (await sandbox.client.listProcesses()).processes) await end(id);
  await assertNothingLeft();
});

test('an id that is none, and what does not go with one, are told apart', async () => {
  await assert.rejects(run({ id: 'proc_0' }), { code: 'ESRCH', message: /run-command 'proc_0'/ });
  await assert.rejects(run({ id: 'run-0123456789abcdef' }), { code: 'ESRCH', message: /told already/ });
  const { id } = await call(kit, 'create-process', { command: 'sleep 7777' });
  await assert.rejects(run({ id }), { code: 'EINVAL', message: /not started by run-command.*get-process-logs/ });
  await call(kit, 'kill-process', { id });
  await sandbox.client.deleteProcess(id);
  await assert.rejects(run({ id, command: 'true' }), /usage: .*"id"/);
  await assert.rejects(run({ id, timeoutMs: 5 }), /usage: .*"id"/);
});

test('without a companion nothing goes on, and the answer says so', async () => {
  const http = toolkit({ companion: false });
  const { timedOut, hint } = await call(http, 'run-command', { command: 'sleep', args: ['60'], waitMs: 500 });
  assert.equal(timedOut, true);
  assert.match(hint, /500 ms.*without a companion.*create-process/);
  await assert.rejects(call(http, 'run-command', { id: 'proc_1' }), { code: 'ENOTSUP', message: /without a companion/ });
});

test('no response is silent for 20 s, however long the wait is', async () => {
  assert.deepEqual(await patience, [6, undefined]);
  const [timedOut, hint] = await impatience;
  assert.equal(timedOut, true);
  assert.match(hint, /18000 ms/);
  const silences = (await way.requests()).map(({ silentMs }) => silentMs);
  assert.ok(Math.max(...silences) > 5000, 'one of them waited');
  assert.ok(silences.every((ms) => ms < 20_000), String(silences));
});
