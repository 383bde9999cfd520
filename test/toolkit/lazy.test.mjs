// The tools of a sandbox that starts at the first use.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../helpers/eventually.mjs';
import { rejection } from '../helpers/expect.mjs';
import { remains } from '../helpers/remains.mjs';
import { call, suite } from '../helpers/suite.mjs';

const { sandbox, open, toolkit, proxied } = await suite();

test('a file system and a toolkit with one function have one sandbox, started once', async () => {
  let calls = 0;
  const client = async () => (calls++, sandbox.client);
  const { fs, base } = await open({ client });
  const kit = toolkit({ client, cwd: base });
  assert.equal(calls, 0);
  const [, ran] = await Promise.all([fs.writeFile('/x', 'x'), call(kit, 'run-command', { command: 'echo', args: ['one'] })]);
  assert.equal(ran.stdout, 'one\n');
  assert.equal((await call(kit, 'run-command', { command: 'cat', args: ['x'] })).stdout, 'x');
  assert.equal(calls, 1);
});

test('a failed start says why in the message, and usage is told without a start', async () => {
  let calls = 0;
  const failure = new Error('no more machines');
  const kit = toolkit({ client: () => (calls++, Promise.reject(failure)) });
  const usage = await rejection(kit.tools['run-command'].execute('x'));
  assert.equal(usage.code, 'ERR_INVALID_ARG_TYPE');
  assert.equal(calls, 0);
  const error = await rejection(call(kit, 'list-processes'));
  assert.equal(error.code, 'EHOSTUNREACH');
  assert.equal(error.message, 'EHOSTUNREACH: host is unreachable; the sandbox could not be started, no more machines');
  assert.equal(error.cause, failure);
});

test('a sandbox that nothing uses is ended, but not while one of its processes runs; the next use starts another', async () => {
  let calls = 0;
  const ended = [];
  const { proxy } = await proxied();
  const client = async () => (calls++, sandbox.connect(proxy.url));
  const idle = { idleTimeoutMs: 100, onIdle: async (unused) => (ended.push(unused), unused.dispose()) };
  const { fs } = await open({ client, ...idle });
  const kit = toolkit({ client });
  const { id } = await call(kit, 'create-process', { command: 'sleep', args: ['600'] });
  const asked = await proxy.requests();
  const looks = ({ method, url }) => method === 'GET' && url === '/v1/processes';
  const seen = async () => (await proxy.requests()).slice(asked.length).filter(looks).length;
  await eventually(async () => (await seen()) >= 3, 'it was idle, and looked at, again and again');
  assert.equal(ended.length, 0);
  await call(kit, 'kill-process', { id });
  await eventually(() => ended.length === 1, 'the sandbox is ended');
  assert.equal(ended[0].disposed, true);
  await fs.writeFile('/x', 'x');
  assert.equal(calls, 2);
  await eventually(() => ended.length === 2, 'the next one too');
});

test('a sandbox is not ended while an operation lasts, however long', async () => {
  const ended = [];
  const { proxy } = await proxied();
  const client = () => sandbox.connect(proxy.url);
  const idle = { idleTimeoutMs: 100, onIdle: (unused) => ended.push(unused) };
  const { fs } = await open({ client, companion: false, ...idle });
  await fs.writeFile('/x', 'x'.repeat(1000));
  // Ten times as long as it may be idle.
  await proxy.rules([{ match: 'GET /v1/fs/file', do: 'trickle', pieces: 11, everyMs: 100 }]);
  const endedBefore = ended.length;
  const reading = fs.readTextFile('/x').then((text) => [text.length, ended.length - endedBefore]);
  assert.deepEqual(await reading, [1000, 0]);
  await eventually(() => ended.length > endedBefore, 'the sandbox is ended after it');
});

test('a sandbox is not ended while a program of ours runs that its server does not list', async () => {
  const ended = [];
  const { proxy } = await proxied();
  const client = () => sandbox.connect(proxy.url);
  const kit = toolkit({ client, idleTimeoutMs: 500, onIdle: (unused) => ended.push(unused) });
  const many = Array.from({ length: 36 }, () => call(kit, 'run-command', { command: 'sleep 600', waitMs: 5000 }));
  const ids = (await Promise.all(many)).map(({ id }) => id);
  const own = ids.filter((id) => id.startsWith('run-'));
  assert.ok(own.length > 0 && own.length < ids.length);
  const end = (id) => call(toolkit(), 'kill-process', { id });
  await Promise.all(ids.filter((id) => !own.includes(id)).map(end));
  const { processes } = await remains(sandbox);
  assert.ok(processes.every(({ status }) => status !== 'running'));
  const looks = () => proxy.count('GET /v1/processes');
  const before = await looks();
  await eventually(async () => (await looks()) >= before + 3, 'it was idle, and looked at, again and again');
  assert.equal(ended.length, 0);
  await Promise.all(own.map(end));
  await eventually(() => ended.length === 1, 'the sandbox is ended');
});

test('a sandbox that is silent for good, or whose URL has expired: a program is started in the next one, once', async () => {
  const expired = { do: 'answer', status: 401, headers: { 'content-type': 'text/html' }, body: '<h1>Expired</h1>' };
  for (const rule of [{ do: 'stall' }, expired]) {
    const { proxy, client: first } = await proxied();
    let calls = 0;
    const client = () => (++calls === 1 ? first : sandbox.client);
    const { fs, base } = await open({ client, timeoutMs: 300 });
    const kit = toolkit({ client });
    await fs.writeFile('/log', '');
    await proxy.rules([rule]);
    if (rule.do === 'stall') await rejection(fs.stat('/log'));
    await call(kit, 'run-command', { command: 'sh', args: ['-c', 'echo once >> "$1"', 'sh', `${base}/log`] });
    assert.equal(await fs.readTextFile('/log'), 'once\n');
    assert.equal(calls, 2);
  }
});

test('idle options are both, of a function, and the same for all that share it', async () => {
  const onIdle = () => undefined;
  const client = () => sandbox.client;
  const wrong = [
    [{ client, onIdle }, 'ERR_INVALID_ARG_TYPE'],
    [{ client, idleTimeoutMs: 1 }, 'ERR_INVALID_ARG_TYPE'],
    [{ client, onIdle, idleTimeoutMs: 0 }, 'ERR_OUT_OF_RANGE'],
    [{ client: sandbox.client, onIdle, idleTimeoutMs: 1 }, 'ERR_INVALID_ARG_VALUE'],
  ];
  for (const [options, code] of wrong) assert.throws(() => toolkit(options), { code });
  toolkit({ client, onIdle, idleTimeoutMs: 1000 });
  toolkit({ client });
  assert.throws(() => toolkit({ client, onIdle, idleTimeoutMs: 1001 }), { code: 'ERR_INVALID_ARG_VALUE' });
});
