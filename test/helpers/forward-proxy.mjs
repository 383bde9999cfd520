// forward-proxy.mjs: a proxy of the kind that http_proxy names: CONNECT, and requests that name the whole URL.
//
//   const proxy = await startForwardProxy({ user: 'name:password' });
//   proxy.asked    // ["CONNECT 127.0.0.1:1234", "GET http://127.0.0.1:1234/…"], and proxy.headers of each
//
// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';

/** @param {{ user?: string, refuse?: number }} [options] who may ask; `refuse` is the HTTP status of its every answer */
export async function startForwardProxy({ user, refuse } = {}) {
  const asked = [];
  const headers = [];
  const sockets = new Set();
  const expected = user && `Basic ${Buffer.from(user).toString('base64')}`;
  /** The status of what is not done; undefined: it is. */
  const note = (request) => {
    asked.push(`${request.method} ${request.url}`);
    headers.push(request.headers);
    return refuse ?? (expected && request.headers['proxy-authorization'] !== expected ? 407 : undefined);
  };
  const server = http.createServer((request, response) => {
    const refused = note(request);
    if (refused) return response.writeHead(refused, { 'content-length': 0 }).end();
    const { 'proxy-authorization': _, 'proxy-connection': __, ...rest } = request.headers;
    const upstream = http.request(request.url, { method: request.method, headers: rest }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    upstream.on('error', () => response.destroy());
    return request.pipe(upstream);
  });
  server.on('connect', (request, client) => {
    const refused = note(request);
    client.on('error', () => {});
    if (refused) return client.end(`HTTP/1.1 ${refused} No\r\ncontent-length: 0\r\n\r\n`);
    const [, host, port] = request.url.match(/^(.*):(\d+)$/);
    const upstream = net.connect({ host, port }, () => {
      client.write('HTTP/1.1 200 Connected\r\n\r\n');
      client.pipe(upstream).pipe(client);
    });
    upstream.on('error', () => client.destroy());
    client.on('close', () => upstream.destroy());
    return undefined;
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  return {
    asked,
    headers,
    port,
    url: `http://127.0.0.1:${port}`,
    urlOf: (name, password) => `http://${name}:${password}@127.0.0.1:${port}`,
    async stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
