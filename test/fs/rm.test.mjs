// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectError, expectTypeError } from '../helpers/expect.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp } = await suite();

for (const [lane, openLane] of [
  ['over the companion', open],
  ['over HTTP', openHttp],
]) {
  describe(`rm ${lane}`, () => {
    const fails = (fs, path, options, code) => expectError(fs.rm(path, options), { code, syscall: 'rm', path });

    test('removes a file, and a directory with all below it only with recursive', async () => {
      const { fs, base } = await openLane();
      await sandbox.sh('cd "$1"; mkdir -p d/e/f; touch file d/a d/e/b d/e/f/c', base);
      await fs.rm('/file');
      await fails(fs, '/d', undefined, 'EISDIR');
      await fails(fs, '/d', { recursive: false, force: true }, 'EISDIR');
      assert.equal((await sandbox.sh('cd "$1"; find . | wc -l', base)).trim(), '7');
      await fs.rm('/d', { recursive: true });
      assert.equal((await sandbox.sh('cd "$1"; find . | wc -l', base)).trim(), '1');
    });

    test('what is not there is a failure, but with force', async () => {
      const { fs } = await openLane();
      await fails(fs, '/missing', {}, 'ENOENT');
      await fails(fs, '/missing', { recursive: true }, 'ENOENT');
      await fs.rm('/missing', { force: true });
      await fs.rm('/missing', { force: true, recursive: true });
    });

    test('follows no link: what it points to stays', async () => {
      const { fs, base } = await openLane();
      await sandbox.sh('cd "$1"; mkdir -p kept app; touch kept/x; ln -s ../kept app/link; ln -s kept top', base);
      await fs.rm('/app', { recursive: true });
      await fs.rm('/top', { recursive: true });
      assert.equal(await sandbox.sh('cd "$1"; find . | sort', base), '.\n./kept\n./kept/x\n');
    });

    test('the root stays', async () => {
      const { fs, base } = await openLane();
      await sandbox.sh('touch "$1/x"', base);
      await fails(fs, '/', { recursive: true, force: true }, 'EBUSY');
      assert.deepEqual(await fs.readDir('/'), ['x']);
    });

    test('options of another type are refused', async () => {
      const { fs } = await openLane();
      await expectTypeError(fs.rm('/x', 7), /"options" argument/);
      await expectTypeError(fs.rm('/x', { recursive: 1 }), /"options.recursive" property/);
      await expectTypeError(fs.rm('/x', { force: 'yes' }), /"options.force" property/);
    });
  });
}

test('with a slash at its end a path names a directory alone', async () => {
  const { fs, base } = await open();
  await sandbox.sh('cd "$1"; mkdir -p d/e; touch file; ln -s d link', base);
  for (const options of [undefined, { recursive: true }, { recursive: true, force: true }])
    for (const path of ['/file/', 'link/']) {
      const at = `/${path.replaceAll('/', '')}`;
      await expectError(fs.rm(path, options), { code: 'ENOTDIR', syscall: 'rm', path: at });
    }
  await fs.rm('/d/', { recursive: true });
  assert.equal(await sandbox.sh('cd "$1"; find . | sort', base), '.\n./file\n./link\n');
});
