// host.mjs: the command without a VM: an instance of the WebAssembly file, and functions that play its host. What
// the tool server answers is bytes, cut as the test likes.
//
// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";

const module = new WebAssembly.Module(
  await readFile(new URL("../../../wasm/agentos-sandbox", import.meta.url)),
);
const EINVAL = 28;
const PIECE = 65536; // bytes that one net_recv gives at most

class Exit extends Error {
  constructor(code) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/** A reply of Node's server with a length. */
export const sized = (body, head = "") =>
  Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${head}Content-Length: ${Buffer.byteLength(body)}\r\n` +
    `Connection: close\r\n\r\n${body}`);

/** The same in chunks of `size` bytes. */
export function chunked(body, size, { extension = "", trailers = "" } = {}) {
  const bytes = Buffer.from(body);
  const parts = [Buffer.from("HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n")];
  for (let at = 0; at < bytes.length; at += size) {
    const chunk = bytes.subarray(at, at + size);
    parts.push(Buffer.from(`${chunk.length.toString(16)}${extension}\r\n`), chunk, Buffer.from("\r\n"));
  }
  return Buffer.concat([...parts, Buffer.from(`0\r\n${trailers}\r\n`)]);
}

export const ok = (result) => JSON.stringify({ ok: true, result });

/** Cuts bytes into pieces of `size`. */
export const cut = (bytes, size) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));

/**
 * @param {(string | Buffer)[]} words the command line, the program's name apart
 * @param {object} [options]
 * @param {(request: { method: string, path: string, body: string }) => Buffer | Buffer[]} [options.answer] pieces
 *   that net_recv gives; after them the connection is closed. An empty piece is a net_poll that nothing came in.
 * @param {number} [options.sendMax] bytes that one net_send takes at most
 * @param {string[]} [options.env]
 * @param {object} [options.errors] an errno for each import that is to fail, by its name
 */
export function runCommand(words, { answer, sendMax = Infinity, env = ["AGENTOS_TOOLS_PORT=4711"], errors = {} } = {}) {
  const host = new Host(words, { answer, sendMax, env, errors });
  return host.run();
}

class Host {
  written = { 1: [], 2: [] };
  sent = [];
  pieces = undefined;
  connectedTo = [];
  polls = 0;
  probes = 0;

  constructor(words, options) {
    Object.assign(this, options);
    const terminated = (strings) => strings.map((string) => Buffer.concat([Buffer.from(string), Buffer.of(0)]));
    this.args = terminated(["agentos-sandbox", ...words]);
    this.variables = terminated(options.env);
  }

  run() {
    this.instance = new WebAssembly.Instance(module, this.imports());
    try {
      this.instance.exports._start();
    } catch (error) {
      if (!(error instanceof Exit)) throw error;
      return this.outcome(error.code);
    }
    throw new Error("_start came back");
  }

  outcome(code) {
    const bytes = (fd) => Buffer.concat(this.written[fd]);
    return {
      code,
      stdout: bytes(1).toString(),
      stderr: bytes(2).toString(),
      stdoutBytes: bytes(1),
      longestWrite: Math.max(0, ...this.written[1].map((piece) => piece.length)),
      requests: this.requests ?? [],
      connectedTo: this.connectedTo,
      polls: this.polls,
      probes: this.probes,
      memory: this.instance.exports.memory.buffer.byteLength,
    };
  }

  get view() {
    return new DataView(this.instance.exports.memory.buffer);
  }

  bytes(at, length) {
    const memory = this.instance.exports.memory.buffer;
    if (at + length > memory.byteLength) throw new Error("a span beyond memory");
    return Buffer.from(memory, at, length);
  }

  putStrings(strings, pointers, characters) {
    for (const [i, string] of strings.entries()) {
      this.view.setUint32(pointers + 4 * i, characters, true);
      string.copy(this.bytes(characters, string.length));
      characters += string.length;
    }
    return 0;
  }

  putSizes(strings, count, length) {
    this.view.setUint32(count, strings.length, true);
    this.view.setUint32(length, strings.reduce((sum, string) => sum + string.length, 0), true);
    return 0;
  }

  imports() {
    const wasi = {
      args_sizes_get: (count, length) => this.putSizes(this.args, count, length),
      args_get: (pointers, characters) => this.putStrings(this.args, pointers, characters),
      environ_sizes_get: (count, length) => this.putSizes(this.variables, count, length),
      environ_get: (pointers, characters) => this.putStrings(this.variables, pointers, characters),
      fd_write: (...args) => this.write(...args),
      proc_exit: (code) => {
        throw new Exit(code);
      },
    };
    const net = {
      net_socket: (domain, type, protocol, fd) => (this.view.setUint32(fd, 4, true), 0),
      net_connect: (fd, address, length) => (this.connectedTo.push(this.bytes(address, length).toString()), this.begin()),
      net_send: (...args) => this.send(...args),
      net_recv: (...args) => this.receive(...args),
      net_poll: (fds, count, timeout, ready) => this.poll(fds, timeout, ready),
    };
    const failing = (functions) =>
      Object.fromEntries(
        Object.entries(functions).map(([name, call]) => [name, (...args) => this.errors[name] ?? call(...args)]),
      );
    return { wasi_snapshot_preview1: failing(wasi), host_net: failing(net) };
  }

  write(fd, parts, count, written) {
    let total = 0;
    for (let i = 0; i < count; i++) {
      const [at, length] = [this.view.getUint32(parts + 8 * i, true), this.view.getUint32(parts + 8 * i + 4, true)];
      this.written[fd].push(Buffer.from(this.bytes(at, length)));
      total += length;
    }
    this.view.setUint32(written, total, true);
    return 0;
  }

  begin() {
    this.sent = [];
    this.pieces = undefined;
    return 0;
  }

  send(fd, data, length, flags, sent) {
    if (length === 0) {
      this.probes++;
      return this.pieces?.length === 0 ? EINVAL : 0;
    }
    const taken = Math.min(length, this.sendMax);
    this.sent.push(Buffer.from(this.bytes(data, taken)));
    this.view.setUint32(sent, taken, true);
    return 0;
  }

  /** The pieces of the answer, once the request is whole. */
  await() {
    if (this.pieces !== undefined) return;
    const text = Buffer.concat(this.sent).toString("latin1");
    const [head, body] = [text.slice(0, text.indexOf("\r\n\r\n")), text.slice(text.indexOf("\r\n\r\n") + 4)];
    const length = Number(/^content-length: (\d+)/im.exec(head)[1]);
    if (body.length !== length) throw new Error(`${length} bytes announced, ${body.length} sent`);
    const [method, path, version] = head.split("\r\n")[0].split(" ");
    const request = { method, path, version, head, body: Buffer.from(body, "latin1").toString() };
    (this.requests ??= []).push(request);
    this.pieces = [this.answer(request)].flat();
  }

  poll(fds, timeout, ready) {
    this.await();
    this.polls++;
    const nothing = this.pieces.length === 0 || this.pieces[0].length === 0;
    if (this.pieces[0]?.length === 0) this.pieces.shift();
    if (timeout >= 30_000 || timeout < 0) throw new Error(`a wait of ${timeout} ms`);
    this.view.setUint32(ready, nothing ? 0 : 1, true);
    return 0;
  }

  receive(fd, data, length, flags, received) {
    const piece = this.pieces.shift();
    if (piece === undefined) throw new Error("net_recv without net_poll would wait for 30 s");
    const taken = piece.subarray(0, Math.min(length, PIECE));
    if (taken.length < piece.length) this.pieces.unshift(piece.subarray(taken.length));
    taken.copy(this.bytes(data, taken.length));
    this.view.setUint32(received, taken.length, true);
    return 0;
  }
}
