// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { HTTP_ALONE, suite } from '../helpers/suite.mjs';

const { open, openHttp, proxied } = await suite();

test('moves a file, and a directory with what is in it', async () => {
  const { fs } = await open();
  await fs.writeFile('/a', 'file');
  await fs.rename('/a', '/b');
  await fs.writeFile('/d/x/y', 'deep');
  await fs.rename('d', 'e');
  assert.equal(await fs.readTextFile('/b'), 'file');
  assert.equal(await fs.readTextFile('/e/x/y'), 'deep');
  assert.deepEqual((await fs.readDir('/')).sort(), ['b', 'e']);
});

test('names both paths where it fails', async () => {
  const { fs } = await open();
  await fs.writeFile('/file', '');
  await fs.mkdir('/d');
  const failure = (from, to, code) =>
    expectError(fs.rename(from, to), { code, syscall: 'rename', path: from, dest: to });
  await failure('/missing', '/to', 'ENOENT');
  await failure('/file', '/file/x', 'ENOTDIR');
  await failure('/d', '/d/inner', 'EINVAL');
});

test('onto itself destroys nothing', async () => {
  const { fs } = await open();
  await fs.writeFile('/file', 'kept');
  await fs.rename('/file', '/file').catch(() => {});
  assert.equal(await fs.readTextFile('/file'), 'kept');
});

describe(HTTP_ALONE, () => {
  test('a path that is taken is refused, and stays', async () => {
    const { fs } = await openHttp();
    await fs.writeFile('/from', 'source');
    await fs.writeFile('/file', 'kept');
    await fs.writeFile('/d/inner', 'kept');
    for (const to of ['/file', '/d'])
      await expectError(fs.rename('/from', to), { code: 'EEXIST', syscall: 'rename', path: '/from', dest: to });
    assert.equal(await fs.readTextFile('/from'), 'source');
    assert.equal(await fs.readTextFile('/file'), 'kept');
    assert.equal(await fs.readTextFile('/d/inner'), 'kept');
  });

  test('a source that is not there costs the target nothing', async () => {
    const { fs } = await openHttp();
    await fs.writeFile('/file', 'kept');
    await assert.rejects(fs.rename('/missing', '/file'));
    assert.equal(await fs.readTextFile('/file'), 'kept');
  });

  test('the server is never asked to overwrite: it would delete the target first', async () => {
    const { proxy, client } = await proxied();
    const { fs } = await openHttp({ client });
    await fs.writeFile('/from', 'x');
    await fs.writeFile('/taken', 'kept');
    await fs.rename('/from', '/taken').catch(() => {});
    await fs.rename('/from', '/to');
    const moves = (await proxy.requests()).filter(({ url }) => url.startsWith('/v1/fs/move'));
    assert.ok(moves.length > 0);
    for (const { body } of moves) assert.ok(!JSON.parse(body).overwrite, body);
  });
});
