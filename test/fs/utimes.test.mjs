// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { HTTP_ALONE, suite } from '../helpers/suite.mjs';

const { open, openHttp } = await suite();

test('fails for a path that is not there', async () => {
  const { fs } = await open();
  await fs.writeFile('/file', '');
  await expectError(fs.utimes('/missing', 1_700_000_000_000, 1_710_000_000_000), {
    code: 'ENOENT',
    syscall: 'utime',
    path: '/missing',
  });
  await expectError(fs.utimes('/file/x', 1_700_000_000_000, 1_710_000_000_000), {
    code: 'ENOTDIR',
    syscall: 'utime',
    path: '/file/x',
  });
});

describe(HTTP_ALONE, () => {
  test('it changes nothing, and does not fail: the VM calls it by itself', async () => {
    const { fs } = await openHttp();
    await fs.writeFile('/file', 'content');
    await fs.mkdir('/d');
    const before = await fs.stat('/file');
    assert.equal(await fs.utimes('/file', 1_700_000_000_000, 1_710_000_000_000), undefined);
    await fs.utimes('/d', 1_700_000_000_000, 1_710_000_000_000);
    assert.deepEqual(await fs.stat('/file'), before);
  });
});
