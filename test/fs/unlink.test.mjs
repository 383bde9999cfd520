// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, open } = await suite();

test('removes a file', async () => {
  const { fs } = await open();
  await fs.writeFile('/file', '');
  await fs.removeFile('/file');
  assert.equal(await fs.exists('/file'), false);
});

test('removes a link, not what it points to', async () => {
  const { fs, base } = await open();
  await fs.writeFile('/target', 'kept');
  await sandbox.sh('ln -s target "$1"', `${base}/link`);
  await fs.removeFile('/link');
  assert.deepEqual(await fs.readDir('/'), ['target']);
});

test('fails for a directory, an empty one too, and for what is not there', async () => {
  const { fs } = await open();
  await fs.mkdir('/empty');
  await fs.writeFile('/d/file', 'kept');
  const fails = { '/empty': 'EISDIR', '/d': 'EISDIR', '/missing': 'ENOENT', '/d/file/x': 'ENOTDIR' };
  for (const [path, code] of Object.entries(fails))
    await expectError(fs.removeFile(path), { code, syscall: 'unlink', path });
  assert.equal(await fs.readTextFile('/d/file'), 'kept');
  assert.equal(await fs.exists('/empty'), true);
});
