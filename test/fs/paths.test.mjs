// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { NAMES } from '../helpers/names.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, open, proxied } = await suite();

test('a relative path and an absolute one are the same, and both begin at basePath', async () => {
  const { fs, base } = await open();
  await fs.writeFile('app/index.ts', 'one');
  assert.equal(await sandbox.sh('cat "$1/app/index.ts"', base), 'one');
  for (const path of ['app/index.ts', '/app/index.ts', './app/index.ts', '//app///index.ts', 'app/./index.ts'])
    assert.equal(await fs.readTextFile(path), 'one', path);
  for (const root of ['', '/', '.', './', '//']) assert.deepEqual(await fs.readDir(root), ['app'], `'${root}'`);
});

test('basePath is / unless it is given, and may end in a slash', async () => {
  const { fs, base } = await open({ basePath: undefined });
  await fs.writeFile(`${base}/file`, 'x');
  assert.equal(await fs.readTextFile(`${base.slice(1)}/file`), 'x');
  assert.deepEqual((await fs.readDir('/')).sort(), (await sandbox.sh('ls -A /')).trim().split('\n').sort());
  const inner = await open({ basePath: `${base}/` });
  assert.equal(await inner.fs.readTextFile('/file'), 'x');
});

test('.. never leaves basePath', async () => {
  const { fs, base } = await open();
  const name = base.split('/').pop();
  await fs.writeFile('../../outside', 'x');
  assert.equal(await sandbox.sh('cat "$1/outside"', base), 'x');
  for (const path of ['..', '/..', '../..', '/a/../..', `../${name}/..`])
    assert.deepEqual(await fs.readDir(path), ['outside'], path);
  await expectError(fs.stat(`../${name}`), { code: 'ENOENT', syscall: 'stat' });
  await fs.mkdir('/d');
  await fs.rename('../outside', '../../d/inside');
  assert.deepEqual(await fs.readDir('/d'), ['inside']);
});

test('a symbolic link may leave it: it is a view, not a jail', async () => {
  const { fs, base } = await open();
  await sandbox.sh('echo far > "$1.far"; ln -s "$1.far" "$1/link"', base);
  assert.equal(await fs.readTextFile('/link'), 'far\n');
});

test('every name makes the round trip as it is, both Unicode forms too', async () => {
  const { fs, base } = await open();
  for (const name of NAMES) await fs.writeFile(`/${name}`, `content of ${name}`);
  assert.deepEqual((await fs.readDir('/')).sort(), [...NAMES].sort());
  const listed = await sandbox.sh('cd "$1" && find . -mindepth 1 -print0 | base64 -w0', base);
  assert.deepEqual(
    Buffer.from(listed, 'base64').toString().split('\0').slice(0, -1).sort(),
    NAMES.map((name) => `./${name}`).sort(),
  );
  for (const name of NAMES) {
    assert.equal(await fs.readTextFile(name), `content of ${name}`);
    assert.equal(await fs.realpath(`/${name}`), `/${name}`);
    await fs.rename(name, `${name.slice(0, 60)}.moved`);
    await fs.removeFile(`/${name.slice(0, 60)}.moved`);
    await fs.mkdir(name);
    await fs.writeFile(`${name}/${name}`, '');
    assert.deepEqual(await fs.readDir(name), [name]);
  }
});

test('a name is quoted as it is in the message', async () => {
  const { fs } = await open();
  await expectError(fs.readFile("/it's\nhere"), { code: 'ENOENT', syscall: 'open', path: "/it's\nhere" });
});

test('a path with NUL or half a surrogate pair is refused, and nothing is sent', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await open({ client });
  for (const path of ['a\0b', '\0', '\ud800', 'x\udc00y', '\udc00\ud800']) {
    for (const act of [
      () => fs.readFile(path),
      () => fs.writeFile(path, ''),
      () => fs.stat(path),
      () => fs.readDir(path),
      () => fs.exists(path),
      () => fs.mkdir(path),
      () => fs.removeFile(path),
      () => fs.rename(path, '/x'),
      () => fs.rename('/x', path),
      () => fs.copy('/x', path),
      () => fs.pread(path, 0, 1),
      () => fs.prepareOpenSync(path, 0o100),
    ])
      await assert.rejects(async () => act(), { code: 'EINVAL', errno: -22 });
  }
  assert.equal(await proxy.count(), 0);
});

test('a path that is too long is refused', async () => {
  const { fs } = await open();
  await expectError(fs.stat(`/${'d/'.repeat(2100)}`), { code: 'ENAMETOOLONG', syscall: 'stat' });
});
