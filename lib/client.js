// client.js: what a client of the SDK says at this moment: where it sends its requests, and how. Its fields are ordinary
// properties, private only to TypeScript; they are read for each call, because the SDK does so too: `client.token = …`
// takes effect at once.
//
// SPDX-License-Identifier: Apache-2.0
'use strict';

const nodesFetch = globalThis.fetch; // when the package is loaded; a function put in its place later is the user's
const replaced = new WeakMap(); // by fetcher: whether, when it was first seen, globalThis.fetch was another one

// What calls globalThis.fetch: the SDK binds it to a function of the name "bound fetch", and that of its provider for
// this machine has no name.
const callsGlobal = (fetcher, provider) =>
  fetcher.name === 'bound fetch' || (provider?.name === 'local' && fetcher.name === '');

// A fetch that was put in the place of Node's, for this client or for all.
function isOwnFetch(fetcher, provider) {
  if (typeof fetcher !== 'function' || fetcher === nodesFetch) return false;
  if (!callsGlobal(fetcher, provider)) return true;
  if (!replaced.has(fetcher)) replaced.set(fetcher, globalThis.fetch !== nodesFetch);
  return replaced.get(fetcher);
}

// Every shape that the SDK's own `new Headers` takes, as pairs.
const pairsOf = (init) => (init === undefined || init === null ? [] : Array.from(new Headers(init)));

const samePairs = (a, b) =>
  a.length === b.length && a.every(([name, value], i) => name === b[i][0] && value === b[i][1]);

/** What `client` says; `seen`, which this has returned before, where it says the same as then. */
function readClient(client, seen) {
  const { baseUrl, disposed, fetcher, sandboxProvider, token } = client;
  const headers = pairsOf(client.defaultHeaders);
  const same =
    seen !== undefined &&
    seen.baseUrl === baseUrl &&
    seen.disposed === disposed &&
    seen.fetcher === fetcher &&
    seen.sandboxProvider === sandboxProvider &&
    seen.token === token &&
    samePairs(seen.headers, headers);
  if (same) return seen;
  const ownFetch = isOwnFetch(fetcher, sandboxProvider);
  return { baseUrl, disposed, fetcher, sandboxProvider, token, headers, ownFetch };
}

module.exports = { readClient };
