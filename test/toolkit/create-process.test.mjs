// create-process: its environment, its terminal, when it is ready, and the server's limit.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../helpers/eventually.mjs';
import { freePort } from '../helpers/port.mjs';
import { call, suite } from '../helpers/suite.mjs';

const { toolkit, sandbox } = await suite();
const kits = { 'with the companion': toolkit(), 'over HTTP alone': toolkit({ companion: false }) };
const kit = kits['with the companion'];
const create = (input, by = kit) => call(by, 'create-process', input);
const follow = (id) => call(kit, 'get-process-logs', { id, follow: 25_000 });
const text = ({ logs }) => logs.map(({ data }) => data).join('');
const serve = (port, before = '') =>
  `${before} exec node -e 'require("net").createServer().listen(${port}, "127.0.0.1", () => console.log("up"))'`;

test('env is an object, or a list of NAME=VALUE, as its flag makes one', async () => {
  const command = 'echo "$A|$B|$C"';
  for (const env of [{ A: '1', B: 'x=y', C: '' }, ['A=0', 'B=x=y', 'C=', 'A=1']]) {
    assert.equal((await call(kit, 'run-command', { command, env })).stdout, '1|x=y|\n');
    assert.equal((await call(kit, 'run-command', { command, json: JSON.stringify({ env }) })).stdout, '1|x=y|\n');
    assert.equal(text(await follow((await create({ command, env })).id)), '1|x=y|\n');
  }
});

for (const [title, by] of Object.entries(kits)) {
  test(`a terminal has the size that was asked for, ${title}`, async () => {
    for (const [size, expected] of [
      [{ cols: 132, rows: 43 }, '43 132'],
      [{ cols: 100 }, '24 100'],
      [{ rows: 50 }, '50 80'],
      [{}, '24 80'],
    ]) {
      const command = by === kit ? 'stty size' : 'read line; stty size';
      const { id } = await create({ command, tty: true, ...size }, by);
      if (by !== kit) await call(by, 'send-input', { id, input: '' });
      assert.ok(text(await follow(id)).includes(`${expected}\r\n`));
    }
  });

  test(`waitForPort answers when something listens, ${title}`, async () => {
    const port = await freePort();
    const process = await create({ command: serve(port, 'sleep 0.3;'), waitForPort: port, waitMs: 25_000 }, by);
    assert.deepEqual([process.ready, process.status], [true, 'running']);
    assert.ok(!('logs' in process) && !('hint' in process));
    await sandbox.sh(`node -e 'require("net").connect(${port}, "127.0.0.1", () => process.exit(0))'`);
    // A second one would take the first for its own.
    const before = (await sandbox.client.listProcesses()).processes.length;
    await assert.rejects(create({ command: serve(port), waitForPort: port }, by), (error) => {
      assert.deepEqual([error.code, error.message.includes(`port ${port} already`)], ['EBUSY', true], error.message);
      return true;
    });
    assert.equal((await sandbox.client.listProcesses()).processes.length, before);
    await call(kit, 'kill-process', { id: process.id });
  });

  test(`waitForLog answers when the text was printed, wherever it is cut, ${title}`, async () => {
    const command = "printf 'server rea'; sleep 0.2; printf 'dy at' >&2; sleep 0.2; printf 'dy now'; sleep 600";
    const { id, ready } = await create({ command, waitForLog: 'ready now', waitMs: 25_000 }, by);
    assert.equal(ready, true);
    await call(kit, 'kill-process', { id });
  });

  test(`what is not ready in time says so, shows its last lines and goes on, ${title}`, async () => {
    const command = "seq 1 100; sleep 0.1; echo 'at the end' >&2; sleep 600";
    const { id, ready, status, logs, hint, nextSince } = await create({ command, waitForPort: await freePort(), waitMs: 700 }, by);
    assert.deepEqual([ready, status], [false, 'running']);
    assert.equal(text({ logs }).split('\n').length, 21);
    assert.match(text({ logs }), /^82\n[^]*100\nat the end\n$/);
    assert.match(hint, /700 ms.*get-process-logs/);
    assert.deepEqual((await call(kit, 'get-process-logs', { id, since: nextSince })).logs, []);
    await call(kit, 'kill-process', { id });
  });

  test(`what ends before it is ready is told at once, ${title}`, async () => {
    const input = { command: 'echo cannot start; exit 3', waitForLog: 'listening', waitMs: 25_000 };
    const { ready, status, exitCode, logs, hint } = await create(input, by);
    assert.deepEqual([ready, status, exitCode], [false, 'exited', 3]);
    assert.equal(text({ logs }), 'cannot start\n');
    assert.match(hint, /ended before it was ready/);
  });
}

test('what has no meaning is bad usage, and nothing is started', async () => {
  const before = (await sandbox.client.listProcesses()).processes.length;
  for (const input of [{ cols: 80 }, { tty: true, cols: 65_536 }, { waitMs: 5 }, { waitForPort: 65_536 }, { waitForPort: 0 }, { waitForLog: '' }])
    await assert.rejects(create({ command: 'true', ...input }), /^Error: .*usage: create-process|usage: create-process/);
  assert.equal((await sandbox.client.listProcesses()).processes.length, before);
});

async function killAll() {
  for (const { id, status } of (await sandbox.client.listProcesses()).processes)
    if (status === 'running') await call(kit, 'kill-process', { id });
}

test("a server's limit may be another", async () => {
  await killAll();
  const config = await sandbox.client.getProcessConfig();
  await sandbox.client.setProcessConfig({ ...config, maxConcurrentProcesses: 3 });
  try {
    const ids = [];
    for (let i = 0; i < 3; i++) ids.push((await create({ command: 'sleep', args: [`60${i}`] })).id);
    for (const by of Object.values(kits))
      await assert.rejects(create({ command: 'true' }, by), (error) => {
        const [, which] = /; 3 processes run, and the sandbox's server allows no more: (.*)\. stop-process/.exec(error.message);
        assert.deepEqual(which.split(', ').sort(), ids.map((id, i) => `${id} (sleep 60${i})`).sort());
        assert.equal(error.code, 'EBUSY');
        return true;
      });
    assert.equal((await call(kit, 'run-command', { command: 'echo x' })).stdout, 'x\n');
    await call(kit, 'kill-process', { id: ids[0] });
    await eventually(() => create({ command: 'true' }).then(() => true, () => false));
  } finally {
    await sandbox.client.setProcessConfig(config);
  }
});

test("the server's limit names how many run, and which", async () => {
  const ids = [];
  await killAll();
  for (let i = 0; i < 64; i++) ids.push((await create({ command: 'sleep', args: [`60${i}`] })).id);
  for (const by of Object.values(kits))
    await assert.rejects(create({ command: 'true' }, by), (error) => {
      assert.equal(error.code, 'EBUSY');
      assert.match(error.message, /64 processes run.* and \d+ more\. stop-process ends one/);
      const named = ids.filter((id, i) => error.message.includes(` ${id} (sleep 60${i})`)); // in the server's order
      assert.ok(named.length > 20 && named.length < 64, error.message);
      return true;
    });
  await call(kit, 'kill-process', { id: ids[0] });
  await eventually(() => create({ command: 'true' }).then(() => true, () => false));
});
