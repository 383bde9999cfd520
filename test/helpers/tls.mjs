// tls.mjs: https in front of a sandbox, with a certificate authority of the test's own, in a process of its own.
//
// SPDX-License-Identifier: Apache-2.0
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const openssl = (...args) => promisify(execFile)('openssl', args);
const PROCESS = fileURLToPath(new URL('tls-process.mjs', import.meta.url));

/**
 * A certificate for 127.0.0.1 of a new authority: { ca, key, certificate } are files; remove() removes them. With
 * `expired` its last day was yesterday.
 */
export async function authority({ expired = false } = {}) {
  const directory = await mkdtemp(path.join(tmpdir(), 'agent-os-sandbox-'));
  const file = (name) => path.join(directory, name);
  const made = { ca: file('ca.pem'), key: file('key.pem'), certificate: file('certificate.pem') };
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const authorityOf = ['-subj', '/CN=a test authority', '-addext', 'basicConstraints=critical,CA:TRUE'];
  await openssl('req', '-x509', ...ec, '-keyout', file('ca.key'), '-out', made.ca, ...authorityOf);
  await openssl('req', ...ec, '-keyout', made.key, '-out', file('request.pem'), '-subj', '/CN=a sandbox');
  await writeFile(file('names'), 'subjectAltName=IP:127.0.0.1');
  const signed = ['-CA', made.ca, '-CAkey', file('ca.key'), '-CAcreateserial', '-extfile', file('names')];
  const days = ['-days', expired ? '-1' : '30'];
  await openssl('x509', '-req', '-in', file('request.pem'), ...signed, ...days, '-out', made.certificate);
  return { ...made, remove: () => rm(directory, { recursive: true }) };
}

/** A certificate for 127.0.0.1 that is its own authority, likewise. */
export async function selfSigned() {
  const directory = await mkdtemp(path.join(tmpdir(), 'agent-os-sandbox-'));
  const made = { key: path.join(directory, 'key.pem'), certificate: path.join(directory, 'certificate.pem') };
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', made.key];
  const about = ['-subj', '/CN=a sandbox', '-addext', 'subjectAltName=IP:127.0.0.1'];
  await openssl('req', '-x509', ...ec, '-out', made.certificate, ...about);
  return { ...made, ca: made.certificate, remove: () => rm(directory, { recursive: true }) };
}

/** Starts it: { port, stop(), handshakes() }; the last tells how many were { whole, resumed }. */
export async function serveTls(target, { key, certificate }) {
  const child = fork(PROCESS, [target, key, certificate], { execArgv: [] });
  const [port] = await once(child, 'message');
  const handshakes = async () => {
    child.send('handshakes');
    return (await once(child, 'message'))[0];
  };
  return { port, stop: () => child.kill(), handshakes };
}
