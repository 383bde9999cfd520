// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createSandboxFs } from '@rivet-dev/agent-os-sandbox';
import { expectError } from '../helpers/expect.mjs';
import { startSandbox } from '../helpers/sandbox.mjs';

const sandbox = await startSandbox({ unprivileged: true });
const home = (await sandbox.sh('printf %s "$HOME"')).trim();
const root = createSandboxFs({ client: sandbox.client });
const below = createSandboxFs({ client: sandbox.client, basePath: home });
after(async () => {
  await root.close();
  await below.close();
  await sandbox.stop();
});

test('where the server may not write at /, the message points to basePath', async () => {
  await expectError(root.writeFile('/x', ''), {
    code: 'EACCES',
    syscall: 'open',
    path: '/x',
    hint: /basePath/,
  });
  await expectError(root.mkdir('/x'), { code: 'EACCES', syscall: 'mkdir', path: '/x', hint: /basePath/ });
  await expectError(() => root.prepareOpenSync('/x', 0o100), {
    code: 'EACCES',
    syscall: 'open',
    path: '/x',
    hint: /basePath/,
  });
});

test('below a basePath that it may write it works, and a message needs no hint', async () => {
  await below.writeFile('/app/x', 'mine');
  assert.equal(await below.readTextFile('/app/x'), 'mine');
  await sandbox.sh('chmod 000 "$HOME/app/x"');
  await expectError(below.readFile('/app/x'), { code: 'EACCES', syscall: 'open', path: '/app/x' });
});
