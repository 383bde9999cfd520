// client.js: what a client of the SDK says at this moment: where it sends its requests, and how. Its fields are ordinary
// properties, private only to TypeScript; they are read for each call, because the SDK does so too: `client.token = …`
// takes effect at once.
//
// SPDX-License-Identifier: Apache-2.0
'use strict';

// A fetch that was put in the place of Node's: another than Node's own, which the SDK binds to a function of the name
// "bound fetch", and than that of the SDK's provider for this machine, which has no name.
function isOwnFetch(fetcher, globalFetch, provider) {
  if (typeof fetcher !== 'function' || fetcher === globalFetch || fetcher.name === 'bound fetch') return false;
  return !(provider?.name === 'local' && fetcher.name === '');
}

// Every shape that the SDK's own `new Headers` takes, as pairs.
const pairsOf = (init) => (init === undefined || init === null ? [] : Array.from(new Headers(init)));

const samePairs = (a, b) =>
  a.length === b.length && a.every(([name, value], i) => name === b[i][0] && value === b[i][1]);

/** What `client` says; `seen`, which this has returned before, where it says the same as then. */
function readClient(client, seen) {
  const { baseUrl, disposed, fetcher, sandboxProvider, token } = client;
  const headers = pairsOf(client.defaultHeaders);
  const globalFetch = globalThis.fetch;
  const same =
    seen !== undefined &&
    seen.baseUrl === baseUrl &&
    seen.disposed === disposed &&
    seen.fetcher === fetcher &&
    seen.globalFetch === globalFetch &&
    seen.sandboxProvider === sandboxProvider &&
    seen.token === token &&
    samePairs(seen.headers, headers);
  if (same) return seen;
  const ownFetch = isOwnFetch(fetcher, globalFetch, sandboxProvider);
  return { baseUrl, disposed, fetcher, globalFetch, sandboxProvider, token, headers, ownFetch };
}

module.exports = { readClient };
