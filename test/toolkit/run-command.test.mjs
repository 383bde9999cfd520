// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, suite } from '../helpers/suite.mjs';

const { sandbox, toolkit } = await suite();
const kit = toolkit();
const run = (input) => call(kit, 'run-command', input);

test('gives what a program wrote, how it ended and how long it took', async () => {
  const { durationMs, ...result } = await run({ command: 'sh', args: ['-c', 'echo out; echo err >&2; exit 3'] });
  assert.deepEqual(result, { stdout: 'out\n', stderr: 'err\n', exitCode: 3, timedOut: false });
  assert.ok(durationMs >= 0 && durationMs < 20_000);
});

test('a program killed by a signal has no exit code', async () => {
  assert.equal((await run({ command: 'sh', args: ['-c', 'kill -KILL $$'] })).exitCode, null);
});

test("a command without args that has a space or a shell's character runs under sh -c", async () => {
  const commands = {
    'echo one   two': 'one two\n',
    "echo 'one   two'": 'one   two\n',
    'echo $((6*7))': '42\n',
    'echo a|tr a b': 'b\n',
    'printf \'%s\' "$HOME" | wc -l': '0\n',
    'true;echo': '\n',
    'echo\tx': 'x\n',
    'echo\none': '\n',
  };
  for (const [command, stdout] of Object.entries(commands)) {
    const result = await run({ command });
    if (command === 'echo\none') assert.match(result.stderr, /one/);
    else
      assert.deepEqual({ command, stdout: result.stdout, exitCode: result.exitCode }, { command, stdout, exitCode: 0 });
  }
});

test("one plain word is a program, not a shell's word", async () => {
  assert.equal((await run({ command: 'uname' })).stdout, 'Linux\n');
  await assert.rejects(run({ command: 'exit' }), { code: 'ENOENT' });
});

test("with args it is exec'd as it stands: nothing is split, nothing expanded", async () => {
  assert.equal(
    (await run({ command: 'printf', args: ['[%s]', 'a b', '$HOME', '*', '', '\'"\\'] })).stdout,
    '[a b][$HOME][*][][\'"\\]',
  );
  await assert.rejects(run({ command: 'echo one', args: [] }), { code: 'ENOENT' });
  await assert.rejects(run({ command: 'echo one', args: ['two'] }), { code: 'ENOENT' });
  assert.equal((await run({ command: 'uname', args: [] })).stdout, 'Linux\n');
});

test('a program whose name has a space runs with args', async () => {
  const directory = await sandbox.directory();
  await sandbox.sh(
    'printf "#!/bin/sh\necho spaced \\"\\$1\\"\n" > "$1/my program"; chmod +x "$1/my program"',
    directory,
  );
  assert.equal((await run({ command: `${directory}/my program`, args: ['x y'] })).stdout, 'spaced x y\n');
});

test("cwd and env are the program's", async () => {
  const directory = await sandbox.directory();
  const { stdout } = await run({ command: 'pwd; echo "$A-$B"', cwd: directory, env: { A: 'one', B: '' } });
  assert.equal(stdout, `${directory}\none-\n`);
});

test("a program that cannot start is an error of Node's kind", async () => {
  await assert.rejects(run({ command: 'no-such-program', args: ['x'] }), { code: 'ENOENT', errno: -2 });
  await assert.rejects(run({ command: '/etc/passwd', args: [] }), { code: 'EACCES' });
  await assert.rejects(run({ command: 'true', cwd: '/no/such/place' }), { code: 'ENOENT' });
});

test('timeoutMs ends it and says so', async () => {
  const { timedOut, exitCode } = await run({ command: 'sleep', args: ['60'], timeoutMs: 300 });
  assert.deepEqual({ timedOut, exitCode }, { timedOut: true, exitCode: null });
});

test("it may run longer than the toolkit's timeoutMs for other requests", async () => {
  const impatient = toolkit({ timeoutMs: 500 });
  const { exitCode } = await call(impatient, 'run-command', { command: 'sleep 1.5', timeoutMs: 10_000 });
  assert.equal(exitCode, 0);
});

test('UTF-8 goes in and comes out', async () => {
  const text = 'é e\u0301 漢字 🙂';
  assert.equal((await run({ command: 'printf', args: ['%s', text] })).stdout, text);
  assert.equal((await run({ command: 'printf %s "$T"', env: { T: text } })).stdout, text);
});

test('output of a megabyte comes whole', async () => {
  const { stdout } = await run({ command: "head -c 1000000 /dev/zero | tr '\\0' x" });
  assert.equal(stdout.length, 1_000_000);
});

test('over HTTP alone the server cuts output, and says so', async () => {
  const http = toolkit({ companion: false });
  const command = "head -c 2000000 /dev/zero | tr '\\0' x";
  const result = await call(http, 'run-command', { command });
  assert.equal(result.stdout.length, 2 ** 20);
  assert.equal(result.stdoutTruncated, true);
  assert.ok(!('stderrTruncated' in result));
  assert.equal((await call(http, 'run-command', { command, maxOutputBytes: 10 })).stdout, 'xxxxxxxxxx');
});

test('no command is bad usage', async () => {
  for (const input of [{}, { args: ['x'] }, { command: '' }])
    await assert.rejects(async () => run(input), /usage: |command/);
});
