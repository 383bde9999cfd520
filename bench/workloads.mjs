// workloads.mjs: the rows, here those that are measured near by, each side with the same sandbox on this machine. A row
// says what each side does in one round, in which unit the figure is, and what it is to reach.
//
//   name      as the table shows it, and what --only looks in
//   what      whose row it is; default: 'ours' (sides.mjs)
//   beside    the sides beside it, each with what the ratio (above 1: ours is better) is to reach, or null
//   atMost    what the figure itself is to stay below
//   unit      ops/s and MB/s: more is better; of all others less is
//   rounds    how often each side has its turn, one after the other
//   warmUp    whether a turn of each comes before, which does not count; not where a turn is long
//   run       (side, { ms, serverPid }) → the figure of one round, which goes on for `ms` where it can
//   bare      what the bare loop sends for it: { requests, callers }
//   process   instead of run: the name of a workload of memory.mjs, for which each turn is a process of its own
//   delayMs   how far away its sides are, each with a VM (far.mjs); without it they are near
//   chart     its bar's words, where it is one of a chart
//   restMs    how long nothing is done when it is over
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { FAR_ROWS } from './far.mjs';
import { BIG, closedLoop, cpuPerCall, eventLoopDelay, repeated, serverCpuPerCall, time } from './measure.mjs';

const KIB = 1024;
const SMALL = 4 * KIB;
const FILES = 100;
const ENTRIES = 10_000;
const MANY = 256; // callers: as many connections of those sides that have one for each
const CALLERS = [1, 16, 64, MANY];
// Node's fetch, the SDK's, closes a connection 4 s after its last request, and the server is busy for half a second with
// closing so many: whose turn it is then would have its figure from that.
const REST_MS = 5000;

/** What lies in the sandbox before the first round, below $1. */
export const PREPARE = `
  mkdir "$1/many" && cd "$1/many" && seq -f 'file-%05.0f' ${ENTRIES} | xargs touch
  cd "$1" && mkdir small && seq ${FILES} | while read -r i; do head -c ${SMALL} /dev/urandom >"small/$i"; done
  head -c ${BIG} /dev/urandom >big
`;

const small = (i) => `/small/${(i % FILES) + 1}`;
const content = Buffer.alloc(SMALL, 'a small content ');
let bigContent;

const CALLS = {
  stat: async ({ fs }, i) => assert.equal((await fs.stat(small(i))).size, SMALL),
  'read 4 KiB': async ({ fs }, i) => assert.equal((await fs.readFile(small(i))).length, SMALL),
  'write 4 KiB': ({ fs }, i) => fs.writeFile(small(i), content),
};

/** The same over HTTP, for the bare loop: of each of the files. */
const REQUESTS = {
  stat: { url: '/v1/fs/stat' },
  'read 4 KiB': { url: '/v1/fs/file' },
  'write 4 KiB': { method: 'PUT', url: '/v1/fs/file', body: content },
};
const requests = (what) => Array.from({ length: FILES }, (_, i) => ({ ...REQUESTS[what], file: small(i) }));

/** Of the ratio to the SDK, at 1, 16, 64 and 256 callers. */
const TARGETS = { stat: [2.5, 8, 15, 20], 'read 4 KiB': [2.5, 2.5, 2.5, 3], 'write 4 KiB': [2, 3, 4, 4] };

function* smallRows() {
  for (const [what, call] of Object.entries(CALLS)) {
    for (const [i, callers] of CALLERS.entries()) {
      const name = `${what}, ${callers} caller${callers > 1 ? 's' : ''}`;
      yield {
        name,
        chart: name,
        unit: 'ops/s',
        rounds: 5,
        warmUp: true,
        restMs: callers === MANY ? REST_MS : 0,
        beside: { sdk: TARGETS[what][i], sftp: 1, bare: null },
        run: (side, { ms }) => closedLoop(callers, ms, (n) => call(side, n)),
        bare: { requests: requests(what), callers },
      };
    }
  }
}

const again = (call) => (side, { ms }) => closedLoop(1, ms, () => call(side, 0));

const CACHE_ROWS = [
  {
    name: 'stat again, cache on, 1 caller',
    chart: 'stat again, cache on',
    what: 'cached',
    unit: 'ops/s',
    rounds: 5,
    warmUp: true,
    beside: { sdk: 50, sftp: 1 },
    run: again(CALLS.stat),
  },
  {
    name: 'read 4 KiB again, cache on, 1 caller',
    what: 'cached',
    unit: 'ops/s',
    rounds: 5,
    warmUp: true,
    beside: { sdk: null, sftp: 1 },
    run: again(CALLS['read 4 KiB']),
  },
];

const HTTP_ROWS = [
  {
    name: 'read 4 KiB over HTTP alone, 16 callers',
    what: 'http',
    unit: 'ops/s',
    rounds: 5,
    warmUp: true,
    beside: { sdk: null, bare: 0.5 },
    run: (side, { ms }) => closedLoop(16, ms, (i) => CALLS['read 4 KiB'](side, i)),
    bare: { requests: requests('read 4 KiB'), callers: 16 },
  },
];

const LARGE_ROWS = [
  {
    name: 'readDirWithTypes of 10,000',
    unit: 'ms',
    rounds: 5,
    warmUp: true,
    beside: { sdk: null, sftp: 1, bare: null },
    run: ({ fs }, { ms }) =>
      repeated(ms, async () => {
        const names = (await fs.readDirWithTypes('/many')).filter(({ name }) => name !== '.' && name !== '..');
        assert.equal(names.length, ENTRIES);
      }),
    bare: { requests: [{ url: '/v1/fs/entries', file: '/many' }] },
  },
  {
    name: 'pread 64 KiB of 256 MB',
    unit: 'ms',
    rounds: 5,
    beside: { sdk: null, sftp: 1 },
    // At another place each time.
    run: ({ fs }, { ms }) =>
      repeated(ms, async (i) => {
        const offset = (200_000_001 + i * 1_000_003) % (BIG - 64 * KIB);
        assert.equal((await fs.pread('/big', offset, 64 * KIB)).length, 64 * KIB);
      }),
  },
  {
    name: 'read 256 MB whole',
    unit: 'MB/s',
    rounds: 3,
    beside: { sdk: null, sftp: 1, bare: 0.67 }, // 1.5 times its time
    run: async ({ fs }) => rate(await time(async () => assert.equal((await fs.readFile('/big')).length, BIG))),
    bare: { requests: [{ url: '/v1/fs/file', file: '/big' }] },
  },
  { name: 'write 256 MB', unit: 'MB/s', rounds: 2, beside: { sdk: null, sftp: 1, puts: 0.6 }, run: writeBig },
];

const OTHER_ROWS = [
  {
    name: 'a program (true), 1 caller',
    unit: 'ms',
    rounds: 5,
    warmUp: true,
    beside: { sdk: null, sftp: 1, bare: null },
    run: ({ run }, { ms }) => repeated(ms, () => run('true')),
    bare: {
      requests: [{ method: 'POST', url: '/v1/processes/run', type: 'application/json', body: '{"command":"true"}' }],
    },
  },
  {
    name: 'CPU of this process for a stat, 64 callers',
    unit: 'µs',
    rounds: 5,
    warmUp: true,
    beside: { sdk: 4, sftp: 1 },
    run: (side, { ms }) => cpuPerCall(64, ms, (i) => CALLS.stat(side, i)),
  },
  {
    name: 'CPU of the sandbox for a stat, 64 callers',
    unit: 'µs',
    rounds: 5,
    warmUp: true,
    beside: { sdk: null },
    run: (side, { ms, serverPid }) => serverCpuPerCall(serverPid, 64, ms, (i) => CALLS.stat(side, i)),
  },
  {
    name: 'p99 event-loop delay, 256 callers of stat',
    unit: 'ms',
    rounds: 5,
    warmUp: true,
    beside: { sdk: 3, sftp: 1 },
    run: (side, { ms }) => eventLoopDelay(() => closedLoop(256, 2 * ms, (i) => CALLS.stat(side, i))),
  },
  {
    name: 'memory: peak over 256 MB read whole',
    unit: 'MB',
    rounds: 1,
    beside: { sdk: null, sftp: null },
    process: 'read',
  },
  {
    name: 'memory: kept after 20,000 stats, 256 callers',
    unit: 'MB',
    rounds: 2,
    beside: { sdk: null, sftp: null },
    process: 'stat',
  },
];

/** A new file each time: its old content is no part of the measure. */
async function writeBig({ fs }) {
  bigContent ??= Buffer.alloc(BIG, 'a big content ');
  try {
    return rate(await time(() => fs.writeFile('/written', bigContent)));
  } finally {
    await fs.removeFile('/written').catch(() => {}); // where nothing was written there is nothing to remove
  }
}

function rate(ms) {
  return BIG / 1e6 / (ms / 1000);
}

export const ROWS = [...smallRows(), ...CACHE_ROWS, ...HTTP_ROWS, ...LARGE_ROWS, ...OTHER_ROWS, ...FAR_ROWS].map((row) => ({
  ...row,
  sides: [row.what ?? 'ours', ...Object.keys(row.beside)],
}));
