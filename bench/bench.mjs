// bench.mjs: our file system beside what one would use otherwise, against the same real server, in one run: in each
// row the sides have their turns one after the other, so that what slows the machine slows all. The figures are for
// reading: whatever they are, it ends with 0.
//
//   npm run bench                           every row, in less than five minutes
//   npm run bench -- --only "stat, 64"      the rows whose name holds this
//   npm run bench -- --quick                shorter and fewer rounds
//   npm run bench -- --json FILE            where the raw figures go (default: build/bench.json)
//   npm run bench -- --charts FOLDER        where the two charts go (default: build)
//
// The server is another process. It logs each request, as it does by default, and sends no telemetry. Each turn
// begins after a collection of garbage: that of one side is not to be collected in the time of the other.
//
// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runProgram } from '../test/helpers/program.mjs';
import { startSandbox } from '../test/helpers/sandbox.mjs';
import { drawChart } from './chart.mjs';
import { report } from './progress.mjs';
import { TITLES } from './sides.mjs';
import { setStage } from './stage.mjs';
import { sumUp, table } from './table.mjs';
import { ROWS } from './workloads.mjs';

const MEMORY = new URL('memory.mjs', import.meta.url);
const BUILD = fileURLToPath(new URL('../build', import.meta.url));
const NO_LANE = 'http (it names none)';
const CHARTS = [
  { file: 'bench-near.svg', title: 'On the same machine', has: ({ delayMs }) => delayMs === undefined },
  { file: 'bench-far.svg', title: '20 ms away', has: ({ delayMs }) => delayMs !== undefined },
];

const SIDE_MS = 4000; // a side that has used so much in a row gets no other turn there
const WHOLE_MS = 220_000; // all rows; one that begins later than its share of this is measured as with --quick
const GRACE_MS = 12_000; // beyond that share: rows differ

let stopping = false; // by a signal
const options = readOptions();
const rows = ROWS.filter(({ name }) => name.includes(options.only));
if (rows.length === 0) {
  const names = new Set(ROWS.map(({ name }) => name));
  refuse(`no row has "${options.only}" in its name; there are:\n  ${[...names].join('\n  ')}`);
}
await main();
process.exit(0); // what a VM has left open would hold it for half a minute

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', default: '' },
        quick: { type: 'boolean', default: false },
        json: { type: 'string', default: path.join(BUILD, 'bench.json') },
        charts: { type: 'string', default: BUILD },
      },
    });
    return values;
  } catch (error) {
    return refuse(error.message);
  }
}

function refuse(words) {
  console.error(`bench: ${words}`);
  process.exit(2);
}

async function main() {
  report('starting the server');
  const sandbox = await startSandbox({ httpLog: true });
  const results = [];
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.once(signal, () => {
      stopping = true;
      report();
      console.log(table(results)); // what there is
      sandbox.stop().finally(() => process.exit(130));
    });
  let stage;
  try {
    report('preparing the files');
    stage = await setStage(sandbox);
    const { fs } = await stage.side('ours');
    await fs.stat('/'); // a lane is up from the first operation on
    const head = heading(sandbox, fs.lane);
    report();
    console.log(`${head.join('\n')}\n`);
    await measureAll(stage, results);
    console.log(table(results));
    saveCharts(results);
    save({ head, lane: fs.lane ?? null, results });
  } finally {
    await stage?.close();
    await sandbox.stop();
  }
}

/** What a reader has to know of the figures. */
function heading({ isolated }, lane) {
  const place = isolated ? 'with a root of its own, in memory' : 'in a temporary directory of this machine';
  const cpus = `${os.cpus().length} x ${os.cpus()[0]?.model.trim()}`;
  return [
    `lane        ${lane === undefined ? NO_LANE : [lane.lane, lane.carrier, lane.reason].filter(Boolean).join(', ')}`,
    `server      sandbox-agent, ${place}; HTTP logging on (its default), telemetry off`,
    `machine     Node ${process.versions.node}, ${cpus}, load ${os.loadavg()[0].toFixed(1)}`,
    'ratio       the median of the rounds; x2: twice as good as what stands beside it',
    'SDK         a file system made of the calls of npm sandbox-agent',
    'SFTP        npm ssh2 with setNoDelay, and OpenSSH on loopback, its files in memory',
    'bare loop   the same requests to the server from a loop in C that throws the answers away',
    '2 MiB PUTs  one after the other on one kept connection of node:http, a file for each',
  ];
}

async function measureAll(stage, results) {
  let begin = performance.now();
  for (const [i, row] of rows.entries()) {
    if (stopping) await new Promise(() => {}); // the signal ends it
    const part = i / rows.length;
    const quick = options.quick || performance.now() - begin > part * WHOLE_MS + GRACE_MS;
    const say = (words) => report(`${row.name}: ${words}`, part);
    results.push(await measure(row, stage, { quick, say }));
    if (!row.restMs) continue;
    await setTimeout(row.restMs);
    begin += row.restMs; // no row is to be shorter for it
  }
  report();
}

/** Each side in turn, for as many rounds as the row has; a side that fails gets no other turn. */
async function measure(row, stage, { quick, say }) {
  const rounds = quick ? Math.min(2, row.rounds) : row.rounds;
  const limits = { ms: quick ? 100 : 250, serverPid: stage.serverPid };
  const all = row.sides.map((name) => ({ name, values: [], usedMs: 0, failure: undefined }));
  for (let round = row.warmUp ? -1 : 0; round < rounds; round++) {
    for (const side of all.filter(hasTurn)) {
      say(`${TITLES[side.name]}, ${round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`}`);
      globalThis.gc?.();
      const begin = performance.now();
      try {
        const value = await turn(row, side.name, stage, limits);
        if (round >= 0) side.values.push(value);
      } catch (error) {
        side.failure = reasonOf(error);
      }
      side.usedMs += performance.now() - begin;
    }
  }
  return { row, sides: all, sum: sumUp(row, all) };
}

/** Whether a side goes on: each has one turn that counts, however long it takes. */
function hasTurn({ failure, usedMs, values }) {
  return failure === undefined && (usedMs < SIDE_MS || values.length === 0);
}

async function turn(row, name, stage, limits) {
  if (!row.process) {
    const side = await stage.side(name, row.delayMs);
    return side.turn ? side.turn(row, limits) : row.run(side, limits);
  }
  const place = JSON.stringify(await stage.placeOf(name));
  const ended = await runProgram(MEMORY, [row.process, name, place], { nodeArgs: ['--expose-gc'] });
  if (ended.code !== 0) throw new Error(/^.*Error.*$/m.exec(ended.stderr)?.[0] ?? `exit ${ended.code}`);
  return Number(ended.stdout);
}

/** The shortest that says why: an errno, a status, or the first words. */
function reasonOf(error) {
  const words = error.code === 'ERR_ASSERTION' ? error.message : undefined;
  return String(words ?? error.code ?? error.cause?.code ?? error.status ?? error.message).slice(0, 60);
}

/** The ratios to the SDK of the rows that are meant for it, of both kinds. */
function saveCharts(results) {
  for (const { file, title, has } of CHARTS) {
    const bars = results
      .filter(({ row, sum }) => row.chart && has(row) && sum.ratios.sdk?.ratio !== undefined)
      .map(({ row, sum: { ratios } }) => ({ label: row.chart, target: row.beside.sdk, ...ratios.sdk }));
    if (bars.length === 0) continue;
    const subtitle = "Times as fast as the SDK's own calls: median, least and greatest of the rounds; green: the target";
    mkdirSync(options.charts, { recursive: true });
    writeFileSync(path.join(options.charts, file), drawChart({ title, subtitle, bars }));
  }
}

function save({ head, lane, results }) {
  const raw = results.map(({ row: { name, unit, beside, atMost }, sides, sum }) => ({
    name,
    unit,
    targets: beside,
    atMost,
    sides: sides.map(({ usedMs, ...side }) => side),
    ...sum,
  }));
  const made = { date: new Date().toISOString(), head, lane, quick: options.quick, rows: raw };
  mkdirSync(path.dirname(options.json), { recursive: true });
  writeFileSync(options.json, `${JSON.stringify(made, null, 2)}\n`);
  console.log(`\nraw figures: ${options.json}`);
}
