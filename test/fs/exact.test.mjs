// What the companion makes exact: links, modes, owners, times, rename(2), ranges, names.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, open } = await suite();

test('a dangling link is listed, looked at, replaced and removed', async () => {
  const { fs, base } = await open();
  await fs.symlink('nowhere', '/link');
  assert.deepEqual(await fs.readDir('/'), ['link']);
  const [entry] = await fs.readDirWithTypes('/');
  assert.deepEqual({ ...entry, ino: 0 }, { name: 'link', isDirectory: false, isSymbolicLink: true, ino: 0 });
  assert.equal((await fs.lstat('/link')).isSymbolicLink, true);
  assert.equal((await fs.lstat('/link')).size, 7);
  assert.equal(await fs.readlink('/link'), 'nowhere');
  await expectError(fs.stat('/link'), { code: 'ENOENT', syscall: 'stat', path: '/link' });
  await fs.writeFile('/other', 'x');
  await fs.rename('/other', '/link');
  assert.equal(await fs.readTextFile('/link'), 'x');
  await fs.symlink('nowhere', '/again');
  await fs.removeFile('/again');
  assert.equal(await sandbox.sh('ls "$1"', base), 'link\n');
});

test('attributes are those of the file, and twice the same', async () => {
  const { fs, base } = await open();
  await fs.writeFile('/file', 'content');
  await fs.chmod('/file', 0o640);
  await fs.link('/file', '/second');
  await fs.utimes('/file', 1_000_000_000_123, -1500);
  const stat = await fs.stat('/file');
  const shown = await sandbox.sh('stat -c "%f %i %h %u %g %b %d %s %X %Y" "$1/file"', base);
  const seconds = (ms) => Math.floor(ms / 1000);
  const { mode, ino, nlink, uid, gid, blocks, dev, size, atimeMs, mtimeMs } = stat;
  const fields = [mode.toString(16), ino, nlink, uid, gid, blocks, dev, size, seconds(atimeMs), seconds(mtimeMs)];
  assert.equal(fields.join(' '), shown.trim());
  assert.equal(mtimeMs, -1500);
  const ns = await sandbox.sh('stat -c "%.9X %.9Z" "$1/file"', base);
  const shownNs = (time) => `${time / 10n ** 9n}.${String(time % 10n ** 9n).padStart(9, '0')}`;
  assert.equal(shownNs(stat.ctimeNs), ns.trim().split(' ')[1]);
  assert.equal(stat.mtimeNs, -1_500_000_000n);
  assert.deepEqual(await fs.stat('/file'), stat);
  await fs.utimes('/file', 1_700_000_000_123_456_789n, -1n);
  const { atimeNs, mtimeNs } = await fs.stat('/file');
  assert.deepEqual([atimeNs, mtimeNs], [1_700_000_000_123_456_789n, -1n]);
  await assert.rejects(fs.utimes('/file', 2n ** 63n, 0n), { code: 'ERR_OUT_OF_RANGE' });
});

test('rename is rename(2)', async () => {
  const { fs } = await open();
  await fs.writeFile('/a', 'a');
  await fs.writeFile('/b', 'b');
  await fs.link('/a', '/same');
  await fs.mkdir('/d');
  await fs.rename('/a', '/a');
  await fs.rename('/a', '/same');
  assert.deepEqual([await fs.readTextFile('/a'), await fs.readTextFile('/same')], ['a', 'a']);
  const refused = { '/missing /b': 'ENOENT', '/a /d': 'EISDIR', '/d /d/inner': 'EINVAL', '/d /a': 'ENOTDIR' };
  for (const [paths, code] of Object.entries(refused)) {
    const [path, dest] = paths.split(' ');
    await expectError(fs.rename(path, dest), { code, syscall: 'rename', path, dest });
  }
  assert.deepEqual([await fs.readTextFile('/a'), await fs.readTextFile('/b')], ['a', 'b']);
  await fs.rename('/a', '/b');
  assert.equal(await fs.readTextFile('/b'), 'a');
});

test('the root of a view is neither removed nor renamed', async () => {
  const { fs } = await open();
  await expectError(fs.removeDir('/'), { code: 'EBUSY', syscall: 'rmdir', path: '/' });
  await expectError(fs.rename('/', '/x'), { code: 'EBUSY', syscall: 'rename', path: '/', dest: '/x' });
});

test('a write keeps the file: its inode, mode and links; a link is followed', async () => {
  const { fs } = await open();
  await fs.writeFile('/file', 'old and longer');
  await fs.chmod('/file', 0o600);
  await fs.link('/file', '/second');
  await fs.symlink('file', '/link');
  const before = await fs.stat('/file');
  await fs.writeFile('/link', 'new');
  const { ino, mode, nlink } = await fs.stat('/file');
  assert.deepEqual({ ino, mode, nlink }, { ino: before.ino, mode: before.mode, nlink: 2 });
  assert.equal(await fs.readTextFile('/second'), 'new');
});

test('ranges cost what they move, also far into a large file, and are whole beyond a reply', async () => {
  const { fs, base } = await open();
  await sandbox.sh('truncate -s 5G "$1/large"; printf end >> "$1/large"', base);
  assert.equal(Buffer.from(await fs.pread('/large', 5 * 2 ** 30, 100)).toString(), 'end');
  assert.equal((await fs.pread('/large', 5 * 2 ** 30 + 3, 100)).length, 0);
  const data = Buffer.alloc(1_300_000, 'abcdefg');
  await fs.pwrite('/large', 1_000_001, data);
  assert.ok(data.equals(await fs.pread('/large', 1_000_001, data.length)));
  assert.equal((await fs.stat('/large')).size, 5 * 2 ** 30 + 3);
});

test('sizes on both sides of every limit make the round trip', async () => {
  const { fs, base } = await open();
  for (const near of [96 * 1024, 98280, 128 * 1024, 512 * 1024, 2 ** 20, 2 ** 21 - 1])
    for (const size of [near - 1, near, near + 1]) {
      const data = Buffer.alloc(size, 'round trip ');
      await fs.writeFile('/file', data);
      assert.ok(data.equals(await fs.readFile('/file')), String(size));
      assert.equal((await sandbox.sh('wc -c < "$1/file"', base)).trim(), String(size));
    }
});

test('a directory of many entries is whole', async () => {
  const { fs, base } = await open();
  await sandbox.sh('cd "$1" && seq -f "a-name-that-is-not-short-%.0f" 20000 | xargs touch', base);
  const names = await fs.readDir('/');
  assert.equal(new Set(names).size, 20_000);
  assert.equal((await fs.readDirStat('/')).filter(({ stat }) => stat.mode === 0o100644).length, 20_000);
});

test('a name that is no UTF-8 is listed as the server would, and names nothing else', async () => {
  const { fs, base } = await open();
  await sandbox.sh('printf x > "$1/$(printf "bad\\377name")"', base);
  const [{ name }] = await sandbox.client.listFsEntries({ path: base });
  assert.deepEqual(await fs.readDir('/'), [name]);
  await expectError(fs.stat(`/${name}`), { code: 'ENOENT', syscall: 'stat', path: `/${name}` });
});

test('a FIFO is refused, and the server is well afterwards', async () => {
  const { fs, base } = await open();
  await sandbox.sh('mkfifo "$1/fifo"', base);
  for (let i = 0; i < 8; i++) {
    await assert.rejects(fs.writeFile('/fifo', 'x'), { code: 'ENXIO' });
    await assert.rejects(fs.readFile('/fifo'), { code: 'EINVAL' });
  }
  assert.equal((await fs.lstat('/fifo')).mode & 0o170000, 0o010000);
  await sandbox.client.getHealth();
});

test('realpath resolves links; what leads out of the view keeps its name', async () => {
  const { fs } = await open();
  await fs.writeFile('/d/file', 'x');
  await fs.symlink('d/file', '/link');
  await fs.symlink('/', '/out');
  assert.equal(await fs.realpath('/link'), '/d/file');
  assert.equal(await fs.realpath('link'), 'd/file');
  assert.equal(await fs.realpath('/out'), '/out');
});
