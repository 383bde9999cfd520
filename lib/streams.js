// streams.js: a file as a Node stream, in pieces by pread and pwrite, so that no more of it than a few pieces is in
// memory at once. A piece has highWaterMark bytes, or, of a writer that is not asked for more, what has come meanwhile.
//
// A read stream asks for the next pieces while one is consumed: first for one, for one more after each that came
// whole, so that a small file is one request and a far sandbox does not wait for each. A write stream writes one piece
// at a time, so that at every moment the file holds a beginning of what was written.
//
// Linux's stream has the file open; ours names it by its path for each piece. Each piece that is read says which file it
// is of, and one of another file than the first ends the stream with EIO. A writer cannot tell: where the file is replaced
// meanwhile, the rest is written into the new one.
//
// As Node's own, a stream begins when it is made, and emits 'ready' once the file is known to be there. There is no
// 'open': it would give a descriptor.
//
// An operation that is under way cannot be taken back: a stream that is destroyed closes when it has ended.
//
// SPDX-License-Identifier: Apache-2.0
'use strict';

const { Readable, Writable, addAbortSignal } = require('node:stream');
const { typeError, valueError, rangeError } = require('./usage.js');

// A driver's method for a piece, beside those that are anybody's: pread, which gives and takes which file it is of.
const READ_PIECE = Symbol.for('@rivet-dev/agent-os-sandbox:readPiece');

const PIECE = 512 * 1024; // bytes: what one frame of the companion carries
const WRITTEN_PIECE = 8 * 1024 * 1024; // bytes: as many parts as pwrite sends side by side
const AHEAD = 4; // pieces

const O_WRONLY = 1;
const FLAGS = { w: 0o1101, wx: 0o301, a: 0o101, 'r+': O_WRONLY }; // O_CREAT 0o100, O_EXCL 0o200, O_TRUNC 0o1000

const isOffset = (value) => Number.isSafeInteger(value) && value >= 0;
const offset = { type: 'number', fits: isOffset, words: 'a whole number from 0 on' };
const common = {
  start: offset,
  highWaterMark: { type: 'number', fits: (value) => isOffset(value) && value > 0, words: 'a whole number from 1 on' },
  encoding: { type: 'string', fits: Buffer.isEncoding, words: 'an encoding' },
  emitClose: { type: 'boolean', fits: () => true },
  signal: { type: 'object', fits: (value) => 'aborted' in value, words: 'an AbortSignal' },
};
const readOptions = {
  ...common,
  end: { ...offset, fits: (value) => value === Infinity || isOffset(value) },
  flags: { type: 'string', fits: (value) => value === 'r', words: 'r' },
};
const writeOptions = {
  ...common,
  flags: { type: 'string', fits: (value) => Object.hasOwn(FLAGS, value), words: 'one of w, wx, a, r+' },
};

function check(name, value, option) {
  if (option === undefined) throw valueError(`The option "${name}" is unknown`);
  const { type, fits, words } = option;
  const what = `"options.${name}" property`;
  if (typeof value !== type || value === null) throw typeError(what, `of type ${type}`, value);
  if (!fits(value)) throw type === 'number' ? rangeError(what, words) : valueError(`The ${what} must be ${words}`);
}

// The options, each as `known` has it; those that are undefined are not there. A string is the encoding.
function checked(path, options, known) {
  if (typeof path !== 'string') throw typeError('"path" argument', 'of type string', path);
  const wanted = typeof options === 'string' ? { encoding: options } : (options ?? {});
  if (typeof wanted !== 'object') throw typeError('"options" argument', 'of type string or object', options);
  const given = Object.entries(wanted).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) check(name, value, known[name]);
  return Object.fromEntries(given);
}

// Tells a stream's callback how a promise ended.
function tell(promise, callback) {
  promise.then(
    () => process.nextTick(callback),
    (error) => process.nextTick(callback, error),
  );
}

// Tells a stream that it is made, or why not; then whoever waits for it, unless it was given up.
function makeReady(stream, opening, callback) {
  tell(opening, (error) => {
    callback(error);
    if (error === undefined && !stream.destroyed) stream.emit('ready');
  });
}

class ReadStream extends Readable {
  path;
  bytesRead = 0;
  pending = true;
  #driver;
  #position; // of the next piece to ask for
  #stop; // where the range ends
  #piece;
  #window = 1; // how many pieces may be under way
  #file; // that of the first piece
  #underWay = []; // { length, piece: a promise }, in their order

  constructor(driver, path, { start = 0, end = Infinity, highWaterMark = PIECE, flags, ...rest }) {
    super({ highWaterMark, ...rest });
    this.path = path;
    this.#driver = driver;
    this.#position = start;
    this.#stop = end + 1;
    this.#piece = highWaterMark;
  }

  _construct(callback) {
    makeReady(this, this.#open(), callback);
  }

  // By the first piece, which is what is read first.
  async #open() {
    this.#ask();
    await this.#underWay[0]?.piece;
    this.pending = this.destroyed;
  }

  _read() {
    this.#next().then(
      ({ bytes, last }) => {
        this.bytesRead += bytes.length;
        if (bytes.length > 0) this.push(bytes);
        if (last) this.push(null);
      },
      (error) => this.destroy(error),
    );
  }

  // The next piece, and whether it is the last: pread gives fewer bytes than asked for only at the end of the file.
  async #next() {
    this.#ask();
    if (this.#underWay.length === 0) return { bytes: '', last: true }; // an empty range
    const { bytes, file } = await this.#underWay[0].piece;
    this.#file = file;
    const { length } = this.#underWay.shift();
    if (bytes.length < length) this.#stop = this.#position;
    else this.#window = Math.min(this.#window + 1, AHEAD);
    this.#ask();
    return { bytes, last: bytes.length < length || this.#underWay.length === 0 };
  }

  #ask() {
    while (!this.destroyed && this.#underWay.length < this.#window && this.#position < this.#stop) {
      const length = Math.min(this.#piece, this.#stop - this.#position);
      const piece = this.#driver[READ_PIECE](this.path, this.#position, length, this.#file);
      piece.catch(() => {}); // whoever waits for it hears of it; after one that failed nobody does
      this.#underWay.push({ length, piece });
      this.#position += length;
    }
  }

  _destroy(error, callback) {
    const ended = Promise.allSettled(this.#underWay.map(({ piece }) => piece));
    ended.then(() => process.nextTick(callback, error));
  }
}

// The chunks in pieces of at most `size` bytes, none of them empty.
function* inPieces(chunks, size) {
  let parts = [];
  let room = size;
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + room);
      parts.push(part);
      at += part.length;
      room -= part.length;
      if (room > 0) continue;
      yield parts;
      parts = [];
      room = size;
    }
  }
  if (parts.length > 0) yield parts;
}

class WriteStream extends Writable {
  path;
  bytesWritten = 0;
  pending = true;
  #driver;
  #flags;
  #position;
  #piece;
  #underWay = Promise.resolve();

  constructor(driver, path, { flags = 'w', start = 0, highWaterMark = WRITTEN_PIECE, encoding, ...rest }) {
    super({ highWaterMark, defaultEncoding: encoding, ...rest });
    this.path = path;
    this.#driver = driver;
    this.#flags = flags;
    this.#position = start;
    this.#piece = highWaterMark;
  }

  _construct(callback) {
    makeReady(this, this.#open(), callback);
  }

  // Where a file ends is looked up once: no operation of ours appends, so that of two who do one can lose.
  async #open() {
    if (this.destroyed) return;
    await this.#driver.prepareOpen(this.path, FLAGS[this.#flags]);
    if (this.#flags === 'a') this.#position = (await this.#driver.stat(this.path)).size;
    this.pending = false;
  }

  _write(chunk, encoding, callback) {
    this.#put([chunk], callback);
  }

  _writev(chunks, callback) {
    this.#put(chunks.map(({ chunk }) => chunk), callback);
  }

  #put(chunks, callback) {
    this.#underWay = this.#putAll(chunks);
    tell(this.#underWay, callback);
  }

  async #putAll(chunks) {
    for (const parts of inPieces(chunks, this.#piece)) {
      if (this.destroyed) return;
      const piece = parts.length === 1 ? parts[0] : Buffer.concat(parts);
      await this.#driver.pwrite(this.path, this.#position, piece);
      this.bytesWritten += piece.length;
      this.#position += piece.length;
    }
  }

  _destroy(error, callback) {
    const ended = Promise.allSettled([this.#underWay]);
    ended.then(() => process.nextTick(callback, error));
  }
}

// Not by the options of a stream's base class: it would destroy one that is not made yet.
const withSignal = (stream, signal) => (signal === undefined ? stream : addAbortSignal(signal, stream));

function createReadStream(driver, path, options) {
  const { signal, ...given } = checked(path, options, readOptions);
  if (given.start > given.end) throw rangeError('"options.start" property', 'no more than "options.end"');
  return withSignal(new ReadStream(driver, path, given), signal);
}

function createWriteStream(driver, path, options) {
  const { signal, ...given } = checked(path, options, writeOptions);
  if (given.flags === 'a' && given.start !== undefined) {
    throw valueError('The "options.start" property has no meaning where the flags are a: it begins at the end');
  }
  return withSignal(new WriteStream(driver, path, given), signal);
}

// Gives a driver its two methods. They know their driver without `this`, as its others do.
function addStreams(driver) {
  Object.defineProperty(driver, READ_PIECE, { value: driver.readPiece, writable: true });
  delete driver.readPiece;
  return Object.assign(driver, {
    createReadStream: (path, options) => createReadStream(driver, path, options),
    createWriteStream: (path, options) => createWriteStream(driver, path, options),
  });
}

module.exports = { addStreams };
