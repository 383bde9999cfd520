// near.mjs: a file system near by, whose companion stays, with a proxy on the way to it.
//
//   const near = nearBy(await suite());
//   const { fs, proxy, sh } = await near();
//
// SPDX-License-Identifier: Apache-2.0
import { staying } from './staying.mjs';

/** Each closes the one before it: the server has places for eight companions that stay. `sh` runs a script in its directory. */
export function nearBy({ sandbox, open, proxied }) {
  let last;
  return async (options) => {
    await last?.close();
    const { proxy, client } = await proxied();
    const { fs, base } = await staying(() => open({ client, transport: 'native', ...options }), 'stream');
    last = fs;
    return { fs, proxy, sh: (script) => sandbox.sh(`cd "$1"; ${script}`, base) };
  };
}
