// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { programs } from '../helpers/programs.mjs';
import { ownTmpdir } from '../helpers/temporary.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const temporary = ownTmpdir();
const file = path.join(temporary, 'bench.json');

async function bench(...args) {
  const command = ['24', '--expose-gc', 'bench/bench.mjs', '--quick', '--json', file, '--charts', temporary, ...args];
  const env = { ...process.env, NODE_OPTIONS: '' };
  const child = spawn('scripts/node', command, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = [text(child.stdout), text(child.stderr), once(child, 'exit')];
  const [stdout, stderr, [code]] = await Promise.all(ended);
  return { stdout, stderr, code };
}

test('the bench shows and keeps what it measured, and leaves nothing', async () => {
  const { stdout, stderr, code } = await bench('--only', 'stat, 16');
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^\d+ s {2}0 % {2}stat, 16 callers: /m);
  assert.match(stdout, /^lane {8}\w+/);
  assert.match(stdout, /^stat, 16 callers +ours, cache off +[\d,.]+ ops\/s$/m);
  assert.match(stdout, /^ +SDK +[\d,.]+ ops\/s +x[\d,.]+ +[\d,.]+\.\.[\d,.]+ +x8 +(NOT )?reached$/m);
  assert.match(stdout, /^ +bare loop +[\d,.]+ ops\/s +x[\d,.]+ +[\d,.]+\.\.[\d,.]+$/m);
  const { rows } = JSON.parse(await readFile(file, 'utf8'));
  assert.equal(rows.length, 1);
  assert.deepEqual(rows[0].targets, { sdk: 8, sftp: 1, bare: null });
  for (const { values, failure } of rows[0].sides) {
    assert.equal(values.length > 0, !failure); // SFTP is there where scripts/bench has fetched it
    assert.ok(values.every((value) => value > 0));
  }
  const chart = await readFile(path.join(temporary, 'bench-near.svg'), 'utf8');
  assert.match(chart, /^<svg [^]*>stat, 16 callers<[^]*>x[\d.]+ <tspan class="soft">of x8<[^]*<\/svg>\n$/);
  await rm(file);
  await rm(path.join(temporary, 'bench-near.svg'));
  assert.deepEqual(await readdir(temporary), []);
  assert.deepEqual(await programs(temporary, 'environ'), []);
});

test('a row in which something fails says so, and the bench goes on', async () => {
  const { stdout, code } = await bench('--only', 'write 256 MB');
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^ +SDK +fails: (413|EPIPE|ECONNRESET|UND_ERR_SOCKET) +–$/m);
  assert.match(stdout, /^ +2 MiB PUTs +[\d,.]+ MB\/s .* x0\.6 +(NOT )?reached$/m);
});

test('a row of 20 ms away is one of a real VM, with a target of its own', async () => {
  const { stdout, stderr, code } = await bench('--only', 'second run: moved');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^20 ms: node program, second run: moved +ours, .* 0 bytes .* 0 or less +reached$/m);
});

test('a name that no row has is refused with those there are', async () => {
  const { stderr, code } = await bench('--only', 'nonsense');
  assert.equal(code, 2);
  assert.match(stderr, /no row has "nonsense"[^]*pread/);
});
