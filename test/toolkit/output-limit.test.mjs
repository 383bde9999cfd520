// maxOutputBytes at both of its sides: as many bytes are whole, of one more there are the head, the tail and how many are
// not there; each stream for itself.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, suite } from '../helpers/suite.mjs';

const { toolkit } = await suite();
const kit = toolkit();
const MIB = 2 ** 20;

// What is printed: lines that say where they stand.
const widthOf = (length) => (length > 2 * MIB ? 1024 : 10);
const printed = (length, width = widthOf(length)) =>
  `seq -f %0${width - 1}.0f 0 ${width} ${length} | head -c ${length}`;
const expected = (length, width = widthOf(length)) =>
  Array.from({ length: Math.ceil(length / width) }, (_, i) => `${String(i * width).padStart(width - 1, '0')}\n`)
    .join('')
    .slice(0, length);

/** That a stream of `length` bytes is shown as `most` allow. */
function check(result, stream, length, most) {
  const text = result[stream];
  const whole = expected(length);
  if (length <= most) {
    assert.ok(text === whole, `${stream} of ${length}, ${most}: ${text.length} bytes`);
    assert.ok(!(`${stream}Truncated` in result));
    return;
  }
  const half = Math.floor(most / 2);
  const left = `\n[${length - most} bytes left out]\n`;
  assert.equal(text.slice(half, half + left.length), left);
  assert.ok(text.slice(0, half) === whole.slice(0, half), 'the head');
  assert.ok(text.slice(half + left.length) === whole.slice(length - (most - half)), 'the tail');
  assert.equal(result[`${stream}Truncated`], true);
}

async function run(out, err, maxOutputBytes) {
  const command = `${printed(out)}; ${printed(err)} >&2`;
  const { execute } = kit.tools['run-command'];
  const result = await execute({ command, maxOutputBytes, timeoutMs: 100_000, waitMs: 100_000 });
  assert.equal(result.exitCode, 0);
  check(result, 'stdout', out, maxOutputBytes ?? MIB);
  check(result, 'stderr', err, maxOutputBytes ?? MIB);
}

test('as many bytes are whole, of one more the head and the tail are there, each stream for itself', async () => {
  for (const most of [2, 3, 1000, 1001, 65_536])
    for (const [out, err] of [
      [most, most],
      [most, most + 1],
      [most + 1, most],
      [most + 1, most + 1],
      [most - 1, most + 2],
    ])
      await run(out, err, most);
});

test('it is 1 MiB unless told', async () => {
  await run(MIB, MIB + 1);
  await run(MIB + 1, MIB);
});

test('it is 64 MiB at most', async () => {
  await run(64 * MIB, 5, 64 * MIB);
  await run(64 * MIB + 1, 5, 64 * MIB);
  for (const by of [kit, toolkit({ companion: false })])
    for (const maxOutputBytes of [0, 1, 64 * MIB + 1, 1.5])
      await assert.rejects(call(by, 'run-command', { command: 'true', maxOutputBytes }), {
        code: 'EINVAL',
        message: /^usage: run-command: "maxOutputBytes" must be /,
      });
});
