// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { HTTP_ALONE, suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp, proxied } = await suite();

const stored = async (base, name = 'file') => Buffer.from(await sandbox.client.readFsFile({ path: `${base}/${name}` }));

test('writes bytes: all 256, and none', async () => {
  const { fs, base } = await open();
  for (const bytes of [Uint8Array.from({ length: 256 }, (_, i) => i), new Uint8Array(0)]) {
    assert.equal(await fs.writeFile('/file', bytes), undefined);
    assert.deepEqual(await stored(base), Buffer.from(bytes));
  }
});

test('writes a string as UTF-8, with what stands in it', async () => {
  const { fs, base } = await open();
  for (const text of ['', 'line\r\nline\r\n', '\ufeffwith a BOM\n', 'é e\u0301 漢字 🙂 \u0000 end']) {
    await fs.writeFile('/file', text);
    assert.deepEqual(await stored(base), Buffer.from(text));
  }
});

test('replaces the whole content', async () => {
  const { fs, base } = await open();
  await fs.writeFile('/file', 'a long content'.repeat(1000));
  await fs.writeFile('/file', 'short');
  assert.equal((await stored(base)).toString(), 'short');
});

test('makes the directories on the way', async () => {
  const { fs, base } = await open();
  await fs.writeFile('app/src/index.ts', 'deep');
  assert.equal((await stored(base, 'app/src/index.ts')).toString(), 'deep');
});

test('accepts every view of memory, at its offset and length', async () => {
  const { fs, base } = await open();
  const memory = Uint8Array.from({ length: 64 }, (_, i) => 100 + i).buffer;
  const kinds = [
    Uint8Array,
    Uint8ClampedArray,
    Int8Array,
    Uint16Array,
    Int16Array,
    Uint32Array,
    Int32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
    DataView,
    Buffer,
  ];
  for (const kind of kinds) {
    const view = kind === Buffer ? Buffer.from(memory, 16, 2) : new kind(memory, 16, 2);
    await fs.writeFile('/file', view);
    assert.deepEqual(await stored(base), Buffer.from(memory, 16, view.byteLength), kind.name);
    await fs.pwrite('/file', 1, view);
    assert.deepEqual((await stored(base)).subarray(1), Buffer.from(memory, 16, view.byteLength), kind.name);
  }
  const pooled = Buffer.from('from the pool');
  await fs.writeFile('/file', pooled);
  assert.deepEqual(await stored(base), pooled);
});

test('what changes in the memory afterwards is not written', async () => {
  const { fs, base } = await open();
  const bytes = Buffer.alloc(1_000_000, 'a');
  const writing = fs.writeFile('/file', bytes);
  bytes.fill('b');
  await writing;
  assert.deepEqual(await stored(base), Buffer.alloc(1_000_000, 'a'));
});

test('memory that goes away meanwhile does no harm', async () => {
  const { fs, base } = await open();
  const bytes = new Uint8Array(1_000_000).fill(97);
  const writing = fs.writeFile('/file', bytes);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  await writing;
  assert.equal((await stored(base)).length, 1_000_000);
  await fs.writeFile('/file', bytes).then(
    async () => assert.equal((await stored(base)).length, 0), // detached: a view of nothing
    (error) => assert.ok(error instanceof TypeError),
  );
});

test("fails by Node's names", async () => {
  const { fs } = await open();
  await fs.writeFile('/d/file', 'kept');
  const fails = { '/d': 'EISDIR', '/': 'EISDIR', '/d/file/x': 'ENOTDIR' };
  for (const [path, code] of Object.entries(fails))
    await expectError(fs.writeFile(path, 'x'), { code, syscall: 'open', path });
  assert.equal(await fs.readTextFile('/d/file'), 'kept');
});

describe(HTTP_ALONE, () => {
  test('2 MiB can be written; one byte more is refused before anything is sent', async () => {
    const { proxy, client } = await proxied();
    const { fs, base } = await openHttp({ client });
    await fs.writeFile('/file', new Uint8Array(2 ** 21).fill(7));
    assert.equal((await stored(base)).length, 2 ** 21);
    const sent = await proxy.count();
    for (const content of [new Uint8Array(2 ** 21 + 1), 'é'.repeat(2 ** 20) + 'x'])
      await expectError(fs.writeFile('/file', content), { code: 'EFBIG', syscall: 'open', path: '/file' });
    assert.equal(await proxy.count(), sent);
    assert.equal((await stored(base)).length, 2 ** 21);
  });
});
