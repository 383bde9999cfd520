// bench.mjs: our file system beside a driver of the SDK's own calls, against the same real server, in one run: in
// each row they have their turns one after the other, so that what slows the machine slows both. The figures are
// for reading: whatever they are, it ends with 0.
//
//   npm run bench                           every row, in less than five minutes
//   npm run bench -- --only "stat, 64"      the rows whose name holds this
//   npm run bench -- --quick                shorter and fewer rounds
//   npm run bench -- --json FILE            where the raw figures go (default: build/bench.json)
//
// The server is another process. It logs each request, as it does by default, and sends no telemetry. Each turn
// begins after a collection of garbage: that of one driver is not to be collected in the time of the other.
//
// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runProgram } from '../test/helpers/program.mjs';
import { startSandbox } from '../test/helpers/sandbox.mjs';
import { TITLES, createDriver } from './drivers.mjs';
import { sumUp, table } from './table.mjs';
import { PREPARE, ROWS } from './workloads.mjs';

const MEMORY = new URL('memory.mjs', import.meta.url);
const OUTPUT = fileURLToPath(new URL('../build/bench.json', import.meta.url));
const NO_LANE = 'http (the driver names none)';
const ERASE = '\r\x1b[2K';

const options = readOptions();
const rows = ROWS.filter(({ name }) => name.includes(options.only));
if (rows.length === 0) {
  const names = new Set(ROWS.map(({ name }) => name));
  refuse(`no row has "${options.only}" in its name; there are:\n  ${[...names].join('\n  ')}`);
}
await main();

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', default: '' },
        quick: { type: 'boolean', default: false },
        json: { type: 'string', default: OUTPUT },
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
  progress('starting the server');
  const sandbox = await startSandbox({ httpLog: true });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.once(signal, () => sandbox.stop().finally(() => process.exit(130)));
  const drivers = {};
  try {
    progress('preparing the files');
    const basePath = await sandbox.directory();
    await sandbox.sh(PREPARE, basePath);
    for (const name of Object.keys(TITLES)) drivers[name] = createDriver(name, { client: sandbox.client, basePath });
    await drivers.ours.stat('/'); // a lane is up from the first operation on
    const head = heading(sandbox, drivers.ours.lane);
    progress();
    console.log(`${head.join('\n')}\n`);
    const results = await measureAll({ drivers, sandbox, basePath });
    console.log(table(results));
    save({ head, lane: drivers.ours.lane ?? null, results });
  } finally {
    for (const driver of Object.values(drivers)) await driver.close();
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
    '2 MiB PUTs  one after the other on one kept connection of node:http, a file for each',
  ];
}

async function measureAll(context) {
  const results = [];
  for (const [i, row] of rows.entries()) {
    results.push(await measure(row, context, (words) => progress(`${i + 1}/${rows.length}  ${row.name}: ${words}`)));
  }
  progress();
  return results;
}

/** Each side in turn, for as many rounds as the row has; a side that fails gets no other turn. */
async function measure(row, context, say) {
  const rounds = options.quick ? Math.min(2, row.rounds) : row.rounds;
  const ms = options.quick ? 100 : 500;
  const sides = row.sides.map((name) => ({ name, values: [], failure: undefined }));
  for (let round = row.warmUp ? -1 : 0; round < rounds; round++) {
    for (const side of sides.filter(({ failure }) => failure === undefined)) {
      say(`${TITLES[side.name]}, ${round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`}`);
      globalThis.gc?.();
      try {
        const value = await turn(row, side.name, context, { ms });
        if (round >= 0) side.values.push(value);
      } catch (error) {
        side.failure = reasonOf(error);
      }
    }
  }
  return { row, sides, sum: sumUp(row, sides) };
}

async function turn(row, name, { drivers, sandbox: { baseUrl, token }, basePath }, limits) {
  if (!row.process) return row.run(drivers[name], limits);
  const place = JSON.stringify({ baseUrl, token, basePath });
  const ended = await runProgram(MEMORY, [row.process, name, place], { nodeArgs: ['--expose-gc'] });
  if (ended.code !== 0) throw new Error(/^.*Error.*$/m.exec(ended.stderr)?.[0] ?? `exit ${ended.code}`);
  return Number(ended.stdout);
}

/** The shortest that says why: an errno, a status, or the first words. */
function reasonOf(error) {
  return String(error.code ?? error.cause?.code ?? error.status ?? error.message).slice(0, 60);
}

function progress(text = '') {
  if (process.stderr.isTTY) process.stderr.write(ERASE + text.slice(0, (process.stderr.columns || 80) - 1));
}

function save({ head, lane, results }) {
  const raw = results.map(({ row: { name, unit, expected }, sides, sum }) => ({ name, unit, expected, sides, ...sum }));
  const made = { date: new Date().toISOString(), head, lane, quick: options.quick, rows: raw };
  mkdirSync(path.dirname(options.json), { recursive: true });
  writeFileSync(options.json, `${JSON.stringify(made, null, 2)}\n`);
  console.log(`\nraw figures: ${options.json}`);
}
