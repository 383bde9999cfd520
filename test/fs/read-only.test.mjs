// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, open, proxied } = await suite();

const CHANGES = [
  ['writeFile', 'open', '/file', 'x'],
  ['writeFile', 'open', '/new', 'x'],
  ['removeFile', 'unlink', '/file'],
  ['removeDir', 'rmdir', '/d'],
  ['mkdir', 'mkdir', '/new'],
  ['mkdir', 'mkdir', '/new/inner', { recursive: true }],
  ['createDir', 'mkdir', '/new'],
  ['rename', 'rename', '/file', '/new'],
  ['link', 'link', '/file', '/new'],
  ['symlink', 'symlink', 'file', '/new'],
  ['chmod', 'chmod', '/file', 0o600],
  ['chown', 'chown', '/file', 1, 1],
  ['utimes', 'utime', '/file', 1, 1],
  ['truncate', 'truncate', '/file', 0],
  ['pwrite', 'write', '/file', 0, Buffer.from('x')],
  ['copy', 'copyfile', '/file', '/new'],
];

test('a read-only file system refuses what changes something, and sends nothing', async () => {
  const { proxy, client } = await proxied();
  const { fs, base } = await open({ client, readOnly: true });
  await sandbox.sh('cd "$1" && printf kept > file && mkdir d', base);
  for (const [method, syscall, ...args] of CHANGES) await expectError(fs[method](...args), { code: 'EROFS', syscall });
  await expectError(() => fs.prepareOpenSync('/new', 0o100), { code: 'EROFS', syscall: 'open', path: '/new' });
  await expectError(() => fs.prepareOpenSync('/file', 0o1000), { code: 'EROFS', syscall: 'open', path: '/file' });
  assert.equal(await proxy.count(), 0);
  assert.equal(await sandbox.sh('cd "$1" && find . | sort && cat file', base), '.\n./d\n./file\nkept');
});

test('it reads as any other', async () => {
  const { fs, base } = await open({ readOnly: true });
  await sandbox.sh('cd "$1" && printf kept > file', base);
  assert.equal(await fs.readTextFile('/file'), 'kept');
  assert.equal((await fs.stat('/file')).size, 4);
  assert.deepEqual(await fs.readDir('/'), ['file']);
  assert.equal(await fs.exists('/file'), true);
  await fs.fsync('/file');
});

test('readOnly: false is the default', async () => {
  const { fs } = await open({ readOnly: false });
  await fs.writeFile('/file', 'x');
  assert.equal(await fs.readTextFile('/file'), 'x');
});
