// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { HTTP_ALONE, suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp } = await suite();

const FIELDS = [
  'mode',
  'size',
  'isDirectory',
  'isSymbolicLink',
  'atimeMs',
  'mtimeMs',
  'ctimeMs',
  'birthtimeMs',
  'ino',
  'nlink',
  'uid',
  'gid',
];

test("tells a file's kind, size and time of change", async () => {
  const { fs, base } = await open();
  await fs.writeFile('/a', 'five!');
  await sandbox.sh('touch -d "2024-02-29 12:34:56.789Z" "$1"', `${base}/a`);
  const stat = await fs.stat('/a');
  assert.equal(stat.size, 5);
  assert.equal(stat.isDirectory, false);
  assert.equal(stat.isSymbolicLink, false);
  assert.equal(stat.mtimeMs, Date.UTC(2024, 1, 29, 12, 34, 56, 789));
});

test('gives times as whole milliseconds, rounded down, before 1970 too', async () => {
  const { fs, base } = await open();
  await fs.writeFile('/a', '');
  await sandbox.sh('touch -d "1969-12-31 23:59:59.9995Z" "$1"', `${base}/a`);
  assert.equal((await fs.stat('/a')).mtimeMs, -1);
});

test("tells a directory's kind, the root's too", async () => {
  const { fs } = await open();
  await fs.mkdir('/d');
  for (const path of ['/d', 'd', '/d/', '/', '']) assert.equal((await fs.stat(path)).isDirectory, true, path);
});

test('has every field, as a number or a boolean', async () => {
  const { fs } = await open();
  await fs.writeFile('/a', '');
  const stat = await fs.stat('/a');
  for (const field of FIELDS) {
    const kind = field.startsWith('is') ? 'boolean' : 'number';
    assert.equal(typeof stat[field], kind, field);
    if (kind === 'number') assert.ok(Number.isInteger(stat[field]), `${field}: the VM makes a BigInt of it`);
  }
});

test('gives each path an inode number, never 0, the same each time', async () => {
  const { fs } = await open();
  const numbers = new Set();
  for (let i = 0; i < 50; i++) {
    await fs.writeFile(`/${i}`, '');
    const { ino } = await fs.stat(`/${i}`);
    assert.ok(Number.isSafeInteger(ino) && ino > 0, String(ino));
    assert.equal((await fs.stat(`/${i}`)).ino, ino);
    numbers.add(ino);
  }
  assert.equal(numbers.size, 50);
});

test('follows a symbolic link', async () => {
  const { fs, base } = await open();
  await fs.writeFile('/target', '12345678');
  await sandbox.sh('ln -s target "$1"', `${base}/link`);
  assert.equal((await fs.stat('/link')).size, 8);
});

test("fails by Node's names", async () => {
  const { fs, base } = await open();
  await fs.writeFile('/file', '');
  await sandbox.sh('ln -s loop "$1/loop"; ln -s nowhere "$1/dangling"', base);
  await expectError(fs.stat('/missing'), {
    code: 'ENOENT',
    syscall: 'stat',
    path: '/missing',
  });
  await expectError(fs.stat('missing'), { code: 'ENOENT', syscall: 'stat', path: '/missing' });
  await expectError(fs.stat('/file/child'), {
    code: 'ENOTDIR',
    syscall: 'stat',
    path: '/file/child',
  });
  await expectError(fs.stat('/dangling'), { code: 'ENOENT', syscall: 'stat', path: '/dangling' });
  await expectError(fs.stat('/loop'), { code: 'ELOOP', syscall: 'stat', path: '/loop' });
  await expectError(fs.stat(`/${'n'.repeat(300)}`), {
    code: 'ENAMETOOLONG',
    syscall: 'stat',
    path: `/${'n'.repeat(300)}`,
  });
});

describe(HTTP_ALONE, () => {
  test('the mode is that of its kind', async () => {
    const { fs, base } = await openHttp();
    await fs.writeFile('/a', '');
    await fs.mkdir('/d');
    await sandbox.sh('chmod 700 "$1/a" "$1/d"', base);
    assert.equal((await fs.stat('/a')).mode, 0o100644);
    assert.equal((await fs.stat('/d')).mode, 0o40755);
  });
});
