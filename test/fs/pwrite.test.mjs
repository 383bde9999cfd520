// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { HTTP_ALONE, suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp } = await suite();

test('writes at an offset, leaves the rest, and fills a gap with zeros', async () => {
  const { fs } = await open();
  await fs.writeFile('/file', '0123456789');
  await fs.pwrite('/file', 3, Buffer.from('abc'));
  assert.equal(await fs.readTextFile('/file'), '012abc6789');
  await fs.pwrite('/file', 9, Buffer.from('XY'));
  assert.equal(await fs.readTextFile('/file'), '012abc678XY');
  await fs.pwrite('/file', 13, Buffer.from('Z'));
  assert.deepEqual(Buffer.from(await fs.readFile('/file')), Buffer.from('012abc678XY\0\0Z'));
  await fs.pwrite('/file', 2, Buffer.alloc(0));
  assert.equal((await fs.stat('/file')).size, 14);
});

test("fails by Node's names, and creates nothing", async () => {
  const { fs } = await open();
  await fs.writeFile('/d/file', '');
  const fails = { '/missing': 'ENOENT', '/d': 'EISDIR', '/d/file/x': 'ENOTDIR' };
  for (const [path, code] of Object.entries(fails))
    await expectError(fs.pwrite(path, 0, Buffer.from('x')), { code, syscall: 'write', path });
  assert.equal(await fs.exists('/missing'), false);
});

describe(HTTP_ALONE, () => {
  test('it reads and writes whole, as far as one body reaches: 2 MiB', async () => {
    const { fs, base } = await openHttp();
    await fs.writeFile('/file', 'start');
    await fs.pwrite('/file', 2 ** 21 - 3, Buffer.from('end'));
    assert.equal((await fs.stat('/file')).size, 2 ** 21);
    assert.equal(Buffer.from(await fs.pread('/file', 2 ** 21 - 3, 9)).toString(), 'end');
    await expectError(fs.pwrite('/file', 2 ** 21 - 2, Buffer.from('end')), {
      code: 'EFBIG',
      syscall: 'write',
      path: '/file',
    });
    assert.equal((await fs.stat('/file')).size, 2 ** 21);
    await sandbox.sh('head -c 3000000 /dev/zero > "$1"', `${base}/big`);
    await expectError(fs.pwrite('/big', 0, Buffer.from('x')), { code: 'EFBIG', syscall: 'write', path: '/big' });
    assert.equal(await sandbox.sh('tr -d "\\0" < "$1" | wc -c', `${base}/big`), '0\n');
  });
});
