// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { suite } from '../helpers/suite.mjs';

const { open } = await suite();

const recursive = { recursive: true };

test('makes what is missing on the way, and may be done again', async () => {
  const { fs } = await open();
  for (let i = 0; i < 2; i++) await fs.mkdir('/a/b/c', recursive);
  await fs.mkdir('a/b/d', recursive);
  assert.deepEqual((await fs.readDir('/a/b')).sort(), ['c', 'd']);
  await fs.mkdir('/', recursive);
});

test('a file in the way fails, and stays', async () => {
  const { fs } = await open();
  await fs.writeFile('/a/file', 'kept');
  await expectError(fs.mkdir('/a/file', recursive), { code: 'EEXIST', syscall: 'mkdir', path: '/a/file' });
  await expectError(fs.mkdir('/a/file/c', recursive), { code: 'ENOTDIR', syscall: 'mkdir', path: '/a/file/c' });
  assert.equal(await fs.readTextFile('/a/file'), 'kept');
});
