// memory.mjs: one side's memory in one workload, in a process of its own, where nothing else was ever allocated.
//
//   node --expose-gc memory.mjs WORKLOAD SIDE PLACE   prints the growth in MB (PLACE: JSON, of openSide)
//
// Of `read` that is the peak of the resident memory, the content included; of `stat`, what is still resident after
// a collection.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { BIG } from './measure.mjs';
import { openSide } from './sides.mjs';

const STATS = 20_000;

const [workload, name, place] = process.argv.slice(2);
const side = await openSide(name, JSON.parse(place));

await stats(1000); // what is allocated once is no growth
process.stdout.write(String((await { read, stat }[workload]()) / 1e6));
await side.close();

/** The same loop, so that what it needs itself is there before. */
async function stats(count) {
  let left = count;
  const caller = async () => {
    while (left-- > 0) await side.fs.stat('/small/1');
  };
  await Promise.all(Array.from({ length: 256 }, caller));
}

async function read() {
  const before = resident('VmRSS');
  writeFileSync('/proc/self/clear_refs', '5'); // the peak begins here
  assert.equal((await side.fs.readFile('/big')).length, BIG);
  return resident('VmHWM') - before;
}

async function stat() {
  const before = settled();
  await stats(STATS);
  return settled() - before;
}

function settled() {
  for (let i = 0; i < 3; i++) gc();
  return resident('VmRSS');
}

/** A line of /proc/self/status, in bytes. */
function resident(line) {
  return Number(readFileSync('/proc/self/status', 'utf8').match(new RegExp(`^${line}:\\s*(\\d+)`, 'm'))[1]) * 1024;
}
