// tls-process.mjs: the process behind tls.mjs: takes TLS off, and passes on what is in it.
//
// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';

const [target, key, certificate] = process.argv.slice(2);
const { hostname, port } = new URL(target);

const handshakes = { whole: 0, resumed: 0 };
const server = tls.createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (client) => {
  handshakes[client.isSessionReused() ? 'resumed' : 'whole']++;
  const upstream = net.connect({ host: hostname, port });
  client.pipe(upstream).pipe(client);
  client.on('error', () => upstream.destroy());
  upstream.on('error', () => client.destroy());
});
server.on('tlsClientError', () => {});
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('message', () => process.send(handshakes));
process.on('disconnect', () => process.exit());
