// stat.js: a stat out of the numbers that the addon has written into `memory`: an object that is made here, at once and
// always in the same shape, costs a tenth of one that is made property by property from C.
//
// SPDX-License-Identifier: Apache-2.0
'use strict';

const NUMBERS = 15; // in the order of struct sbx_stat_numbers, src/napi/stat.c
const TIMES = 4;

const memory = new ArrayBuffer((NUMBERS + TIMES) * 8);
const numbers = new Float64Array(memory, 0, NUMBERS);
const times = new BigInt64Array(memory, NUMBERS * 8, TIMES);

// Not enumerable: JSON knows no BigInt, and core's copies of a stat would fail on one.
const property = { __proto__: null, value: 0n };

function addTime(stat, name, time) {
  property.value = time;
  Object.defineProperty(stat, name, property);
}

function makeStat() {
  const stat = {
    mode: numbers[0],
    size: numbers[1],
    blocks: numbers[2],
    dev: numbers[3],
    rdev: numbers[4],
    ino: numbers[5],
    nlink: numbers[6],
    uid: numbers[7],
    gid: numbers[8],
    atimeMs: numbers[9],
    mtimeMs: numbers[10],
    ctimeMs: numbers[11],
    birthtimeMs: numbers[12],
    isDirectory: numbers[13] === 1,
    isSymbolicLink: numbers[14] === 1,
  };
  // As Node's BigIntStats has them.
  addTime(stat, 'atimeNs', times[0]);
  addTime(stat, 'mtimeNs', times[1]);
  addTime(stat, 'ctimeNs', times[2]);
  addTime(stat, 'birthtimeNs', times[3]);
  return stat;
}

module.exports = { memory, makeStat };
