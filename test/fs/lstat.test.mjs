// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { HTTP_ALONE, suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp } = await suite();

test('is stat where there is no link', async () => {
  const { fs } = await open();
  await fs.writeFile('/a', '123');
  assert.deepEqual(await fs.lstat('/a'), await fs.stat('/a'));
  await expectError(fs.lstat('/missing'), { code: 'ENOENT', syscall: 'lstat', path: '/missing' });
  await expectError(fs.lstat('/a/child'), { code: 'ENOTDIR', syscall: 'lstat', path: '/a/child' });
});

test('tells a link to a directory from the directory, so that nobody is led out of a tree he removes', async () => {
  const { fs, base } = await open();
  await fs.mkdir('/target');
  await fs.writeFile('/target/kept', '');
  await fs.mkdir('/tree');
  await sandbox.sh('ln -s ../target "$1"', `${base}/tree/link`);
  const link = await fs.lstat('/tree/link');
  assert.deepEqual([link.isSymbolicLink, link.isDirectory, link.mode], [true, false, 0o120777]);
  for (const directory of ['/tree', '/target', '/', '']) {
    const stat = await fs.lstat(directory);
    assert.deepEqual([stat.isSymbolicLink, stat.isDirectory], [false, true], directory);
  }
  assert.equal((await fs.stat('/tree/link')).isDirectory, true);
});

describe(HTTP_ALONE, () => {
  test('it follows a link to a file: the server cannot see one', async () => {
    const { fs, base } = await openHttp();
    await fs.writeFile('/target', '12345678');
    await sandbox.sh('ln -s target "$1"', `${base}/link`);
    const stat = await fs.lstat('/link');
    assert.equal(stat.size, 8);
    assert.equal(stat.isSymbolicLink, false);
  });
});
