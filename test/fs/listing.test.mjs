// listing.test.mjs: a listing brings what is asked next: the attributes of its entries, and small directories below.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'node:test';
import { createSandboxFs } from '@rivet-dev/agent-os-sandbox';
import { eventually } from '../helpers/eventually.mjs';
import { expectError } from '../helpers/expect.mjs';
import { startSandbox } from '../helpers/sandbox.mjs';
import { FAR, suite } from '../helpers/suite.mjs';

const { sandbox, open, proxied } = await suite();

const LONG = { ttlMs: 600_000 };

/** A file system whose requests are counted, on what `script` makes. */
async function counted(script, options = { cache: LONG }) {
  const { proxy, client } = await proxied(FAR);
  const { fs, base } = await open({ client, ...options });
  await sandbox.sh(`cd "$1" && ${script}`, base);
  await fs.stat('/');
  const requests = async (work) => {
    const before = await proxy.count();
    await work();
    return (await proxy.count()) - before;
  };
  return { fs, base, proxy, requests };
}

/** 200 files in a directory. */
const FLAT = 'mkdir flat && cd flat && for i in $(seq 200); do echo $i > f$i; done';
/** 200 files in 20 directories. */
const TREE = 'for d in $(seq 20); do mkdir d$d; for f in $(seq 10); do echo $f > d$d/f$f; done; done';
/** Each kind of entry. */
const KINDS = 'mkdir d && echo in > d/in && ln -s d to && ln -s none dangling && echo x > x && ln x hard && mkfifo fifo && chmod 600 x';

/** What `ls -l` asks. */
async function listLong(fs, path) {
  for (const name of await fs.readDir(path)) await fs.lstat(`${path}/${name}`);
}

/** What a recursive walk asks: how many entries there are. */
async function walk(fs, path = '') {
  let count = 0;
  for (const name of await fs.readDir(path)) {
    const { isDirectory } = await fs.lstat(`${path}/${name}`);
    count += 1 + (isDirectory ? await walk(fs, `${path}/${name}`) : 0);
  }
  return count;
}

test('200 files with their attributes are one request; without a cache each is one', async () => {
  const { fs, requests } = await counted(FLAT);
  assert.equal(await requests(() => listLong(fs, '/flat')), 1);
  const without = await counted(FLAT, { cache: false });
  assert.equal(await without.requests(() => listLong(without.fs, '/flat')), 201);
});

test('a walk through 200 files in 20 directories is one request', async () => {
  const { fs, requests } = await counted(TREE);
  assert.equal(await requests(async () => assert.equal(await walk(fs), 220)), 1);
});

test('a walk through more is a request for each few hundred entries, or each directory', async () => {
  const { fs, requests } = await counted(`for t in $(seq 10); do mkdir t$t; (cd t$t && ${TREE}); done`);
  const made = await requests(async () => assert.equal(await walk(fs), 2210));
  assert.ok(made <= 25, `${made} requests`);
});

test('one of 513 brings names alone, of 512 the attributes too', async () => {
  const { fs, requests } = await counted('mkdir d && cd d && for i in $(seq 512); do : > f$i; done');
  assert.equal(await requests(() => fs.readDir('/d')), 1);
  assert.equal(await requests(() => fs.lstat('/d/f1')), 0);
  await fs.writeFile('/d/one-more', '');
  assert.equal(await requests(() => fs.readDir('/d')), 1);
  assert.equal(await requests(() => fs.lstat('/d/f1')), 1);
});

/** But for the time of access, which a look into a directory changes. */
const expectSame = (stat, expected) => assert.deepEqual({ ...stat, atimeMs: 0 }, { ...expected, atimeMs: 0 });

test('what comes with a listing is what each question has for itself', async () => {
  const { fs, base, requests } = await counted(KINDS);
  const { fs: exact } = await open({ basePath: base });
  const names = await exact.readDir('/');
  assert.deepEqual(await fs.readDir('/'), names);
  for (const name of names) {
    let stat;
    assert.equal(await requests(async () => (stat = await fs.lstat(name))), 0, name);
    expectSame(stat, await exact.lstat(name));
    if (stat.isSymbolicLink) continue;
    assert.equal(await requests(async () => (stat = await fs.stat(name))), 0, name);
    expectSame(stat, await exact.stat(name));
    assert.equal(await requests(async () => assert.equal(await fs.exists(name), true)), 0, name);
  }
  assert.equal(await requests(async () => assert.deepEqual(await fs.readDirWithTypes('/d'), await exact.readDirWithTypes('/d'))), 0);
  assert.equal(await requests(async () => expectSame(await fs.lstat('/d/in'), await exact.lstat('/d/in'))), 0);
});

test('of a symlink stat is asked, and so is what stands behind it; a name that is not in a listing too', async () => {
  const { fs, requests } = await counted(KINDS);
  await fs.readDir('/');
  assert.equal(await requests(async () => assert.equal((await fs.stat('/to')).isDirectory, true)), 1);
  assert.equal(await requests(() => expectError(fs.stat('/dangling'), { code: 'ENOENT', syscall: 'stat' })), 1);
  assert.equal(await requests(async () => assert.deepEqual(await fs.readDir('/to'), ['in'])), 1);
  assert.equal(await requests(() => expectError(fs.lstat('/none'), { code: 'ENOENT', syscall: 'lstat' })), 1);
});

test('readDirStat brings them too', async () => {
  const { fs, requests } = await counted(KINDS);
  await fs.readDirStat('/');
  assert.equal(await requests(() => fs.lstat('/x')), 0);
});

test('after a change of one own they are asked again, and a change of others is seen in time', async () => {
  const { fs, requests } = await counted(KINDS);
  await fs.readDir('/');
  await fs.chmod('/x', 0o640);
  assert.equal(await requests(async () => assert.equal((await fs.lstat('/x')).mode & 0o777, 0o640)), 1);
  const soon = await counted(KINDS, { cache: { ttlMs: 300 } });
  await soon.fs.readDir('/');
  await sandbox.sh('chmod 604 "$1/x" && echo more > "$1/d/new"', soon.base);
  await eventually(async () => ((await soon.fs.lstat('/x')).mode & 0o777) === 0o604, 'the new mode');
  await eventually(async () => (await soon.fs.readDir('/d')).length === 2, 'the new name');
});

test('what comes with a listing that was under way when a change began is not kept', async () => {
  const { fs, proxy } = await counted(KINDS);
  await proxy.rules([{ do: 'trickle', match: '/v1/processes/run', pieces: 2, everyMs: 300, times: 1 }]);
  const listing = fs.readDir('/');
  await wait(50);
  await Promise.all([listing, fs.writeFile('/x', 'longer than before')]);
  assert.equal((await fs.lstat('/x')).size, 18);
});

test('a directory that may not be read, or not searched, says so itself', async () => {
  const own = await startSandbox({ unprivileged: true });
  const base = (await own.sh('printf %s "$HOME"')).trim();
  const fs = createSandboxFs({ client: own.client, basePath: base, cache: LONG });
  await own.sh('cd "$1" && mkdir shut closed && echo x > shut/x && echo x > closed/x && chmod 0 shut && chmod 444 closed', base);
  await fs.readDir('/');
  await expectError(fs.readDir('/shut'), { code: 'EACCES', syscall: 'scandir' });
  assert.deepEqual(await fs.readDir('/closed'), ['x']);
  await expectError(fs.lstat('/closed/x'), { code: 'EACCES', syscall: 'lstat' });
  await own.sh('chmod 755 "$1/shut" "$1/closed"', base);
  await fs.close();
  await own.stop();
});

test('another file system that is mounted below is not looked into', async (t) => {
  if (!sandbox.isolated) return t.diagnostic('this one has the root of the machine');
  const { client, proxy } = await proxied();
  const { fs } = await open({ client, basePath: '/', cache: LONG });
  await fs.readDir('/');
  const before = await proxy.count();
  await fs.readDir('/proc');
  assert.equal((await proxy.count()) - before, 1);
});

test('over HTTP a listing brings nothing: what it says of an entry is not what stat says', async () => {
  const { fs, requests } = await counted(KINDS, { cache: LONG, companion: false });
  assert.equal((await fs.readDir('/')).length, 6);
  assert.equal(await requests(async () => assert.equal((await fs.stat('/x')).size, 2)), 1);
});

test('they count against maxBytes', async () => {
  const { fs, requests } = await counted(FLAT, { cache: { ...LONG, maxBytes: 40_000 } });
  await fs.readDir('/flat'); // 200 entries are more than a quarter of it
  assert.equal(await requests(() => fs.lstat('/flat/f1')), 1);
});
