// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createSandboxFs, createSandboxToolkit } from '@rivet-dev/agent-os-sandbox';
import { SandboxAgent } from 'sandbox-agent';
import { expectError, rejection } from '../helpers/expect.mjs';
import { json, startScriptedServer } from '../helpers/proxy.mjs';
import { call } from '../helpers/suite.mjs';

const server = await startScriptedServer([]);
const client = await SandboxAgent.connect({ baseUrl: server.url, skipHealthCheck: true });
const fs = createSandboxFs({ client, companion: false, cache: false });
const toolkit = createSandboxToolkit({ client });
const plain = createSandboxToolkit({ client, companion: false });
after(async () => {
  await fs.close();
  await toolkit.close();
  await plain.close();
  await server.stop();
});

const html = {
  do: 'answer',
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: '<!doctype html><title>Sign in</title>',
};
const text = (body) => ({ do: 'answer', headers: { 'content-type': 'application/json' }, body });
const NO_BYTES = ['EIO', 'EPROTO'];

async function refuses(action, rule, expected) {
  await server.rules([rule]);
  return expectError(action, { code: NO_BYTES, ...expected });
}

test("HTML or JSON where a file's bytes should be is an error, never bytes", async () => {
  for (const rule of [
    html,
    json({ entries: [] }),
    json([]),
    { ...json('x'), headers: { 'content-type': 'application/problem+json' } },
  ]) {
    await refuses(() => fs.readFile('/x'), rule, { syscall: 'open', path: '/x' });
    await refuses(() => fs.readTextFile('/x'), rule, { syscall: 'open', path: '/x' });
    await refuses(() => fs.pread('/x', 0, 10), rule, { syscall: 'read', path: '/x' });
  }
});

test('an answer of the wrong shape is an error', async () => {
  const shapes = [
    html,
    text(''),
    text('{'),
    text('nonsense'),
    text('null'),
    text('[]'),
    text('"x"'),
    text('{}'),
    text('{"entryType":"file"}'),
    text('{"path":"/x","entryType":"file","size":"5"}'),
    text('{"path":"/x","entryType":5,"size":5}'),
    text('{"path":"/x","entryType":"file","size":-1}'),
  ];
  for (const rule of shapes) {
    await refuses(() => fs.stat('/x'), rule, { syscall: 'stat', path: '/x' });
    await refuses(() => fs.exists('/x'), rule, { syscall: 'access', path: '/x' });
  }
  for (const rule of [
    html,
    text(''),
    text('{}'),
    text('[5]'),
    text('[{}]'),
    text('[{"name":5,"entryType":"file","size":0}]'),
    text('[{"name":"a","entryType":"file","size":0}'),
  ])
    for (const method of ['readDir', 'readDirWithTypes', 'readDirStat'])
      await refuses(() => fs[method]('/x'), rule, { syscall: 'scandir', path: '/x' });
});

test('what can be no name in a directory is not listed as one', async () => {
  const entry = (name) => ({ name, path: `/x/${name}`, entryType: 'file', size: 0 });
  for (const name of ['', '.', '..', 'a/b', '/etc/passwd', 'a\0b']) {
    await server.rules([json([entry('good'), entry(name)])]);
    const names = await fs.readDir('/x').catch(() => []);
    assert.ok(!names.includes(name), name);
  }
});

test('an answer to a write that is none is an error', async () => {
  for (const rule of [html, text('')])
    await refuses(() => fs.writeFile('/x', 'y'), rule, { syscall: 'open', path: '/x' });
});

test("a tool's answer of the wrong shape is an error", async () => {
  for (const rule of [html, text(''), text('{'), text('[]'), text('{}')]) {
    await server.rules([rule]);
    for (const [name, input] of [
      ['run-command', { command: 'true' }],
      ['create-process', { command: 'true' }],
      ['list-processes', {}],
      ['get-process-logs', { id: 'proc_1' }],
    ])
      await assert.rejects(call(toolkit, name, input), (error) => NO_BYTES.includes(error.code), name);
  }
});

test('bytes that are no HTTP are an error', async () => {
  for (const raw of [
    'nonsense\r\n\r\n',
    'HTTP/1.1 abc\r\n\r\n',
    '\0\0\0\0',
    'HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n',
  ])
    await refuses(
      () => fs.readFile('/x'),
      { do: 'answer', raw },
      { syscall: 'open', path: '/x', code: ['EIO', 'EPROTO', 'ETIMEDOUT'] },
    );
});

test('a redirect to another origin is not followed, and the error names it', async () => {
  const other = await startScriptedServer([]);
  for (const status of [301, 302, 303, 307, 308]) {
    await server.rules([{ do: 'answer', status, headers: { location: `${other.url}/elsewhere?token=secret` } }]);
    const error = await rejection(fs.readFile('/x'));
    assert.equal(error.code, 'EPROTO');
    assert.match(error.cause.message, new RegExp(`a redirect to ${other.url} .HTTP status ${status}., which is not followed`));
    assert.ok(!error.cause.message.includes('secret'));
    await assert.rejects(fs.writeFile('/x', 'y'), { code: 'EPROTO', syscall: 'open' });
    await assert.rejects(call(toolkit, 'run-command', { command: 'true' }), { code: 'EPROTO' });
  }
  assert.deepEqual(await other.requests(), []);
  await other.stop();
});

test('one within the origin is followed, as fetch does', async () => {
  const file = { do: 'answer', headers: { 'content-type': 'application/octet-stream' }, body: 'content' };
  const moved = (status) => ({ match: '/v1/fs/file', do: 'answer', status, headers: { location: '/elsewhere?x=1' } });
  for (const status of [301, 302, 303, 307, 308]) {
    await server.rules([moved(status), { ...file, match: 'GET /elsewhere?x=1' }]);
    assert.equal(await fs.readTextFile('/x'), 'content');
  }
  for (const status of [307, 308]) {
    await server.rules([moved(status), { ...json({ path: '/x', bytesWritten: 1 }), match: 'PUT /elsewhere?x=1' }]);
    await fs.writeFile('/x', 'y');
    const [{ body }] = (await server.requests()).slice(-1);
    assert.equal(body, 'y');
  }
});

test('503 and 429 with a short Retry-After are asked once more, where that is safe', async () => {
  const busy = { do: 'answer', headers: { 'retry-after': '0' } };
  const file = json({ path: '/x', entryType: 'file', size: 5 });
  for (const status of [429, 503]) {
    await server.rules([{ ...busy, status, times: 1 }, file]);
    assert.equal((await fs.stat('/x')).size, 5);
    const asked = await server.count();
    await server.rules([{ ...busy, status }]);
    await assert.rejects(fs.stat('/x'));
    assert.equal((await server.count()) - asked, 2);
    for (const [match, action] of [
      ['PUT', () => fs.writeFile('/x', 'y')],
      ['POST /v1/processes/run', () => call(plain, 'run-command', { command: 'true' })],
      ['POST /v1/processes', () => call(plain, 'create-process', { command: 'true' })],
    ]) {
      const before = await server.count(match);
      await assert.rejects(action());
      assert.equal((await server.count(match)) - before, 1, match);
    }
  }
});

test("a server's error that names no errno has its words in the cause", async () => {
  await server.rules([
    {
      ...json({ type: 'x', title: 'Stream Error', status: 502, detail: 'the disk is on fire' }, 502),
      headers: { 'content-type': 'application/problem+json' },
    },
  ]);
  await expectError(fs.readFile('/x'), { code: 'EIO', syscall: 'open', path: '/x', cause: /the disk is on fire/ });
  await server.rules([
    { do: 'answer', status: 500, headers: { 'content-type': 'text/plain' }, body: 'upstream went away' },
  ]);
  await expectError(fs.stat('/x'), { code: 'EIO', syscall: 'stat', path: '/x', cause: /upstream went away|500/ });
});

test("an errno in a server's words is the error's code", async () => {
  const errnos = { 13: 'EACCES', 28: 'ENOSPC', 30: 'EROFS', 40: 'ELOOP', 122: 'EDQUOT' };
  for (const [number, code] of Object.entries(errnos)) {
    const detail = `stream error: some words (os error ${number})`;
    await server.rules([
      json({ type: 'x', title: 'Stream Error', status: 502, detail, details: { message: detail } }, 502),
    ]);
    await assert.rejects(fs.writeFile('/d/x', 'y'), { code, syscall: 'open' });
  }
});

test('a sandbox that is gone is no file that is not there, and no error page a word on a file', async () => {
  const page = (status, body) => ({ do: 'answer', status, headers: { 'content-type': 'text/html' }, body });
  const expected = { syscall: 'stat', path: '/x' };
  await server.rules([json({ processes: [] })]);
  await call(plain, 'list-processes'); // it has started
  for (const [rule, code, cause] of [
    [page(404, '<h1>Not Found</h1>'), 'EHOSTUNREACH', /the sandbox is gone.*HTTP status 404.*Not Found/],
    [page(404, 'invalid request: path not found: /x'), 'EHOSTUNREACH', /the sandbox is gone/],
    [page(410, ''), 'EHOSTUNREACH', /the sandbox is gone/],
    [page(502, '<title>Bad Gateway</title>'), 'EIO', /a gateway answers.*Bad Gateway/],
    [json({ message: 'The sandbox was not found', code: 502 }, 502), 'EIO', /a gateway.*The sandbox was not found/],
    [page(503, ''), 'EIO', /a gateway answers/],
    [page(504, ''), 'ETIMEDOUT', /a gateway answers/],
  ]) {
    await server.rules([rule]);
    await expectError(fs.stat('/x'), { ...expected, code, cause });
    await assert.rejects(fs.exists('/x'), { code });
    await assert.rejects(call(plain, 'list-processes'), { code });
  }
  const problem = { type: 'x', title: 'Invalid Request', status: 400, detail: 'invalid request: path not found: /x' };
  await server.rules([json(problem, 400)]);
  await expectError(fs.stat('/x'), { ...expected, code: 'ENOENT' });
  assert.equal(await fs.exists('/x'), false);
});
