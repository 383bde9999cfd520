// stdin.test.mjs: the text that a command reads.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { call, suite } from '../helpers/suite.mjs';

const { sandbox, toolkit } = await suite();
const kit = toolkit();
const run = (input) => call(kit, 'run-command', input);
const left = () => sandbox.sh('ls "$HOME/.cache/agentos-sandbox" | grep "^input-" || true');

for (const [what, stdin] of [
  ['a line', 'one\n'],
  ['no newline, and what a shell would take apart', `$HOME "'\\ é 😀`],
  ['a NUL', 'a\0b'],
  ['nothing', ''],
]) {
  test(`a command reads the text as it is: ${what}`, async () => {
    const { stdout, exitCode } = await run({ command: 'cat', stdin });
    assert.deepEqual([stdout, exitCode], [stdin, 0]);
    assert.equal(await left(), '');
  });
}

test('of more than a pipe holds all of it', async () => {
  const stdin = 'line\n'.repeat(400_000);
  const { stdout } = await run({ command: 'sha256sum', stdin });
  assert.equal(stdout.split(' ')[0], createHash('sha256').update(stdin).digest('hex'));
});

test('more than 2 MiB is refused, and a command that did not start leaves nothing', async () => {
  await assert.rejects(run({ command: 'cat', stdin: 'x'.repeat(2 ** 21 + 1) }), /usage: .*"stdin" has 2 MiB at most/);
  await assert.rejects(run({ command: 'no-such-program', stdin: 'x' }), { code: 'ENOENT' });
  assert.equal(await left(), '');
});

test('programs beside each other each read their own', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => run({ command: 'cat', stdin: `${i}` })));
  assert.deepEqual(answers.map(({ stdout }) => stdout), Array.from({ length: 20 }, (_, i) => `${i}`));
});

test('without a companion there is none, and the error says so', async () => {
  const alone = toolkit({ companion: false });
  await assert.rejects(call(alone, 'run-command', { command: 'cat', stdin: 'x' }), { code: 'ENOTSUP', message: /"stdin"/ });
});
