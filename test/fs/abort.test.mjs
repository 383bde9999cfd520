// Every method takes { signal, timeoutMs } last: an abort rejects at once with the signal's own reason, what it waited for is
// freed, and nothing of it stays.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { getEventListeners, setMaxListeners } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { eventually } from '../helpers/eventually.mjs';
import { expectError, expectTypeError, rejection } from '../helpers/expect.mjs';
import { AT_ONCE, suite } from '../helpers/suite.mjs';

const { open, openHttp, proxied, sandbox } = await suite();

const MAY_HAVE = /may have completed/;
const LARGE = randomBytes(9 * 1024 * 1024 + 1);

/** Aborts the signal of a call once `ready` says so, and gives the rejection and the reason. */
async function aborted(start, ready = () => true, reason = new Error('mine')) {
  const controller = new AbortController();
  const promise = start(controller.signal);
  const rejected = rejection(promise);
  await ready();
  controller.abort(reason);
  const error = await rejected;
  assert.equal(error, reason);
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  return error;
}

/** A file system whose frames are answered late, or never: it is up before. */
async function stalled(rule = {}) {
  const { proxy, client } = await proxied();
  const { fs, base } = await open({ client });
  await fs.writeFile('/x', 'x');
  const before = await proxy.count('POST /v1/processes/run');
  await proxy.rules([{ match: 'POST /v1/processes/run', do: 'stall', ...rule }]);
  const asked = () => eventually(async () => (await proxy.count('POST /v1/processes/run')) > before, 'a batch');
  return { proxy, client, fs, base, asked };
}

const METHODS = {
  readFile: ['/x'],
  readTextFile: ['/x'],
  readDir: ['/'],
  readDirWithTypes: ['/'],
  readDirStat: ['/'],
  readDirRecursive: ['/'],
  writeFile: ['/x', 'y'],
  createDir: ['/d'],
  mkdir: ['/d'],
  exists: ['/x'],
  stat: ['/x'],
  lstat: ['/x'],
  removeFile: ['/x'],
  removeDir: ['/d'],
  rename: ['/x', '/y'],
  realpath: ['/x'],
  symlink: ['x', '/y'],
  readlink: ['/x'],
  link: ['/x', '/y'],
  chmod: ['/x', 0o644],
  chown: ['/x', 0, 0],
  utimes: ['/x', 0, 0],
  truncate: ['/x', 0],
  pread: ['/x', 0, 1],
  pwrite: ['/x', 0, Buffer.from('y')],
  copy: ['/x', '/y'],
  rm: ['/x'],
  statfs: ['/'],
  prepareOpen: ['/x', 0o1101],
};

test('a signal that is aborted already: every method rejects with its reason, and nothing is sent', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await open({ client });
  const other = Object.keys(fs).filter((name) => !/^(create.*Stream|lane|fsync|prepareOpenSync)$/.test(name));
  assert.deepEqual(Object.keys(METHODS).sort(), other.sort());
  const reason = { no: 'Error' };
  const options = { signal: AbortSignal.abort(reason) };
  for (const [name, args] of Object.entries(METHODS)) assert.equal(await rejection(fs[name](...args, options)), reason, name);
  assert.equal(await rejection(() => fs.prepareOpenSync('/x', 0o1101, options)), reason);
  assert.equal(await fs.fsync('/x', options), undefined); // core calls it without looking at the promise
  assert.equal(await proxy.count(), 0);
});

test('an abort rejects every method at once, while its answer is still to come', async () => {
  const { fs, proxy } = await stalled();
  const changes = /^(write|create|mkdir|remove|rename|symlink|link|ch|utimes|truncate|pwrite|copy|rm|prepare)/;
  for (const [name, args] of Object.entries(METHODS)) {
    const before = await proxy.count();
    const sent = () => eventually(async () => (await proxy.count()) > before, name);
    const error = await aborted((signal) => fs[name](...args, { signal }), sent);
    if (changes.test(name)) assert.match(error.cause.message, MAY_HAVE, name);
    else assert.ok(!('cause' in error), name);
  }
  await fs.close();
});

test('what was not sent has changed nothing, and does not say that it may have', async () => {
  const { fs } = await open();
  const error = await aborted((signal) => fs.mkdir('/d', { signal }));
  assert.ok(!('cause' in error));
  assert.equal(await fs.exists('/d'), false);
});

test('an AbortError says that a change may have completed; a cause that is there stays; a reason may be anything', async () => {
  const { fs, asked } = await stalled();
  const controller = new AbortController();
  const rejected = rejection(fs.writeFile('/x', 'z', { signal: controller.signal }));
  await asked();
  controller.abort();
  const error = await rejected;
  assert.equal(error, controller.signal.reason);
  assert.equal(error.name, 'AbortError');
  assert.match(error.cause.message, MAY_HAVE);
  const own = new Error('mine', { cause: 'a cause' });
  assert.equal((await aborted((signal) => fs.chmod('/x', 0, { signal }), asked, own)).cause, 'a cause');
  for (const reason of ['text', null, 7, Object.freeze(new Error('frozen'))])
    await aborted((signal) => fs.chmod('/x', 0, { signal }), asked, reason);
});

test('the connection of what is aborted is freed; the rest of a batch is not disturbed', async () => {
  const { fs, proxy, asked } = await stalled({ times: 1 });
  const connections = await proxy.open();
  await aborted((signal) => fs.stat('/x', { signal }), asked);
  await eventually(async () => (await proxy.open()) < connections, 'the connection closed');
  const late = await proxied({ delayMs: 300 });
  const { fs: far } = await open({ client: late.client });
  await far.writeFile('/x', 'x');
  const sent = await late.proxy.count();
  const controller = new AbortController();
  const rejected = rejection(far.stat('/x', { signal: controller.signal }));
  const other = far.readTextFile('/x'); // in the same batch
  await new Promise((resolve) => setTimeout(resolve, 50));
  controller.abort();
  assert.equal((await rejected).name, 'AbortError');
  assert.equal(await other, 'x');
  assert.equal(await late.proxy.count(), sent + 1);
});

test('over HTTP alone it is the same', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await openHttp({ client });
  await fs.writeFile('/x', 'x');
  await proxy.rules([{ do: 'stall' }]);
  for (const [start, change] of [
    [(signal) => fs.readFile('/x', { signal }), false],
    [(signal) => fs.writeFile('/x', 'y', { signal }), true],
  ]) {
    const before = await proxy.count();
    const error = await aborted(start, () => eventually(async () => (await proxy.count()) > before, 'a request'));
    assert.equal('cause' in error, change);
  }
  await eventually(async () => (await proxy.open()) === 0, 'the connections closed');
});

test('timeoutMs of a call overrides that of the object', async () => {
  const { fs, base, client } = await stalled();
  await expectError(fs.stat('/x', { timeoutMs: 50 }), { code: 'ETIMEDOUT', syscall: 'stat', path: '/x', cause: /50 ms/ });
  const { fs: short } = await open({ client: sandbox.client, basePath: base, timeoutMs: 1 });
  assert.equal(await short.readTextFile('/x', { timeoutMs: 30_000 }), 'x');
  const { fs: now } = await open({ client, basePath: base, ...AT_ONCE });
  await expectError(() => now.prepareOpenSync('/x', 0o1101, { timeoutMs: 60 }), {
    code: 'ETIMEDOUT',
    syscall: 'open',
    path: '/x',
    cause: /60 ms/,
  });
});

test('the signal of the factory is that of each call which has none', async () => {
  const controller = new AbortController();
  const { fs } = await open({ signal: controller.signal });
  await fs.writeFile('/x', 'x');
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  controller.abort('over');
  assert.equal(await rejection(fs.stat('/x')), 'over');
  assert.equal((await fs.stat('/x', { signal: new AbortController().signal })).size, 1);
});

test('one signal serves many calls, at once and one after the other, whatever limit it has', async () => {
  const { fs } = await open();
  for (const limit of [undefined, 0, 3, Infinity]) {
    const { signal } = new AbortController();
    if (limit !== undefined) setMaxListeners(limit, signal);
    for (let i = 0; i < 3; i++) assert.equal(await fs.exists('/', { signal }), true);
    await Promise.all(Array.from({ length: 3 }, () => fs.stat('/', { signal })));
  }
});

test('wrong options are named; what is no object is not looked at', async () => {
  const { fs } = await open();
  await expectTypeError(fs.stat('/x', { signal: 1 }), /"options.signal" property must be an instance of AbortSignal/);
  await expectTypeError(fs.stat('/x', { signal: {} }), /AbortSignal/);
  await expectTypeError(fs.stat('/x', { signal: null }), /AbortSignal/);
  await expectTypeError(fs.stat('/x', { timeoutMs: '1' }), /"options.timeoutMs" property must be of type number/);
  await expectTypeError(fs.readFile('/x', { onProgress: 1 }), /"options.onProgress" property must be of type function/);
  assert.equal((await rejection(fs.stat('/x', { timeoutMs: 0 }))).code, 'ERR_OUT_OF_RANGE');
  await expectTypeError(open({ signal: 1 }), /"options.signal" property must be an instance of AbortSignal/);
  await fs.writeFile('/x', 'x');
  assert.deepEqual((await Promise.all(['/x', '/x'].map(fs.stat))).map(({ size }) => size), [1, 1]);
  assert.equal((await fs.stat('/x', { unknown: true })).size, 1);
});

test('a signal whose listener throws, or that calls at once, is survived', async () => {
  const { fs } = await open();
  const broken = { aborted: false, addEventListener: () => { throw new Error('no'); } };
  assert.equal((await rejection(fs.stat('/', { signal: broken }))).message, 'no');
  let kept;
  const eager = { aborted: false, reason: 'eager', addEventListener: (_, call) => (kept = call)(), removeEventListener() {} };
  assert.equal(await rejection(fs.stat('/', { signal: eager })), 'eager');
  kept();
  const stubborn = { aborted: false, addEventListener: (_, call) => (kept = call), removeEventListener: () => { throw 1; } };
  assert.ok(await fs.stat('/', { signal: stubborn }));
  kept(); // long after
  await fs.close();
});

test('a large write that is aborted: the old content stays, and no part is left', async () => {
  const { proxy, client } = await proxied();
  const { fs, base } = await open({ client });
  const parts = () => sandbox.sh('ls "$HOME/.cache/agentos-sandbox" | grep -vc "^companion-" || true');
  await fs.writeFile('/x', 'old');
  for (const rules of [
    [{ match: 'PUT /v1/fs/file', do: 'stall' }],
    [{ match: 'PUT /v1/fs/file', do: 'stall', times: 1 }],
  ]) {
    await proxy.rules(rules);
    const before = await proxy.count('PUT');
    const sent = () => eventually(async () => (await proxy.count('PUT')) > before, 'a part');
    const error = await aborted((signal) => fs.writeFile('/x', LARGE, { signal }), sent);
    assert.ok(!('cause' in error)); // the file itself was not touched
    await eventually(async () => (await parts()).trim() === '0', 'the parts are gone');
    assert.equal(await sandbox.sh('cat "$1/x"', base), 'old');
  }
  // While the place for the parts is made, too.
  const late = await proxied({ delayMs: 300 });
  const { fs: far } = await open({ client: late.client, basePath: base });
  assert.equal(await far.readTextFile('/x'), 'old');
  const before = await late.proxy.count();
  await aborted(
    (signal) => far.writeFile('/x', LARGE, { signal }),
    () => eventually(async () => (await late.proxy.count()) > before, 'a question'),
  );
  await far.close();
  await fs.close();
  assert.equal(await late.proxy.count('PUT'), 0);
  assert.equal((await parts()).trim(), '0');
  assert.equal(await sandbox.sh('cat "$1/x"', base), 'old');
});

test('a large read that is aborted', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await open({ client });
  await fs.writeFile('/x', LARGE);
  await proxy.rules([{ match: 'GET /v1/fs/file', do: 'freeze', bytes: 3 * 1024 * 1024 }]);
  const told = [];
  let arrive;
  const arrived = new Promise((resolve) => (arrive = resolve));
  const onProgress = (progress) => (told.push(progress), arrive());
  await aborted((signal) => fs.readFile('/x', { signal, onProgress }), () => arrived);
  await fs.close();
  assert.ok(told.every(({ bytes, total }) => bytes > 0 && bytes < total && total === LARGE.length), JSON.stringify(told));
});

test('onProgress: monotonic, and at the end all of it', async () => {
  const { fs } = await open();
  const check = (told, length) => {
    const last = told.at(-1);
    assert.deepEqual([last.bytes, last.total], [length, length]);
    for (let i = 1; i < told.length; i++) assert.ok(told[i].bytes > told[i - 1].bytes, JSON.stringify(told));
  };
  for (const content of [Buffer.alloc(0), Buffer.from('few'), LARGE.subarray(0, 600_000), LARGE]) {
    for (const [method, ...args] of [['writeFile', content], ['readFile']]) {
      const told = [];
      const before = [];
      const done = fs[method]('/p', ...args, { onProgress: (progress) => told.push(progress) });
      done.then(() => before.push(told.length));
      const result = await done;
      if (method === 'readFile') assert.ok(content.equals(result));
      check(told, content.length);
      assert.equal(before[0], told.length); // none after the end
    }
  }
  const written = [];
  await fs.writeFile('/p', LARGE, { onProgress: ({ bytes }) => written.push(bytes) });
  assert.ok(written.length >= 4, `${written}`);
  const placed = [];
  await fs.pwrite('/p', 5, LARGE, { onProgress: (progress) => placed.push(progress) });
  check(placed, LARGE.length);
  await assert.rejects(fs.readFile('/nothing', { onProgress: () => assert.fail('it failed') }), { code: 'ENOENT' });
});

test('an abort within onProgress', async () => {
  const { fs } = await open();
  const controller = new AbortController();
  const told = [];
  const onProgress = (progress) => (told.push(progress), controller.abort('enough'));
  assert.equal(await rejection(fs.writeFile('/x', LARGE, { signal: controller.signal, onProgress })), 'enough');
  await fs.close();
  assert.equal(told.length, 1);
});

test('what is begun and given up often leaves nothing, and the process ends by itself', { timeout: 120_000 }, async () => {
  const program = fileURLToPath(new URL('programs/many-aborts.mjs', import.meta.url));
  const { proxy, client } = await proxied({ delayMs: 5 });
  const base = await sandbox.directory();
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program, proxy.url, client.token, base]);
  assert.match(stdout, /^closed; 0 listeners; [0-9]+ rejected\n$/);
});
