// replaced.test.mjs: a file that another one replaces while it is read in pieces. Each holds one repeated byte, so that
// a content of two files shows.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { eventually } from '../helpers/eventually.mjs';
import { rejection } from '../helpers/expect.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp, proxied } = await suite();

const KIB = 1024;
const SIZE = 3 * 1024 * KIB; // bytes: several pieces
const REPLACED = /the file was replaced while it was read/;

const isOneByte = (bytes) => bytes.equals(Buffer.alloc(bytes.length, bytes[0]));
const isReplaced = (error) => error.code === 'EIO' && error.syscall === 'read' && REPLACED.test(error.cause?.message);

/** Replaces base/file, again and again. */
async function replace(base, times) {
  const script =
    'head -c "$2" /dev/zero >"$1/zeros"; for i in $(seq "$3"); do ' +
    'tr "\\0" "\\\\1$((i % 8))0" <"$1/zeros" >"$1/new"; mv "$1/new" "$1/file"; done';
  await sandbox.sh(script, base, String(SIZE), String(times));
}

/** Reads until the file is replaced no more: how often what came was whole, and how often the reason why not. */
async function readMeanwhile(base, read) {
  const ends = { whole: 0, replaced: 0 };
  let over = false;
  const writing = replace(base, 30).finally(() => (over = true));
  while (!over) {
    try {
      const bytes = Buffer.from(await read());
      assert.equal(bytes.length, SIZE);
      assert.ok(isOneByte(bytes), 'the content of two files');
      ends.whole++;
    } catch (error) {
      if (!isReplaced(error)) throw error;
      ends.replaced++;
    }
  }
  await writing;
  return ends;
}

describe('no content is of two files', () => {
  const ways = {
    readFile: (fs) => fs.readFile('/file'),
    readTextFile: (fs) => fs.readTextFile('/file'),
    pread: (fs) => fs.pread('/file', 0, SIZE + 1),
    createReadStream: (fs) => buffer(fs.createReadStream('/file')),
    'createReadStream of small pieces': (fs) => buffer(fs.createReadStream('/file', { highWaterMark: 100_000 })),
    'createReadStream of large pieces': (fs) => buffer(fs.createReadStream('/file', { highWaterMark: 1200 * KIB })),
  };
  for (const [way, read] of Object.entries(ways))
    test(way, async () => {
      const { fs, base } = await open();
      await replace(base, 1);
      const ends = await readMeanwhile(base, () => read(fs));
      assert.ok(ends.whole + ends.replaced > 0);
      assert.ok(isOneByte(Buffer.from(await read(fs))));
      if (way.startsWith('read')) assert.equal(ends.replaced, 0);
    });
});

test('a range of which a piece comes from another file is read once more', async () => {
  const { proxy, client } = await proxied({ delayMs: 60 });
  const { fs, base } = await open({ client });
  await fs.writeFile('/file', Buffer.alloc(SIZE, 'a'));
  await sandbox.sh('head -c "$2" /dev/zero | tr "\\0" b >"$1/new"', base, String(SIZE));
  const asked = () => proxy.count('POST /v1/processes/run');
  const before = await asked();
  const reading = fs.pread('/file', 0, SIZE);
  await eventually(async () => (await asked()) >= before + 3, 'a third piece');
  await sandbox.sh('mv "$1/new" "$1/file"', base);
  assert.ok(Buffer.from(await reading).equals(Buffer.alloc(SIZE, 'b')));
});

describe('a stream of a file that is replaced', () => {
  /** A stream that has given its first piece of `file`. */
  async function begun() {
    const { fs, base } = await open();
    await fs.writeFile('/file', 'a'.repeat(100));
    const stream = fs.createReadStream('/file', { highWaterMark: 10 });
    await once(stream, 'readable');
    assert.equal(stream.read(10).toString(), 'a'.repeat(10));
    return { fs, base, stream };
  }

  test('fails, whatever the other file is', async () => {
    const { fs, stream } = await begun();
    await fs.writeFile('/new', 'b'.repeat(100));
    await fs.rename('/new', '/file');
    const error = await rejection(buffer(stream));
    assert.ok(isReplaced(error), error.message);
    assert.equal(error.path, '/file');
  });

  test('goes on where the file was only changed, or the name is a link to it', async () => {
    const { base, stream } = await begun();
    await sandbox.sh('cd "$1"; ln file f; ln -s f link; mv -T link file; printf %0100d 0 | dd of=f conv=notrunc status=none', base);
    assert.match((await buffer(stream)).toString(), /^a*0+$/);
  });
});

test('over HTTP alone a range is of one file', async () => {
  const { fs, base } = await openHttp();
  await replace(base, 1);
  const ends = await readMeanwhile(base, () => fs.pread('/file', 0, SIZE));
  assert.ok(ends.whole > 0 && ends.replaced === 0);
});
