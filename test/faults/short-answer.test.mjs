// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { suite } from '../helpers/suite.mjs';

const { openHttp, proxied } = await suite();

test('a content that ends too early is an error, never bytes', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await openHttp({ client });
  await fs.writeFile('/file', 'x'.repeat(100_000));
  for (const bytes of [0, 10, 17, 60, 150, 1000, 50_000, 100_000]) {
    await proxy.rules([{ match: 'GET /v1/fs/file', do: 'cut', bytes }]);
    await expectError(fs.readFile('/file'), { code: ['EIO', 'EPROTO'], syscall: 'open', path: '/file' });
    await expectError(fs.readTextFile('/file'), { code: ['EIO', 'EPROTO'], syscall: 'open', path: '/file' });
    await expectError(fs.pread('/file', 0, 10), { code: ['EIO', 'EPROTO'], syscall: 'read', path: '/file' });
  }
  await proxy.rules([]);
  assert.equal((await fs.readFile('/file')).length, 100_000);
});

test('a listing that ends too early is an error, never a shorter list', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await openHttp({ client });
  for (let i = 0; i < 50; i++) await fs.writeFile(`/d/${i}`, '');
  await proxy.rules([{ match: 'GET /v1/fs/entries', do: 'cut', bytes: 2000 }]);
  await expectError(fs.readDir('/d'), { code: ['EIO', 'EPROTO'], syscall: 'scandir', path: '/d' });
});
