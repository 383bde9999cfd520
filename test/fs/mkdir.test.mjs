// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, open } = await suite();

for (const method of ['mkdir', 'createDir']) {
  test(`${method} makes one directory`, async () => {
    const { fs, base } = await open();
    await fs[method]('/d');
    await fs[method]('d/inner');
    assert.equal(await sandbox.sh('cd "$1" && find . -type d | sort', base), '.\n./d\n./d/inner\n');
  });

  test(`${method} fails where something is, where the parent is not, and below a file`, async () => {
    const { fs } = await open();
    await fs.writeFile('/d/file', 'kept');
    const fails = { '/d': 'EEXIST', '/d/file': 'EEXIST', '/no/inner': 'ENOENT', '/d/file/x': 'ENOTDIR', '/': 'EEXIST' };
    for (const [path, code] of Object.entries(fails))
      await expectError(fs[method](path), { code, syscall: 'mkdir', path });
    assert.equal(await fs.exists('/no'), false);
    assert.equal(await fs.readTextFile('/d/file'), 'kept');
  });
}

test('{ recursive: false } and no options are the same', async () => {
  const { fs } = await open();
  for (const options of [undefined, {}, { recursive: false }])
    await expectError(fs.mkdir('/a/b', options), { code: 'ENOENT', syscall: 'mkdir', path: '/a/b' });
});
