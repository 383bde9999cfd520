// The suite that agentOS has for drivers: all of it with the companion, and what can be done over HTTP alone.
//
// SPDX-License-Identifier: Apache-2.0
import { afterAll } from 'vitest';
import { createSandboxFs } from '@rivet-dev/agent-os-sandbox';
import { defineFsDriverTests } from '@rivet-dev/agent-os-core/test/file-system';
import { startSandbox } from '../helpers/sandbox.mjs';

const HTTP_CAPABILITIES = {
  symlinks: false,
  hardLinks: false,
  permissions: false,
  utimes: false,
  truncate: true,
  pread: true,
  mkdir: true,
  removeDir: true,
};
const ALL_CAPABILITIES = Object.fromEntries(Object.keys(HTTP_CAPABILITIES).map((name) => [name, true]));

const sandbox = await startSandbox();
const besides = (await sandbox.sh('ls -A /')).trim().split('\n');
let fs;

afterAll(() => sandbox.stop());

/** Removes what a test has left at the root. */
async function clear() {
  const left = (await sandbox.sh('ls -A /')).trim().split('\n').filter((name) => !besides.includes(name));
  await sandbox.sh('cd / && rm -rf -- "$@"', ...left);
}

// The suite makes links to absolute paths, which lead where they say in a view of the whole sandbox alone.
const whole = sandbox.isolated;
defineFsDriverTests({
  name: 'createSandboxFs',
  capabilities: { ...ALL_CAPABILITIES, symlinks: whole },
  async createFs() {
    fs = createSandboxFs({ client: sandbox.client, basePath: whole ? '/' : await sandbox.directory() });
    return fs;
  },
  async cleanup() {
    await fs.close();
    if (whole) await clear();
  },
});

defineFsDriverTests({
  name: 'createSandboxFs over HTTP',
  capabilities: HTTP_CAPABILITIES,
  async createFs() {
    fs = createSandboxFs({ client: sandbox.client, basePath: await sandbox.directory(), companion: false });
    return fs;
  },
  cleanup: () => fs.close(),
});
