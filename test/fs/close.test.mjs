// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../helpers/eventually.mjs';
import { expectError } from '../helpers/expect.mjs';
import { call, suite } from '../helpers/suite.mjs';

const { open, proxied, sandbox, toolkit } = await suite();

const CALLS = {
  readFile: ['open', '/x'],
  writeFile: ['open', '/x', ''],
  stat: ['stat', '/x'],
  exists: ['access', '/x'],
  readDir: ['scandir', '/x'],
  mkdir: ['mkdir', '/x'],
  removeFile: ['unlink', '/x'],
  rename: ['rename', '/x', '/y'],
  pread: ['read', '/x', 0, 1],
  chmod: ['chmod', '/x', 0],
};

for (const end of ['close', Symbol.asyncDispose]) {
  test(`${String(end)} waits for what is in flight, then frees the sockets; later calls are refused`, async () => {
    const { proxy, client } = await proxied({ delayMs: 400 });
    const { fs } = await open({ client });
    let ended = false;
    const writing = Promise.all(['/a', '/b', '/c'].map((path) => fs.writeFile(path, 'x'))).then(() => (ended = true));
    await eventually(() => proxy.open(), 'a connection');
    const closing = fs[end]();
    await expectError(fs.stat('/a'), { code: 'EBADF', syscall: 'stat', hint: /closed/ });
    await closing;
    await writing;
    assert.equal(ended, true);
    await eventually(async () => (await proxy.open()) === 0, 'every connection closed');
    const sent = await proxy.count();
    for (const [method, [syscall, ...args]] of Object.entries(CALLS))
      await expectError(fs[method](...args), { code: 'EBADF', syscall, hint: /closed/ });
    await expectError(() => fs.prepareOpenSync('/x', 0o100), { code: 'EBADF', syscall: 'open', hint: /closed/ });
    assert.equal(await proxy.count(), sent);
    await fs[end]();
  });
}

test('the sockets of a synchronous method are freed as well', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await open({ client });
  fs.prepareOpenSync('/x', 0o100);
  await fs.close();
  await eventually(async () => (await proxy.open()) === 0, 'every connection closed');
});

test('the sockets are freed while another object waits for a program', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await open({ client });
  const kit = toolkit({ client });
  const running = call(kit, 'run-command', { command: 'sleep 3; echo done' });
  await eventually(() => proxy.count('/run'), 'the program');
  await Promise.all(Array.from({ length: 20 }, () => fs.exists('/')));
  assert.ok((await proxy.open()) > 1);
  await fs.close();
  await eventually(async () => (await proxy.open()) === 1, 'the connections of files closed');
  assert.equal((await running).stdout, 'done\n'); // it was waited for meanwhile
  await kit.close();
  await eventually(async () => (await proxy.open()) === 0, 'every connection closed');
});

test('one that is closed leaves another of the same client alone', async () => {
  const first = await open();
  const second = await open();
  await second.fs.writeFile('/x', 'x');
  await first.fs.close();
  assert.equal(await second.fs.readTextFile('/x'), 'x');
});

test('connections are kept and used again, at most 24 at once', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await open({ client });
  await Promise.all(Array.from({ length: 200 }, (_, i) => fs.writeFile(`/${i}`, String(i))));
  for (let i = 0; i < 50; i++) assert.equal(await fs.readTextFile(`/${i}`), String(i));
  for (let i = 0; i < 40; i++) await fs.mkdir(`/d${i}`);
  await Promise.all(Array.from({ length: 40 }, (_, i) => fs.removeDir(`/d${i}`)));
  await eventually(async () => (await proxy.open()) <= 24, 'the connections of changes without a body closed');
  const kept = (await proxy.requests()).filter(({ method }) => method === 'PUT' || method === 'GET');
  const connections = new Set(kept.map(({ connection }) => connection));
  assert.ok(connections.size <= 24, `${connections.size} connections`);
});

test('a client that was disposed is refused at once', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await open({ client });
  await fs.writeFile('/x', '');
  const sent = await proxy.count();
  await client.dispose();
  await expectError(fs.stat('/x'), { code: 'EBADF', syscall: 'stat', hint: /disposed/ });
  await expectError(() => fs.prepareOpenSync('/x', 0o100), { code: 'EBADF', syscall: 'open', hint: /disposed/ });
  assert.equal(await proxy.count(), sent);
  assert.equal(sandbox.client.disposed, false);
});

test('what the client says is read anew: a token that changes is used', async () => {
  const { client } = await proxied();
  const { fs } = await open({ client });
  await fs.writeFile('/x', 'x');
  const { token } = client;
  client.token = 'another';
  await expectError(fs.stat('/x'), { code: 'EACCES', syscall: 'stat', path: '/x' });
  client.token = token;
  assert.equal(await fs.readTextFile('/x'), 'x');
});
