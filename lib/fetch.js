// fetch.js: the transport of a client that has a `fetch` of its own: one request by that function, and its reply piece
// by piece to the addon, which says after each whether it wants more. The request may be given up at any moment: the
// signal aborts, and where the function does not pass it on, what still comes is thrown away.
//
// SPDX-License-Identifier: Apache-2.0
'use strict';

// A failure's code, and the words of whatever has it: fetch's own say nothing, their cause does.
function reason(error) {
  let found = error;
  for (let depth = 0; depth < 5 && typeof found?.code !== 'string' && found?.cause != null; depth++) found = found.cause;
  const code = typeof found?.code === 'string' ? found.code : '';
  return { code, words: String(found?.message || code || error?.message || error) };
}

// What Location says, as a whole URL; '': it says none.
function redirect(response, url) {
  const location = response.headers.get('location');
  return location !== null && URL.canParse(location, url) ? new URL(location, url).href : '';
}

// Seconds: Retry-After says them, or until when; -1: it says neither.
function retryAfter(response) {
  const text = response.headers.get('retry-after') ?? '';
  const seconds = /^\d+$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - Date.now()) / 1000);
  return Number.isNaN(seconds) ? -1 : Math.max(0, seconds);
}

async function deliver(response, url, reply, signal) {
  const { headers } = response;
  const length = Number(headers.get('content-encoding') ? -1 : (headers.get('content-length') ?? -1));
  const type = headers.get('content-type') ?? '';
  if (!reply.begin(response.status, type, length, redirect(response, url), retryAfter(response))) return;
  if (response.body === null) return reply.end();
  const reader = response.body.getReader();
  signal.addEventListener('abort', () => reader.cancel().catch(() => {}), { once: true });
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return reply.end();
    if (!reply.give(value)) return;
  }
}

async function exchange({ client, method, url, headers, body }, reply, controller) {
  const { signal } = controller;
  try {
    // A redirect is an answer like another: what follows it may carry the token elsewhere.
    const init = { method, headers: new Headers(headers), body, signal, redirect: 'manual' };
    const response = await client.fetcher(url, init);
    await deliver(response, url, reply, signal);
    if (!signal.aborted) controller.abort(); // ends what was not read
    else if (!response.bodyUsed) await response.body?.cancel();
  } catch (error) {
    const { code, words } = reason(error);
    reply.fail(code, words);
  }
}

/** Performs `asked`; returns how to give it up. `reply` tells the addon what comes. */
module.exports = (asked, reply) => {
  const controller = new AbortController();
  void exchange(asked, reply, controller);
  return () => controller.abort();
};
