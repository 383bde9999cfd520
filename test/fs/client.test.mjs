// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { test } from 'node:test';
import { createSandboxFs } from '@rivet-dev/agent-os-sandbox';
import { SandboxAgent } from 'sandbox-agent';
import { json, startScriptedServer } from '../helpers/proxy.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, open, proxied } = await suite();

const FILE = json({ path: '/x', entryType: 'file', size: 5, modified: '2024-02-29T12:34:56.789+00:00' });

test('a base URL may have a path, and end in a slash', async () => {
  const server = await startScriptedServer([FILE]);
  for (const [suffix, prefix] of [
    ['', ''],
    ['/', ''],
    ['/prefix', '/prefix'],
    ['/a/b/', '/a/b'],
    ['/a//', '/a'],
    ['///', ''],
  ]) {
    const client = await SandboxAgent.connect({ baseUrl: server.url + suffix, skipHealthCheck: true });
    const fs = createSandboxFs({ client });
    assert.equal((await fs.stat('/x')).size, 5);
    await fs.close();
    const [{ url }] = (await server.requests()).slice(-1);
    assert.ok(url.startsWith(`${prefix}/v1/fs/stat?path=`), url);
  }
  await server.stop();
});

test('no header but what the request needs: neither user-agent nor accept-encoding', async () => {
  const server = await startScriptedServer([FILE]);
  const client = await SandboxAgent.connect({ baseUrl: server.url, token: 'secret', skipHealthCheck: true });
  const fs = createSandboxFs({ client, companion: false });
  await fs.stat('/x');
  await fs.close();
  const [{ headers }] = await server.requests();
  assert.deepEqual(Object.keys(headers).sort(), ['accept', 'authorization', 'host']);
  await server.stop();
});

/** Listens on one of the ports that fetch refuses: the first that is free. */
async function listenOnBadPort(answer) {
  for (const port of [6667, 6668, 6669, 6697, 6000, 5060, 4190, 10080]) {
    const server = http.createServer(answer).listen(port, '127.0.0.1');
    const [error] = await Promise.race([once(server, 'listening'), once(server, 'error')]).catch((reason) => [reason]);
    if (!error) return { server, url: `http://127.0.0.1:${port}` };
  }
  throw new Error('each of them is taken');
}

test('a port that fetch refuses is asked', async () => {
  const { server, url } = await listenOnBadPort((request, response) => {
    response.setHeader('content-type', 'application/json').end(FILE.body);
  });
  await assert.rejects(fetch(url), ({ cause }) => /bad port/.test(cause.message));
  const client = await SandboxAgent.connect({ baseUrl: url, skipHealthCheck: true });
  const fs = createSandboxFs({ client, companion: false });
  assert.equal((await fs.stat('/x')).size, 5);
  await fs.close();
  server.close();
  server.closeAllConnections();
});

test('without a token no Authorization is sent', async () => {
  const server = await startScriptedServer([FILE]);
  for (const token of [undefined, '']) {
    const client = await SandboxAgent.connect({ baseUrl: server.url, token, skipHealthCheck: true });
    const fs = createSandboxFs({ client });
    await fs.stat('/x');
    await fs.close();
    const [{ headers }] = (await server.requests()).slice(-1);
    assert.equal(headers.authorization, undefined);
  }
  await server.stop();
});

test('a client behind a Proxy object is a client', async () => {
  const { fs } = await open({ client: new Proxy(sandbox.client, {}) });
  await fs.writeFile('/x', 'y');
  assert.equal(await fs.readTextFile('/x'), 'y');
});

test("headers in every form that the SDK takes are sent; the client's token wins", async () => {
  const { proxy } = await proxied();
  const pairs = [
    ['X-One', '1'],
    ['Authorization', 'Bearer another'],
  ];
  for (const headers of [Object.fromEntries(pairs), pairs, new Headers(pairs), new Map(pairs)]) {
    const client = await sandbox.connect(proxy.url, { headers });
    const { fs } = await open({ client });
    await fs.stat('/');
    const [{ headers: sent }] = (await proxy.requests()).slice(-1);
    assert.equal(sent['x-one'], '1');
    assert.equal(sent.authorization, `Bearer ${sandbox.token}`);
  }
});

test('a header that changes in the object that the client was given is used', async () => {
  const { proxy } = await proxied();
  const headers = new Headers({ 'X-One': '1' });
  const { fs } = await open({ client: await sandbox.connect(proxy.url, { headers }) });
  await fs.stat('/');
  headers.set('X-One', '2');
  await fs.stat('/');
  assert.deepEqual(
    (await proxy.requests()).slice(-2).map((request) => request.headers['x-one']),
    ['1', '2'],
  );
});

test('a proxy that the environment names is not asked: fetch does not ask it either', async () => {
  const { fs } = await open();
  const names = ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'];
  for (const name of names) process.env[name] = 'http://127.0.0.1:1';
  try {
    await fs.writeFile('/x', 'y');
    assert.equal(await fs.readTextFile('/x'), 'y');
  } finally {
    for (const name of names) delete process.env[name];
  }
});

test('a body is sent at once: nothing waits for 100 Continue', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await open({ client, companion: false }); // with one it is cut
  await fs.writeFile('/x', new Uint8Array(2 ** 21));
  const [{ headers }] = (await proxy.requests()).filter(({ method }) => method === 'PUT');
  assert.equal(headers.expect, undefined);
  assert.equal(headers['content-length'], String(2 ** 21));
});
