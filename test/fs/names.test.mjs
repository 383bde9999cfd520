// Every operation with every name: what is done is done to that name, to the byte, and to no other; and what is told
// is told by that name. With the companion, and over HTTP with what HTTP can do.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { NAMES } from '../helpers/names.mjs';
import { suite } from '../helpers/suite.mjs';
import { DIRECTORY, tree } from '../helpers/tree.mjs';

const { sandbox, open, openHttp } = await suite();
const O_CREAT = 0o100;
const O_TRUNC = 0o1000;

/** What stands at the name before the operation. */
const given = {
  nothing: () => {},
  file: (fs, at) => fs.writeFile(at, 'content'),
  directory: (fs, at) => fs.mkdir(at),
  full: (fs, at, name) => fs.writeFile(`${at}/${name}`, 'content'),
};

/** What stands at the name, and at the same name in the directory "to", after it; undefined: nothing. */
const file = { at: 'content' };
const directory = { at: DIRECTORY };
const nothing = {};

const text = (bytes) => Buffer.from(bytes).toString();
const names = (entries) => entries.map(({ name }) => name).sort();

/**
 * Title, what is given, the operation, what is there afterwards. The operation gets the path, the path in "to", the
 * name, and the path of the directory that holds it.
 */
const OPERATIONS = [
  ['writeFile', 'nothing', (fs, at) => fs.writeFile(at, 'content'), file],
  ['writeFile, again', 'file', (fs, at) => fs.writeFile(at, 'new'), { at: 'new' }],
  ['readFile', 'file', async (fs, at) => assert.equal(text(await fs.readFile(at)), 'content'), file],
  ['readTextFile', 'file', async (fs, at) => assert.equal(await fs.readTextFile(at), 'content'), file],
  ['stat', 'file', async (fs, at) => assert.equal((await fs.stat(at)).size, 7), file],
  ['lstat', 'file', async (fs, at) => assert.equal((await fs.lstat(at)).size, 7), file],
  ['exists', 'file', async (fs, at, to) => assert.deepEqual([await fs.exists(at), await fs.exists(to)], [true, false]), file],
  ['realpath', 'file', async (fs, at) => assert.equal(await fs.realpath(at), at), file],
  ['pread', 'file', async (fs, at) => assert.equal(text(await fs.pread(at, 2, 3)), 'nte'), file],
  ['pwrite', 'file', (fs, at) => fs.pwrite(at, 2, Buffer.from('XYZ')), { at: 'coXYZnt' }],
  ['truncate', 'file', (fs, at) => fs.truncate(at, 3), { at: 'con' }],
  ['chmod', 'file', (fs, at) => fs.chmod(at, 0o600), file],
  ['utimes', 'file', (fs, at) => fs.utimes(at, 1000, 2000), file],
  ['fsync', 'file', (fs, at) => fs.fsync(at), file],
  ['copy', 'file', (fs, at, to) => fs.copy(at, to), { at: 'content', to: 'content' }],
  ['rename', 'file', (fs, at, to) => fs.rename(at, to), { to: 'content' }],
  ['rename of a directory', 'directory', (fs, at, to) => fs.rename(at, to), { to: DIRECTORY }],
  ['removeFile', 'file', (fs, at) => fs.removeFile(at), nothing],
  ['mkdir', 'nothing', (fs, at) => fs.mkdir(at), directory],
  ['mkdir, recursive', 'nothing', (fs, at, _, name) => fs.mkdir(`${at}/${name}`, { recursive: true }), { at: DIRECTORY, inner: DIRECTORY }],
  ['createDir', 'nothing', (fs, at) => fs.createDir(at), directory],
  ['removeDir', 'directory', (fs, at) => fs.removeDir(at), nothing],
  ['readDir of it', 'full', async (fs, at, _, name) => assert.deepEqual(await fs.readDir(at), [name]), { at: DIRECTORY, inner: 'content' }],
  ['readDir', 'file', async (fs, _, __, name, above) => assert.deepEqual((await fs.readDir(above)).sort(), [name, 'to'].sort()), file],
  ['readDirWithTypes', 'file', async (fs, _, __, name, above) => assert.deepEqual(names(await fs.readDirWithTypes(above)), [name, 'to'].sort()), file],
  ['readDirStat', 'file', async (fs, _, __, name, above) => assert.deepEqual(names(await fs.readDirStat(above)), [name, 'to'].sort()), file],
  ['open_create', 'nothing', (fs, at) => assert.equal(fs.prepareOpenSync(at, O_CREAT), true), { at: '' }],
  ['open_create, emptying', 'file', (fs, at) => assert.equal(fs.prepareOpenSync(at, O_TRUNC), false), { at: '' }],
  ['an error', 'nothing', (fs, at) => expectError(fs.stat(at), { code: 'ENOENT', syscall: 'stat', path: at }), nothing],
  ['an error of two', 'nothing', (fs, at, to) => expectError(fs.rename(at, to), { code: 'ENOENT', syscall: 'rename', path: at, dest: to }), nothing],
];

const EXACT = [
  ['link', 'file', (fs, at, to) => fs.link(at, to), { at: 'content', to: 'content' }],
  ['symlink', 'nothing', (fs, _, to, name) => fs.symlink(name, to), ({ name }) => ({ to: { link: name } })],
  ['readlink', 'nothing', readlink, ({ name }) => ({ to: { link: `../${name}` } })],
  ['realpath by a link', 'file', realpath, ({ name }) => ({ at: 'content', to: { link: `../${name}` } })],
  ['lstat of a link', 'file', lstat, ({ name }) => ({ at: 'content', to: { link: `../${name}` } })],
  ['chown', 'file', async (fs, at) => fs.chown(at, ...Object.values(await owner(fs, at))), file],
  ['statfs', 'file', async (fs, at) => assert.ok((await fs.statfs(at)).bsize > 0), file],
  ['rename onto another', 'file', renameOnto, { to: 'content' }],
  ['chmod and utimes are seen', 'file', attributes, file],
];

async function readlink(fs, _, to, name) {
  await fs.symlink(`../${name}`, to);
  assert.equal(await fs.readlink(to), `../${name}`);
}

async function realpath(fs, at, to, name) {
  await fs.symlink(`../${name}`, to);
  assert.equal(await fs.realpath(to), at);
}

async function lstat(fs, _, to, name) {
  await fs.symlink(`../${name}`, to);
  assert.deepEqual([(await fs.lstat(to)).isSymbolicLink, (await fs.stat(to)).size], [true, 7]);
}

async function owner(fs, at) {
  const { uid, gid } = await fs.stat(at);
  return { uid, gid };
}

async function renameOnto(fs, at, to) {
  await fs.writeFile(to, 'old');
  await fs.rename(at, to);
}

async function attributes(fs, at) {
  await fs.chmod(at, 0o640);
  await fs.utimes(at, 1_000_000, 2_000_123);
  const { mode, atimeMs, mtimeMs } = await fs.stat(at);
  assert.deepEqual([mode, atimeMs, mtimeMs], [0o100640, 1_000_000, 2_000_123]);
}

/** The tree that must be there: each name in a numbered directory of its own, so that none stands in for another. */
function expected(after) {
  const whole = {};
  for (const [number, name] of NAMES.entries()) {
    const { at, to, inner } = typeof after === 'function' ? after({ name }) : after;
    const there = { [`${number}`]: DIRECTORY, [`${number}/to`]: DIRECTORY };
    there[`${number}/${name}`] = at;
    there[`${number}/to/${name}`] = to;
    there[`${number}/${name}/${name}`] = inner;
    Object.assign(whole, there);
  }
  return Object.fromEntries(Object.entries(whole).filter(([, what]) => what !== undefined));
}

function testEach(operations, openIt) {
  for (const [title, before, act, after] of operations) {
    test(title, async () => {
      const { fs, base } = await openIt();
      await Promise.all(
        NAMES.map(async (name, number) => {
          const above = `/${number}`;
          await fs.mkdir(`${above}/to`, { recursive: true });
          await given[before](fs, `${above}/${name}`, name);
          await act(fs, `${above}/${name}`, `${above}/to/${name}`, name, above);
        }),
      );
      assert.deepEqual(await tree(sandbox, base), expected(after));
    });
  }
}

describe('with the companion', () => {
  testEach([...OPERATIONS, ...EXACT], async () => {
    const opened = await open();
    await opened.fs.stat('/');
    assert.equal(opened.fs.lane.lane, 'companion');
    return opened;
  });
});

describe('over HTTP alone', () => testEach(OPERATIONS, openHttp));
