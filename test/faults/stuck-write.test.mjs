// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { eventually } from '../helpers/eventually.mjs';
import { expectError } from '../helpers/expect.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, openHttp, proxied } = await suite();

/** Reads a file of the sandbox from outside of it: what holds a thread of the server may hold up a request too. */
async function readFromOutside(path) {
  const root = sandbox.isolated ? `/proc/${sandbox.pid}/root` : '';
  return (await promisify(execFile)('cat', [root + path])).stdout;
}

test('a write that was never sent met its deadline in our own queue: the path is written as ever', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await openHttp({ client, timeoutMs: 300 });
  const patient = (await openHttp({ client, timeoutMs: 3000 })).fs;
  await proxy.rules([{ match: 'GET /v1/fs/stat', do: 'stall' }]);
  const stalled = Array.from({ length: 24 }, (_, i) => assert.rejects(patient.stat(`/${i}`), { code: 'ETIMEDOUT' }));
  await eventually(async () => (await proxy.count('GET /v1/fs/stat')) === 24, 'every connection taken');
  await assert.rejects(fs.writeFile('/file', 'x'), { code: 'ETIMEDOUT' });
  await Promise.all(stalled);
  assert.equal(await proxy.count('PUT'), 0);
  await proxy.rules([]);
  await fs.writeFile('/file', 'y');
  assert.equal(await fs.readTextFile('/file'), 'y');
});

test('a write that met its deadline is not repeated on that path: it may hang in a FIFO', async () => {
  const { proxy, client } = await proxied();
  const { fs, base } = await openHttp({ client, timeoutMs: 500 });
  await sandbox.sh('mkfifo "$1"', `${base}/fifo`);
  await expectError(fs.writeFile('/fifo', 'one'), { code: 'ETIMEDOUT', syscall: 'open', path: '/fifo' });
  assert.equal(await proxy.count('PUT'), 1);
  assert.equal(await readFromOutside(`${base}/fifo`), 'one'); // and lets the server's thread go
  for (const path of ['/fifo', 'fifo', '/./fifo', '/a/../fifo'])
    await assert.rejects(fs.writeFile(path, 'two'), { syscall: 'open' });
  fs.prepareOpenSync('/fifo', 0o1000); // is empty as it is
  assert.equal(await proxy.count('PUT'), 1);
  await fs.writeFile('/other', 'another path is written as ever');
  assert.equal(await fs.readTextFile('/other'), 'another path is written as ever');
});
