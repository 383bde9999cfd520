// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { suite } from '../helpers/suite.mjs';

const { open, proxied } = await suite();

test('always resolves: the VM does not look at its answer, and a rejection would end the host', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await open({ client });
  await fs.writeFile('/file', '');
  for (const path of ['/file', '/missing', '/file/x', '', '/']) assert.equal(await fs.fsync(path), undefined, path);
  await proxy.refuse();
  assert.equal(await fs.fsync('/file'), undefined);
});

test('resolves also where nothing else would: core does not look at it', async () => {
  const { fs } = await open();
  for (const path of ['a\0b', '\ud800', 'a'.repeat(5000), undefined, 5]) assert.equal(await fs.fsync(path), undefined);
  await fs.close();
  assert.equal(await fs.fsync('/file'), undefined);
});
