// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { AT_ONCE, call, suite } from '../helpers/suite.mjs';

const { sandbox, openHttp, toolkit, proxied } = await suite();

test('a refused connection is ECONNREFUSED, for each method by its own word', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await openHttp({ client, timeoutMs: 300 }); // so long it might yet start
  const { fs: now } = await openHttp({ client, timeoutMs: 300, ...AT_ONCE });
  const tools = toolkit({ client, timeoutMs: 300 });
  await proxy.refuse();
  const code = 'ECONNREFUSED';
  await expectError(fs.readFile('/x'), { code, syscall: 'open', path: '/x' });
  await expectError(fs.writeFile('/x', ''), { code, syscall: 'open', path: '/x' });
  await expectError(fs.stat('/x'), { code, syscall: 'stat', path: '/x' });
  await expectError(fs.readDir('/x'), { code, syscall: 'scandir', path: '/x' });
  await expectError(fs.rename('/x', '/y'), { code, syscall: 'rename', path: '/x', dest: '/y' });
  await expectError(fs.removeFile('/x'), { code, syscall: 'unlink', path: '/x' });
  await expectError(() => now.prepareOpenSync('/x', 0o100), { code, syscall: 'open', path: '/x' });
  await assert.rejects(call(tools, 'run-command', { command: 'true' }), { code });
  await assert.rejects(call(tools, 'list-processes'), { code });
});

test('a client whose URL leads nowhere', async () => {
  const client = await sandbox.connect('http://no-such-host.invalid:1');
  const { fs } = await openHttp({ client });
  await assert.rejects(fs.stat('/x'), (error) => {
    assert.ok(['ECONNREFUSED', 'EHOSTUNREACH', 'ENOTFOUND', 'EIO'].includes(error.code), error.code);
    assert.equal(error.syscall, 'stat');
    return true;
  });
});
