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
  const command = ['24', '--expose-gc', 'bench/bench.mjs', '--quick', '--json', file, ...args];
  const env = { ...process.env, NODE_OPTIONS: '' };
  const child = spawn('scripts/node', command, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = [text(child.stdout), text(child.stderr), once(child, 'exit')];
  const [stdout, stderr, [code]] = await Promise.all(ended);
  return { stdout, stderr, code };
}

test('the bench shows and keeps what it measured, and leaves nothing', async () => {
  const { stdout, stderr, code } = await bench('--only', 'stat, 16');
  assert.deepEqual([code, stderr], [0, ''], stdout);
  assert.match(stdout, /^lane {8}\w+/);
  assert.match(stdout, /^stat, 16 callers +[\d,.]+ ops\/s +[\d,.]+ ops\/s +SDK +x[\d,.]+ +[\d,.]+\.\.[\d,.]+$/m);
  const { rows } = JSON.parse(await readFile(file, 'utf8'));
  assert.equal(rows.length, 1);
  for (const { values } of rows[0].sides) assert.ok(values.length === 2 && values.every((value) => value > 0));
  await rm(file);
  assert.deepEqual(await readdir(temporary), []);
  assert.deepEqual(await programs(temporary, 'environ'), []);
});

test('a row in which something fails says so, and the bench goes on', async () => {
  const { stdout, code } = await bench('--only', 'write 256 MB');
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^write 256 MB .* fails: (413|EPIPE|ECONNRESET|UND_ERR_SOCKET) +SDK +–$/m);
  assert.match(stdout, /^write 256 MB .* MB\/s +2 MiB PUTs .*x0.5 or more$/m);
});

test('a name that no row has is refused with those there are', async () => {
  const { stderr, code } = await bench('--only', 'nonsense');
  assert.equal(code, 2);
  assert.match(stderr, /no row has "nonsense"[^]*pread/);
});
