// unchanged.test.mjs: a content that was read or written last does not travel again: a read asks whether it is still that
// one, a write sends the range that is new. Whatever happened to the file meanwhile is seen.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp, proxied } = await suite();

const LENGTH = 300_000;
const LITTLE = 8_000; // bytes that a question and its answer move, at the most

/** Bytes without a pattern that depend on the seed alone. */
function content(seed, length = LENGTH) {
  let state = seed;
  return Buffer.from(Array.from({ length }, () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24));
}

/** A file system behind a proxy that counts, with a file "x" in it. */
async function counted(options) {
  const { proxy, client } = await proxied();
  const { fs, base } = await open({ client, ...options });
  await fs.writeFile('/x', content(1));
  return { fs, base, proxy };
}

const held = async (base, name = 'x') => Buffer.from(await sandbox.sh('base64 "$1/$2"', base, name), 'base64');

test('what was written or read is not sent again, and each reader has bytes of their own', async () => {
  const { fs, proxy } = await counted();
  const one = await fs.readFile('/x');
  one.fill(0);
  let two;
  assert.ok((await proxy.moved(async () => (two = await fs.readFile('/x')))) < LITTLE);
  assert.deepEqual(Buffer.from(two), content(1));
  two.fill(1);
  assert.deepEqual(Buffer.from(await fs.readFile('/x')), content(1));
});

for (const [what, script] of [
  ['one byte of it, at the same time', 't=$(stat -c %y "$1/x"); printf Z | dd of="$1/x" bs=1 seek=150000 conv=notrunc 2>&1; touch -d "$t" "$1/x"'],
  ['its length', 'printf Z >> "$1/x"'],
  ['which file it is', 'head -c 300000 /dev/zero > "$1/y" && mv "$1/y" "$1/x"'],
  ['what its link points to', 'head -c 300000 /dev/zero > "$1/y" && rm "$1/x" && ln -s y "$1/x"'],
  ['all of it', ': > "$1/x"'],
]) {
  test(`what somebody else has changed is seen, by reads and by writes: ${what}`, async () => {
    for (const write of [false, true]) {
      const { fs, base } = await counted();
      await sandbox.sh(script, base);
      const now = await held(base);
      if (!write) assert.deepEqual(Buffer.from(await fs.readFile('/x')), now);
      const next = Buffer.concat([content(1), Buffer.from('more')]);
      await fs.writeFile('/x', next);
      assert.deepEqual(await held(base), next);
    }
  });
}

for (const [what, change] of [
  ['more at the end', (old) => Buffer.concat([old, Buffer.from('more')])],
  ['a range in the middle', (old) => Buffer.concat([old.subarray(0, 1000), Buffer.from('new'), old.subarray(1003)])],
  ['the first byte', (old) => Buffer.concat([Buffer.from([old[0] ^ 1]), old.subarray(1)])],
  ['nothing', (old) => old],
]) {
  test(`a write sends what is new: ${what}`, async () => {
    const { fs, base, proxy } = await counted();
    await sandbox.sh('chmod 640 "$1/x" && touch -d @1000 "$1/x"', base);
    const before = await fs.stat('/x');
    const next = change(content(1));
    assert.ok((await proxy.moved(() => fs.writeFile('/x', next))) < LITTLE);
    assert.deepEqual(await held(base), next);
    const { ino, mode, mtimeMs } = await fs.stat('/x');
    assert.deepEqual([ino, mode], [before.ino, before.mode]);
    assert.ok(mtimeMs > before.mtimeMs);
    assert.ok((await proxy.moved(async () => assert.deepEqual(Buffer.from(await fs.readFile('/x')), next))) < LITTLE);
  });
}

test('the failures are those of a whole read and a whole write', async () => {
  const { fs, base } = await counted();
  await sandbox.sh('rm "$1/x"', base);
  await expectError(fs.readFile('/x'), { code: 'ENOENT', syscall: 'open', path: '/x' });
  await fs.writeFile('/x', content(1));
  assert.deepEqual(await held(base), content(1));
  await sandbox.sh('rm "$1/x" && mkdir "$1/x"', base);
  await expectError(fs.readFile('/x'), { code: 'EISDIR', syscall: 'open', path: '/x' });
  await expectError(fs.writeFile('/x', content(1)), { code: 'EISDIR', syscall: 'open', path: '/x' });
});

test('progress comes to its end', async () => {
  const { fs } = await counted();
  const seen = [];
  const onProgress = (progress) => seen.push(progress);
  await fs.readFile('/x', { onProgress });
  await fs.writeFile('/x', Buffer.concat([content(1), Buffer.from('more')]), { onProgress });
  assert.deepEqual(seen, [{ bytes: LENGTH, total: LENGTH }, { bytes: LENGTH + 4, total: LENGTH + 4 }]);
});

test('over HTTP alone contents travel whole, and are right', async () => {
  const { fs, base } = await openHttp();
  await fs.writeFile('/x', content(1));
  assert.deepEqual(Buffer.from(await fs.readFile('/x')), content(1));
  await fs.writeFile('/x', Buffer.concat([content(1), Buffer.from('more')]));
  assert.deepEqual(await held(base), Buffer.concat([content(1), Buffer.from('more')]));
  assert.deepEqual(Buffer.from(await fs.readFile('/x')), await held(base));
});

test('writers beside each other, each of the whole: one of their contents is there in the end', async () => {
  const { fs, base } = await counted();
  const ends = Array.from({ length: 20 }, (_, i) => Buffer.concat([content(1), Buffer.from(`end ${i}`)]));
  await Promise.all(ends.map((end) => fs.writeFile('/x', end)));
  const there = await held(base);
  assert.ok(ends.some((end) => end.equals(there)));
  assert.deepEqual(Buffer.from(await fs.readFile('/x')), there);
});

test('many edits of files of many lengths', async () => {
  const { fs, base } = await open();
  const files = Array.from({ length: 5 }, (_, i) => ({ name: `/f${i}`, bytes: content(i + 1, [9_000, 70_000, 400_000, 700_000, 2_500_000][i]) }));
  const draw = content(7, 1000);
  for (let i = 0; i < 100; i++) {
    const file = files[i % files.length];
    const at = Math.floor((file.bytes.length * draw[i]) / 256);
    const middle = content(100 + i, draw[i + 100] * 8);
    const rest = draw[i + 200] < 128 ? file.bytes.subarray(at + middle.length) : file.bytes.subarray(at);
    file.bytes = Buffer.concat([file.bytes.subarray(0, at), middle, rest]);
    await fs.writeFile(file.name, file.bytes);
    if (draw[i + 300] < 128) assert.deepEqual(Buffer.compare(Buffer.from(await fs.readFile(file.name)), file.bytes), 0);
  }
  for (const { name, bytes } of files) {
    const sum = await sandbox.sh('sha256sum < "$1/$2"', base, name.slice(1));
    assert.equal(sum.split(' ')[0], createHash('sha256').update(bytes).digest('hex'));
  }
});

test('many small ones are kept', async () => {
  const { fs, proxy } = await counted();
  const bytes = Buffer.alloc(9_000, 'x');
  for (let i = 0; i < 200; i++) await fs.writeFile(`/f${i}`, bytes);
  const read = [];
  const moved = await proxy.moved(async () => {
    for (let i = 0; i < 200; i++) read.push(await fs.readFile(`/f${i}`));
  });
  assert.ok(moved < 200 * LITTLE, `${moved} bytes`);
  assert.ok(read.every((content) => Buffer.compare(Buffer.from(content), bytes) === 0));
});

for (const [count, length] of [[40, 900_000], [5, 7_900_000]]) {
  test(`what is more than is kept is read whole: ${count} files of ${length} bytes`, async () => {
    const { fs, proxy } = await counted();
    const bytes = Buffer.alloc(length, 'x');
    for (let i = 0; i < count; i++) await fs.writeFile(`/f${i}`, Buffer.concat([bytes, Buffer.from([i])]));
    let read;
    assert.ok((await proxy.moved(async () => (read = await fs.readFile(`/f${count - 1}`)))) < LITTLE);
    assert.equal(read.at(-1), count - 1);
    assert.ok((await proxy.moved(async () => (read = await fs.readFile('/f0')))) > length);
    assert.equal(read.at(-1), 0);
  });
}
