// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { HTTP_ALONE, suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp } = await suite();

test('a time that has the same milliseconds already stays exact', async () => {
  const { fs, base } = await open();
  await fs.writeFile('/file', '');
  await fs.utimes('/file', 1_000_000_111_222_333n, 1_700_000_000_123_456_789n);
  const { atimeMs, mtimeMs } = await fs.stat('/file');
  await fs.utimes('/file', atimeMs + 5, mtimeMs);
  const { atimeNs, mtimeNs } = await fs.stat('/file');
  assert.deepEqual([atimeNs, mtimeNs], [1_000_000_116_000_000n, 1_700_000_000_123_456_789n]);
  await fs.utimes('/file', atimeMs, mtimeMs + 1);
  assert.equal((await fs.stat('/file')).mtimeNs, 1_700_000_000_124_000_000n);
  await fs.utimes('/file', 0n, 1_700_000_000_123_000_000n);
  assert.equal(await sandbox.sh('stat -c %.9Y "$1/file"', base), '1700000000.123000000\n');
});

test('fails for a path that is not there', async () => {
  const { fs } = await open();
  await fs.writeFile('/file', '');
  await expectError(fs.utimes('/missing', 1_700_000_000_000, 1_710_000_000_000), {
    code: 'ENOENT',
    syscall: 'utime',
    path: '/missing',
  });
  await expectError(fs.utimes('/file/x', 1_700_000_000_000, 1_710_000_000_000), {
    code: 'ENOTDIR',
    syscall: 'utime',
    path: '/file/x',
  });
});

test('whole milliseconds come as they are', async () => {
  const { fs } = await open();
  await fs.writeFile('/file', '');
  for (const ms of [1_700_000_000_123, 1_700_000_000_057, 1_795_771_636_670, 1, -1, -1_700_000_000_001]) {
    await fs.utimes('/file', ms + 7, ms);
    const { atimeNs, mtimeNs } = await fs.stat('/file');
    assert.deepEqual([atimeNs, mtimeNs], [BigInt(ms + 7) * 1_000_000n, BigInt(ms) * 1_000_000n]);
  }
  await fs.utimes('/file', 0, 1.5);
  assert.equal((await fs.stat('/file')).mtimeNs, 1_500_000n);
});

describe(HTTP_ALONE, () => {
  test('it changes nothing, and does not fail: the VM calls it by itself', async () => {
    const { fs } = await openHttp();
    await fs.writeFile('/file', 'content');
    await fs.mkdir('/d');
    const before = await fs.stat('/file');
    assert.equal(await fs.utimes('/file', 1_700_000_000_000, 1_710_000_000_000), undefined);
    await fs.utimes('/d', 1_700_000_000_000, 1_710_000_000_000);
    assert.deepEqual(await fs.stat('/file'), before);
  });
});
