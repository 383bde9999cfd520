// createReadStream and createWriteStream: what Node's own do, in pieces.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { finished, pipeline } from 'node:stream/promises';
import { describe, test } from 'node:test';
import { eventually } from '../helpers/eventually.mjs';
import { expectError, expectTypeError, rejection } from '../helpers/expect.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp, proxied } = await suite();

const KIB = 1024;
const MIB = 1024 * KIB;
const PIECE = 512 * KIB;
const WRITTEN_PIECE = 8 * MIB;

/** Counts what a method of a file system is asked for, and what of it is under way. */
function watch(fs, method, bytesOf) {
  const seen = { calls: 0, bytes: 0, sizes: [], underWay: 0, mostUnderWay: 0 };
  const { [method]: original } = fs;
  fs[method] = (...args) => {
    seen.calls++;
    seen.bytes += bytesOf(args);
    seen.sizes.push(bytesOf(args));
    seen.mostUnderWay = Math.max(seen.mostUnderWay, ++seen.underWay);
    return original(...args).finally(() => seen.underWay--);
  };
  return seen;
}
const READ_PIECE = Symbol.for('@rivet-dev/agent-os-sandbox:readPiece');
const watchReads = (fs) => watch(fs, READ_PIECE, ([, , length]) => length);
const watchWrites = (fs) => watch(fs, 'pwrite', ([, , data]) => data.length);

/** A source of `total` bytes in chunks of many sizes; it tells what it has given and the hash of that. */
function source(total) {
  const pool = randomBytes(MIB);
  const given = { bytes: 0, hash: createHash('sha256') };
  function* chunks() {
    for (let i = 0; given.bytes < total; i++) {
      const at = (i * 7919) % (MIB / 2);
      const chunk = pool.subarray(at, at + Math.min((i * 12_345) % (200 * KIB), total - given.bytes));
      given.bytes += chunk.length;
      given.hash.update(chunk);
      yield chunk;
    }
  }
  return { given, stream: Readable.from(chunks()) };
}

test('64 MiB both ways, with no more than a few pieces in memory', async () => {
  const { fs, base } = await open();
  const writes = watchWrites(fs);
  const { given, stream } = source(64 * MIB);
  let most = 0;
  const look = () => (most = Math.max(most, given.bytes - writes.bytes));
  stream.on('data', look);
  await pipeline(stream, fs.createWriteStream('/big'));
  const hash = given.hash.digest('hex');
  assert.equal((await sandbox.sh('sha256sum < "$1"', `${base}/big`)).split(' ')[0], hash);
  assert.equal(writes.bytes, 64 * MIB);
  assert.equal(writes.mostUnderWay, 1);
  assert.ok(Math.max(...writes.sizes) <= WRITTEN_PIECE);
  assert.ok(most <= 3 * WRITTEN_PIECE, `${most} bytes were given and not yet written`);

  const reads = watchReads(fs);
  const read = { bytes: 0, hash: createHash('sha256') };
  most = 0;
  await pipeline(
    fs.createReadStream('/big'),
    new Writable({
      write(chunk, encoding, callback) {
        most = Math.max(most, reads.bytes - read.bytes);
        read.bytes += chunk.length;
        read.hash.update(chunk);
        setImmediate(callback);
      },
    }),
  );
  assert.equal(read.hash.digest('hex'), hash);
  assert.ok(reads.mostUnderWay > 1, 'pieces are asked for ahead');
  assert.ok(most <= 7 * PIECE, `${most} bytes were asked for and not yet consumed`);
});

describe('a read stream', () => {
  test('gives the file, whatever the pieces; an empty one; one of a piece or two exactly', async () => {
    const { fs } = await open();
    for (const length of [0, 1, 99, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE]) {
      const content = randomBytes(length);
      await fs.writeFile('/x', content);
      assert.deepEqual(await buffer(fs.createReadStream('/x')), content, String(length));
    }
    const content = randomBytes(50);
    await fs.writeFile('/x', content);
    for (const highWaterMark of [1, 7, 25, 50, 64])
      assert.deepEqual(await buffer(fs.createReadStream('x', { highWaterMark })), content, String(highWaterMark));
  });

  test('start and end, which belongs to it', async () => {
    const { fs } = await open();
    const content = Buffer.from('0123456789');
    await fs.writeFile('/x', content);
    const ranges = [[0, 0], [0, 9], [3, 5], [9, 9], [9, 20], [10, 12], [500, 600], [4], [undefined, 4], [2, Infinity]];
    for (const [start, end] of ranges)
      for (const highWaterMark of [undefined, 2]) {
        const got = await text(fs.createReadStream('/x', { start, end, highWaterMark }));
        assert.equal(got, content.subarray(start, end === undefined ? undefined : end + 1).toString(), `${start}..${end}`);
      }
    const reads = watchReads(fs);
    await text(fs.createReadStream('/x', { start: 2, end: 3 }));
    assert.deepEqual(reads.sizes, [2]);
  });

  test('a small file is one request', async () => {
    const { fs } = await open();
    await fs.writeFile('/x', 'small');
    const reads = watchReads(fs);
    assert.equal(await text(fs.createReadStream('/x')), 'small');
    assert.equal(reads.calls, 1);
  });

  test('asks for no more than a few pieces while nobody reads on', async () => {
    const { fs } = await open();
    const content = randomBytes(100 * KIB);
    await fs.writeFile('/x', content);
    const reads = watchReads(fs);
    const stream = fs.createReadStream('/x', { highWaterMark: KIB });
    const taken = [];
    await once(stream, 'readable');
    for (let i = 0; i < 20; i++) {
      const piece = stream.read(KIB);
      if (piece === null) await once(stream, 'readable');
      else taken.push(piece);
    }
    await eventually(() => reads.underWay === 0, 'all that was asked for');
    const asked = reads.calls;
    assert.ok(asked <= taken.length + 6, `${asked} pieces were asked for, ${taken.length} taken`);
    taken.push(await buffer(stream));
    assert.deepEqual(Buffer.concat(taken), content);
  });

  test('text in an encoding, with characters across pieces', async () => {
    const { fs } = await open();
    const words = 'añb€c😀d'.repeat(5);
    await fs.writeFile('/x', words);
    for (const highWaterMark of [1, 3, undefined]) {
      let got = '';
      for await (const piece of fs.createReadStream('/x', { encoding: 'utf8', highWaterMark })) {
        assert.equal(typeof piece, 'string');
        got += piece;
      }
      assert.equal(got, words);
    }
    assert.equal(await text(fs.createReadStream('/x', { encoding: 'hex' })), Buffer.from(words).toString('hex'));
  });

  test('ends with the error of the driver', async () => {
    const { fs } = await open();
    await fs.mkdir('/d');
    await expectError(text(fs.createReadStream('/none')), { code: 'ENOENT', syscall: 'read', path: '/none' });
    await expectError(text(fs.createReadStream('d')), { code: 'EISDIR', syscall: 'read', path: '/d' });
  });

  test('one that meets an error on its way has given what came before', async () => {
    const { fs } = await open();
    await fs.writeFile('/x', randomBytes(20));
    const stream = fs.createReadStream('/x', { highWaterMark: 4 });
    const got = [];
    const error = await rejection(async () => {
      for await (const piece of stream) {
        got.push(piece);
        if (got.length === 1) await fs.removeFile('/x');
      }
    });
    assert.equal(error.code, 'ENOENT');
    assert.ok(got.length >= 1 && got.length < 5, `${got.length} pieces`);
  });
});

describe('what Node users expect of both', () => {
  test('path, bytesRead and pending of a reader, which is ready when the file is there, read or not', async () => {
    const { fs } = await open();
    await fs.writeFile('/x', '0123456789');
    const reads = watchReads(fs);
    const stream = fs.createReadStream('x', { highWaterMark: 4, start: 1, flags: 'r' });
    assert.deepEqual([stream.path, stream.bytesRead, stream.pending], ['x', 0, true]);
    await once(stream, 'ready');
    assert.deepEqual([stream.bytesRead, stream.pending, reads.calls], [0, false, 1]);
    assert.equal(await text(stream), '123456789');
    assert.deepEqual([stream.bytesRead, stream.pending], [9, false]);
    const missing = fs.createReadStream('/missing');
    const events = [];
    for (const event of ['open', 'ready', 'error', 'close']) missing.on(event, () => events.push(event));
    await eventually(() => missing.closed, 'the end');
    assert.deepEqual([events, missing.pending, missing.bytesRead], [['error', 'close'], true, 0]);
  });

  test('path, bytesWritten and pending of a writer, which is ready when the file is there', async () => {
    const { fs } = await open();
    const stream = fs.createWriteStream('x', { highWaterMark: 2 });
    assert.deepEqual([stream.path, stream.bytesWritten, stream.pending], ['x', 0, true]);
    await once(stream, 'ready');
    assert.deepEqual([stream.pending, await fs.exists('/x')], [false, true]);
    await new Promise((resolve) => stream.write('abc', resolve));
    assert.equal(stream.bytesWritten, 3);
    await finished(stream.end('de'));
    assert.equal(stream.bytesWritten, 5);
    const refused = fs.createWriteStream('/none/x');
    refused.on('ready', () => assert.fail('it is not there'));
    assert.equal((await rejection(finished(refused))).code, 'ENOENT');
    assert.deepEqual([refused.pending, refused.bytesWritten], [true, 0]);
  });

  test('an encoding as the options, none at all, and no event at the end for who wants none', async () => {
    const { fs } = await open();
    await finished(fs.createWriteStream('/x', 'hex').end('616263'));
    for (const options of ['latin1', { encoding: 'latin1' }]) {
      const [piece] = await once(fs.createReadStream('/x', options), 'data');
      assert.equal(piece, 'abc');
    }
    for (const options of [null, undefined, {}]) assert.equal(await text(fs.createReadStream('/x', options)), 'abc');
    for (const make of [fs.createReadStream, fs.createWriteStream]) {
      const stream = make('/x', { emitClose: false });
      stream.on('close', () => assert.fail('close'));
      await once(stream, 'ready');
      stream.destroy();
      await eventually(() => stream.closed, 'the end');
    }
  });
});

describe('a write stream', () => {
  /** Writes and waits for the end. */
  const write = async (fs, path, content, options) => pipeline(Readable.from([content]), fs.createWriteStream(path, options));

  test('w makes a file, or empties one and keeps it the same', async () => {
    const { fs, base } = await open();
    await write(fs, '/new', 'new');
    assert.equal(await fs.readTextFile('/new'), 'new');
    await sandbox.sh('chmod 600 "$1" && ln "$1" "$2"', `${base}/new`, `${base}/same`);
    await write(fs, '/new', 'x');
    assert.equal(await fs.readTextFile('/same'), 'x');
    assert.equal((await fs.stat('/new')).mode & 0o777, 0o600);
    await finished(fs.createWriteStream('/new').end());
    assert.equal((await fs.stat('/same')).size, 0);
  });

  test('wx makes a file, and refuses one that is there', async () => {
    const { fs } = await open();
    await write(fs, '/new', 'new', { flags: 'wx' });
    await expectError(write(fs, '/new', 'again', { flags: 'wx' }), { code: 'EEXIST', syscall: 'open', path: '/new' });
    assert.equal(await fs.readTextFile('/new'), 'new');
  });

  test('a adds to the end that there is when it is opened', async () => {
    const { fs } = await open();
    await write(fs, '/log', 'one\n', { flags: 'a' });
    await write(fs, '/log', 'two\n', { flags: 'a' });
    assert.equal(await fs.readTextFile('/log'), 'one\ntwo\n');
  });

  test('r+ writes into a file that is there, from start on', async () => {
    const { fs } = await open();
    await fs.writeFile('/x', '0123456789');
    await write(fs, '/x', 'ab', { flags: 'r+' });
    await write(fs, '/x', 'cd', { flags: 'r+', start: 4 });
    assert.equal(await fs.readTextFile('/x'), 'ab23cd6789');
    await write(fs, '/x', 'z', { start: 2 });
    assert.equal(await fs.readTextFile('/x'), '\0\0z');
    await expectError(write(fs, '/none', 'x', { flags: 'r+' }), { code: 'ENOENT', syscall: 'open', path: '/none' });
    assert.equal(await fs.exists('/none'), false);
  });

  test('many small chunks are few pieces, a large one is several; their order stays', async () => {
    const { fs } = await open();
    const writes = watchWrites(fs);
    const stream = fs.createWriteStream('/x', { highWaterMark: PIECE });
    const chunks = Array.from({ length: 1000 }, () => randomBytes(KIB)).concat([Buffer.alloc(0), randomBytes(PIECE)]);
    for (const chunk of chunks) stream.write(chunk); // all of them before it is open
    assert.equal(stream.writableNeedDrain, true);
    await finished(stream.end());
    assert.deepEqual(writes.sizes, [PIECE, PIECE, 488 * KIB]);
    assert.equal(writes.mostUnderWay, 1);
    assert.deepEqual(Buffer.from(await fs.readFile('/x')), Buffer.concat(chunks));
  });

  test('pieces of highWaterMark bytes; strings in their encoding; views of any kind', async () => {
    const { fs } = await open();
    const writes = watchWrites(fs);
    const stream = fs.createWriteStream('/x', { highWaterMark: 4, encoding: 'hex' });
    stream.write('6162636465');
    stream.write('é', 'utf8');
    stream.write(new Uint8Array([101, 102, 103, 104]).subarray(1));
    await finished(stream.end());
    assert.equal(await fs.readTextFile('/x'), 'abcdeéfgh');
    assert.ok(Math.max(...writes.sizes) <= 4 && writes.calls <= 4, writes.sizes.join());
  });

  test('ends with the error of the driver, where it is opened and where it writes', async () => {
    const { fs } = await open();
    await fs.mkdir('/d');
    await expectError(write(fs, '/none/x', 'x'), { code: 'ENOENT', syscall: 'open', path: '/none/x' });
    for (const flags of ['w', 'a', 'r+'])
      await expectError(write(fs, '/d', 'x', { flags }), { code: 'EISDIR', syscall: 'open', path: '/d' });
    const stream = fs.createWriteStream('/x');
    await new Promise((resolve) => stream.write('x', resolve));
    await fs.removeFile('/x');
    stream.write('y');
    await expectError(finished(stream.end()), { code: 'ENOENT', syscall: 'write', path: '/x' });
    const { fs: frozen } = await open({ readOnly: true });
    await expectError(write(frozen, '/x', 'x'), { code: 'EROFS', syscall: 'open', path: '/x' });
  });
});

describe('a stream that is given up', () => {
  test('a reader: it closes when nothing is under way, and asks for nothing more', async () => {
    const { fs } = await open();
    await fs.writeFile('/x', randomBytes(100 * KIB));
    const reads = watchReads(fs);
    const ways = {
      abort: (stream, controller) => controller.abort(),
      destroy: (stream) => stream.destroy(),
      'destroy with an error': (stream) => stream.destroy(new Error('enough')),
    };
    for (const [way, giveUp] of Object.entries(ways)) {
      const controller = new AbortController();
      const stream = fs.createReadStream('/x', { highWaterMark: KIB, signal: controller.signal });
      const errors = [];
      stream.on('error', (error) => errors.push(error.name + (error.code ?? '')));
      await once(stream, 'readable');
      while (stream.read() === null || reads.underWay === 0) await once(stream, 'readable');
      const closed = new Promise((resolve) => stream.on('close', () => resolve(reads.underWay)));
      giveUp(stream, controller);
      assert.ok(reads.underWay > 0, way);
      assert.equal(await closed, 0, way);
      const { calls } = reads;
      await fs.stat('/x');
      assert.equal(reads.calls, calls, way);
      assert.deepEqual(errors, { abort: ['AbortErrorABORT_ERR'], destroy: [], 'destroy with an error': ['Error'] }[way]);
    }
  });

  test('a reader whose loop is left', async () => {
    const { fs } = await open();
    await fs.writeFile('/x', randomBytes(100 * KIB));
    const reads = watchReads(fs);
    const stream = fs.createReadStream('/x', { highWaterMark: KIB });
    const closed = new Promise((resolve) => stream.on('close', resolve));
    for await (const piece of stream) {
      assert.equal(piece.length, KIB);
      break;
    }
    await closed;
    assert.equal(reads.underWay, 0);
    assert.ok(reads.calls < 10);
  });

  test('a writer: what is under way is written, and nothing after it', async () => {
    const { client } = await proxied({ delayMs: 50 });
    const { fs } = await open({ client });
    const writes = watchWrites(fs);
    const controller = new AbortController();
    const stream = fs.createWriteStream('/x', { highWaterMark: 10, signal: controller.signal });
    const failed = rejection(finished(stream));
    await new Promise((resolve) => stream.write('0', resolve));
    stream.write('123456789');
    stream.write('abcdefghij'.repeat(10));
    await eventually(() => writes.underWay === 1 && writes.calls === 2, 'the second piece');
    const closed = new Promise((resolve) => stream.on('close', () => resolve(writes.underWay)));
    controller.abort();
    assert.equal((await failed).name, 'AbortError');
    assert.equal(await closed, 0);
    assert.equal(writes.calls, 2);
    assert.equal(await fs.readTextFile('/x'), '0123456789');
  });

  test('a signal that was given before', async () => {
    const { fs } = await open();
    const signal = AbortSignal.abort();
    assert.equal((await rejection(text(fs.createReadStream('/none', { signal })))).name, 'AbortError');
    assert.equal((await rejection(finished(fs.createWriteStream('/x', { signal })))).name, 'AbortError');
    assert.equal(await fs.exists('/x'), false);
  });

  test('streams of a file system that is closed', async () => {
    const { fs } = await open();
    await fs.writeFile('/x', 'x');
    await fs.close();
    await expectError(text(fs.createReadStream('/x')), { code: 'EBADF', syscall: 'read', hint: /closed/ });
    await expectError(finished(fs.createWriteStream('/x')), { code: 'EBADF', syscall: 'open', hint: /closed/ });
  });
});

test('over HTTP alone, for what it can hold', async () => {
  const { fs } = await openHttp();
  const content = randomBytes(5000);
  await pipeline(Readable.from([content.subarray(0, 3000), content.subarray(3000)]), fs.createWriteStream('/x'));
  await pipeline(Readable.from(['end']), fs.createWriteStream('/x', { flags: 'a' }));
  const read = await buffer(fs.createReadStream('/x', { highWaterMark: 1000 }));
  assert.deepEqual(read, Buffer.concat([content, Buffer.from('end')]));
});

test('the methods need no `this`, and a copy of the driver has them', async () => {
  const { fs } = await open();
  const { createReadStream, createWriteStream } = { ...fs };
  await finished(createWriteStream('/x').end('x'));
  assert.equal(await text(createReadStream('/x')), 'x');
});

test('wrong arguments are thrown at once', async () => {
  const { fs } = await open();
  for (const method of ['createReadStream', 'createWriteStream']) {
    const make = (options, path = '/x') => () => fs[method](path, options);
    for (const path of [null, 5, {}, Buffer.from('/x')]) await expectTypeError(make({}, path), /"path"/);
    for (const options of [5, true, () => {}]) await expectTypeError(make(options), /"options" argument/);
    for (const start of ['1', null, {}, 1n]) await expectTypeError(make({ start }), /options\.start/);
    for (const [name, values] of [['start', [-1, 0.5, NaN, Infinity]], ['highWaterMark', [0, -1, 1.5, Infinity]]])
      for (const value of values) assert.throws(make({ [name]: value }), { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' });
    await expectTypeError(make('utf9'), /options\.encoding/, 'ERR_INVALID_ARG_VALUE');
    await expectTypeError(make({ emitClose: 1 }), /options\.emitClose/);
    await expectTypeError(make({ flags: 1 }), /options\.flags/);
    await expectTypeError(make({ encoding: 5 }), /options\.encoding/);
    await expectTypeError(make({ encoding: 'utf9' }), /options\.encoding/, 'ERR_INVALID_ARG_VALUE');
    await expectTypeError(make({ signal: 'now' }), /signal/);
    await expectTypeError(make({ signal: {} }), /AbortSignal/, 'ERR_INVALID_ARG_VALUE');
    await expectTypeError(make({ highwatermark: 5 }), /"highwatermark" is unknown/, 'ERR_INVALID_ARG_VALUE');
  }
  assert.throws(() => fs.createReadStream('/x', { start: 2, end: 1 }), { code: 'ERR_OUT_OF_RANGE' });
  assert.throws(() => fs.createReadStream('/x', { end: -1 }), { code: 'ERR_OUT_OF_RANGE' });
  await expectTypeError(() => fs.createReadStream('/x', { flags: 'r+' }), /must be r$/, 'ERR_INVALID_ARG_VALUE');
  for (const flags of ['r', 'x', 'ax', '', 'toString'])
    await expectTypeError(() => fs.createWriteStream('/x', { flags }), /w, wx, a, r\+/, 'ERR_INVALID_ARG_VALUE');
  await expectTypeError(() => fs.createWriteStream('/x', { flags: 'a', start: 1 }), /start/, 'ERR_INVALID_ARG_VALUE');
  await expectTypeError(() => fs.createWriteStream('/x', { end: 1 }), /"end" is unknown/, 'ERR_INVALID_ARG_VALUE');
  assert.equal(await fs.exists('/x'), false);
});
