// Proxies: none, unless Node's own switch or the option says so.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createSandboxFs } from '@rivet-dev/agent-os-sandbox';
import { expectTypeError } from '../helpers/expect.mjs';
import { startForwardProxy } from '../helpers/forward-proxy.mjs';
import { runProgram } from '../helpers/program.mjs';
import { call, suite } from '../helpers/suite.mjs';
import { authority, serveTls } from '../helpers/tls.mjs';

const { sandbox, open, toolkit } = await suite();
const trusted = await authority();
const server = await serveTls(sandbox.baseUrl, trusted);
const httpsUrl = `https://127.0.0.1:${server.port}`;
const proxies = [];
after(async () => {
  for (const proxy of proxies) await proxy.stop();
  server.stop();
  await trusted.remove();
});

async function startProxy(options) {
  const proxy = await startForwardProxy(options);
  proxies.push(proxy);
  return proxy;
}

/** Of this machine's own environment nothing counts. */
const without = Object.fromEntries(
  ['http_proxy', 'https_proxy', 'no_proxy', 'NODE_USE_ENV_PROXY']
    .flatMap((name) => [name, name.toUpperCase()])
    .map((name) => [name, undefined]),
);

const WORKS = 'file,sync content x';

/** What the program prints in an environment of that, or with `later` of it: a line, or the error that it tells. */
async function program(url, { options = {}, env = {}, later = {} } = {}) {
  const args = [url, sandbox.token, await sandbox.directory(), ...[options, later].map((value) => JSON.stringify(value))];
  const file = new URL('programs/network.mjs', import.meta.url);
  const ended = await runProgram(file, args, { env: { NODE_EXTRA_CA_CERTS: trusted.ca, ...without, ...env } });
  assert.equal(ended.code, 0, ended.stderr);
  const printed = ended.stdout.trim();
  return printed.startsWith('{') ? JSON.parse(printed) : printed;
}

test('the environment names a proxy, and nobody has turned it on: it is not asked', async () => {
  const proxy = await startProxy();
  const env = { http_proxy: proxy.url, https_proxy: proxy.url, all_proxy: proxy.url, HTTP_PROXY: proxy.url };
  assert.equal(await program(sandbox.baseUrl, { env }), WORKS);
  assert.equal(await program(httpsUrl, { env: { ...env, NODE_USE_ENV_PROXY: '0' } }), WORKS);
  assert.deepEqual(proxy.asked, []);
});

test("with Node's switch, http goes by http_proxy", async () => {
  const proxy = await startProxy();
  for (const name of ['http_proxy', 'HTTP_PROXY']) {
    proxy.asked.length = 0;
    assert.equal(await program(sandbox.baseUrl, { env: { NODE_USE_ENV_PROXY: '1', [name]: proxy.url } }), WORKS);
    assert.ok(proxy.asked.includes(`POST ${sandbox.baseUrl}/v1/processes/run`), proxy.asked.join('\n'));
  }
});

test("with Node's switch, https goes by https_proxy through CONNECT, which no token is told", async () => {
  const [proxy, other] = [await startProxy(), await startProxy()];
  const env = { NODE_USE_ENV_PROXY: '1', https_proxy: proxy.url, http_proxy: other.url };
  assert.equal(await program(httpsUrl, { env }), WORKS);
  assert.ok(proxy.asked.length > 0);
  assert.deepEqual([...new Set(proxy.asked)], [`CONNECT 127.0.0.1:${server.port}`]);
  assert.ok(!JSON.stringify(proxy.headers).includes(sandbox.token));
  assert.deepEqual(other.asked, []);
});

test('https goes by http_proxy where there is no other, and by none where no_proxy says so', async () => {
  const proxy = await startProxy();
  const env = { NODE_USE_ENV_PROXY: '1', http_proxy: proxy.url };
  for (const no_proxy of ['127.0.0.1', `127.0.0.1:${server.port}`, '*', 'a.example, 127.0.0.1', '.0.0.1'])
    assert.equal(await program(httpsUrl, { env: { ...env, no_proxy } }), WORKS);
  assert.deepEqual(proxy.asked, []);
  for (const no_proxy of ['', '0.0.1', '127.0.0.1:1']) {
    proxy.asked.length = 0;
    assert.equal(await program(httpsUrl, { env: { ...env, no_proxy } }), WORKS);
    assert.ok(proxy.asked.length > 0, no_proxy);
  }
});

test('the option is a proxy, whatever the environment says', async () => {
  const [proxy, other] = [await startProxy(), await startProxy()];
  const env = { NODE_USE_ENV_PROXY: '1', http_proxy: other.url, no_proxy: '*' };
  assert.equal(await program(sandbox.baseUrl, { env, options: { proxy: proxy.url } }), WORKS);
  assert.equal(await program(httpsUrl, { options: { proxy: proxy.url } }), WORKS);
  assert.ok(proxy.asked.includes(`POST ${sandbox.baseUrl}/v1/processes/run`));
  assert.ok(proxy.asked.includes(`CONNECT 127.0.0.1:${server.port}`));
  assert.deepEqual(other.asked, []);
});

test('with a name and a password, which no error tells', async () => {
  const [name, password] = ['somebody', 'a-password-of-the-proxy'];
  const proxy = await startProxy({ user: `${name}:${password}` });
  for (const url of [sandbox.baseUrl, httpsUrl]) {
    assert.equal(await program(url, { options: { proxy: proxy.urlOf(name, password) } }), WORKS);
    const refused = await program(url, { options: { proxy: proxy.urlOf(name, `${password}-not`) } });
    assert.equal(refused.code, 'EACCES');
    assert.match(refused.cause, /407/);
    const nobody = `http://${name}:${password}@127.0.0.1:1`;
    const missing = await program(url, { options: { proxy: nobody } });
    assert.equal(missing.code, 'ECONNREFUSED');
    const unusable = `no-scheme-of-a-proxy://${name}:${password}@127.0.0.1:1`;
    const later = { NODE_USE_ENV_PROXY: '1', http_proxy: unusable, https_proxy: unusable }; // with it Node may not start
    const wrong = await program(url, { later });
    assert.notEqual(wrong, WORKS);
    for (const { shown } of [refused, missing, wrong]) assert.ok(!shown.includes(password), shown);
  }
});

test('a proxy that does not connect: what was asked was not sent, and the error says so', async () => {
  for (const [refuse, code] of [
    [403, 'EHOSTUNREACH'],
    [502, 'EHOSTUNREACH'],
    [407, 'EACCES'],
  ]) {
    const proxy = await startProxy({ refuse });
    const refused = await program(httpsUrl, { options: { proxy: proxy.url } });
    assert.equal(refused.code, code);
    assert.match(refused.cause, new RegExp(`the proxy answered CONNECT with HTTP status ${refuse}`));
  }
});

test('the companion and its programs go by the proxy too', async () => {
  const proxy = await startProxy();
  const { fs } = await open({ proxy: proxy.url });
  await fs.symlink('target', '/link');
  assert.equal(await fs.readlink('/link'), 'target');
  assert.equal((await call(toolkit({ proxy: proxy.url }), 'run-command', { command: 'echo', args: ['x'] })).stdout, 'x\n');
  assert.ok(proxy.asked.every((line) => line.includes(` ${sandbox.baseUrl}/v1/`)));
  assert.ok(proxy.asked.length > 2);
});

test('what is no URL of a proxy is refused at once, without being repeated', async () => {
  for (const proxy of ['', 'nonsense', 'ftp://secret@h', '127.0.0.1:1', 'http://h\r\nX: secret', 'socks5://secret@h']) {
    const make = () => createSandboxFs({ client: sandbox.client, proxy });
    const error = await expectTypeError(make, /"options.proxy" property must be an http or https URL/, 'ERR_INVALID_ARG_VALUE');
    assert.ok(!error.message.includes('secret'));
  }
  await expectTypeError(() => createSandboxFs({ client: sandbox.client, proxy: 5 }), /"options.proxy" property/);
});
