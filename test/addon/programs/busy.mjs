// busy.mjs: an environment with every kind of request in flight, for programs and workers that end meanwhile.
//
// SPDX-License-Identifier: Apache-2.0
import { createSandboxFs, createSandboxToolkit } from '@rivet-dev/agent-os-sandbox';
import { SandboxAgent } from 'sandbox-agent';

/** @typedef {{ near: string, stalled: string, token: string, base: string }} Places */

export const connect = (baseUrl, token) => SandboxAgent.connect({ baseUrl, token, skipHealthCheck: true });
export const run = (kit, input) => kit.tools['run-command'].execute(input);

/** A file system on the sandbox. */
export async function near({ near, token, base }, options) {
  return createSandboxFs({ client: await connect(near, token), basePath: base, ...options });
}

/** One behind a proxy that never answers. */
export async function stalled({ stalled, token }, options) {
  return createSandboxFs({ client: await connect(stalled, token), ...options });
}

/** Contents that are several operations each. */
async function largeWithoutEnd(fs) {
  const large = new Uint8Array(5_000_000);
  for (;;) await Promise.all([fs.writeFile('/large', large), fs.readFile('/large').catch(() => {})]);
}

/**
 * Requests that are never answered, a waiting program, and traffic without end; resolves when all of it is
 * under way.
 * @param {Places} places
 */
export async function busy(places) {
  const quietly = (promise) => void promise.catch(() => {});
  const [fs, far] = [await near(places), await stalled(places)];
  const kit = createSandboxToolkit({ client: await connect(places.near, places.token) });
  for (let i = 0; i < 5; i++) {
    quietly(far.stat(`/${i}`));
    quietly(far.writeFile(`/${i}`, new Uint8Array(1_000_000)));
    quietly(run(kit, { command: 'sleep', args: ['600'] }));
  }
  await fs.writeFile('/file', 'x'.repeat(100_000));
  for (let i = 0; i < 8; i++)
    quietly(
      (async () => {
        for (;;) await Promise.all([fs.stat('/file'), fs.readFile('/file'), fs.writeFile(`/${i}`, 'x')]);
      })(),
    );
  quietly(largeWithoutEnd(fs));
  await fs.readFile('/file');
  return { fs, far, kit };
}
