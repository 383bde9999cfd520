// The companion that stays: what it was given is answered, and done once, whatever happens to it or to the way there.
// Each change makes a directory of its own name: one that was done twice would be EEXIST.
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../helpers/eventually.mjs';
import { staying as stayingBy } from '../helpers/staying.mjs';
import { FAR, suite } from '../helpers/suite.mjs';

const { sandbox, open, proxied } = await suite();
const HANG_MS = 60_000;
const STOPPED_MS = 20_000;

const staying = async (carrier, options) => (await stayingBy(() => open({ transport: 'native', ...options }), carrier)).fs;

/** The pid of the one that was started last. */
async function residentPid() {
  const { processes } = await sandbox.client.listProcesses();
  const { pid } = processes.filter(({ args, status }) => args[0] === 'serve' && status === 'running').at(-1);
  return pid;
}

/** `callers` make directories, and look, until `until` resolves; then all of them are accounted for. */
async function work(fs, name, callers, until, { mayFail }) {
  let over = false;
  let lost = 0;
  const made = [];
  const caller = async (_, i) => {
    for (let n = 0; !over; n++) {
      const path = `/${name}-${i}-${n}`;
      await fs.mkdir(path).then(
        () => made.push(path),
        (error) => {
          assert.ok(mayFail, `${error.message} ${error.detail}`);
          assert.equal(error.code, 'EIO', error.message);
          lost++;
        },
      );
      assert.ok((await fs.stat('/')).isDirectory);
    }
  };
  const callers_ = Array.from({ length: callers }, caller);
  await until();
  over = true;
  await Promise.all(callers_);
  const there = new Set(await fs.readDir('/'));
  for (const path of made) assert.ok(there.has(path.slice(1)), `${path} is not there`);
  return { made: made.length, lost };
}

test('far away none stays, however much is asked', async () => {
  const { client } = await proxied(FAR);
  const { fs } = await open({ client, cache: false, transport: 'native' });
  for (let i = 0; i < 64; i++) await fs.stat('/');
  assert.equal(fs.lane.carrier, 'run');
  const { processes } = await client.listProcesses();
  assert.deepEqual(processes.filter(({ args, status }) => args[0] === 'serve' && status === 'running'), []);
});

test('killed: nothing is done twice, and all goes on', { timeout: 2 * HANG_MS }, async () => {
  const fs = await staying('stream');
  const pid = await residentPid();
  const { made, lost } = await work(
    fs,
    'k',
    8,
    async () => {
      await sleep(100);
      await sandbox.sh('kill -9 "$1"', String(pid));
      await sleep(1000);
    },
    { mayFail: true },
  );
  assert.ok(made > 8 && lost <= 4 * 8, `${made} made, ${lost} lost`);
  assert.equal(fs.lane.carrier, 'run');
});

test('stopped for 20 s: others go by run meanwhile, and nothing is lost', { timeout: 2 * HANG_MS }, async () => {
  const fs = await staying('stream');
  const pid = await residentPid();
  const stopped = async () => {
    await sandbox.sh('kill -STOP "$1"', String(pid));
    for (let i = 0; i < 10; i++) await fs.stat('/');
    await sleep(STOPPED_MS);
    await sandbox.sh('kill -CONT "$1" || true', String(pid)); // where it had reads alone, it was ended
    await sleep(200);
  };
  const { made } = await work(fs, 's', 8, stopped, { mayFail: false });
  assert.ok(made > 8);
});

test('stopped: a read does not wait with the change that it travelled with', { timeout: 2 * HANG_MS }, async () => {
  const fs = await staying('stream');
  const pid = await residentPid();
  await sandbox.sh('kill -STOP "$1"', String(pid));
  const made = fs.mkdir('/with').then(() => 'made');
  const seen = fs.stat('/').then(() => 'seen');
  assert.equal(await Promise.race([made, seen]), 'seen');
  await sandbox.sh('kill -CONT "$1"', String(pid));
  assert.equal(await made, 'made');
});

test('the server stopped for 20 s: nothing is lost', { timeout: 3 * HANG_MS }, async () => {
  const fs = await staying('stream', { timeoutMs: HANG_MS });
  const stopped = async () => {
    await sleep(100);
    process.kill(sandbox.pid, 'SIGSTOP');
    await sleep(STOPPED_MS);
    process.kill(sandbox.pid, 'SIGCONT');
    await sleep(200);
  };
  const { made } = await work(fs, 'v', 8, stopped, { mayFail: false });
  assert.ok(made > 8);
});

for (const [what, rule, first, ms, then] of [
  ['buffered: the log is asked instead', { do: 'buffer', bytes: 4096 }, 'poll', 500, 'poll'],
  ['held back: the log is asked instead', { do: 'stall' }, 'poll', 500, 'poll'],
  ['held back later: the log is asked from then on', { do: 'freeze', bytes: 20_000 }, 'stream', 1000, 'poll'],
  ['cut: no change is done twice, nor lost', { do: 'cut', bytes: 20_000 }, 'stream', 1000, 'run'],
])
  test(`a stream that is ${what}`, { timeout: 2 * HANG_MS }, async () => {
    const { proxy, client } = await proxied();
    await proxy.rules([{ match: 'follow=true', ...rule }]);
    const fs = await staying(first, { client });
    const { made } = await work(fs, rule.do, 8, () => sleep(ms), { mayFail: false });
    assert.ok(made > 8);
    assert.equal(fs.lane.carrier, then);
  });

test('that streams are buffered is found out twice, and then known', { timeout: 2 * HANG_MS }, async () => {
  const { proxy, client } = await proxied();
  await proxy.rules([{ match: 'follow=true', do: 'buffer', bytes: 4096 }]);
  const fs = await staying('poll', { client });
  const opened = await proxy.count('follow=true');
  for (let i = 0; i < 3; i++) {
    await eventually(() => fs.lane.carrier === 'run', 'it to sleep');
    await eventually(async () => {
      await fs.exists('/not');
      return fs.lane.carrier === 'poll';
    }, 'it to wake');
  }
  assert.equal(await proxy.count('follow=true'), opened + 1);
});

test('inputs that are cut: no change is done twice, nor lost', { timeout: 2 * HANG_MS }, async () => {
  const { proxy, client } = await proxied();
  const fs = await staying('stream', { client });
  await proxy.rules([
    { match: '/input', do: 'close', times: 2 },
    { match: '/input', do: 'lose', times: 2 },
  ]);
  const { made } = await work(fs, 'c', 8, () => sleep(1000), { mayFail: false });
  assert.ok(made > 8);
  const bodies = (await proxy.requests()).filter(({ url }) => url.endsWith('/input')).map(({ body }) => body);
  assert.ok(new Set(bodies).size < bodies.length, 'none was sent again');
});

test('inputs whose answers are lost: no change is done twice, nor lost', { timeout: 2 * HANG_MS }, async () => {
  const { proxy, client } = await proxied();
  const fs = await staying('stream', { client });
  await proxy.rules([{ match: '/input', do: 'lose' }]);
  const { made } = await work(fs, 'a', 8, () => sleep(1000), { mayFail: false });
  assert.ok(made > 8);
});

// By `run` too, where a change whose connection is cut is of unknown fate.
test('all connections cut again and again: no change is done twice', { timeout: 3 * HANG_MS }, async () => {
  for (const seed of [1, 2, 3]) {
    const { proxy, client } = await proxied();
    const fs = await staying('stream', { client });
    await proxy.chop({ seed, bytes: [0, 60_000] });
    await proxy.rules([{ match: 'follow=true', do: 'cut', bytes: 0, times: 1 }]);
    const { made } = await work(fs, `x${seed}`, 8, () => sleep(1500), { mayFail: true });
    assert.ok(made > 8);
  }
});
