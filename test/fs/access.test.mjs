// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, open, proxied } = await suite();

test('exists is true for what is there, false for what is not', async () => {
  const { fs, base } = await open();
  await fs.writeFile('/d/file', '');
  await sandbox.sh('ln -s nowhere "$1/dangling"; ln -s d "$1/link"', base);
  for (const path of ['/', '', '/d', 'd', '/d/', '/d/file', '/link', '/link/file'])
    assert.equal(await fs.exists(path), true, path);
  for (const path of ['/no', 'no', '/no/no', '/d/file/child', '/dangling'])
    assert.equal(await fs.exists(path), false, path);
});

test('exists is no answer where the server cannot be asked', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await open({ client, timeoutMs: 300 }); // so long it might yet start
  await proxy.refuse();
  await expectError(fs.exists('/x'), { code: 'ECONNREFUSED', syscall: 'access', path: '/x' });
});
