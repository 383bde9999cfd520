// A client that is a function: started at the first use, once, and again after a failure or when the sandbox is gone.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { expectError, expectTypeError } from '../helpers/expect.mjs';
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
  const client = counted(async () => (await proxied()).client);
  const made = [];
  const { fs } = await open({ client: async () => made[made.push(await client()) - 1] });
  await fs.writeFile('/x', 'x');
  await made[0].dispose();
  assert.equal(await fs.readTextFile('/x'), 'x');
  assert.equal(client.calls, 2);
});
