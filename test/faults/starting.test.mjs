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
import { freePort } from '../helpers/port.mjs';
import { startProxy, startScriptedServer } from '../helpers/proxy.mjs';
import { call, suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp, toolkit, proxied } = await suite();

const bad = (status) => ({
  do: 'answer',
  status,
  headers: { 'content-type': 'text/html' },
  body: '<h1>The sandbox is starting</h1>',
});

/** The sandbox is behind that port from now on; or nothing yet, while there is something to `refuse` connections with. */
function listen(t, port, behind = {}) {
  const { hostname, port: target } = new URL(sandbox.baseUrl);
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    if (behind.refuse) return behind.refuse(socket);
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

/** How the port of a container or of a tunnel takes connections before anything listens behind it. */
const refusals = {
  'reset at once': (socket) => socket.resetAndDestroy(),
  'closed at once': (socket) => socket.destroy(),
  'closed when something was sent': (socket) => socket.once('data', () => socket.destroy()),
};

for (const [how, refuse] of Object.entries(refusals))
  for (const [name, options] of [['the companion', {}], ['HTTP alone', { companion: false }]])
    test(`connections are ${how} until it has started: what is asked waits, with ${name}`, async (t) => {
      let refused = 0;
      const port = await freePort();
      const behind = { refuse: (socket) => (refused++, refuse(socket)) };
      await listen(t, port, behind);
      const client = await sandbox.connect(`http://127.0.0.1:${port}`);
      const { fs } = await open({ client, ...options });
      const tools = toolkit({ client, ...options });
      const waiting = [
        fs.mkdir('/directory'),
        fs.exists('/nothing'),
        call(tools, 'list-processes'),
        call(tools, 'run-command', { command: 'true' }),
      ];
      let settled = 0;
      for (const one of waiting) one.then(() => settled++, () => settled++);
      await eventually(() => refused > 6, 'asked again');
      assert.equal(settled, 0);
      behind.refuse = undefined;
      assert.equal((await Promise.all(waiting))[1], false);
      assert.deepEqual(await fs.readDir('/'), ['directory']);
    });

/** What begins with a change, over HTTP alone: nothing has been asked before it. Each appends a line where it is done. */
const changes = {
  'run-command': ({ tools, base }) =>
    call(tools, 'run-command', { command: 'sh', args: ['-c', 'echo once >> "$1"', 'sh', `${base}/log`] }),
  'create-process': ({ tools, base }) =>
    call(tools, 'create-process', { command: 'sh', args: ['-c', 'echo once >> "$1"', 'sh', `${base}/log`] }),
  writeFile: ({ fs }) => fs.writeFile('/log', 'once\n'),
  'recursive mkdir': ({ fs }) => fs.mkdir('/a/b', { recursive: true }),
};

for (const [name, begin] of Object.entries(changes))
  for (const [how, rule] of [['closed', { do: 'close' }], ['answered 502', bad(502)], ['answered 503', bad(503)]])
    test(`${name}, the first of all and over HTTP alone, is ${how} at first: it is waited for, done once`, async () => {
      const { proxy, client } = await proxied();
      await proxy.rules([rule]);
      const { fs, base } = await openHttp({ client });
      const tools = toolkit({ client, companion: false });
      const waiting = begin({ fs, tools, base });
      waiting.catch(() => {});
      await eventually(async () => (await proxy.count('GET /v1/health')) > 3, 'asked again');
      assert.equal(await proxy.count(), await proxy.count('GET /v1/health'));
      await proxy.rules([]);
      await waiting;
      const done = name === 'recursive mkdir' ? () => fs.readDir('/') : () => fs.readTextFile('/log').catch(() => '');
      const expected = name === 'recursive mkdir' ? ['a'] : 'once\n';
      await eventually(async () => String(await done()) === String(expected), 'done once');
      const before = await proxy.count('/v1/health');
      await begin({ fs, tools, base });
      assert.equal(await proxy.count('/v1/health'), before); // once, for all that has answered
    });

test('one that has answered, and then closes what it takes, is not waited for', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await openHttp({ client, timeoutMs: 600_000 });
  await fs.exists('/x');
  await proxy.rules([{ do: 'close' }]);
  await expectError(fs.stat('/x'), { code: 'EIO', syscall: 'stat', path: '/x' });
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

test('a change that was sent, and closed or answered by a gateway, is not sent again', async () => {
  for (const rule of [{ match: 'POST', do: 'close' }, { match: 'POST', ...bad(502) }]) {
    const { proxy, client } = await proxied();
    await proxy.rules([rule]);
    const tools = toolkit({ client, companion: false, timeoutMs: 3000 });
    await assert.rejects(call(tools, 'run-command', { command: 'true' }), { code: 'EIO' });
    assert.equal(await proxy.count('POST'), 1);
  }
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
  const { fs } = await openHttp({ client, timeoutMs: 1500 });
  await fs.exists('/x');
  client.baseUrl = `http://127.0.0.1:${await freePort()}`;
  await expectError(fs.stat('/x'), { code: 'ECONNREFUSED', syscall: 'stat', path: '/x', cause: /has not started/ });
  const { fs: other } = await openHttp({ client, timeoutMs: 1500 }); // of the same client, and so of that URL
  await expectError(other.stat('/x'), { code: 'ECONNREFUSED', syscall: 'stat', path: '/x', cause: /has not started/ });
});

test('one that has answered another file system of the client is not waited for', async () => {
  const proxy = await startProxy(sandbox.baseUrl);
  const client = await sandbox.connect(proxy.url);
  const { fs } = await openHttp({ client });
  await fs.exists('/x');
  await proxy.stop();
  await rejection(fs.stat('/x')); // the kept connection is lost
  const { fs: other } = await openHttp({ client, timeoutMs: 600_000 });
  await expectError(other.stat('/x'), { code: 'ECONNREFUSED', syscall: 'stat', path: '/x' });
});
