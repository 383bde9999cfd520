// workloads.mjs: the rows of the table. A row says what each driver does in one round, in which unit the figure is,
// and what is expected of the ratio.
//
//   name      as the table shows it, and what --only looks in
//   sides     the two drivers; the first is ours
//   unit      ops/s and MB/s: more is better; ms and MB: less is better
//   expected  of the ratio (ours against the other: above 1, ours is better); undefined where nothing is
//   rounds    how often each driver has its turn, one after the other
//   warmUp    whether a turn of each comes before, which does not count; not where a turn is long
//   run       (driver, { ms }) → the figure of one round, which goes on for `ms` where it can
//   process   instead of run: the name of a workload of memory.mjs, for which each turn is a process of its own
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { closedLoop, eventLoopDelay, repeated, time } from './measure.mjs';

const KIB = 1024;
export const BIG = 256 * 2 ** 20; // bytes; a file that is not read for a part of it
const SMALL = 4 * KIB;
const FILES = 100;
const ENTRIES = 10_000;
const CALLERS = [1, 16, 64, 256];

/** What lies in the sandbox before the first round, below $1. */
export const PREPARE = `
  mkdir "$1/many" && cd "$1/many" && seq -f 'file-%05.0f' ${ENTRIES} | xargs touch
  cd "$1" && mkdir small && seq ${FILES} | while read -r i; do head -c ${SMALL} /dev/urandom >"small/$i"; done
  head -c ${BIG} /dev/urandom >big
`;

const small = (i) => `/small/${(i % FILES) + 1}`;
const content = Buffer.alloc(SMALL, 'a small content ');
let bigContent;

const SMALL_CALLS = {
  stat: async (driver, i) => assert.equal((await driver.stat(small(i))).size, SMALL),
  'read 4 KiB': async (driver, i) => assert.equal((await driver.readFile(small(i))).length, SMALL),
  'write 4 KiB': (driver, i) => driver.writeFile(small(i), content),
};
const SMALL_EXPECTED = { 'stat, 64 callers': 8, 'stat, 256 callers': 15 };

function* smallRows() {
  for (const [what, call] of Object.entries(SMALL_CALLS)) {
    for (const callers of CALLERS) {
      const name = `${what}, ${callers} caller${callers > 1 ? 's' : ''}`;
      const run = (driver, { ms }) => closedLoop(callers, ms, (i) => call(driver, i));
      yield { name, unit: 'ops/s', rounds: 5, warmUp: true, expected: SMALL_EXPECTED[name], run };
    }
  }
}

const LARGE_ROWS = [
  {
    name: 'readDirWithTypes of 10,000',
    unit: 'ms',
    rounds: 5,
    warmUp: true,
    expected: 3,
    run: (driver, { ms }) =>
      repeated(ms, async () => assert.equal((await driver.readDirWithTypes('/many')).length, ENTRIES)),
  },
  {
    name: 'pread 64 KiB of 256 MB',
    unit: 'ms',
    rounds: 5,
    expected: 300,
    // At another place each time.
    run: (driver, { ms }) =>
      repeated(ms, async (i) => {
        const offset = (200_000_001 + i * 1_000_003) % (BIG - 64 * KIB);
        assert.equal((await driver.pread('/big', offset, 64 * KIB)).length, 64 * KIB);
      }),
  },
  {
    name: 'read 256 MB whole',
    unit: 'MB/s',
    rounds: 3,
    run: async (driver) => rate(await time(async () => assert.equal((await driver.readFile('/big')).length, BIG))),
  },
  { name: 'write 256 MB', unit: 'MB/s', rounds: 3, run: writeBig },
  { name: 'write 256 MB', unit: 'MB/s', rounds: 3, expected: 0.5, sides: ['ours', 'puts'], run: writeBig },
  {
    name: 'p99 event-loop delay, 256 callers of stat',
    unit: 'ms',
    rounds: 5,
    warmUp: true,
    run: (driver, { ms }) => eventLoopDelay(() => closedLoop(256, 2 * ms, (i) => SMALL_CALLS.stat(driver, i))),
  },
  { name: 'memory: peak over 256 MB read whole', unit: 'MB', rounds: 3, process: 'read' },
  { name: 'memory: kept after 50,000 stats, 256 callers', unit: 'MB', rounds: 3, process: 'stat' },
];

/** A new file each time: its old content is no part of the measure. */
async function writeBig(driver) {
  bigContent ??= Buffer.alloc(BIG, 'a big content ');
  try {
    return rate(await time(() => driver.writeFile('/written', bigContent)));
  } finally {
    await driver.removeFile('/written').catch(() => {}); // where nothing was written there is nothing to remove
  }
}

function rate(ms) {
  return BIG / 1e6 / (ms / 1000);
}

export const ROWS = [...smallRows(), ...LARGE_ROWS].map((row) => ({ sides: ['ours', 'sdk'], ...row }));
