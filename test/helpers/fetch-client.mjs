// fetch-client.mjs: a client of the SDK that has only a `fetch`, as with a provider without URLs: it leads to the server
// at `baseUrl`, whatever host it is asked for.
//
//   const { client, calls } = await fetchClient(sandbox);
//
// SPDX-License-Identifier: Apache-2.0
import { SandboxAgent } from 'sandbox-agent';

/**
 * `calls` is what it was asked: { url, init }, one each. `wrap` stands between it and Node's fetch.
 * @param {{ baseUrl: string, token: string }} server
 * @param {{ dropsSignal?: boolean, wrap?: (url: URL, init: RequestInit) => Promise<Response> }} [options]
 *   `dropsSignal`: no abort reaches the request, as with Cloudflare's
 */
export async function fetchClient({ baseUrl, token }, { dropsSignal = false, wrap = fetch } = {}) {
  const calls = [];
  const target = new URL(baseUrl);
  const own = async (input, init) => {
    calls.push({ url: String(input), init });
    const url = new URL(input);
    url.host = target.host;
    return wrap(url, dropsSignal ? { ...init, signal: undefined } : init);
  };
  const client = await SandboxAgent.connect({ fetch: own, token, skipHealthCheck: true });
  return { client, calls };
}
