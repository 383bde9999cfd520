// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { HTTP_ALONE, suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp } = await suite();

test('reads a range: all of it, or what there is', async () => {
  const { fs } = await open();
  await fs.writeFile('/file', '0123456789ABCDE');
  const ranges = [
    [10, 5, 'ABCDE'],
    [0, 3, '012'],
    [0, 15, '0123456789ABCDE'],
    [12, 100, 'CDE'],
    [15, 1, ''],
    [99, 5, ''],
    [3, 0, ''],
  ];
  for (const [offset, length, expected] of ranges) {
    const bytes = await fs.pread('/file', offset, length);
    assert.ok(bytes instanceof Uint8Array);
    assert.equal(Buffer.from(bytes).toString(), expected, `${offset}, ${length}`);
  }
});

test('what it gives owns no more memory than it shows', async () => {
  const { fs } = await open();
  await fs.writeFile('/file', 'x'.repeat(1_000_000));
  const bytes = await fs.pread('/file', 500, 10);
  assert.equal(bytes.buffer.byteLength - bytes.byteOffset, 10);
});

test("fails by Node's names", async () => {
  const { fs } = await open();
  await fs.writeFile('/d/file', '');
  const fails = { '/missing': 'ENOENT', '/d': 'EISDIR', '/d/file/x': 'ENOTDIR' };
  for (const [path, code] of Object.entries(fails))
    await expectError(fs.pread(path, 0, 3), { code, syscall: 'read', path });
});

describe(HTTP_ALONE, () => {
  test('it reads whole and cuts, up to 64 MiB', async () => {
    const { fs, base } = await openHttp();
    await sandbox.sh(
      'truncate -s 64M "$1/most"; printf end | dd of="$1/most" bs=1 seek=67108861 conv=notrunc status=none; truncate -s 67108865 "$1/more"',
      base,
    );
    assert.equal(Buffer.from(await fs.pread('/most', 67_108_861, 100)).toString(), 'end');
    await expectError(fs.pread('/more', 0, 1), { code: 'EFBIG', syscall: 'read', path: '/more' });
  });
});
