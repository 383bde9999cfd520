// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { eventually } from '../helpers/eventually.mjs';
import { expectError } from '../helpers/expect.mjs';
import { call, suite } from '../helpers/suite.mjs';

const { sandbox, open, toolkit, proxied } = await suite();

/** Programs of the sandbox that wait for a named pipe, until it is opened. */
async function gate() {
  const base = await sandbox.directory();
  await sandbox.sh('mkfifo "$1/gate"', base);
  return {
    base,
    program: { command: 'cat', args: [`${base}/gate`], timeoutMs: 240_000 },
    /** Not their supervisors, who have the same arguments. */
    waiting: async () => {
      const waits = 'grep -lszE "^$1/ga[t]e" /proc/[0-9]*/cmdline | xargs -r grep -Lsz "^supervis[e]$" | wc -l';
      return Number(await sandbox.sh(waits, base));
    },
    release: () => sandbox.sh(': <> "$1/gate"', base),
  };
}

/** The wide bound of a promise, against a hang. */
const within = (promise, ms = 30_000) => {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(reject, ms, new Error(`not within ${ms} ms`))));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

test('64 programs that take a second overlap', async () => {
  const kit = toolkit();
  const begin = performance.now();
  const results = await Promise.all(Array.from({ length: 64 }, () => call(kit, 'run-command', { command: 'sleep 1' })));
  assert.ok(results.every(({ exitCode }) => exitCode === 0));
  assert.ok(performance.now() - begin < 20_000);
});

test("while 256 programs wait, files are read and written, and other programs' tools answer", async () => {
  const { base, program, waiting, release } = await gate();
  const kit = toolkit();
  const { fs } = await open({ basePath: base });
  const running = Array.from({ length: 256 }, () => call(kit, 'run-command', program));
  await eventually(async () => (await waiting()) === 256, '256 waiting programs', 60_000);
  await within(Promise.all(Array.from({ length: 100 }, (_, i) => fs.writeFile(`/d/${i}`, String(i)))));
  assert.equal((await within(fs.readDir('/d'))).length, 100);
  assert.equal(fs.prepareOpenSync('/sync', 0o100), true);
  assert.ok(Array.isArray((await within(call(kit, 'list-processes'))).processes));
  const { id } = await within(call(kit, 'create-process', { command: 'sleep', args: ['600'] }));
  assert.equal((await within(call(kit, 'kill-process', { id }))).status, 'exited');
  await release();
  for (const { exitCode } of await within(Promise.all(running))) assert.equal(exitCode, 0);
});

test("eight workers with a waiting program leave the main thread's readFile alone", async () => {
  const { base, waiting, release } = await gate();
  const places = { near: sandbox.baseUrl, token: sandbox.token, base };
  const file = new URL('programs/worker.mjs', import.meta.url);
  const workers = Array.from({ length: 8 }, () => new Worker(file, { workerData: { job: 'wait', places } }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  await eventually(async () => (await waiting()) === 8, 'eight waiting programs');
  for (let i = 0; i < 200; i++) await within(readFile(file));
  const exits = workers.map((worker) => Promise.all([once(worker, 'message'), once(worker, 'exit')]));
  await release();
  for (const [[program], [worker]] of await within(Promise.all(exits))) assert.deepEqual([program, worker], [0, 0]);
});

test('a deadline fires while other work is in flight', async () => {
  const { base, program, release, waiting } = await gate();
  const { proxy, client } = await proxied();
  const patient = await open({ basePath: base });
  const { fs } = await open({ client, timeoutMs: 500 });
  const kit = toolkit();
  await proxy.rules([{ do: 'stall' }]);
  const running = call(kit, 'run-command', program);
  await eventually(async () => (await waiting()) === 1, 'a waiting program');
  let over = false;
  const traffic = (async () => {
    while (!over) await patient.fs.writeFile('/x', 'x');
  })();
  await within(expectError(fs.stat('/x'), { code: 'ETIMEDOUT', syscall: 'stat', path: '/x' }));
  over = true;
  await traffic;
  await release();
  assert.equal((await within(running)).exitCode, 0);
});

test("a promise's continuation may ask again, a thousand times", async () => {
  const { fs } = await open();
  await fs.writeFile('/file', 'x');
  let chain = Promise.resolve();
  for (let i = 0; i < 1000; i++) chain = chain.then(() => fs.stat('/file'));
  assert.equal((await within(chain)).size, 1);
});

test('ten thousand operations at once all come back, each with its own answer', async () => {
  const { fs } = await open();
  for (let i = 0; i < 20; i++) await fs.writeFile(`/${i}`, String(i));
  const answers = await within(
    Promise.all(Array.from({ length: 10_000 }, (_, i) => fs.readTextFile(`/${i % 20}`))),
    60_000,
  );
  answers.forEach((answer, i) => assert.equal(answer, String(i % 20)));
});

test('what is read and written again and again does not stay in memory', async () => {
  const { fs } = await open();
  const content = new Uint8Array(2 ** 20).fill(7);
  const round = async () => {
    for (let i = 0; i < 60; i++) {
      await fs.writeFile('/file', content);
      await fs.readFile('/file');
      await fs.stat('/missing').catch(() => {});
    }
    globalThis.gc?.();
    return process.memoryUsage().rss;
  };
  await round();
  const before = await round();
  for (let i = 0; i < 4; i++) await round();
  const grown = ((await round()) - before) / 2 ** 20;
  assert.ok(grown < 150, `${grown.toFixed()} MiB more after 300 MiB were written and read`);
});
