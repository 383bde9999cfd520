// A sandbox that has ceased to answer: the first deadline is waited for, what comes next fails fast, until it answers.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../helpers/eventually.mjs';
import { expectError, rejection } from '../helpers/expect.mjs';
import { call, suite } from '../helpers/suite.mjs';

const { open, openHttp, toolkit, proxied } = await suite();

const code = 'ETIMEDOUT';
const SILENT = /has not answered for [0-9]+ s, nor to a probe; nothing is sent until one is answered/;
const isProbe = ({ url }) => url === '/v1/health';

/** What the proxy was asked, but for probes. */
const asked = async (proxy) => (await proxy.requests()).filter((request) => !isProbe(request)).length;
const probes = async (proxy) => (await proxy.requests()).filter(isProbe).length;

/** Fails once at its deadline, with all that is sent. */
async function silence(proxy, fs) {
  await proxy.rules([{ do: 'stall' }]);
  await expectError(fs.stat('/x'), { code, syscall: 'stat', path: '/x', cause: /no answer within|no reply within/ });
}

for (const [name, openAs] of [['over HTTP', openHttp], ['with the companion', open]])
  test(`after a deadline nothing is sent but a probe, until it is answered, ${name}`, async () => {
    const { proxy, client } = await proxied();
    const { fs } = await openAs({ client, timeoutMs: 2500 });
    await fs.exists('/x');
    await silence(proxy, fs);
    const before = await asked(proxy);
    const together = await Promise.all(Array.from({ length: 10 }, (_, i) => rejection(fs.writeFile(`/${i}`, 'x'))));
    for (const error of together) {
      assert.equal(error.code, code);
      assert.match(error.cause.message, SILENT);
    }
    assert.equal(await probes(proxy), 1); // for all ten
    await expectError(fs.stat('/x'), { code, syscall: 'stat', path: '/x', cause: SILENT });
    assert.equal(await asked(proxy), before);
    await proxy.rules([]);
    await eventually(() => fs.exists('/x').then((there) => !there, () => false), 'answers again');
    await fs.writeFile('/x', 'again');
    assert.equal(await fs.readTextFile('/x'), 'again');
    const had = await probes(proxy);
    await fs.exists('/y');
    assert.equal(await probes(proxy), had);
  });

test('a toolkit fails fast too, and its programs start once', async () => {
  const { proxy, client } = await proxied();
  const tools = toolkit({ client, timeoutMs: 2500 });
  await call(tools, 'list-processes');
  await proxy.rules([{ do: 'stall' }]);
  await assert.rejects(call(tools, 'list-processes'), { code });
  const before = await asked(proxy);
  const error = await rejection(call(tools, 'run-command', { command: 'true' }));
  assert.equal(error.code, code);
  assert.match(error.cause.message, SILENT);
  assert.equal(await asked(proxy), before);
  await proxy.rules([]);
  await eventually(() => call(tools, 'run-command', { command: 'true' }).then(() => true, () => false), 'runs again');
});

test('where the sandbox answers again, the next operation is done: a probe goes first', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await openHttp({ client, timeoutMs: 1000 });
  await silence(proxy, fs);
  await proxy.rules([]);
  await fs.writeFile('/x', 'at once');
  assert.equal(await probes(proxy), 1);
});

test('one that waits alone says nothing about the sandbox', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await openHttp({ client, timeoutMs: 1000 });
  await proxy.rules([{ match: 'slow', do: 'stall' }]);
  const slow = rejection(fs.stat('/slow'));
  let over = false;
  slow.then(() => (over = true));
  while (!over) await fs.exists('/quick');
  assert.equal((await slow).code, code);
  await fs.exists('/quick');
  assert.equal(await probes(proxy), 0);
});

test("nor does a call's own time, which is less than usual", async () => {
  const { proxy, client } = await proxied();
  const { fs } = await openHttp({ client });
  await fs.exists('/x');
  await proxy.rules([{ do: 'stall' }]);
  await assert.rejects(fs.stat('/x', { timeoutMs: 100 }), { code });
  await proxy.rules([]);
  await fs.exists('/x');
  assert.equal(await probes(proxy), 0);
});

test('prepareOpenSync fails fast', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await openHttp({ client, timeoutMs: 2500, transport: 'native' });
  await silence(proxy, fs);
  const before = await asked(proxy);
  await expectError(() => fs.prepareOpenSync('/x', 0o100), { code, syscall: 'open', path: '/x', cause: SILENT });
  assert.equal(await asked(proxy), before);
});

test('a probe that is refused ends the doubt: what comes next says so itself', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await openHttp({ client, timeoutMs: 1000 });
  await silence(proxy, fs);
  await proxy.stop();
  await expectError(fs.stat('/x'), { code: 'ECONNREFUSED', syscall: 'stat', path: '/x' });
});
