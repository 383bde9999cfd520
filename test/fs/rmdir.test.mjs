// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { suite } from '../helpers/suite.mjs';

const { open } = await suite();

test('removes an empty directory', async () => {
  const { fs } = await open();
  await fs.mkdir('/d');
  await fs.removeDir('/d');
  assert.equal(await fs.exists('/d'), false);
});

test('fails for what is not an empty directory, and leaves it', async () => {
  const { fs } = await open();
  await fs.writeFile('/d/file', 'kept');
  const fails = { '/d': 'ENOTEMPTY', '/d/file': 'ENOTDIR', '/missing': 'ENOENT', '/d/file/x': 'ENOTDIR' };
  for (const [path, code] of Object.entries(fails))
    await expectError(fs.removeDir(path), { code, syscall: 'rmdir', path });
  assert.equal(await fs.readTextFile('/d/file'), 'kept');
});
