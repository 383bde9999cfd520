// port.mjs: ports for tests. Two checkouts may run theirs at the same time on one machine.
//
// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import net from 'node:net';

/** A port of 127.0.0.1 on which nobody listens. */
export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
