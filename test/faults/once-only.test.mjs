// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rejection } from '../helpers/expect.mjs';
import { AT_ONCE, call, suite } from '../helpers/suite.mjs';

const { openHttp, toolkit, proxied } = await suite();

/** What changes something, and the request by which it does so. */
const CHANGES = [
  ['writeFile', 'PUT /v1/fs/file', (fs) => fs.writeFile('/new', 'x')],
  ['a large writeFile', 'PUT /v1/fs/file', (fs) => fs.writeFile('/new', new Uint8Array(2 ** 21))],
  ['an empty writeFile', 'PUT /v1/fs/file', (fs) => fs.writeFile('/new', '')],
  ['pwrite', 'PUT /v1/fs/file', (fs) => fs.pwrite('/file', 0, Buffer.from('x'))],
  ['truncate', 'PUT /v1/fs/file', (fs) => fs.truncate('/file', 1)],
  ['truncate to nothing', 'PUT /v1/fs/file', (fs) => fs.truncate('/file', 0)],
  ['copy', 'PUT /v1/fs/file', (fs) => fs.copy('/file', '/new')],
  ['removeFile', 'DELETE /v1/fs/entry', (fs) => fs.removeFile('/file')],
  ['removeDir', 'DELETE /v1/fs/entry', (fs) => fs.removeDir('/d')],
  ['mkdir', 'POST /v1/fs/mkdir', (fs) => fs.mkdir('/new')],
  ['mkdir recursive', 'POST /v1/fs/mkdir', (fs) => fs.mkdir('/new/inner', { recursive: true })],
  ['rename', 'POST /v1/fs/move', (fs) => fs.rename('/file', '/new')],
  ['prepareOpen', 'PUT /v1/fs/file', (fs) => fs.prepareOpen('/new', 0o100)],
  ['prepareOpenSync', 'PUT /v1/fs/file', (fs, _, id, now) => now.prepareOpenSync('/new', 0o100)],
  ['run-command', 'POST /v1/processes/run', (_, tools) => call(tools, 'run-command', { command: 'true' })],
  ['create-process', 'POST /v1/processes', (_, tools) => call(tools, 'create-process', { command: 'true' })],
  ['send-input', '/input', (_, tools, id) => call(tools, 'send-input', { id, input: 'x' })],
  ['stop-process', '/stop', (_, tools, id) => call(tools, 'stop-process', { id })],
  ['kill-process', '/kill', (_, tools, id) => call(tools, 'kill-process', { id })],
];

for (const [name, match, change] of CHANGES) {
  test(`${name}: a connection that closes before it answers has been asked once`, async () => {
    const { proxy, client } = await proxied();
    const { fs, base } = await openHttp({ client });
    const { fs: now } = await openHttp({ client, basePath: base, ...AT_ONCE });
    const tools = toolkit({ client, companion: false }); // under the supervisor: test/toolkit/supervised.test.mjs
    await fs.writeFile('/file', 'content');
    await fs.mkdir('/d');
    const { id } = await call(tools, 'create-process', { command: 'cat' });
    // Connections that have been used: it is on these that libcurl would ask a second time by itself.
    for (let i = 0; i < 3; i++) await Promise.all([fs.stat('/file'), call(tools, 'list-processes')]);
    now.prepareOpenSync('/other', 0o100);
    const before = await proxy.count(match);
    await proxy.rules([{ match, do: 'close' }]);
    const error = await rejection(() => change(fs, tools, id, now));
    assert.equal((await proxy.count(match)) - before, 1);
    assert.equal(error.code, 'EIO');
    assert.match(`${error.message} ${error.cause?.message}`, /the operation may have completed/);
    await proxy.rules([]);
    await call(tools, 'kill-process', { id });
  });
}

test('where the server did it and its answer was lost, it is not done again', async () => {
  const { proxy, client } = await proxied();
  const { fs, base } = await openHttp({ client });
  const tools = toolkit({ client, companion: false });
  await fs.stat('/');
  await proxy.rules([{ match: 'POST /v1/processes/run', do: 'lose' }]);
  const command = `echo done >> ${base}/log`;
  for (let i = 0; i < 3; i++) await assert.rejects(call(tools, 'run-command', { command }), { code: 'EIO' });
  assert.equal(await fs.readTextFile('/log'), 'done\n'.repeat(3));
});
