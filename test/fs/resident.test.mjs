// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runProgram } from '../helpers/program.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox } = await suite();

const MIB = 2 ** 20;
const size = 192 * MIB;

async function growth(what, basePath) {
  const { baseUrl, token } = sandbox;
  const place = JSON.stringify({ baseUrl, token, basePath, size });
  const program = new URL('programs/resident.mjs', import.meta.url);
  const ended = await runProgram(program, [what, place], { nodeArgs: ['--expose-gc'], boundMs: 300_000 });
  assert.equal(ended.code, 0, ended.stderr);
  return Number(ended.stdout);
}

test('a content of 192 MiB takes one buffer to read, none beside the own to write, and 32 MiB at most for all else', async () => {
  const basePath = await sandbox.directory();
  assert.ok((await growth('write', basePath)) < 32 * MIB);
  assert.equal(await sandbox.sh('stat -c %s "$1/file"', basePath), `${size}\n`);
  const reading = await growth('read', basePath);
  assert.ok(reading > size / 2 && reading < size + 32 * MIB, `${reading}`);
});
