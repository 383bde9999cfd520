// A server that is not root, with the companion and over HTTP: what it may not do is refused as Linux refuses it, and
// what it may do works.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createSandboxFs } from '@rivet-dev/agent-os-sandbox';
import { byDriver, onLinux, shown } from '../helpers/errno.mjs';
import { expectError } from '../helpers/expect.mjs';
import { startProxy } from '../helpers/proxy.mjs';
import { startSandbox } from '../helpers/sandbox.mjs';

const sandbox = await startSandbox({ unprivileged: true });
const home = (await sandbox.sh('printf %s "$HOME"')).trim();
const root = createSandboxFs({ client: sandbox.client });
const below = createSandboxFs({ client: sandbox.client, basePath: home, cache: false });
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

test('a content in parts is refused before any part is sent', async () => {
  const proxy = await startProxy(sandbox.baseUrl);
  const fs = createSandboxFs({ client: await sandbox.connect(proxy.url) });
  await sandbox.sh('cd "$HOME" && echo old > sealed-file && chmod 444 sealed-file && mkdir sealed-dir && chmod 555 sealed-dir');
  const bytes = new Uint8Array(3 * 1024 * 1024);
  for (const path of ['/etc/passwd', '/etc/new', '/etc/a/b', '/root/x', `${home}/sealed-file`, `${home}/sealed-dir/a/b`]) {
    await expectError(fs.writeFile(path, bytes), { code: 'EACCES', syscall: 'open', path, hint: /basePath/ });
  }
  assert.equal(await proxy.count('PUT /v1/fs/file'), 0);
  await fs.writeFile(`${home}/mine`, bytes);
  assert.ok((await proxy.count('PUT /v1/fs/file')) > 1, 'of what may be written');
  await fs.close();
  await proxy.stop();
});

/** Of root: "/etc" may be listed, "/root" not; "/etc/passwd" may be read, "/etc/shadow" not. */
const REFUSED = [
  ['EACCES', 'writeFile', ['/etc/passwd', 'x']],
  ['EACCES', 'writeFile', ['/etc/new', 'x']],
  ['EACCES', 'truncate', ['/etc/passwd', 0]],
  ['EACCES', 'mkdir', ['/etc/new']],
  ['EACCES', 'unlink', ['/etc/passwd'], 'removeFile'],
  ['EACCES', 'rename', ['/etc/passwd', '/etc/new']],
  ['EACCES', 'symlink', ['x', '/etc/new']],
  ['EACCES', 'readFile', ['/etc/shadow']],
  ['EACCES', 'copyFile', ['/etc/shadow', '@/new'], 'copy'],
  ['EACCES', 'readdir', ['/root'], 'readDir'],
  ['EACCES', 'stat', ['/root/x']],
  ['EACCES', 'realpath', ['/root/x']],
  ['EPERM', 'chmod', ['/etc/passwd', 0o666]],
  ['EPERM', 'chown', ['/etc/passwd', 65534, 65534]],
  ['EPERM', 'chown', ['@/mine', 0, 0]],
  ['EPERM', 'utimes', ['/etc/passwd', 1, 1]],
  ['EACCES', 'readFile', ['@/sealed/file']],
  ['EACCES', 'readdir', ['@/sealed'], 'readDir'],
  ['EACCES', 'writeFile', ['@/kept/new', 'x']],
  ['EACCES', 'unlink', ['@/kept/file'], 'removeFile'],
];

test('the companion stands in a directory of the server alone', async () => {
  await below.stat('/');
  assert.deepEqual(below.lane, { lane: 'companion', carrier: 'run', reason: null });
  const seen = await sandbox.sh('cd "$HOME/.cache/agentos-sandbox" && stat -c "%a %u" . companion-* && id -u');
  const [directory, program, user] = seen.trim().split('\n');
  assert.notEqual(user, '0');
  assert.deepEqual([directory, program], [`700 ${user}`, `700 ${user}`]);
});

test('what it may not do is refused as Linux refuses it', async () => {
  const base = `${home}/refused`;
  const make = `mkdir -p "$1/sealed" "$1/kept" && cd "$1" && echo x > mine && cp mine sealed/file && cp mine kept/file &&
    chmod 000 sealed && chmod 500 kept`;
  await sandbox.sh(make, base);
  assert.deepEqual(await byDriver(root, base, REFUSED), shown(REFUSED));
  assert.deepEqual(await onLinux(sandbox, base, REFUSED), shown(REFUSED));
  assert.equal(root.lane.lane, 'companion');
});

test('what it may do, it does', async () => {
  await below.writeFile('/own/file', 'mine');
  await below.chmod('/own/file', 0o600);
  await below.link('/own/file', '/own/second');
  await below.symlink('file', '/own/link');
  await below.utimes('/own/file', 1000, 2000);
  await below.rename('/own/second', '/own/third');
  await root.copy('/etc/passwd', `${home}/own/copy`);
  const { uid, mode, nlink, mtimeMs } = await below.stat('/own/link');
  assert.deepEqual([mode, nlink, mtimeMs], [0o100600, 2, 2000]);
  assert.equal(`${uid}\n`, await sandbox.sh('id -u'));
  assert.equal(await sandbox.sh('cd "$HOME/own" && cmp copy /etc/passwd && ls && cat third'), 'copy\nfile\nlink\nthird\nmine');
});

test('where its home takes nothing, the companion stands elsewhere', async () => {
  const elsewhere = 'ls -d .agentos-sandbox/* /tmp/.agentos-sandbox-*/* 2>/dev/null; :';
  await sandbox.sh('rm -rf "$HOME/.cache/agentos-sandbox" && chmod 500 "$HOME/.cache"');
  assert.equal(await sandbox.sh(elsewhere), '');
  const fs = createSandboxFs({ client: sandbox.client, basePath: home, cache: false });
  try {
    await fs.symlink('nowhere', '/elsewhere');
    assert.equal(fs.lane.lane, 'companion');
    assert.match(await sandbox.sh(elsewhere), /^\S*agentos-sandbox\S*\/companion-[0-9a-f]{16}\n$/);
  } finally {
    await fs.close();
    await sandbox.sh('chmod 700 "$HOME/.cache"');
  }
});

test('over HTTP the same is refused', async () => {
  const http = createSandboxFs({ client: sandbox.client, companion: false });
  try {
    for (const [action, code, syscall, path] of [
      [() => http.readFile('/etc/shadow'), 'EACCES', 'open', '/etc/shadow'],
      [() => http.readDir('/root'), 'EACCES', 'scandir', '/root'],
      [() => http.stat('/root/x'), 'EACCES', 'stat', '/root/x'],
      [() => http.writeFile('/etc/new', 'x'), 'EACCES', 'open', '/etc/new'],
      [() => http.removeFile('/etc/passwd'), 'EACCES', 'unlink', '/etc/passwd'],
    ])
      await expectError(action, { code, syscall, path, hint: /^$|basePath/ });
  } finally {
    await http.close();
  }
});
