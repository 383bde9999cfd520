// A client that is a function: started at the first use, once, and again after a failure or when the sandbox is gone.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { SandboxAgent } from 'sandbox-agent';
import { expectError, expectTypeError } from '../helpers/expect.mjs';
import { json, startScriptedServer } from '../helpers/proxy.mjs';
import { startSandbox } from '../helpers/sandbox.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, open, proxied } = await suite();

/** A function for `client` that counts its calls; each gives what `start` gives. */
function counted(start) {
  const client = async () => start(++client.calls);
  client.calls = 0;
  return client;
}

/** A function whose client comes when it is let go. */
function held(start = () => sandbox.client) {
  let letGo;
  const gate = new Promise((resolve) => (letGo = resolve));
  return Object.assign(
    counted(() => gate.then(start)),
    { letGo },
  );
}

test('the sandbox starts at the first use, once however many wait', async () => {
  const client = held();
  const { fs } = await open({ client });
  await new Promise(setImmediate);
  assert.equal(client.calls, 0);
  const names = Array.from({ length: 50 }, (_, i) => `/d/f${i}`);
  const writing = Promise.all(names.map((name) => fs.writeFile(name, name)));
  await new Promise(setImmediate);
  assert.equal(client.calls, 1);
  client.letGo();
  await writing;
  assert.equal((await fs.readDir('/d')).length, 50);
  assert.equal(client.calls, 1);
});

test('a function may give the client itself; two file systems with one function share it', async () => {
  let calls = 0;
  const client = () => (calls++, sandbox.client);
  const [one, two] = [await open({ client }), await open({ client })];
  await Promise.all([one.fs.writeFile('/x', 'one'), two.fs.writeFile('/x', 'two')]);
  assert.equal(await one.fs.readTextFile('/x'), 'one');
  assert.equal(await two.fs.readTextFile('/x'), 'two');
  assert.equal(calls, 1);
});

test('contents of any size wait as they were given', async () => {
  const client = held();
  const { fs } = await open({ client });
  const bytes = Buffer.alloc(5 * 2 ** 20, 'abcdefg');
  const small = Buffer.from('small');
  const writing = [fs.writeFile('/large', bytes), fs.writeFile('/small', small)];
  small.fill('X');
  client.letGo();
  await Promise.all(writing);
  assert.ok(bytes.equals(await fs.readFile('/large')));
  assert.equal(await fs.readTextFile('/small'), 'small');
});


test('wrong arguments are told at once, and start nothing', async () => {
  const client = held();
  const { fs } = await open({ client });
  await expectTypeError(fs.readFile(7), /"path" argument must be of type string/);
  assert.equal(client.calls, 0);
});

test('each waits until its own deadline; the start goes on, and the next use finds it', async () => {
  const client = held();
  const [soon, late] = [await open({ client, timeoutMs: 50 }), await open({ client, timeoutMs: 20_000 })];
  const waiting = late.fs.writeFile('/x', 'late');
  const cause = /the sandbox did not start within 50 ms/;
  await Promise.all([
    expectError(soon.fs.stat('/'), { code: 'ETIMEDOUT', syscall: 'stat', path: '/', cause }),
    expectError(soon.fs.exists('/'), { code: 'ETIMEDOUT', syscall: 'access', path: '/', cause }),
  ]);
  client.letGo();
  await waiting;
  assert.equal(await late.fs.readTextFile('/x'), 'late');
  assert.equal(client.calls, 1);
});

test('a failed start is told with its error, and tried again at the next use', async () => {
  const failure = new Error('no more machines');
  const client = counted((call) => (call === 1 ? Promise.reject(failure) : sandbox.client));
  const { fs } = await open({ client });
  const hint = /^; the sandbox could not be started$/;
  const asked = [
    expectError(fs.stat('/'), { code: 'EHOSTUNREACH', syscall: 'stat', path: '/', hint, cause: /no more machines/ }),
    expectError(fs.exists('/'), { code: 'EHOSTUNREACH', syscall: 'access', path: '/', hint }),
    expectError(fs.rename('/a', '/b'), { code: 'EHOSTUNREACH', syscall: 'rename', path: '/a', dest: '/b', hint }),
    expectError(fs.writeFile('/l', Buffer.alloc(2 ** 22)), { code: 'EHOSTUNREACH', syscall: 'open', path: '/l', hint }),
  ];
  for (const error of await Promise.all(asked)) assert.equal(error.cause, failure);
  assert.equal(client.calls, 1);
  assert.equal(await fs.exists('/'), true);
  assert.equal(client.calls, 2);
});

test('what the function throws, or gives that is no client, is a failed start', async () => {
  const thrown = new RangeError('not today');
  const results = [
    () => { throw thrown; }, // prettier-ignore
    () => undefined,
    () => ({ baseUrl: 7 }),
    () => ({ baseUrl: 'ftp://x' }),
    () => () => sandbox.client,
    () => Promise.reject('a word'),
  ];
  for (const client of results) {
    const { fs } = await open({ client });
    const error = await expectError(fs.stat('/'), { code: 'EHOSTUNREACH', syscall: 'stat', path: '/', hint: /started/ });
    if (client === results[0]) assert.equal(error.cause, thrown);
    else if (client === results[5]) assert.equal(error.cause, 'a word');
    else assert.ok(error.cause instanceof TypeError, String(error.cause));
    await fs.close(); // nothing is left in flight
  }
});

test('prepareOpenSync cannot wait: EAGAIN until the sandbox has started, which it does', async () => {
  const client = held();
  const { fs } = await open({ client });
  const expected = { code: 'EAGAIN', syscall: 'open', path: '/x', hint: /^; the sandbox has not started yet$/ };
  await expectError(() => fs.prepareOpenSync('/x', 0o100), expected);
  await expectError(() => fs.prepareOpenSync('/x', 0o100), expected);
  client.letGo();
  await fs.stat('/');
  assert.equal(fs.prepareOpenSync('/x', 0o100), true);
  assert.equal(client.calls, 1);
});

test('close waits for what waits; what was never used is closed without a start', async () => {
  const client = held();
  const { fs } = await open({ client });
  const unused = await open({ client });
  await unused.fs.close();
  assert.equal(client.calls, 0);
  let written = false;
  const writing = fs.writeFile('/x', 'x').then(() => (written = true));
  const closing = fs.close();
  await expectError(fs.stat('/x'), { code: 'EBADF', syscall: 'stat', hint: /closed/ });
  client.letGo();
  await closing;
  await writing;
  assert.equal(written, true);
});

test('a worker ends while an operation waits', async () => {
  const code = `
    const { createSandboxFs } = require('@rivet-dev/agent-os-sandbox');
    const fs = createSandboxFs({ client: () => new Promise(() => {}) });
    fs.writeFile('/x', 'x');
    setImmediate(() => require('node:worker_threads').parentPort.postMessage('waits'));`;
  const worker = new Worker(code, { eval: true });
  await once(worker, 'message');
  assert.equal(await worker.terminate(), 1);
});

test('a client that was disposed is not used any more: the function is asked again', async () => {
  const clients = [(await proxied()).client, (await proxied()).client];
  const client = counted((call) => clients[call - 1]);
  const { fs } = await open({ client });
  await fs.writeFile('/x', 'x');
  await clients[0].dispose();
  assert.equal(await fs.readTextFile('/x'), 'x');
  assert.equal(client.calls, 2);
});

/** A sandbox of its own, which can be ended under its client's feet. */
async function mortal() {
  const own = await startSandbox();
  let ended;
  const end = () => (ended ??= own.stop());
  after(end);
  return { client: await own.connect(own.baseUrl), end };
}

test('a sandbox that is gone is started again, once, for what never reached it', async () => {
  const own = await mortal();
  const client = counted((call) => (call === 1 ? own.client : sandbox.client));
  const { fs, base } = await open({ client, basePath: '/' });
  await fs.writeFile('/tmp/old', 'old');
  await own.end();
  const large = Buffer.alloc(3 * 2 ** 20, 'x');
  await Promise.all([
    fs.writeFile(`${base}/a`, 'a'),
    fs.writeFile(`${base}/large`, large),
    ...Array.from({ length: 10 }, (_, i) => fs.mkdir(`${base}/d${i}`)),
    expectError(fs.stat('/tmp/old'), { code: 'ENOENT', syscall: 'stat', path: '/tmp/old' }),
  ]);
  assert.equal(client.calls, 2);
  assert.ok(large.equals(await fs.readFile(`${base}/large`)));
  assert.equal((await fs.readDir(base)).length, 12);
  assert.equal(await sandbox.sh('cat "$1"', `${base}/a`), 'a');
});

test('where the next one cannot be had either, that is the error', async () => {
  const own = await mortal();
  const failure = new Error('no more');
  const client = counted((call) => (call === 1 ? own.client : Promise.reject(failure)));
  const { fs } = await open({ client, companion: false, basePath: '/' });
  await fs.stat('/');
  await own.end();
  const error = await expectError(fs.stat('/'), { code: 'EHOSTUNREACH', syscall: 'stat', path: '/', hint: /started/ });
  assert.equal(error.cause, failure);
  assert.equal(client.calls, 2);
});

test('a sandbox that never answered is not taken for one that is gone', async () => {
  const gone = await SandboxAgent.connect({ baseUrl: 'http://127.0.0.1:9', skipHealthCheck: true });
  const client = counted(() => gone);
  const { fs } = await open({ client, companion: false, timeoutMs: 300 });
  for (let i = 0; i < 3; i++)
    await expectError(fs.stat('/'), { code: 'ECONNREFUSED', syscall: 'stat', path: '/' });
  assert.equal(client.calls, 1);
});

test("an edge's page in its place means that it is gone: what comes next is for the next one, and what got it, if no sandbox has", async () => {
  for (const [status, type, body, fails] of [
    [502, 'text/html', '<h1>Bad gateway</h1>', true],
    [404, 'application/json', '{"message":"The sandbox was not found","code":404}', false],
    [410, 'text/plain', 'Gone', false],
    [530, 'text/html', '<h1>Origin DNS error</h1>', false],
    [401, 'text/html', '<h1>This link has expired</h1>', false],
    [403, 'application/json', '{"message":"The signature has expired","code":403}', false],
  ]) {
    const there = json({ path: '/x', entryType: 'file', size: 5, modified: '2024-02-29T12:34:56.789+00:00' });
    const server = await startScriptedServer([{ ...there, times: 1 }, { do: 'answer', status, headers: { 'content-type': type }, body }]);
    const edge = await SandboxAgent.connect({ baseUrl: server.url, skipHealthCheck: true });
    const client = counted((call) => (call === 1 ? edge : sandbox.client));
    const { fs } = await open({ client, companion: false, basePath: '/' });
    assert.equal((await fs.stat('/x')).size, 5);
    if (fails) await expectError(fs.stat('/x'), { code: 'EIO', syscall: 'stat', path: '/x' });
    assert.equal((await fs.stat('/')).isDirectory, true);
    assert.equal(client.calls, 2);
    await fs.close();
    await server.stop();
  }
});

const EXPIRED = { do: 'answer', status: 403, headers: { 'content-type': 'text/html' }, body: '<h1>Expired</h1>' };

test('a URL that has expired, with the companion: changes go to the next sandbox, which is asked for once', async () => {
  const { proxy, client: first } = await proxied();
  const client = counted((call) => (call === 1 ? first : sandbox.client));
  const { fs } = await open({ client });
  await fs.writeFile('/x', 'x');
  await proxy.rules([EXPIRED]);
  await Promise.all(Array.from({ length: 10 }, (_, i) => fs.mkdir(`/d${i}`)));
  assert.equal((await fs.readDir('/')).length, 11);
  assert.equal(client.calls, 2);
});

test('where the next client is refused in the same way, that is the error', async () => {
  const [one, two] = [await proxied(), await proxied()];
  const client = counted((call) => (call === 1 ? one.client : two.client));
  const { fs } = await open({ client, companion: false });
  await fs.stat('/');
  for (const { proxy } of [one, two]) await proxy.rules([EXPIRED]);
  await expectError(fs.stat('/x'), { code: 'EACCES', syscall: 'stat', path: '/x', cause: /Expired/ });
  await expectError(fs.stat('/x'), { code: 'EACCES', syscall: 'stat', path: '/x', cause: /Expired/ });
  assert.equal(client.calls, 2);
});

for (const companion of ['auto', false])
  test(`a sandbox that has fallen silent for good: after a probe the function is asked again, companion: ${companion}`, async () => {
    const { proxy, client: first } = await proxied();
    const client = counted((call) => (call === 1 ? first : sandbox.client));
    const { fs, base } = await open({ client, companion, basePath: '/' });
    const { fs: impatient } = await open({ client, companion, timeoutMs: 300 });
    await impatient.exists('/');
    await proxy.rules([{ do: 'stall' }]);
    await expectError(impatient.stat('/'), { code: 'ETIMEDOUT', syscall: 'stat', path: '/' });
    assert.equal(client.calls, 1); // one deadline says nothing yet
    await Promise.all(Array.from({ length: 10 }, (_, i) => fs.writeFile(`${base}/${i}`, 'x'))); // nothing of them was sent
    assert.equal((await fs.readDir(base)).length, 10);
    assert.equal(await proxy.count('GET /v1/health'), 1);
    assert.equal(client.calls, 2);
  });

test("what the server itself says does not mean that it is gone, a wrong token neither", async () => {
  const own = await sandbox.connect(sandbox.baseUrl);
  const client = counted(() => own);
  for (const companion of ['auto', false]) {
    const { fs } = await open({ client, companion });
    await fs.stat('/');
    await expectError(fs.stat('/nothing'), { code: 'ENOENT', syscall: 'stat', path: '/nothing' });
    await expectError(fs.readFile('/'), { code: 'EISDIR', syscall: 'open', path: '/' });
    own.token = 'wrong';
    await expectError(fs.stat('/'), { code: 'EACCES', syscall: 'stat', path: '/' });
    own.token = sandbox.token;
    await fs.stat('/');
  }
  assert.equal(client.calls, 1);
});
