// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { HTTP_ALONE, suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp } = await suite();

test('shortens, empties, and extends with zeros', async () => {
  const { fs } = await open();
  await fs.writeFile('/file', 'hello world');
  await fs.truncate('/file', 5);
  assert.equal(await fs.readTextFile('/file'), 'hello');
  await fs.truncate('/file', 8);
  assert.deepEqual(Buffer.from(await fs.readFile('/file')), Buffer.from('hello\0\0\0'));
  await fs.truncate('/file', 8);
  assert.equal((await fs.stat('/file')).size, 8);
  await fs.truncate('/file', 0);
  assert.equal((await fs.stat('/file')).size, 0);
});

test("fails by Node's names, and creates nothing", async () => {
  const { fs } = await open();
  await fs.writeFile('/d/file', '');
  const fails = { '/missing': 'ENOENT', '/d': 'EISDIR', '/d/file/x': 'ENOTDIR' };
  for (const [path, code] of Object.entries(fails))
    await expectError(fs.truncate(path, 3), { code, syscall: 'truncate', path });
  assert.equal(await fs.exists('/missing'), false);
});

describe(HTTP_ALONE, () => {
  test('it reaches as far as one body: 2 MiB', async () => {
    const { fs, base } = await openHttp();
    await fs.writeFile('/file', 'x');
    await fs.truncate('/file', 2 ** 21);
    assert.equal((await fs.stat('/file')).size, 2 ** 21);
    await expectError(fs.truncate('/file', 2 ** 21 + 1), { code: 'EFBIG', syscall: 'truncate', path: '/file' });
    assert.equal((await fs.stat('/file')).size, 2 ** 21);
    await sandbox.sh('head -c 3000000 /dev/zero > "$1"', `${base}/big`);
    await expectError(fs.truncate('/big', 2 ** 21 + 1), { code: 'EFBIG', syscall: 'truncate', path: '/big' });
    assert.equal((await fs.stat('/big')).size, 3_000_000);
  });
});
