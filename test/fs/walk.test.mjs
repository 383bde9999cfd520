// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp, proxied } = await suite();

for (const [lane, openLane] of [
  ['over the companion', open],
  ['over HTTP', openHttp],
]) {
  describe(`readDirRecursive ${lane}`, () => {
    test('gives all that stands below, a directory before what it holds', async () => {
      const { fs, base } = await openLane();
      await sandbox.sh('cd "$1"; mkdir -p a/b/c a/empty z; echo hi > a/b/c/file; touch top "z/ x"', base);
      await fs.readDirRecursive('/'); // reading a directory for the first time changes its atime
      const tree = await fs.readDirRecursive('/');
      const paths = tree.map(({ path }) => path);
      assert.deepEqual([...paths].sort(), ['a', 'a/b', 'a/b/c', 'a/b/c/file', 'a/empty', 'top', 'z', 'z/ x']);
      for (const [i, { path, isDirectory, isSymbolicLink, ino, stat }] of tree.entries()) {
        const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
        assert.ok(parent === '' || paths.indexOf(parent) < i, `${parent} comes before ${path}`);
        assert.deepEqual(stat, await fs.lstat(`/${path}`), path);
        assert.deepEqual([isDirectory, isSymbolicLink, ino], [stat.isDirectory, stat.isSymbolicLink, stat.ino]);
      }
      assert.deepEqual(
        (await fs.readDirRecursive('a/b')).map(({ path }) => path),
        ['c', 'c/file'],
      );
      assert.deepEqual(await fs.readDirRecursive('/a/empty'), []);
    });

    test('follows no link', async () => {
      const { fs, base } = await openLane();
      await sandbox.sh('cd "$1"; mkdir -p d/e; ln -s .. d/e/up; ln -s e d/to; ln -s nowhere d/dangling', base);
      const paths = (await fs.readDirRecursive('/d')).map(({ path }) => path).sort();
      assert.deepEqual(paths, ['dangling', 'e', 'e/up', 'to']);
    });

    test('a tree of 30,000 entries comes whole', async () => {
      const { fs, base } = await openLane();
      await sandbox.sh(
        'cd "$1"; for i in $(seq 60); do mkdir -p "d$i/e$i"; done; for i in $(seq 60); do seq -f "d$i/e$i/%06g" 500; done | xargs touch',
        base,
      );
      const paths = new Set((await fs.readDirRecursive('/')).map(({ path }) => path));
      assert.equal(paths.size, 120 + 30_000);
      for (let i = 1; i <= 60; i++) {
        assert.ok(paths.has(`d${i}/e${i}/000001`) && paths.has(`d${i}/e${i}/000500`), `d${i}`);
      }
    });

    // The shell goes there step by step; each name has 100 bytes.
    test('a path that is too long to be asked for loses nothing but what is below it', async () => {
      const { fs, base } = await openLane();
      const deep = 'set -e; cd "$1"; name=$(printf %0100d 0); at=$1; while [ $((${#at} + 101)) -le 4095 ]; do ' +
        'mkdir $name; cd $name; at=$at/$name; done; mkdir $name; touch $name/beyond; cd "$1"; mkdir after; touch after/file; echo ${#at}';
      const length = Number(await sandbox.sh(deep, base));
      const paths = (await fs.readDirRecursive('/')).map(({ path }) => path);
      assert.ok(paths.includes('after/file'), `${paths.length} paths`);
      const longest = Math.max(...paths.map((path) => `${base}/${path}`.length));
      assert.ok(longest >= length, `${longest} of ${length} bytes`);
      await sandbox.sh('rm -rf "$1"', base);
    });

    test("fails by Node's names", async () => {
      const { fs, base } = await openLane();
      await sandbox.sh('touch "$1/file"', base);
      const fails = (path, code) => expectError(fs.readDirRecursive(path), { code, syscall: 'scandir', path });
      await fails('/missing', 'ENOENT');
      await fails('/file', 'ENOTDIR');
    });
  });
}

test('over HTTP, a directory that cannot be asked for is a failure, and no shorter tree', async () => {
  const { proxy, client } = await proxied();
  const { fs, base } = await openHttp({ client });
  await sandbox.sh('cd "$1"; mkdir -p a b; touch a/x b/y', base);
  const match = `GET /v1/fs/entries?path=${base}/b`;
  await proxy.rules([{ match, do: 'answer', status: 503, headers: {}, body: 'busy' }]);
  await assert.rejects(fs.readDirRecursive('/'));
  await proxy.rules([]);
  assert.equal((await fs.readDirRecursive('/')).length, 4);
});
