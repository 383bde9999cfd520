// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, open } = await suite();

const METHODS = ['readDir', 'readDirWithTypes', 'readDirStat'];
const byName = (a, b) => (a.name < b.name ? -1 : 1);

async function tree() {
  const opened = await open();
  await opened.fs.writeFile('/d/file', '1234');
  await opened.fs.writeFile('/d/sub/inner', 'x');
  await opened.fs.writeFile('/d/.hidden', '');
  return opened;
}

test('readDir gives the names, neither . nor ..', async () => {
  const { fs } = await tree();
  assert.deepEqual((await fs.readDir('/d')).sort(), ['.hidden', 'file', 'sub']);
  assert.deepEqual(await fs.readDir('/'), ['d']);
  assert.deepEqual(await fs.readDir(''), ['d']);
});

test("readDirWithTypes gives each one's kind", async () => {
  const { fs } = await tree();
  const entries = (await fs.readDirWithTypes('/d')).sort(byName);
  assert.deepEqual(
    entries.map(({ name, isDirectory }) => ({ name, isDirectory })),
    [
      { name: '.hidden', isDirectory: false },
      { name: 'file', isDirectory: false },
      { name: 'sub', isDirectory: true },
    ],
  );
});

test('readDirStat gives what stat gives for each', async () => {
  const { fs } = await tree();
  const entries = await fs.readDirStat('/d');
  assert.equal(entries.length, 3);
  for (const { name, isDirectory, stat } of entries) {
    assert.deepEqual(stat, await fs.stat(`/d/${name}`), name);
    assert.equal(isDirectory, stat.isDirectory, name);
  }
});

test('an empty directory is an empty list', async () => {
  const { fs } = await open();
  await fs.mkdir('/empty');
  for (const method of METHODS) assert.deepEqual(await fs[method]('/empty'), []);
});

test('a large directory comes whole', async () => {
  const { fs, base } = await open();
  await sandbox.sh('cd "$1" && seq -f "name-%06g" 1 20000 | xargs touch', base);
  const names = (await fs.readDir('/')).sort();
  assert.equal(names.length, 20_000);
  assert.equal(names[0], 'name-000001');
  assert.equal(names[19_999], 'name-020000');
});

test("fails by Node's names", async () => {
  const { fs } = await tree();
  for (const method of METHODS) {
    await expectError(fs[method]('/missing'), { code: 'ENOENT', syscall: 'scandir', path: '/missing' });
    await expectError(fs[method]('/d/file'), { code: 'ENOTDIR', syscall: 'scandir', path: '/d/file' });
    await expectError(fs[method]('/d/file/x'), { code: 'ENOTDIR', syscall: 'scandir', path: '/d/file/x' });
  }
});
