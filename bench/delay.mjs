// delay.mjs: a way to the server that takes time: a process of its own through which every byte goes half a round trip
// later, in both directions. What is under way at once does not wait for each other. It counts the bytes.
//
//   const way = await startDelay(sandbox.baseUrl, 20);       a round trip of 20 ms
//   await way.moved(async () => { … });                      bytes, of both directions
//
// SPDX-License-Identifier: Apache-2.0
import { fork } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { fileURLToPath } from 'node:url';

const FILE = fileURLToPath(import.meta.url);

export async function startDelay(target, delayMs) {
  const child = fork(FILE, ['serve', target, String(delayMs / 2)], { execArgv: [] });
  const [port] = await once(child, 'message');
  const bytes = async () => {
    child.send('bytes');
    return (await once(child, 'message'))[0];
  };
  return {
    url: `http://127.0.0.1:${port}`,
    async moved(work) {
      const before = await bytes();
      await work();
      return (await bytes()) - before;
    },
    async stop() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

function serve(target, halfMs) {
  const { hostname: host, port } = new URL(target);
  let bytes = 0;
  const pass = (from, to) => {
    from.on('data', (data) => {
      bytes += data.length;
      setTimeout(() => to.destroyed || to.write(data), halfMs);
    });
    from.on('close', () => setTimeout(() => to.end(), halfMs));
    from.on('error', () => {}); // 'close' follows
  };
  const server = net.createServer({ noDelay: true }, (client) => {
    const upstream = net.connect({ host, port, noDelay: true });
    pass(client, upstream);
    pass(upstream, client);
  });
  process.on('message', () => process.send(bytes));
  process.on('disconnect', () => process.exit());
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
}

if (process.argv[2] === 'serve' && process.argv[1] === FILE) serve(process.argv[3], Number(process.argv[4]));
