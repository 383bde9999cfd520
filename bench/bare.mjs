// bare.mjs: the server's bare ceiling, as a side of the table: bare.c, built when it is needed. A row says in `bare`
// which requests it sends (method, path, body) and over how many connections.
//
// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { BIG } from './measure.mjs';

const SOURCE = fileURLToPath(new URL('bare.c', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../build/bench-bare', import.meta.url));

/** What `perSecond` answers are in the unit of the row. */
const IN_UNIT = {
  'ops/s': (perSecond) => perSecond,
  ms: (perSecond) => 1000 / perSecond,
  'MB/s': (perSecond) => (perSecond * BIG) / 1e6,
};

/** @param {{ baseUrl: string, token: string, basePath: string }} place */
export function bareSide({ baseUrl, token, basePath }) {
  build();
  const { port } = new URL(baseUrl);
  const bytesOf = ({ method = 'GET', url, file, body = '', type = 'application/octet-stream' }) => {
    const query = file === undefined ? '' : `?path=${encodeURIComponent(basePath + file)}`;
    const text =
      `${method} ${url}${query} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${token}\r\n` +
      `content-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
    return Buffer.concat([Buffer.from(text), Buffer.from(body)]);
  };
  let loop; // of the row that has its turns
  return {
    async turn(row, { ms }) {
      const { unit, bare } = row;
      if (loop?.row !== row) {
        loop?.end();
        loop = startLoop(row, [port, bare.callers ?? 1], bare.requests.map(bytesOf));
      }
      const { done, ms: took } = await loop.run(unit === 'ops/s' ? ms : 0);
      return IN_UNIT[unit]((done / took) * 1000);
    },
    close: async () => loop?.end(),
  };
}

/** The loop in C, with its connections open until it is told to end. */
function startLoop(row, args, requests) {
  const child = spawn(PROGRAM, args.map(String), { stdio: ['pipe', 'pipe', 'pipe'] });
  const said = text(child.stderr);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.stdin.on('error', () => {}); // of a loop that has failed: what it said counts
  for (const bytes of requests) {
    child.stdin.write(`${bytes.length}\n`);
    child.stdin.write(bytes);
  }
  child.stdin.write('0\n');
  return {
    row,
    async run(ms) {
      child.stdin.write(`${ms}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(await said);
      return JSON.parse(value);
    },
    end: () => child.stdin.end(),
  };
}

function build() {
  const built = statSync(PROGRAM, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built > statSync(SOURCE).mtimeMs) return;
  mkdirSync(path.dirname(PROGRAM), { recursive: true });
  execFileSync(process.env.CC || 'cc', ['-std=c17', '-O2', '-o', PROGRAM, SOURCE]);
}
