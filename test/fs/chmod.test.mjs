// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { HTTP_ALONE, suite } from '../helpers/suite.mjs';

const { open, openHttp } = await suite();

test('fails for a path that is not there', async () => {
  const { fs } = await open();
  await fs.writeFile('/file', '');
  await expectError(fs.chmod('/missing', 0o600), { code: 'ENOENT', syscall: 'chmod', path: '/missing' });
  await expectError(fs.chmod('/file/x', 0o600), { code: 'ENOTDIR', syscall: 'chmod', path: '/file/x' });
});

describe(HTTP_ALONE, () => {
  test('it changes nothing, and does not fail: the VM calls it by itself', async () => {
    const { fs } = await openHttp();
    await fs.writeFile('/file', 'content');
    await fs.mkdir('/d');
    const before = await fs.stat('/file');
    assert.equal(await fs.chmod('/file', 0o600), undefined);
    await fs.chmod('/d', 0o600);
    assert.deepEqual(await fs.stat('/file'), before);
  });
});
