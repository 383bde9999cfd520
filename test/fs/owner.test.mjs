// The owner that a file system shows, whoever owns the files in the sandbox.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSandboxFs } from '@rivet-dev/agent-os-sandbox';
import { expectError, expectTypeError } from '../helpers/expect.mjs';
import { HTTP_ALONE, suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp } = await suite();

const owner = { uid: 1234, gid: 4_294_967_294 };
const ownerOf = ({ uid, gid }) => ({ uid, gid });

/** A tree of a file, a directory and a link, with modes of their own. */
async function makeTree(base) {
  await sandbox.sh('cd "$1" && echo x >file && mkdir dir && echo y >dir/below && ln -s file link && chmod 640 file && chmod 711 dir', base);
}

/** Every stat that the file system gives of the tree, by method and path. */
async function stats(fs) {
  const all = new Map();
  for (const name of ['', 'file', 'dir', 'dir/below', 'link']) {
    all.set(`stat ${name}`, await fs.stat(name));
    all.set(`lstat ${name}`, await fs.lstat(name));
  }
  for (const entry of await fs.readDirStat('')) all.set(`readDirStat ${entry.name}`, entry.stat);
  for (const entry of await fs.readDirRecursive('')) all.set(`readDirRecursive ${entry.path}`, entry.stat);
  return all;
}

test('every stat shows it, and all else is true', async () => {
  const { fs: plain, base } = await open();
  await makeTree(base);
  const { fs } = await open({ basePath: base, owner });
  const shown = await stats(fs);
  const real = await stats(plain);
  assert.equal(shown.size, 10 + 3 + 4);
  assert.equal(shown.get('lstat file').mode, 0o100640);
  for (const [what, stat] of shown) {
    assert.deepEqual(ownerOf(stat), owner, what);
    const { atimeMs, ...rest } = real.get(what);
    assert.notDeepEqual(ownerOf(rest), owner, what);
    assert.deepEqual({ ...stat, atimeMs }, { ...rest, atimeMs, ...owner }, what);
  }
});

test('the sandbox keeps its own: chown changes that, and shows nothing of it', async () => {
  const { fs, base } = await open({ owner });
  await fs.writeFile('/file', '');
  const [uid, gid] = process.getuid() === 0 ? [11, 12] : [0, 0]; // in a user namespace there is no other
  await fs.chown('/file', uid, gid);
  assert.equal(await sandbox.sh('stat -c "%u %g" "$1/file"', base), `${uid} ${gid}\n`);
  assert.deepEqual(ownerOf(await fs.stat('/file')), owner);
});

test('root is an owner like others, and undefined is none', async () => {
  const { fs: rooted, base } = await open({ owner: { uid: 0, gid: 0 } });
  await sandbox.sh('echo x >"$1/file"', base);
  assert.deepEqual(ownerOf(await rooted.stat('/file')), { uid: 0, gid: 0 });
  const { fs: plain } = await open({ basePath: base, owner: undefined });
  const [uid, gid] = (await sandbox.sh('stat -c "%u %g" "$1/file"', base)).split(' ').map(Number);
  assert.deepEqual(ownerOf(await plain.stat('/file')), { uid, gid });
});

test('what is no owner is refused', async () => {
  const make = (owner) => () => createSandboxFs({ client: sandbox.client, owner });
  for (const wrong of [null, 5, 'root', true, () => {}]) await expectTypeError(make(wrong), /"options\.owner" property must be an object \{ uid, gid \}/);
  for (const wrong of [{}, { gid: 1 }, { uid: '1', gid: 1 }, { uid: null, gid: 1 }, { uid: 1n, gid: 1 }])
    await expectTypeError(make(wrong), /"options\.owner\.uid" property must be of type number/);
  for (const wrong of [{ uid: 1 }, { uid: 1, gid: undefined }, { uid: 1, gid: [1] }])
    await expectTypeError(make(wrong), /"options\.owner\.gid" property must be of type number/);
  await expectTypeError(make({ uid: 1, gid: 1, mode: 1 }), /"mode" is unknown/, 'ERR_INVALID_ARG_VALUE');
  for (const number of [-1, 0.5, NaN, Infinity, 4_294_967_295, 2 ** 32])
    for (const [name, other] of [['uid', 'gid'], ['gid', 'uid']])
      assert.throws(make({ [name]: number, [other]: 1 }), { code: 'ERR_OUT_OF_RANGE', message: new RegExp(`options\\.owner\\.${name}`) });
});

test('chown to that owner changes nothing, and misses what is not there', async () => {
  const { fs, base } = await open({ owner });
  await makeTree(base);
  const before = await sandbox.sh('cd "$1" && stat -c "%u %g %z" file dir link', base);
  await fs.chown('/file', owner.uid, owner.gid);
  await fs.chown('/dir', owner.uid, 4_294_967_295);
  await fs.chown('/link', owner.uid, owner.gid, { followSymlinks: false });
  assert.equal(await sandbox.sh('cd "$1" && stat -c "%u %g %z" file dir link', base), before);
  await sandbox.sh('ln -s nowhere "$1/dangling"', base);
  await fs.chown('/dangling', owner.uid, owner.gid, { followSymlinks: false });
  for (const path of ['/dangling', '/missing']) {
    await expectError(fs.chown(path, owner.uid, owner.gid), { code: 'ENOENT', syscall: 'chown', path });
  }
  const { fs: fixed } = await open({ basePath: base, owner, readOnly: true });
  await expectError(fixed.chown('/file', owner.uid, owner.gid), { code: 'EROFS', syscall: 'chown', path: '/file' });
});

describe(HTTP_ALONE, () => {
  test('it is shown too', async () => {
    const { fs, base } = await openHttp({ owner });
    await sandbox.sh('echo x >"$1/file"', base);
    assert.deepEqual(ownerOf(await fs.stat('/file')), owner);
    assert.deepEqual(ownerOf((await fs.readDirStat('/'))[0].stat), owner);
  });

  test('chown to it is no failure there either, to another it is', async () => {
    const { fs } = await openHttp({ owner });
    await fs.writeFile('/file', '');
    await fs.chown('/file', owner.uid, owner.gid);
    await expectError(fs.chown('/missing', owner.uid, owner.gid), { code: 'ENOENT', syscall: 'chown' });
    await expectError(fs.chown('/file', 1, 1), { code: 'ENOSYS', syscall: 'chown' });
  });
});
