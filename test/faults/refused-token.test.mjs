// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import util from 'node:util';
import { expectError, rejection } from '../helpers/expect.mjs';
import { AT_ONCE, call, suite } from '../helpers/suite.mjs';

const { sandbox, openHttp, toolkit, proxied } = await suite();

const SECRET = 'a-token-that-nobody-may-read-0123456789';

test("401 is EACCES, with the server's words", async () => {
  const client = await sandbox.connect(sandbox.baseUrl, { token: SECRET });
  const { fs } = await openHttp({ client });
  await expectError(fs.readFile('/x'), { code: 'EACCES', syscall: 'open', path: '/x', cause: /Token Invalid|token/i });
  await expectError(fs.exists('/x'), { code: 'EACCES', syscall: 'access', path: '/x' });
  await assert.rejects(call(toolkit({ client }), 'run-command', { command: 'true' }), { code: 'EACCES' });
});

test('403 is EACCES', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await openHttp({ client });
  await proxy.rules([
    { do: 'answer', status: 403, headers: { 'content-type': 'text/html' }, body: '<h1>Forbidden</h1>' },
  ]);
  await expectError(fs.stat('/x'), { code: 'EACCES', syscall: 'stat', path: '/x' });
});

test('headers of the client are sent, and one that is refused says so', async () => {
  const { proxy } = await proxied();
  const headers = { 'X-Traffic-Token': 'abc', Authorization: `Bearer ${sandbox.token}` };
  const client = await sandbox.connect(proxy.url, { token: undefined, headers });
  const { fs } = await openHttp({ client });
  await fs.writeFile('/x', 'y');
  const [request] = (await proxy.requests()).slice(-1);
  assert.equal(request.headers['x-traffic-token'], 'abc');
  assert.equal(request.headers.authorization, `Bearer ${sandbox.token}`);
});

test('no error holds the token, whatever went wrong, not even where the server says it', async () => {
  const { proxy } = await proxied();
  const client = await sandbox.connect(proxy.url, { token: SECRET });
  const { fs } = await openHttp({ client, timeoutMs: 300 });
  const { fs: now } = await openHttp({ client, timeoutMs: 300, ...AT_ONCE });
  const tools = toolkit({ client });
  const words = `no such thing for Bearer ${SECRET}`;
  const rules = [
    { do: 'answer', status: 401, body: words },
    {
      do: 'answer',
      status: 400,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ title: words, detail: words, details: { message: words } }),
    },
    { do: 'answer', status: 502, body: words },
    { do: 'answer', status: 200, headers: { 'content-type': 'text/html' }, body: words },
    { do: 'answer', status: 302, headers: { location: `http://127.0.0.1/?token=${SECRET}` } },
    { do: 'stall' },
    { do: 'close' },
  ];
  const errors = [];
  for (const rule of rules) {
    await proxy.rules([rule]);
    for (const action of [
      () => fs.stat('/x'),
      () => fs.readFile('/x'),
      () => fs.readDir('/x'),
      () => fs.mkdir('/x'),
      () => now.prepareOpenSync('/x', 0o100),
      () => call(tools, 'run-command', { command: 'true' }),
      () => call(tools, 'list-processes'),
    ])
      if (rule.do !== 'stall' || !action.toString().includes('tools')) errors.push(await rejection(action));
  }
  await proxy.refuse();
  await proxy.stop();
  errors.push(await rejection(fs.stat('/x')), await rejection(call(tools, 'list-processes')));
  assert.ok(errors.length > 40);
  for (const error of errors) {
    const shown = util.inspect(error, { depth: 10, showHidden: true }) + error.stack + JSON.stringify(error);
    assert.ok(!shown.includes(SECRET), shown);
  }
});
