// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectError, expectTypeError } from '../helpers/expect.mjs';
import { HTTP_ALONE, suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp } = await suite();

test('it follows a link, but where it is told not to', { skip: process.getuid() !== 0 && 'only root may' }, async () => {
  const { fs, base } = await open();
  await fs.writeFile('/file', '');
  await fs.symlink('file', '/link');
  const owners = () => sandbox.sh('cd "$1" && stat -c %u:%g file link', base);
  await fs.chown('/link', 1, 2, { followSymlinks: false });
  assert.equal(await owners(), '0:0\n1:2\n');
  await fs.chown('/link', 3, 4, {});
  await fs.chown('/link', 5, 4_294_967_295, { followSymlinks: true });
  assert.equal(await owners(), '5:4\n1:2\n');
  for (const wrong of [5, { followSymlinks: 1 }]) await expectTypeError(fs.chown('/link', 1, 2, wrong), /followSymlinks|options/);
});

describe(HTTP_ALONE, () => {
  test('it is no function of this server, and says so by name', async () => {
    const { fs } = await openHttp();
    await fs.writeFile('/file', '');
    await expectError(fs.chown('/file', 1000, 1000), { code: 'ENOSYS', syscall: 'chown' });
  });
});
