// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { HTTP_ALONE, suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp } = await suite();

test('copies a content, byte by byte, and replaces what was there', async () => {
  const { fs } = await open();
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  await fs.writeFile('/from', bytes);
  await fs.writeFile('/taken', 'a longer content than the new one'.repeat(20));
  for (const to of ['/new', '/taken']) {
    await fs.copy('/from', to);
    assert.deepEqual(new Uint8Array(await fs.readFile(to)), bytes);
  }
  assert.deepEqual(new Uint8Array(await fs.readFile('/from')), bytes);
});

test('names both paths where it fails', async () => {
  const { fs } = await open();
  await fs.writeFile('/file', 'kept');
  await fs.mkdir('/d');
  const failure = (from, to, code) =>
    expectError(fs.copy(from, to), { code, syscall: 'copyfile', path: from, dest: to });
  await failure('/missing', '/file', 'ENOENT');
  await failure('/d', '/to', 'EISDIR');
  await failure('/file', '/d', 'EISDIR');
  await failure('/file', '/file/x', 'ENOTDIR');
  assert.equal(await fs.readTextFile('/file'), 'kept');
  assert.equal(await fs.exists('/to'), false);
});

test('onto itself keeps the content', async () => {
  const { fs } = await open();
  await fs.writeFile('/file', 'kept');
  await fs.copy('/file', '/file').catch(() => {});
  assert.equal(await fs.readTextFile('/file'), 'kept');
});

describe(HTTP_ALONE, () => {
  test('it reads and writes, as far as one body reaches: 2 MiB', async () => {
    const { fs, base } = await openHttp();
    await sandbox.sh('cd "$1"; head -c 2097152 /dev/urandom > most; head -c 2097153 /dev/zero > more', base);
    await fs.copy('/most', '/copy');
    await sandbox.sh('cd "$1"; cmp most copy', base);
    await expectError(fs.copy('/more', '/no'), { code: 'EFBIG', syscall: 'copyfile', path: '/more', dest: '/no' });
    assert.equal(await fs.exists('/no'), false);
  });
});
