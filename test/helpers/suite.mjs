// suite.mjs: what nearly every test file on the real server begins with.
//
//   const { sandbox, open } = await suite();
//   test("...", async () => { const { fs, base } = await open(); ... });
//
// SPDX-License-Identifier: Apache-2.0
import { after } from 'node:test';
import { createSandboxFs, createSandboxToolkit } from '@rivet-dev/agent-os-sandbox';
import { startProxy } from './proxy.mjs';
import { startSandbox } from './sandbox.mjs';

/** The title of a group of tests that hold for the HTTP lane, and not for an exact one. */
export const HTTP_ALONE = 'over HTTP alone';

/** Options of what is about prepareOpenSync asking at once: over the client's fetch it asks later, and so never here. */
export const AT_ONCE = { transport: 'native' };

/** Options of a proxy that is so far away that the companion never stays: each batch is one request. */
export const FAR = { delayMs: 25 };

/** What it takes to get the HTTP lane. */
const HTTP_OPTIONS = { companion: false };

/** One sandbox for the file; all that is opened by these functions is closed at its end. */
export async function suite(sandboxOptions) {
  const sandbox = await startSandbox(sandboxOptions);
  const opened = [];
  const keep = (object, end) => (opened.push(() => object[end]()), object);
  after(async () => {
    for (const end of opened.reverse()) await end();
    await sandbox.stop();
  });

  /** A file system on a new, empty directory of the sandbox, `base`; without a cache, for tests change files from outside. */
  async function open(options) {
    const base = await sandbox.directory();
    const fs = keep(createSandboxFs({ client: sandbox.client, basePath: base, cache: false, ...options }), 'close');
    return { fs, base };
  }
  const toolkit = (options) => keep(createSandboxToolkit({ client: sandbox.client, ...options }), 'close');
  /** A proxy in front of the sandbox, and a client that goes through it. */
  async function proxied(options) {
    const proxy = keep(await startProxy(sandbox.baseUrl, options), 'stop');
    return { proxy, client: await sandbox.connect(proxy.url) };
  }
  return { sandbox, open, openHttp: (options) => open({ ...HTTP_OPTIONS, ...options }), toolkit, proxied };
}

/** Calls a tool as the VM does: its schema first. */
export const call = (toolkit, name, input = {}) => {
  const tool = toolkit.tools[name];
  return tool.execute(tool.inputSchema.parse(input));
};
