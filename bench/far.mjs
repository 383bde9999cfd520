// far.mjs: the rows that are measured 20 ms away (the delayMs of a row): each side has a way of its own to the same sandbox
// (delay.mjs), and a real VM whose /sandbox it is. Ours is as it comes, cache on; before each turn it is emptied by a write, so that no turn
// is answered from the one before. A row is as in workloads.mjs; its `run` gets
//
//   { fs, exec, vm, moved, bare, fresh }    exec(line): a line of the VM's shell, to its end, which has to be 0;
//                                           moved(work): bytes that went by; bare(): ms of a round trip of nothing else
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { at, counts } from './far-files.mjs';
import { latencies, median, percentile, time } from './measure.mjs';

const GIT = createRequire(import.meta.url).resolve('isomorphic-git').replace(/index\.cjs$/, 'index.umd.min.js');
const ROUND_TRIP_MS = 20;

let made = 0; // names that nothing has yet

const program = 'node /sandbox/program/main.js';
const runProgram = async ({ exec }) => assert.equal(await exec(program), 'fifteen\n');

/** Milliseconds of `action` from a start with nothing known. */
const timed = (action) => async (side) => {
  await side.fresh();
  return time(() => action(side));
};

async function listAll({ vm }) {
  const found = (await (await vm()).readdirRecursive('/sandbox/tree')).filter(({ type }) => type === 'file');
  assert.equal(found.length, counts.tree);
}

const makeDeep = ({ exec }) => exec(`mkdir -p /sandbox/made/${++made}/deep/er`);

const all = (count, call) => Promise.all(Array.from({ length: count }, (_, i) => call(i)));

async function lstatAll({ fs }) {
  for (const { size } of await all(counts.flat, (i) => fs.lstat(at.flat(i)))) assert.equal(size, 6);
}

const writeAll = ({ fs }) => all(counts.flat, (i) => fs.writeFile(at.flat(i), 'small\n'));

const STATUS = `require('/git.js').statusMatrix({ fs: require('fs'), dir: '/sandbox/repository' })
  .then((rows) => console.log(rows.length, rows.filter(([, head, now]) => head !== now).length));`;

/** isomorphic-git's, by a node program: of as many files, one of them changed. */
async function gitStatus(side) {
  const vm = await side.vm();
  await vm.writeFile('/git.js', `globalThis.self = globalThis;${readFileSync(GIT, 'utf8')}`);
  await vm.writeFile('/status.js', STATUS);
  return timed(async ({ exec }) => assert.equal(await exec('node /status.js'), `${counts.repository} 1\n`))(side);
}

/** One lstat a millisecond, whatever is still under way: the p90 of their time, in round trips. */
async function openLoop({ fs, bare, fresh }, { ms }) {
  await fresh();
  await fs.lstat(at.flat(0)); // what is opened once is open
  const roundTrip = median(await latencies(10, 0, bare));
  const calls = Math.max(200, 2 * ms);
  return percentile(await latencies(calls, 1, (i) => fs.lstat(at.flat(i % counts.flat))), 90) / roundTrip;
}

export const FAR_ROWS = [
  { name: 'recursive listing of 200 files', target: 15, warmUp: false, run: timed(listAll) },
  { name: 'mkdir -p in the guest', target: 2.5, run: timed(makeDeep) },
  { name: 'node program of five modules', target: 1.2, run: timed(runProgram) },
  {
    name: 'node program, second run',
    target: 1.6,
    warmUp: false,
    async run(side) {
      await side.fresh();
      await runProgram(side);
      return time(() => runProgram(side));
    },
  },
  {
    name: 'node program, second run: moved',
    what: 'kept',
    unit: 'bytes',
    rounds: 2,
    warmUp: false,
    beside: {},
    atMost: 0,
    async run(side) {
      await side.fresh();
      await runProgram(side);
      return side.moved(() => runProgram(side));
    },
  },
  { name: '500 lstat at once', target: 8, run: timed(lstatAll) },
  { name: '500 small writes at once', target: 3, run: timed(writeAll) },
  { name: 'git status in the guest', target: null, rounds: 2, warmUp: false, run: gitStatus },
  {
    name: 'cp of 4 MiB in the guest: moved',
    unit: 'x its bytes',
    rounds: 1,
    warmUp: false,
    delayMs: 0, // the bytes are the same; 20 ms away it is more than 20 s, and core ends exec after 30
    beside: {}, // through the SDK's calls no file becomes longer than 2 MiB
    atMost: 3,
    async run(side) {
      await side.fresh();
      return (await side.moved(() => side.exec(`cp /sandbox/long /sandbox/copy-${++made}`))) / counts.long;
    },
  },
  {
    name: 'p90 of independent lstats, one a ms',
    unit: 'round trips',
    rounds: 3,
    beside: { sdk: null },
    atMost: 1.2,
    run: openLoop,
  },
].map(({ target, name, delayMs = ROUND_TRIP_MS, ...row }) => ({
  what: 'cached',
  unit: 'ms',
  rounds: 3,
  warmUp: true,
  beside: { sdk: target },
  ...row,
  chart: row.unit === undefined ? name : undefined,
  name: `${delayMs} ms: ${name}`,
  delayMs,
}));
