// What run-command does with a supervisor in the sandbox: whole trees end, output is exact, errors name what is wrong,
// and nothing stays.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../helpers/eventually.mjs';
import { lives, remains } from '../helpers/remains.mjs';
import { call, suite } from '../helpers/suite.mjs';

const { sandbox, toolkit, proxied } = await suite();
const kit = toolkit();
const run = (input) => call(kit, 'run-command', input);

test('a timeout ends all that descends from the program, and what it printed until then is there', async () => {
  const result = await run({
    command: '(setsid sleep 7777 & echo $!); echo before; sleep 7777; echo after',
    timeoutMs: 700,
  });
  const [pid, before] = result.stdout.split('\n');
  assert.equal(before, 'before');
  assert.ok(!result.stdout.includes('after'));
  assert.deepEqual([result.timedOut, result.exitCode, result.signal], [true, null, 'SIGTERM']);
  assert.match(result.hint, /700 ms.*create-process/);
  assert.equal(await lives(sandbox, pid), false);
});

test('what ignores SIGTERM is killed', async () => {
  const result = await run({ command: 'trap "" TERM; echo $$; while :; do sleep 7777; done', timeoutMs: 300 });
  assert.deepEqual([result.timedOut, result.signal], [true, 'SIGKILL']);
  assert.equal(await lives(sandbox, result.stdout.trim()), false);
});

test('a program that ends itself when it is told to has its exit code', async () => {
  const { timedOut, exitCode, signal } = await run({
    command: 'trap "exit 5" TERM; while :; do sleep 0.05; done',
    timeoutMs: 300,
  });
  assert.deepEqual({ timedOut, exitCode, signal }, { timedOut: true, exitCode: 5, signal: undefined });
});

test('a background child that holds the output open does not hold the answer, and goes on', async () => {
  const started = Date.now();
  const { stdout, exitCode, timedOut, status } = await run({ command: 'sleep 60 & echo $!', timeoutMs: 120_000 });
  assert.ok(Date.now() - started < 20_000); // a bound far below both
  assert.deepEqual({ exitCode, timedOut, status }, { exitCode: 0, timedOut: false, status: undefined });
  assert.equal(await lives(sandbox, stdout.trim()), true);
  await sandbox.sh('kill -KILL "$1"', stdout.trim());
});

test('a daemon that detached itself survives a normal end, and not a timeout', async () => {
  const daemon = 'setsid sleep 7777 </dev/null >/dev/null 2>&1 & echo $!';
  const kept = (await run({ command: `${daemon}; exit 3` })).stdout.trim();
  assert.equal(await lives(sandbox, kept), true);
  await sandbox.sh('kill -KILL "$1"', kept);
  const { stdout, timedOut } = await run({ command: `${daemon}; sleep 7777`, timeoutMs: 500 });
  assert.equal(timedOut, true);
  assert.equal(await lives(sandbox, stdout.trim()), false);
});

test('the signal that ended a program is named', async () => {
  for (const [number, name] of [
    [9, 'SIGKILL'],
    [11, 'SIGSEGV'],
    [13, 'SIGPIPE'],
    [31, 'SIGSYS'],
  ]) {
    const { exitCode, signal, timedOut } = await run({ command: `kill -${number} $$` });
    assert.deepEqual({ exitCode, signal, timedOut }, { exitCode: null, signal: name, timedOut: false });
  }
  assert.ok(!('signal' in (await run({ command: 'exit 9;' }))));
});

test('while it runs it is listed as itself', async () => {
  const directory = await sandbox.directory();
  const running = run({ command: 'sleep', args: ['--', '7777'], cwd: directory, timeoutMs: 1500 });
  const listed = await eventually(async () => {
    const { processes } = await call(kit, 'list-processes');
    return processes.find(({ command }) => command === 'sleep');
  });
  assert.deepEqual(listed.args, ['--', '7777']);
  assert.equal(listed.status, 'running');
  assert.equal((await running).timedOut, true);
});

test('the environment arrives whole, whatever its names begin with', async () => {
  const env = { SBX_0: 'a', SBX_RECORD: 'b c', SBX_: '' };
  const { stdout } = await run({ command: "env | grep -E '^SBX_(0|RECORD)?=' | sort", env });
  assert.equal(stdout, 'SBX_0=a\nSBX_=\nSBX_RECORD=b c\n');
});

test('standard input is empty', async () => {
  assert.equal((await run({ command: 'cat; echo end' })).stdout, 'end\n');
});

test('bytes that are no UTF-8 come as base64', async () => {
  const { stdout, stderr, encoding } = await run({ command: "printf 'a\\377\\000b'; echo text >&2" });
  assert.equal(encoding, 'base64');
  assert.equal(Buffer.from(stdout, 'base64').toString('latin1'), 'a\xff\0b');
  assert.equal(Buffer.from(stderr, 'base64').toString(), 'text\n');
  const text = await run({ command: "printf 'a\\000b'" });
  assert.deepEqual([text.stdout, text.encoding], ['a\0b', undefined]);
});

test('output is whole up to maxOutputBytes, of either stream', async () => {
  const command = 'seq 1 430000; seq 500000 -1 70000 >&2';
  const { stdout, stderr, ...rest } = await run({ command, maxOutputBytes: 4_000_000 });
  const lines = (first, last) => {
    const step = first < last ? 1 : -1;
    return Array.from({ length: Math.abs(last - first) + 1 }, (_, i) => `${first + i * step}\n`).join('');
  };
  assert.ok(stdout === lines(1, 430_000) && stdout.length > 2.8e6);
  assert.ok(stderr === lines(500_000, 70_000));
  assert.ok(!('stdoutTruncated' in rest) && !('stderrTruncated' in rest));
});

test('of more output its head and its tail are there, and how much is not', async () => {
  const whole = Array.from({ length: 20_000 }, (_, i) => `${i + 1}\n`).join('');
  for (const maxOutputBytes of [2, 1000, 1001, 65_536, whole.length - 1]) {
    const { stdout, stdoutTruncated } = await run({ command: 'seq 1 20000', maxOutputBytes });
    const [, head, count, tail] = /^([^]*)\n\[(\d+) bytes left out\]\n([^]*)$/.exec(stdout);
    assert.equal(head, whole.slice(0, Math.floor(maxOutputBytes / 2)));
    assert.equal(tail, whole.slice(whole.length - Math.ceil(maxOutputBytes / 2)));
    assert.equal(Number(count), whole.length - maxOutputBytes);
    assert.equal(stdoutTruncated, true);
  }
  const exact = await run({ command: 'seq 1 20000', maxOutputBytes: whole.length });
  assert.ok(exact.stdout === whole && !('stdoutTruncated' in exact));
});

test('no character is cut in two', async () => {
  for (const maxOutputBytes of [400, 401, 402, 403, 405, 407]) {
    const { stdout, encoding } = await run({ command: "printf 'é漢🙂%.0s' $(seq 1 500)", maxOutputBytes });
    assert.equal(encoding, undefined);
    const [, head, count, tail] = /^(.*)\n\[(\d+) bytes left out\]\n(.*)$/.exec(stdout);
    assert.equal(Buffer.byteLength(head) + Buffer.byteLength(tail) + Number(count), 4500);
    assert.ok('é漢🙂'.repeat(100).startsWith(head) && 'é漢🙂'.repeat(100).endsWith(tail));
  }
});

test('what is wrong at the start is told apart and named', async () => {
  const directory = await sandbox.directory();
  await sandbox.sh('cd "$1"; echo x > file; printf "#!/no/such/shell\\n" > script; chmod +x script', directory);
  const wrong = [
    [{ command: 'no-such-program', args: [] }, 'ENOENT', /there is no program 'no-such-program'/],
    [{ command: `${directory}/script`, args: [] }, 'ENOENT', /script'.*missing/],
    [{ command: `${directory}/file`, args: [] }, 'EACCES', /file' is not executable/],
    [{ command: directory, args: [] }, 'EACCES', /is not executable/],
    [{ command: `${directory}/file/x`, args: [] }, 'ENOTDIR', /not a directory/],
    [{ command: 'true', cwd: `${directory}/none` }, 'ENOENT', /working directory '.*none' does not exist/],
    [{ command: 'true', cwd: `${directory}/file` }, 'ENOTDIR', /working directory '.*file' is not a directory/],
  ];
  for (const tool of ['run-command', 'create-process'])
    for (const [input, code, message] of wrong)
      await assert.rejects(call(kit, tool, input), (error) => {
        assert.equal(error.code, code, `${tool}: ${error.message}`);
        assert.match(error.message, message);
        return true;
      });
  await eventually(async () => (await remains(sandbox)).processes.length === 0);
  assert.deepEqual(await remains(sandbox), { processes: [], files: '' });
});

test('nothing of a program stays, however it ended', async () => {
  await run({ command: 'echo one' });
  await run({ command: 'sleep 7777', timeoutMs: 200 });
  await Promise.all(Array.from({ length: 12 }, (_, i) => run({ command: `echo ${i}; exit ${i}` })));
  await eventually(async () => {
    const { processes, files } = await remains(sandbox);
    return processes.length === 0 && files === '';
  });
});

/** The records that stay in the sandbox: each is of what will never start, and has nothing beside it. */
async function forbidden() {
  const script = `cd "$HOME/.cache/agentos-sandbox"
for record in run-*; do
  [ ! -e "$record" ] || echo $(ls "$record") $(od -An -tu1 -N4 "$record/state")
done`;
  const records = (await sandbox.sh(script)).split('\n').filter(Boolean);
  return { count: records.length, right: records.every((record) => record === 'state 3 1 0 125') };
}

/** Ends what the tests of lost starts have left. */
async function clear() {
  await sandbox.sh('rm -rf "$HOME"/.cache/agentos-sandbox/run-*');
  for (const { id } of (await remains(sandbox)).processes) await sandbox.client.deleteProcess(id);
}

test('an answer that is lost ends the program, and nothing of it stays', async () => {
  const { proxy, client } = await proxied();
  const lost = toolkit({ client });
  const directory = await sandbox.directory();
  await call(lost, 'run-command', { command: 'true' }); // the companion is found
  await eventually(async () => (await remains(sandbox)).files === ''); // the rest of that asks the server too
  await proxy.rules([{ match: 'POST /v1/processes', do: 'lose', times: 1 }]);
  const command = `echo $$ > ${directory}/pid; exec sleep 7777`;
  await assert.rejects(call(lost, 'run-command', { command }), { code: 'EIO' });
  await lost.close();
  const pid = await sandbox.sh(`cat ${directory}/pid 2>/dev/null || true`);
  if (pid !== '') assert.equal(await lives(sandbox, pid.trim()), false);
  const { count, right } = await forbidden(); // none, or it was ended before it had begun
  assert.ok(right && count <= 1);
  await clear();
});

test('a program that comes only after its call was given up is not started', async () => {
  const { proxy, client } = await proxied();
  const lost = toolkit({ client });
  const directory = await sandbox.directory();
  await call(lost, 'run-command', { command: 'true' });
  await eventually(async () => (await remains(sandbox)).files === '');
  // The supervisor starts when the toolkit is closed.
  const slow = `#!/bin/sh
[ "$1" != supervise ] || until [ -e ${directory}/go ]; do sleep 0.01; done
exec "$(dirname "$0")/companion-real" "$@"
`;
  const swap = 'cd "$HOME/.cache/agentos-sandbox"; own=$(ls | grep "^companion-"); mv "$own" companion-real';
  const own = await sandbox.sh(`${swap}; printf %s "$1" > "$own"; chmod 700 "$own"; printf %s "$own"`, slow);
  try {
    await proxy.rules([{ match: 'POST /v1/processes', do: 'lose', times: 1 }]);
    const command = `echo $$ > ${directory}/pid; exec sleep 7777`;
    await assert.rejects(call(lost, 'run-command', { command }), { code: 'EIO' });
    await lost.close();
    await sandbox.sh('touch "$1/go"', directory);
    await eventually(async () => (await remains(sandbox)).processes.every(({ status }) => status === 'exited'));
  } finally {
    await sandbox.sh('cd "$HOME/.cache/agentos-sandbox"; mv companion-real "$1"', own);
  }
  const { processes } = await remains(sandbox);
  assert.deepEqual(
    processes.map(({ exitCode }) => exitCode),
    [73],
  );
  await assert.rejects(sandbox.sh('test -e "$1/pid"', directory));
  assert.deepEqual(await forbidden(), { count: 1, right: true });
  await clear();
});

test('what removes the rest of a program is asked again where it is lost', async () => {
  const { proxy, client } = await proxied();
  const patient = toolkit({ client });
  await call(patient, 'run-command', { command: 'true' });
  await eventually(async () => (await remains(sandbox)).files === '');
  for (const how of ['lose', 'close'])
    for (const match of ['DELETE /v1/processes', 'DELETE /v1/fs/entry']) {
      await proxy.rules([{ match, do: how, times: 2 }]);
      await call(patient, 'run-command', { command: 'true' });
      await eventually(async () => {
        const { processes, files } = await remains(sandbox);
        return processes.length === 0 && files === '';
      }, `${how} ${match}`);
    }
  await patient.close();
});

test('the question that ends a program is asked again where it is lost', async () => {
  const { proxy, client } = await proxied();
  const patient = toolkit({ client });
  const { id, pid } = await call(patient, 'create-process', { command: 'sleep', args: ['7777'] });
  await proxy.rules([{ match: 'POST /v1/processes/run', do: 'lose', times: 1 }]);
  assert.equal((await call(patient, 'stop-process', { id })).status, 'exited');
  assert.equal(await proxy.count('POST /v1/processes/proc'), 1);
  assert.equal(await lives(sandbox, pid), false);
  await sandbox.client.deleteProcess(id);
  await sandbox.sh('rm -rf "$HOME"/.cache/agentos-sandbox/run-*');
});

test('a wait that is lost is asked again', async () => {
  const { proxy, client } = await proxied();
  const patient = toolkit({ client });
  await call(patient, 'run-command', { command: 'true' });
  for (const how of ['lose', 'close']) {
    await proxy.rules([{ match: 'POST /v1/processes/run', do: how, times: 2 }]);
    assert.equal((await call(patient, 'run-command', { command: 'echo x; exit 6' })).exitCode, 6);
  }
});

test('a companion that was taken away is put there again', async () => {
  await run({ command: 'true' });
  await sandbox.sh('rm "$HOME"/.cache/agentos-sandbox/companion-*');
  const { stdout, signal } = await run({ command: 'echo here; kill -9 $$' });
  assert.deepEqual([stdout, signal], ['here\n', 'SIGKILL']);
});

test('a supervisor that was killed is an error, and its program is gone', async () => {
  const directory = await sandbox.directory();
  const running = run({ command: `echo $$ $PPID > ${directory}/pids; exec sleep 7777` });
  const expected = assert.rejects(running, (error) => {
    assert.equal(error.code, 'EIO');
    assert.match(error.message, /supervisor was killed/);
    return true;
  });
  const pids = await eventually(() => sandbox.sh(`cat ${directory}/pids 2>/dev/null || true`));
  const [program, supervisor] = pids.trim().split(' ');
  await sandbox.sh('kill -KILL "$1"', supervisor);
  await expected;
  await eventually(async () => !(await lives(sandbox, program)));
});

test('more programs run at once than the server counts', async () => {
  const many = Array.from({ length: 70 }, (_, i) => run({ command: `sleep 2; echo ${i}` }));
  const answers = await Promise.all(many);
  assert.deepEqual(
    answers.map(({ stdout }) => stdout),
    answers.map((_, i) => `${i}\n`),
  );
  await eventually(async () => (await remains(sandbox)).files === '');
});

test('timeoutMs is a day at most', async () => {
  const day = 86_400_000;
  for (const wrong of [0, -1, 1.5, day + 1]) {
    await assert.rejects(run({ command: 'true', timeoutMs: wrong }), /usage: .*"timeoutMs"/);
    await assert.rejects(run({ json: JSON.stringify({ command: 'true', timeoutMs: wrong }) }), /usage: .*"timeoutMs"/);
  }
  assert.equal((await run({ command: 'echo x', timeoutMs: day })).stdout, 'x\n');
});

/** The limit that the supervisor of a program of `toolkit` was given: it stands in its arguments. */
async function limitOf(input) {
  const answer = await run({ command: 'tr "\\0" " " < /proc/$PPID/cmdline', ...input });
  return Number(/ --limit-ms (\d+) /.exec(answer.stdout)[1]);
}

test('timeoutMs is two minutes by default', async () => {
  assert.equal(await limitOf({}), 120_000);
  assert.equal(await limitOf({ timeoutMs: 86_400_000 }), 86_400_000);
});

test('maxOutputBytes has its bounds', async () => {
  for (const maxOutputBytes of [0, 1, 2 ** 26 + 1, 1.5])
    await assert.rejects(run({ command: 'true', maxOutputBytes }), /^Error: .*usage: .*maxOutputBytes|maxOutputBytes/);
  assert.equal((await run({ command: 'echo x', maxOutputBytes: 2 ** 26 })).stdout, 'x\n');
});
