// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { AT_ONCE, suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp, proxied } = await suite();

const O_CREAT = 0o100;
const O_EXCL = 0o200;
const O_TRUNC = 0o1000;
const O_WRONLY = 1;

test('creates what is missing, empty, and says so', async () => {
  const { fs, base } = await open();
  assert.equal(fs.prepareOpenSync('new', O_CREAT | O_WRONLY), true);
  assert.equal(await sandbox.sh('stat -c "%F %s" "$1"', `${base}/new`), 'regular empty file 0\n');
  assert.equal(fs.prepareOpenSync('/both', O_CREAT | O_EXCL | O_TRUNC), true);
  assert.equal((await fs.stat('/both')).size, 0);
});

test('leaves what is there as it is', async () => {
  const { fs } = await open();
  await fs.writeFile('/file', 'kept');
  assert.equal(fs.prepareOpenSync('/file', O_CREAT), false);
  assert.equal(await fs.readTextFile('/file'), 'kept');
});

test('empties with O_TRUNC', async () => {
  const { fs } = await open();
  for (const flags of [O_TRUNC, O_CREAT | O_TRUNC]) {
    await fs.writeFile('/file', 'gone');
    assert.equal(fs.prepareOpenSync('/file', flags), false);
    assert.equal(await fs.readTextFile('/file'), '');
  }
});

test('a file of any size can be emptied', async () => {
  const { fs, base } = await open();
  await sandbox.sh('head -c 3000000 /dev/zero > "$1"', `${base}/big`);
  assert.equal(fs.prepareOpenSync('/big', O_TRUNC), false);
  assert.equal((await fs.stat('/big')).size, 0);
});

test('O_EXCL refuses what is there, and does not touch it', async () => {
  const { fs } = await open();
  await fs.writeFile('/file', 'kept');
  await fs.mkdir('/d');
  for (const path of ['/file', '/d'])
    await expectError(() => fs.prepareOpenSync(path, O_CREAT | O_EXCL | O_TRUNC), {
      code: 'EEXIST',
      syscall: 'open',
      path,
    });
  assert.equal(await fs.readTextFile('/file'), 'kept');
});

test('creates nothing unless asked to', async () => {
  const { fs } = await open();
  await expectError(() => fs.prepareOpenSync('/missing', O_TRUNC), {
    code: 'ENOENT',
    syscall: 'open',
    path: '/missing',
  });
  assert.equal(await fs.exists('/missing'), false);
});

test('a directory and a path through a file are refused', async () => {
  const { fs } = await open();
  await fs.writeFile('/d/file', '');
  await expectError(() => fs.prepareOpenSync('/d', O_CREAT | O_TRUNC), { code: 'EISDIR', syscall: 'open', path: '/d' });
  await expectError(() => fs.prepareOpenSync('/d/file/x', O_CREAT), {
    code: 'ENOTDIR',
    syscall: 'open',
    path: '/d/file/x',
  });
});

test('does not wait for what is in flight', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await openHttp({ client, ...AT_ONCE });
  await fs.writeFile('/slow', 'x');
  await proxy.rules([{ match: 'GET /v1/fs/file', do: 'stall' }]);
  const reading = fs.readFile('/slow').catch((error) => error);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(fs.prepareOpenSync('/new', O_CREAT), true);
  await proxy.stop();
  assert.equal((await reading).syscall, 'open');
});

test('asks nothing where a stat just before says that an existing file needs nothing', async () => {
  const { proxy, client } = await proxied();
  const { fs, base } = await open({ client, ...AT_ONCE });
  await sandbox.sh('printf kept > "$1/full"; : > "$1/empty"; mkdir "$1/d"', base);
  const asked = async (path, flags) => {
    const before = await proxy.count();
    await fs.stat(path); // counts for 20 ms: nothing else is waited for
    const answer = fs.prepareOpenSync(path, flags);
    return [answer, (await proxy.count()) - before - 1];
  };
  assert.deepEqual(await asked('/full', O_CREAT | O_WRONLY), [false, 0]);
  assert.deepEqual(await asked('/empty', O_CREAT | O_TRUNC), [false, 0]);
  // What is to be emptied, and what has changed since or may have, is asked for.
  assert.deepEqual(await asked('/full', O_TRUNC), [false, 1]);
  assert.equal(await fs.readTextFile('/full'), '');
  await fs.stat('/full');
  await fs.removeFile('/full');
  assert.equal(fs.prepareOpenSync('/full', O_CREAT), true);
  await fs.stat('/full');
  const writing = fs.writeFile('/full', 'more');
  assert.equal(fs.prepareOpenSync('/full', O_CREAT), false);
  await writing;
  await fs.stat('/d');
  await expectError(() => fs.prepareOpenSync('/d', O_CREAT), { code: 'EISDIR', syscall: 'open', path: '/d' });
  await fs.stat('/full');
  await expectError(() => fs.prepareOpenSync('/full', O_CREAT | O_EXCL), {
    code: 'EEXIST',
    syscall: 'open',
    path: '/full',
  });
});

test('a stat that a change has overtaken says nothing', async () => {
  const { fs } = await open();
  for (const length of [1000, 700_000]) {
    for (let i = 0; i < 10; i++) {
      await fs.writeFile('/file', '');
      const [stat] = await Promise.all([fs.stat('/file'), fs.writeFile('/file', 'x'.repeat(length))]);
      assert.ok([0, length].includes(stat.size));
      fs.prepareOpenSync('/file', O_TRUNC);
      assert.equal((await fs.stat('/file')).size, 0, `after ${length} bytes`);
      await fs.writeFile('/file', 'x'.repeat(length));
      fs.prepareOpenSync('/file', O_TRUNC);
      assert.equal((await fs.stat('/file')).size, 0, `after ${length} bytes, waited for`);
    }
  }
});

test('prepareOpen is the same without blocking', async () => {
  const { fs } = await open();
  assert.equal(await fs.prepareOpen('/new', O_CREAT | O_WRONLY), true);
  assert.equal(await fs.prepareOpen('/new', O_CREAT), false);
  await expectError(fs.prepareOpen('/new', O_CREAT | O_EXCL), { code: 'EEXIST', syscall: 'open', path: '/new' });
  await expectError(fs.prepareOpen('/missing', O_TRUNC), { code: 'ENOENT', syscall: 'open', path: '/missing' });
});

test('is given up after a deadline, and blocks no longer than 5 s', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await open({ client, timeoutMs: 300, ...AT_ONCE });
  await proxy.rules([{ do: 'stall' }]);
  await expectError(() => fs.prepareOpenSync('/new', O_CREAT), { code: 'ETIMEDOUT', syscall: 'open', path: '/new' });
  const patient = await open({ client, timeoutMs: 600_000, ...AT_ONCE });
  await expectError(() => patient.fs.prepareOpenSync('/new', O_CREAT), {
    code: 'ETIMEDOUT',
    syscall: 'open',
    path: '/new',
  });
});
