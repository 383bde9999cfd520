// proxy.mjs: an HTTP/1.1 proxy with faults, and a scripted server, in a process of their own: a synchronous
// method of the addon blocks the caller's event loop, and an answer must come all the same.
//
//   const proxy = await startProxy(sandbox.baseUrl, { delayMs: 20 });
//   await proxy.rules([{ match: "PUT /v1/fs/file", do: "close", times: 1 }]);
//   await proxy.count("PUT /v1/fs/file");        // requests that were read whole
//
// A rule is used for a request whose "METHOD /path?query" contains `match` (default: every request), at most
// `times` times; the first that fits wins. `do` is one of
//   close    read the request, then close without an answer
//   lose     let the server answer, then close without passing the answer on
//   stall    read the request and never answer
//   cut      pass on the first `bytes` of the answer, then close
//   freeze   pass on the first `bytes` of the answer, then nothing more
//   buffer   pass on the answer in pieces of `bytes`, and what is left when the server closes
//   trickle  pass on the answer in `pieces`, one each `everyMs`
//   answer   `status`, `headers`, `body` (a string, or { base64 }) instead of the server's; `raw` instead of all
//
// SPDX-License-Identifier: Apache-2.0
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('proxy-process.mjs', import.meta.url));

/**
 * @param {string} [target] the base URL behind it; without one every request needs a rule, or is answered 404
 * @param {{ delayMs?: number }} [options] a round trip's delay
 */
export async function startProxy(target, { delayMs = 0 } = {}) {
  const child = fork(PROGRAM, [target ?? '', String(delayMs)], { execArgv: [] });
  const [{ port }] = await once(child, 'message');
  let asked = 0;
  const ask = (what, value) =>
    new Promise((resolve) => {
      const id = ++asked;
      const listen = (message) => {
        if (message.id !== id) return;
        child.off('message', listen);
        resolve(message.value);
      };
      child.on('message', listen);
      child.send({ id, what, value });
    });
  const proxy = {
    url: `http://127.0.0.1:${port}`,
    /** Replaces the rules. */
    rules: (rules) => ask('rules', rules),
    /** Every request that was read whole: { method, url, headers, body (latin1), connection, silentMs }:
     * the last is how long the server took until the first byte of its answer. */
    requests: () => ask('requests'),
    /** How many of them contain `match` in "METHOD /path?query". */
    count: async (match = '') =>
      (await proxy.requests()).filter(({ method, url }) => `${method} ${url}`.includes(match)).length,
    /** Connections that are open now. */
    open: () => ask('open'),
    /**
     * From now on each new connection is cut, after `least` to `most` bytes of requests or of answers: before a request
     * is passed on, after it, within an answer, or when the connection waits for the next one. null: no more.
     */
    chop: (/** @type {{ seed: number, bytes: [least: number, most: number] } | null} */ how) => ask('chop', how),
    /** How many connections were cut so. */
    cuts: () => ask('cuts'),
    /** Bytes that have passed: { sent, received }, of requests and of answers. */
    traffic: () => ask('traffic'),
    /** How many bytes pass, in both directions, while `work` is done. */
    async moved(work) {
      const before = await ask('traffic');
      await work();
      const { sent, received } = await ask('traffic');
      return sent - before.sent + received - before.received;
    },
    /** No longer listens: the next connection is refused. Open ones stay. */
    refuse: () => ask('refuse'),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    },
    [Symbol.asyncDispose]: () => proxy.stop(),
  };
  return proxy;
}

/** A server that answers by its rules alone. */
export async function startScriptedServer(rules) {
  const server = await startProxy();
  await server.rules(rules.map((rule) => ({ do: 'answer', ...rule })));
  return server;
}

/** A rule's answer that is JSON. */
export function json(value, status = 200) {
  return { do: 'answer', status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
