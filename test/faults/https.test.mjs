// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { runProgram } from '../helpers/program.mjs';
import { suite } from '../helpers/suite.mjs';
import { authority, selfSigned, serveTls } from '../helpers/tls.mjs';

const { sandbox } = await suite();
const [trusted, other, expired, alone] = [
  await authority(),
  await authority(),
  await authority({ expired: true }),
  await selfSigned(),
];
const server = await serveTls(sandbox.baseUrl, trusted);
const servers = [server];
after(async () => {
  for (const { stop } of servers) stop();
  for (const { remove } of [trusted, other, expired, alone]) await remove();
});

async function serve(certificate) {
  const made = await serveTls(sandbox.baseUrl, certificate);
  servers.push(made);
  return made.port;
}

async function program(host, env, port = server.port) {
  const url = `https://${host}:${port}`;
  const args = [url, sandbox.token, await sandbox.directory()];
  const ended = await runProgram(new URL('programs/https.mjs', import.meta.url), args, { env });
  assert.equal(ended.code, 0, ended.stderr);
  return ended.stdout.trim();
}

test('https works with a certificate that Node.js trusts', async () => {
  assert.equal(await program('127.0.0.1', { NODE_EXTRA_CA_CERTS: trusted.ca }), '31 29 hello');
});

test('a certificate of an authority that is not trusted is refused, and the reason told', async () => {
  for (const env of [{ NODE_EXTRA_CA_CERTS: '' }, { NODE_EXTRA_CA_CERTS: other.ca }, { NODE_EXTRA_CA_CERTS: '/no' }])
    assert.match(await program('127.0.0.1', env), /^EPROTO .*certificate/);
});

test('a certificate for another name is refused, and the reason told', async () => {
  assert.match(await program('localhost', { NODE_EXTRA_CA_CERTS: trusted.ca }), /^EPROTO .*localhost/);
});

test('a certificate that has expired is refused, and the reason told', async () => {
  const port = await serve(expired);
  assert.match(await program('127.0.0.1', { NODE_EXTRA_CA_CERTS: expired.ca }, port), /^EPROTO .*certificate has expired/);
});

test('a certificate that vouches for itself is refused, and the reason told; as a root it is trusted', async () => {
  const port = await serve(alone);
  const env = { NODE_EXTRA_CA_CERTS: other.ca };
  assert.match(await program('127.0.0.1', env, port), /^EPROTO .*self-signed certificate/);
  assert.equal(await program('127.0.0.1', { NODE_EXTRA_CA_CERTS: alone.ca }, port), '31 29 hello');
});

test("one of an unknown authority: the reason is its issuer's", async () => {
  assert.match(await program('127.0.0.1', { NODE_EXTRA_CA_CERTS: other.ca }), /^EPROTO .*local issuer certificate/);
});

test('the certificates of SSL_CERT_FILE are trusted beside those of Node.js', async () => {
  const port = await serve(other);
  const env = { SSL_CERT_FILE: trusted.ca, NODE_EXTRA_CA_CERTS: other.ca };
  assert.equal(await program('127.0.0.1', env), '31 29 hello');
  assert.equal(await program('127.0.0.1', env, port), '31 29 hello');
});

test('NODE_TLS_REJECT_UNAUTHORIZED=0 takes any certificate, of whatever name; any other value none', async () => {
  const env = { NODE_EXTRA_CA_CERTS: '' };
  const ports = [server.port, await serve(expired), await serve(alone)];
  for (const port of ports)
    assert.equal(await program('localhost', { ...env, NODE_TLS_REJECT_UNAUTHORIZED: '0' }, port), '31 29 hello');
  for (const value of ['1', '', 'false'])
    assert.match(await program('127.0.0.1', { ...env, NODE_TLS_REJECT_UNAUTHORIZED: value }), /^EPROTO .*certificate/);
});

test('it is looked at for each connection, as Node.js does: a connection that nobody checked is not used again', async () => {
  const file = new URL('programs/https-switched.mjs', import.meta.url);
  const args = [`https://127.0.0.1:${server.port}`, sandbox.token];
  const ended = await runProgram(file, args, { env: { NODE_EXTRA_CA_CERTS: '' } });
  assert.equal(ended.stdout.trim(), 'EPROTO true EPROTO', ended.stderr);
});

test('the roots are parsed once, however many connections there are', async () => {
  const file = new URL('programs/https-roots.mjs', import.meta.url);
  const args = [`https://127.0.0.1:${server.port}`, sandbox.token];
  const ended = await runProgram(file, args, { env: { NODE_EXTRA_CA_CERTS: trusted.ca } });
  assert.equal(ended.stdout.trim(), '1', ended.stderr);
});

test('connections of every kind share their TLS sessions', async () => {
  const made = await serveTls(sandbox.baseUrl, trusted);
  servers.push(made);
  const args = [`https://127.0.0.1:${made.port}`, sandbox.token, await sandbox.directory()];
  const ended = await runProgram(new URL('programs/https-kinds.mjs', import.meta.url), args, {
    env: { NODE_EXTRA_CA_CERTS: trusted.ca },
  });
  assert.equal(ended.stdout, 'hello true\n', ended.stderr);
  assert.deepEqual(await made.handshakes(), { whole: 1, resumed: 2 }); // the first gives two tickets, each for one
});
