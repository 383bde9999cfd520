// The suite that agentOS has for drivers, with what this one can do over HTTP.
//
// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll } from 'vitest';
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

let sandbox;
let fs;

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

defineFsDriverTests({
  name: 'createSandboxFs over HTTP',
  capabilities: HTTP_CAPABILITIES,
  async createFs() {
    fs = createSandboxFs({ client: sandbox.client, basePath: await sandbox.directory() });
    return fs;
  },
  cleanup: () => fs.close(),
});
