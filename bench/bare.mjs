// bare.mjs: the server's bare ceiling, as a side of the table: bare.c, built when it is needed. A row says in `bare`
// which requests it sends (method, path, body) and over how many connections.
//
// SPDX-License-Identifier: Apache-2.0
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
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
  return {
    async turn({ unit, bare: { requests, callers = 1 } }, { ms }) {
      const { done, ms: took } = await loop([port, callers, unit === 'ops/s' ? ms : 0], requests.map(bytesOf));
      return IN_UNIT[unit]((done / took) * 1000);
    },
    close: async () => {},
  };
}

async function loop(args, requests) {
  const running = promisify(execFile)(PROGRAM, args.map(String));
  for (const bytes of requests) {
    running.child.stdin.write(`${bytes.length}\n`);
    running.child.stdin.write(bytes);
  }
  running.child.stdin.on('error', () => {}); // of a loop that has failed: what it said counts
  running.child.stdin.end();
  return JSON.parse((await running).stdout);
}

function build() {
  const built = statSync(PROGRAM, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built > statSync(SOURCE).mtimeMs) return;
  mkdirSync(path.dirname(PROGRAM), { recursive: true });
  execFileSync(process.env.CC || 'cc', ['-std=c17', '-O2', '-o', PROGRAM, SOURCE]);
}
