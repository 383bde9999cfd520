// Every shape of a client that the SDK's providers make, by a file system and a toolkit; and how what they ask is written.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { createSandboxFs, createSandboxToolkit } from '@rivet-dev/agent-os-sandbox';
import { SandboxAgent } from 'sandbox-agent';
import { eventually } from '../helpers/eventually.mjs';
import { expectTypeError } from '../helpers/expect.mjs';
import { freePort } from '../helpers/port.mjs';
import { json, startScriptedServer } from '../helpers/proxy.mjs';
import { SERVER } from '../helpers/sandbox.mjs';
import { call, suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp, toolkit, proxied } = await suite();

/** Takes "/a/prefix" off what is asked, as a worker before a sandbox does; adds the token where `authorizes`. */
async function startGateway({ prefix = '', authorizes = false }) {
  const gateway = http.createServer((request, response) => {
    if (!request.url.startsWith(`${prefix}/v1/`)) return response.writeHead(404).end();
    const headers = { ...request.headers, ...(authorizes && { authorization: `Bearer ${sandbox.token}` }) };
    const asked = request.url.slice(prefix.length);
    const upstream = http.request(sandbox.baseUrl + asked, { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    upstream.on('error', () => response.destroy());
    return request.pipe(upstream);
  });
  gateway.listen(0, '127.0.0.1');
  await once(gateway, 'listening');
  after(() => {
    gateway.close();
    gateway.closeAllConnections();
  });
  return `http://127.0.0.1:${gateway.address().port}`;
}

async function works(client) {
  const { fs } = await open({ client });
  const name = "/a b+c&d=e?f#g%h~'()*!ä";
  await fs.writeFile(name, 'content');
  await fs.symlink('target', '/link');
  assert.equal(await fs.readTextFile(name), 'content');
  assert.deepEqual((await fs.readDir('/')).sort(), [name.slice(1), 'link'].sort());
  assert.equal(fs.lane.lane, 'companion');
  const http = await openHttp({ client });
  await http.fs.writeFile(name, 'content');
  assert.equal(await http.fs.readTextFile(name), 'content');
  const kit = toolkit({ client });
  assert.equal((await call(kit, 'run-command', { command: 'echo', args: ['hello'] })).stdout, 'hello\n');
}

const connect = (options) => SandboxAgent.connect({ skipHealthCheck: true, ...options });

test('a URL and a token: local, sprites', async () => {
  await works(await connect({ baseUrl: sandbox.baseUrl, token: sandbox.token }));
  await works(sandbox.client);
});

test('a URL alone, which is the secret: docker, e2b, daytona, vercel, modal', async () => {
  await works(await connect({ baseUrl: await startGateway({ authorizes: true }) }));
});

test('a server without a token, asked with one and without', async () => {
  const port = await freePort();
  const argv = ['server', '--host', '127.0.0.1', '--port', String(port), '--no-token'];
  const directory = await mkdtemp(path.join(tmpdir(), 'agent-os-sandbox-'));
  const isolation = sandbox.isolated ? {} : { SBX_NO_ISOLATION: '1', SBX_SANDBOX_DIR: directory };
  const server = spawn(SERVER, argv, { env: { ...process.env, ...isolation }, stdio: 'ignore' });
  const ended = once(server, 'exit');
  try {
    const baseUrl = `http://127.0.0.1:${port}`;
    await eventually(() => fetch(`${baseUrl}/v1/health`).then(({ ok }) => ok, () => false), 'the server answers');
    for (const token of [undefined, 'not asked for']) {
      const fs = createSandboxFs({ client: await connect({ baseUrl, token }), basePath: '/tmp' });
      await fs.writeFile('/without-a-token', 'content');
      assert.equal(await fs.readTextFile('/without-a-token'), 'content');
      await fs.close();
    }
  } finally {
    server.kill();
    await ended;
    await rm(directory, { recursive: true, force: true });
  }
});

test('a URL, and the token in the headers', async () => {
  for (const headers of [{ authorization: `Bearer ${sandbox.token}` }, [['AUTHORIZATION', `Bearer ${sandbox.token}`]]])
    await works(await connect({ baseUrl: sandbox.baseUrl, headers }));
});

test('a URL with a path, with and without a slash at its end: a worker before the sandbox', async () => {
  const url = await startGateway({ prefix: '/sandbox/a%20name' });
  for (const suffix of ['', '/', '//'])
    await works(await connect({ baseUrl: `${url}/sandbox/a%20name${suffix}`, token: sandbox.token }));
});

test('a URL with spaces around it, as the SDK cuts them off', async () => {
  await works(await connect({ baseUrl: `  ${sandbox.baseUrl}/\n`, token: sandbox.token }));
});

test('a token that changes is used at once; a wrong one fails at once', async () => {
  const client = await connect({ baseUrl: sandbox.baseUrl, token: 'wrong' });
  const { fs } = await openHttp({ client });
  await assert.rejects(fs.exists('/x'), { code: 'EACCES' });
  client.token = sandbox.token;
  assert.equal(await fs.exists('/x'), false);
  client.token = undefined;
  await assert.rejects(fs.exists('/x'), { code: 'EACCES' });
});

test('a base URL that changes is another sandbox, at once', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await openHttp({ client });
  await fs.exists('/x');
  client.baseUrl = sandbox.baseUrl;
  const before = await proxy.count();
  await fs.exists('/x');
  assert.equal(await proxy.count(), before);
});

test('what is no URL of a sandbox is refused at once', async () => {
  for (const baseUrl of ['ftp://h', 'h:80', '/v1', 'http://', 'unix:/s'])
    await expectTypeError(() => createSandboxFs({ client: { baseUrl } }), /base URL/, 'ERR_INVALID_ARG_VALUE');
});

test('a query, a fragment or a name in the base URL breaks it, as with the SDK: that is said at once', async () => {
  for (const baseUrl of ['http://h/?q=1', 'http://h/#f', 'http://user@h', 'http://user:secret@h/p'])
    for (const make of [createSandboxFs, createSandboxToolkit]) {
      const error = await expectTypeError(() => make({ client: { baseUrl } }), /base URL/, 'ERR_INVALID_ARG_VALUE');
      assert.ok(!error.message.includes('secret'));
    }
});

test('a request says what it takes and sends, by the same words as the SDK', async () => {
  const server = await startScriptedServer([json({ path: '/x', entryType: 'file', size: 5 })]);
  after(() => server.stop());
  const client = await connect({ baseUrl: server.url, token: 't' });
  const { fs } = await openHttp({ client, basePath: '/' });
  const plain = toolkit({ client, companion: false });
  await fs.stat('/x');
  await fs.readFile('/x').catch(() => {});
  await fs.writeFile('/x', 'y').catch(() => {});
  await fs.mkdir('/x/y').catch(() => {});
  await fs.removeFile('/x').catch(() => {});
  await call(plain, 'run-command', { command: 'true' }).catch(() => {});
  for (const tool of ['stop-process', 'kill-process']) await call(plain, tool, { id: '..' }).catch(() => {});
  const sent = (await server.requests()).map(({ method, url, headers }) => ({
    line: `${method} ${url.split('?')[0]}`,
    accept: headers.accept,
    type: headers['content-type'],
    length: headers['content-length'],
    authorization: headers.authorization,
  }));
  const of = (line) => sent.find((request) => request.line === line);
  const authorization = 'Bearer t';
  const JSON_TYPE = 'application/json';
  const line = 'GET /v1/fs/stat';
  assert.deepEqual(of(line), { line, accept: JSON_TYPE, type: undefined, length: undefined, authorization });
  const octets = 'application/octet-stream';
  assert.deepEqual(of('GET /v1/fs/file').accept, octets);
  assert.deepEqual(of('PUT /v1/fs/file').type, octets);
  assert.deepEqual(of('POST /v1/processes/run').type, JSON_TYPE);
  // A POST without a body says so. An id is one part of the path.
  for (const post of ['POST /v1/processes/%2E%2E/stop', 'POST /v1/processes/%2E%2E/kill'])
    assert.deepEqual([of(post)?.type, of(post)?.length], [undefined, '0'], post);
  assert.equal(of('DELETE /v1/fs/entry').accept, JSON_TYPE);
  assert.ok(sent.every((request) => request.authorization === authorization));
});

test("what has no body, and what has no answer, says so to the sandbox's own server", async () => {
  const { proxy, client } = await proxied();
  const { fs } = await openHttp({ client });
  await fs.mkdir('/d');
  await call(toolkit({ client }), 'run-command', { command: 'true' });
  const asked = async (line) => (await proxy.requests()).find(({ method, url }) => `${method} ${url}`.startsWith(line));
  const made = await asked('POST /v1/fs/mkdir?path=');
  assert.deepEqual([made.headers['content-length'], made.headers['content-type'], made.body], ['0', undefined, '']);
  const removed = await eventually(() => asked('DELETE /v1/processes/'), 'the record of the program is removed');
  assert.equal(removed.headers.accept, '*/*');
});
