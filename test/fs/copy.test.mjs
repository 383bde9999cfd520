// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { HTTP_ALONE, suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp } = await suite();

test('copies a content, byte by byte, and replaces what was there', async () => {
  const { fs } = await open();
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  await fs.writeFile('/from', bytes);
  await fs.writeFile('/taken', 'a longer content than the new one'.repeat(20));
  for (const to of ['/new', '/taken']) {
    await fs.copy('/from', to);
    assert.deepEqual(new Uint8Array(await fs.readFile(to)), bytes);
  }
  assert.deepEqual(new Uint8Array(await fs.readFile('/from')), bytes);
});

test('names both paths where it fails', async () => {
  const { fs } = await open();
  await fs.writeFile('/file', 'kept');
  await fs.mkdir('/d');
  const failure = (from, to, code) =>
    expectError(fs.copy(from, to), { code, syscall: 'copyfile', path: from, dest: to });
  await failure('/missing', '/file', 'ENOENT');
  await failure('/d', '/to', 'EISDIR');
  await failure('/file', '/d', 'EISDIR');
  await failure('/file', '/file/x', 'ENOTDIR');
  assert.equal(await fs.readTextFile('/file'), 'kept');
  assert.equal(await fs.exists('/to'), false);
});

test('onto itself keeps the content', async () => {
  const { fs } = await open();
  await fs.writeFile('/file', 'kept');
  await fs.copy('/file', '/file').catch(() => {});
  assert.equal(await fs.readTextFile('/file'), 'kept');
});

test('of a sparse file it copies the data, and its holes are holes', async () => {
  const { fs, base } = await open();
  const pieces = ['0', '536870912', '1073610752']; // where there is data in 1 GiB, 64 KiB each
  const hash = (path) => sandbox.sh('cd "$1"; shift; file=$1; shift; for at in "$@"; do ' +
    'dd if="$file" iflag=skip_bytes,count_bytes skip="$at" count=196608 status=none | sha256sum; done; stat -c %s "$file"',
    base, path, ...pieces);
  const blocks = async (path) => Number(await sandbox.sh('stat -c %b "$1"', `${base}/${path}`));
  await sandbox.sh('cd "$1"; shift; truncate -s 1G sparse; for at in "$@"; do head -c 65536 /dev/urandom |' +
    ' dd of=sparse oflag=seek_bytes seek="$at" conv=notrunc status=none; done; yes old | head -c 1100000 > old', base, ...pieces);
  const wanted = await hash('sparse');
  for (const to of ['new', 'old']) {
    await fs.copy('/sparse', `/${to}`);
    assert.equal(await hash(to), wanted);
    assert.ok((await blocks(to)) <= (await blocks('sparse')) + 64, `${await blocks(to)} blocks`);
  }
});

describe(HTTP_ALONE, () => {
  test('it reads and writes, as far as one body reaches: 2 MiB', async () => {
    const { fs, base } = await openHttp();
    await sandbox.sh('cd "$1"; head -c 2097152 /dev/urandom > most; head -c 2097153 /dev/zero > more', base);
    await fs.copy('/most', '/copy');
    await sandbox.sh('cd "$1"; cmp most copy', base);
    await expectError(fs.copy('/more', '/no'), { code: 'EFBIG', syscall: 'copyfile', path: '/more', dest: '/no' });
    assert.equal(await fs.exists('/no'), false);
  });
});
