// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { AT_ONCE, suite } from '../helpers/suite.mjs';

const { openHttp, proxied } = await suite();

const code = 'ETIMEDOUT';

test('an answer that does not come is ETIMEDOUT', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await openHttp({ client, timeoutMs: 300 });
  await proxy.rules([{ do: 'stall' }]);
  await Promise.all([
    expectError(fs.stat('/a'), { code, syscall: 'stat', path: '/a' }),
    expectError(fs.readFile('/b'), { code, syscall: 'open', path: '/b' }),
    expectError(fs.writeFile('/c', 'x'), { code, syscall: 'open', path: '/c' }),
    expectError(fs.exists('/d'), { code, syscall: 'access', path: '/d' }),
    expectError(fs.mkdir('/e'), { code, syscall: 'mkdir', path: '/e' }),
    expectError(fs.rename('/f', '/g'), { code, syscall: 'rename', path: '/f', dest: '/g' }),
  ]);
});

test('one that waits does not hold up the others', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await openHttp({ client, timeoutMs: 1000 });
  await proxy.rules([{ match: 'slow', do: 'stall' }]);
  let waiting = true;
  const slow = expectError(fs.stat('/slow'), { code, syscall: 'stat' }).then(() => (waiting = false));
  for (let i = 0; i < 20; i++) await fs.exists('/quick');
  assert.equal(waiting, true);
  await slow;
});

test('a content is given up when it makes no progress for that long', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await openHttp({ client, timeoutMs: 400 });
  await fs.writeFile('/file', 'x'.repeat(100_000));
  await proxy.rules([{ match: 'GET /v1/fs/file', do: 'freeze', bytes: 20_000 }]);
  await expectError(fs.readFile('/file'), { code, syscall: 'open', path: '/file' });
});

test('a content that takes longer but makes progress comes whole', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await openHttp({ client, timeoutMs: 600 });
  const content = '0123456789'.repeat(600);
  await fs.writeFile('/file', content);
  await proxy.rules([{ match: 'GET /v1/fs/file', do: 'trickle', pieces: 10, everyMs: 200 }]);
  assert.equal(await fs.readTextFile('/file'), content);
});

test('a synchronous method keeps its deadline, whatever progress there is', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await openHttp({ client, timeoutMs: 1000, ...AT_ONCE });
  await proxy.rules([{ match: 'PUT', do: 'trickle', pieces: 100, everyMs: 700 }]); // over a minute
  const begin = performance.now();
  await expectError(() => fs.prepareOpenSync('/x', 0o100), { code, syscall: 'open', path: '/x' });
  assert.ok(performance.now() - begin < 30_000);
});

test('after a deadline the file system works on', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await openHttp({ client, timeoutMs: 300 });
  await proxy.rules([{ do: 'stall' }]);
  await Promise.all(Array.from({ length: 30 }, (_, i) => expectError(fs.stat(`/${i}`), { code, syscall: 'stat' })));
  await proxy.rules([]);
  await fs.writeFile('/x', 'works');
  assert.equal(await fs.readTextFile('/x'), 'works');
});
