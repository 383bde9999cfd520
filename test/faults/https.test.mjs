// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { runProgram } from '../helpers/program.mjs';
import { suite } from '../helpers/suite.mjs';
import { authority, serveTls } from '../helpers/tls.mjs';

const { sandbox } = await suite();
const [trusted, other] = [await authority(), await authority()];
const server = await serveTls(sandbox.baseUrl, trusted);
after(async () => {
  server.stop();
  await trusted.remove();
  await other.remove();
});

async function program(host, env) {
  const url = `https://${host}:${server.port}`;
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
