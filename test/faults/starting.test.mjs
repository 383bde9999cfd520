// A sandbox that is still starting is waited for, within the deadline: the server comes when the operations already wait.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../helpers/eventually.mjs';
import { expectError, rejection } from '../helpers/expect.mjs';
import { startProxy, startScriptedServer } from '../helpers/proxy.mjs';
import { call, suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp, toolkit, proxied } = await suite();

/** A port on which nobody listens. */
async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

const bad = (status) => ({
  do: 'answer',
  status,
  headers: { 'content-type': 'text/html' },
  body: '<h1>The sandbox is starting</h1>',
});

/** The sandbox is behind that port from now on. */
function listen(t, port) {
  const { hostname, port: target } = new URL(sandbox.baseUrl);
  const server = net.createServer((socket) => {
    const upstream = net.connect(Number(target), hostname);
    socket.pipe(upstream).pipe(socket);
    for (const [one, other] of [[socket, upstream], [upstream, socket]]) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  t.after(() => server.close());
  server.listen(port, '127.0.0.1');
  return once(server, 'listening');
}

for (const [name, options] of [['the companion', {}], ['HTTP alone', { companion: false }]])
  test(`nobody listens there yet: what is asked waits, with ${name}`, async (t) => {
    const port = await freePort();
    const client = await sandbox.connect(`http://127.0.0.1:${port}`);
    const { fs } = await open({ client, ...options });
    const tools = toolkit({ client, ...options });
    const waiting = [
      fs.writeFile('/file', 'content'),
      fs.mkdir('/directory'),
      fs.exists('/nothing'),
      call(tools, 'run-command', { command: 'echo', args: ['hello'] }),
      call(tools, 'list-processes'),
    ];
    let settled = 0;
    for (const one of waiting) one.then(() => settled++, () => settled++);
    await sleep(300); // meanwhile each is refused more than once
    assert.equal(settled, 0);
    await listen(t, port);
    const [, , exists, ran] = await Promise.all(waiting);
    assert.equal(exists, false);
    assert.equal(ran.stdout, 'hello\n');
    assert.equal(await fs.readTextFile('/file'), 'content');
    assert.deepEqual((await fs.readDir('/')).sort(), ['directory', 'file']);
  });

for (const status of [502, 503])
  test(`a gateway answers ${status} until it has started: what is asked waits, and is done once`, async () => {
    const { proxy, client } = await proxied();
    await proxy.rules([bad(status)]);
    const { fs, base } = await open({ client });
    const tools = toolkit({ client });
    const append = { command: 'sh', args: ['-c', 'echo once >> "$1"', 'sh', `${base}/log`] };
    const waiting = [fs.mkdir('/directory'), call(tools, 'run-command', append)];
    await eventually(async () => (await proxy.count()) > 8, 'asked again');
    await proxy.rules([]);
    await Promise.all(waiting);
    assert.equal(await fs.readTextFile('/log'), 'once\n');
  });

test('a change that a gateway may have passed on is not sent again', async () => {
  const { proxy, client } = await proxied();
  await proxy.rules([bad(502)]);
  const tools = toolkit({ client, companion: false, timeoutMs: 3000 });
  await assert.rejects(call(tools, 'run-command', { command: 'true' }), { code: 'EIO' });
  assert.equal(await proxy.count('POST'), 1);
});

test('one that does not start: the error says what was tried, and for how long', async () => {
  const client = await sandbox.connect(`http://127.0.0.1:${await freePort()}`);
  const { fs } = await openHttp({ client, timeoutMs: 400 });
  const cause = /has not started within 400 ms; it was asked [0-9]{1,3} times: .*127\.0\.0\.1/;
  await expectError(fs.stat('/x'), { code: 'ECONNREFUSED', syscall: 'stat', path: '/x', cause });
  const { fs: other } = await open({ client });
  const error = await rejection(other.writeFile('/x', 'y', { timeoutMs: 300 }));
  assert.equal(error.code, 'ECONNREFUSED');
  assert.match(error.cause.message, /has not started within 300 ms/);
});

test('prepareOpenSync waits too, within its own time', async () => {
  const client = await sandbox.connect(`http://127.0.0.1:${await freePort()}`);
  const { fs } = await openHttp({ client, timeoutMs: 300, transport: 'native' });
  await expectError(() => fs.prepareOpenSync('/x', 0o100), {
    code: 'ECONNREFUSED', syscall: 'open', path: '/x', cause: /has not started within 300 ms/,
  });
});

test('a wrong token fails at once, and so does what another answers for', async () => {
  for (const [status, code] of [[401, 'EACCES'], [403, 'EACCES'], [404, 'EHOSTUNREACH'], [530, 'EHOSTUNREACH']]) {
    const server = await startScriptedServer([bad(status)]);
    const { fs } = await openHttp({ client: await sandbox.connect(server.url) });
    await expectError(fs.stat('/x'), { code, syscall: 'stat', path: '/x' });
    assert.equal(await server.count(), 1);
    await server.stop();
  }
  const { fs } = await open({ client: await sandbox.connect(sandbox.baseUrl, { token: 'wrong' }) });
  await expectError(fs.stat('/x'), { code: 'EACCES', syscall: 'stat', path: '/x' });
});

test('one that has answered and is refused is not waited for', async () => {
  const proxy = await startProxy(sandbox.baseUrl);
  const { fs } = await openHttp({ client: await sandbox.connect(proxy.url), timeoutMs: 600_000 });
  await fs.exists('/x');
  await proxy.stop();
  await rejection(fs.stat('/x')); // the kept connection is lost
  await expectError(fs.stat('/x'), { code: 'ECONNREFUSED', syscall: 'stat', path: '/x' });
});

test('what waits can be given up', async () => {
  const client = await sandbox.connect(`http://127.0.0.1:${await freePort()}`);
  const { fs } = await openHttp({ client, timeoutMs: 600_000 });
  const controller = new AbortController();
  const waiting = fs.stat('/x', { signal: controller.signal });
  setTimeout(() => controller.abort(new Error('enough')), 100);
  await assert.rejects(waiting, { message: 'enough' });
});

test('another URL of the same client is another sandbox', async () => {
  const { client } = await proxied();
  const { fs } = await openHttp({ client, timeoutMs: 300 });
  await fs.exists('/x');
  client.baseUrl = `http://127.0.0.1:${await freePort()}`;
  await expectError(fs.stat('/x'), { code: 'ECONNREFUSED', syscall: 'stat', path: '/x', cause: /has not started/ });
});
