// ahead.test.mjs: what will be asked next is asked with what is, and what was made is known: no request for either.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSandboxFs } from '@rivet-dev/agent-os-sandbox';
import { eventually } from '../helpers/eventually.mjs';
import { rejection } from '../helpers/expect.mjs';
import { FAR, suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp, proxied } = await suite();
const KEPT = { cache: { ttlMs: 30_000 } };
const PLACE = 'mkdir -p a/b/c full; echo x > a/b/c/x; echo x > full/x; ln -s a link';

/** A file system of which nothing is known but that its companion is there. `counted`: how many requests `work` makes. */
async function unknown(options) {
  const { proxy, client } = await proxied(FAR);
  const { fs, base } = await open({ client, ...KEPT, ...options });
  const sh = (script) => sandbox.sh(`cd "$1"; ${script}`, base);
  await sh(PLACE);
  await fs.writeFile('/first', '');
  const counted = async (work) => {
    const before = await proxy.count();
    await work();
    return (await proxy.count()) - before;
  };
  return { fs, base, client, sh, counted };
}

const code = async (action) => (await rejection(action)).code;

test('the directories above a path come with it', async () => {
  const { fs, counted } = await unknown();
  assert.equal(await counted(() => fs.stat('/a/b/c/x')), 1);
  const above = async () => {
    for (const path of ['/', '/a', '/a/b', '/a/b/c']) {
      assert.ok((await fs.stat(path)).isDirectory, path);
      assert.ok((await fs.lstat(path)).isDirectory, path);
      assert.ok(await fs.exists(path), path);
    }
  };
  assert.equal(await counted(above), 0);
});

test('also where there are none, or what stands there is none', async () => {
  const { fs, counted } = await unknown();
  assert.equal(await counted(async () => assert.equal(await code(fs.lstat('/not/here/x')), 'ENOENT')), 1);
  assert.equal(await counted(async () => assert.equal(await code(fs.stat('/not')), 'ENOENT')), 0);
  await fs.writeFile('/first', '');
  assert.equal(await counted(async () => assert.ok((await fs.stat('/link/b')).isDirectory)), 1);
  assert.equal(await counted(async () => assert.ok((await fs.lstat('/link')).isSymbolicLink)), 0);
  assert.equal(await counted(async () => assert.ok((await fs.stat('/link')).isDirectory)), 1);
  await fs.writeFile('/first', '');
  assert.equal(await counted(async () => assert.equal(await code(fs.stat('/a/b/c/x/y')), 'ENOTDIR')), 1);
  assert.equal(await counted(async () => assert.ok(!(await fs.stat('/a/b/c/x')).isDirectory)), 0);
});

test('without a companion, or a cache, nothing is asked that nobody wants', async () => {
  const { proxy, client } = await proxied();
  const { fs, base } = await openHttp({ client, ...KEPT });
  await sandbox.sh(`cd "$1"; ${PLACE}`, base);
  await fs.stat('/a/b/c/x');
  assert.equal(await proxy.count(), 1);
  const { fs: bare, counted } = await unknown({ cache: false });
  await bare.stat('/a/b/c/x');
  assert.equal(await counted(() => bare.stat('/a')), 1);
});

test('a directory that was made is known to be empty', async () => {
  const { fs, counted } = await unknown();
  await fs.mkdir('/new');
  const looks = async () => {
    assert.equal(await code(fs.stat('/new/x')), 'ENOENT');
    assert.equal(await code(fs.lstat('new/y')), 'ENOENT');
    assert.equal(await fs.exists('/new/z'), false);
  };
  assert.equal(await counted(looks), 0);
  assert.deepEqual(await fs.readDir('/new'), []);
  await fs.mkdir('/new/in');
  assert.equal(await counted(async () => assert.equal(await code(fs.stat('/new/in/x')), 'ENOENT')), 0);
  assert.deepEqual(await fs.readDir('/new'), ['in']);
});

test('until something is made there, by this file system or by another one of this process', async () => {
  const { fs, base, client } = await unknown();
  await fs.mkdir('/new');
  await fs.writeFile('/new/x', 'x');
  assert.equal((await fs.stat('/new/x')).size, 1);
  await fs.mkdir('/next');
  const other = createSandboxFs({ client, basePath: base });
  await other.writeFile('/next/x', 'x');
  assert.equal((await fs.stat('/next/x')).size, 1);
  await other.close();
  await Promise.all([fs.mkdir('/both'), fs.mkdir('/both/in').catch(() => fs.mkdir('/both/in'))]);
  assert.ok((await fs.stat('/both/in')).isDirectory);
});

test('also where that was answered before the mkdir was', async () => {
  const { proxy, client } = await proxied();
  const { fs, base } = await open({ client, ...KEPT });
  await fs.writeFile('/first', '');
  await proxy.rules([{ match: 'POST', do: 'trickle', pieces: 4, everyMs: 300, times: 1 }]);
  const made = fs.mkdir('/new');
  await eventually(() => sandbox.sh('[ -e "$1/new" ] && echo made || true', base), 'the directory to be made');
  const other = createSandboxFs({ client: sandbox.client, basePath: base });
  const order = [];
  await Promise.all([other.writeFile('/new/x', 'x').then(() => order.push('write')), made.then(() => order.push('mkdir'))]);
  assert.deepEqual(order, ['write', 'mkdir']);
  assert.equal((await fs.stat('/new/x')).size, 1);
  await other.close();
});

test('what was asked ahead has no more time than who made it', { timeout: 60_000 }, async () => {
  const { proxy, client } = await proxied(FAR);
  const { fs } = await open({ client, ...KEPT });
  await fs.writeFile('/first', '');
  await proxy.rules([{ match: '', do: 'stall' }]);
  assert.equal(await code(fs.stat('/a/b/c/x', { timeoutMs: 300 })), 'ETIMEDOUT');
  const begin = performance.now();
  await fs.close();
  assert.ok(performance.now() - begin < 15_000, 'it waited for them');
});

test('or by others, as late as any answer', async () => {
  const { fs, sh } = await unknown({ cache: { ttlMs: 300 } });
  await fs.mkdir('/new');
  await sh('echo x > new/x');
  await eventually(async () => fs.exists('/new/x'), 'what others made to be seen');
});

test('one that was not made says nothing of what is in it', async () => {
  const { fs } = await unknown();
  assert.equal(await code(fs.mkdir('/full')), 'EEXIST');
  assert.equal((await fs.stat('/full/x')).size, 2);
  await fs.mkdir('/full', { recursive: true });
  assert.equal((await fs.stat('/full/x')).size, 2);
});
