// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../helpers/eventually.mjs';
import { freePort } from '../helpers/port.mjs';
import { lives } from '../helpers/remains.mjs';
import { call, suite } from '../helpers/suite.mjs';

const { sandbox, toolkit } = await suite();
const kit = toolkit();
const create = (input) => call(kit, 'create-process', input);
const logs = async (id) => (await call(kit, 'get-process-logs', { id })).logs;
const output = async (id) => (await logs(id)).map(({ data }) => data).join('');
const listed = async (id) => (await call(kit, 'list-processes')).processes.find((process) => process.id === id);

test('create-process starts a program and says which', async () => {
  const process = await create({ command: 'sleep', args: ['600'] });
  assert.deepEqual(Object.keys(process).sort(), ['args', 'command', 'id', 'pid', 'status']);
  assert.match(process.id, /^proc_\d+$/);
  assert.deepEqual([process.command, process.args, process.status], ['sleep', ['600'], 'running']);
  assert.match(await sandbox.sh('tr "\\0" " " < /proc/$1/cmdline', String(process.pid)), /^sleep 600 /);
});

test("create-process takes a shell's line, cwd, env and a terminal", async () => {
  const directory = await sandbox.directory();
  const { id } = await create({
    command: 'pwd; echo "$A"; test -t 0 && echo a terminal || echo no terminal',
    cwd: directory,
    env: { A: 'one' },
  });
  await eventually(async () => (await output(id)).includes('terminal'));
  assert.equal(await output(id), `${directory}\none\nno terminal\n`);
  const { id: tty } = await create({ command: 'test -t 0 && echo a terminal', tty: true });
  await eventually(async () => (await output(tty)).includes('a terminal'));
});

test('create-process fails for a program that cannot start', async () => {
  await assert.rejects(create({ command: 'no-such-program', args: [] }), { code: 'ENOENT' });
});

test('list-processes shows what runs and what has ended', async () => {
  const running = await create({ command: 'sleep', args: ['600'] });
  const ended = await create({ command: 'exit 7;' });
  await eventually(async () => (await listed(ended.id)).status === 'exited');
  assert.deepEqual(await listed(running.id), {
    id: running.id,
    command: 'sleep',
    args: ['600'],
    status: 'running',
    exitCode: null,
    pid: running.pid,
  });
  const { exitCode, pid, ...rest } = await listed(ended.id);
  assert.equal(exitCode, 7);
  assert.deepEqual(Object.keys(rest).sort(), ['args', 'command', 'id', 'status']);
});

test("list-processes shows the programs' own pids, whoever started them", async () => {
  const mine = await Promise.all(Array.from({ length: 5 }, () => create({ command: 'sleep', args: ['600'] })));
  const plain = await call(toolkit({ companion: false }), 'create-process', { command: 'sleep', args: ['600'] });
  const other = (await call(toolkit(), 'list-processes')).processes;
  for (const { id, pid } of [...mine, plain]) {
    assert.equal(other.find((process) => process.id === id).pid, pid);
    assert.equal((await sandbox.sh('cat "/proc/$1/comm"', String(pid))).trim(), 'sleep');
  }
  await call(kit, 'kill-process', { id: mine[0].id });
  assert.equal((await listed(mine[0].id)).pid, null);
  assert.equal((await listed(mine[1].id)).pid, mine[1].pid);
});

test('without the companion a supervised program is listed without a pid', async () => {
  const { id } = await create({ command: 'sleep', args: ['600'] });
  const { processes } = await call(toolkit({ companion: false }), 'list-processes');
  const { command, args, pid } = processes.find((process) => process.id === id);
  assert.deepEqual({ command, args, pid }, { command: 'sleep', args: ['600'], pid: null });
});

test('the companion is not listed', async () => {
  const waiting = Array.from({ length: 40 }, () => call(kit, 'run-command', { command: 'sleep', args: ['1'] }));
  const { processes } = await eventually(async () => {
    const list = await call(kit, 'list-processes');
    return list.processes.filter(({ args }) => args[0] === '1').length > 20 && list;
  });
  for (const { command, args } of processes)
    assert.ok(!/companion/.test(command) && !args.includes('supervise') && !args.includes('run'), command);
  await Promise.all(waiting);
});

for (const tool of ['stop-process', 'kill-process']) {
  test(`${tool} ends a program, and may be said again`, async () => {
    const { id, pid } = await create({ command: 'sleep', args: ['600'] });
    for (let i = 0; i < 2; i++)
      assert.deepEqual(await call(kit, tool, { id }), { id, status: 'exited', exitCode: null });
    await assert.rejects(sandbox.sh('test -e "/proc/$1/exe"', String(pid)));
  });
}

test('stop-process lets a program end by itself; kill-process does not ask', async () => {
  const command = 'trap "echo bye; exit 5" TERM; echo ready; while :; do sleep 0.05; done';
  const { id } = await create({ command });
  await eventually(async () => (await output(id)) === 'ready\n');
  assert.deepEqual(await call(kit, 'stop-process', { id }), { id, status: 'exited', exitCode: 5 });
  // On stderr the shell may say that its sleep was ended too.
  const stdout = (await call(kit, 'get-process-logs', { id, stream: 'stdout' })).logs;
  assert.equal(stdout.map(({ data }) => data).join(''), 'ready\nbye\n');
  const deaf = await create({ command: 'trap "" TERM; echo ready; while :; do sleep 0.05; done' });
  await eventually(async () => (await output(deaf.id)) === 'ready\n');
  assert.equal((await call(kit, 'kill-process', { id: deaf.id })).status, 'exited');
});

test('stop-process and kill-process end all that descends from a program, and nothing else', async () => {
  const other = await create({ command: 'sleep', args: ['600'] });
  for (const tool of ['stop-process', 'kill-process']) {
    const command = '(setsid sleep 600 & echo $!); sleep 600 & echo $!; wait';
    const { id } = await create({ command });
    await eventually(async () => (await output(id)).split('\n').length === 3);
    const pids = (await output(id)).trim().split('\n');
    assert.equal((await call(kit, tool, { id })).status, 'exited');
    for (const pid of pids) assert.equal(await lives(sandbox, pid), false);
    assert.equal((await listed(id)).status, 'exited');
  }
  assert.equal((await listed(other.id)).status, 'running');
});

test('what is left running after the grace period of stop-process is killed', async () => {
  const deaf = 'trap "" TERM; echo $$; while :; do sleep 600; done';
  const { id } = await create({ command: `(setsid setsid sh -c '${deaf}' &); ${deaf}` });
  await eventually(async () => (await output(id)).split('\n').length === 3);
  const pids = (await output(id)).trim().split('\n');
  assert.deepEqual(await call(kit, 'stop-process', { id }), { id, status: 'exited', exitCode: null });
  for (const pid of pids) assert.equal(await lives(sandbox, pid), false);
  assert.equal((await call(kit, 'get-process-logs', { id })).signal, 'SIGKILL');
});

test("a terminal's program is stopped with what has left its session", async () => {
  const daemon = "setsid setsid sh -c 'echo $$; exec sleep 600'"; // the second one forks
  const command = `${daemon}; sleep 600 & echo $!; echo $$; wait`;
  const { id } = await create({ command, tty: true });
  await eventually(async () => (await output(id)).split('\n').length === 4);
  const pids = (await output(id)).trim().split(/\s+/);
  const session = (pid) => sandbox.sh('cut -d " " -f 6 "/proc/$1/stat"', pid);
  // The daemon's line and those of the shell come in any order.
  const sessions = await Promise.all(pids.map(session));
  assert.equal(new Set(sessions).size, 2, String(sessions));
  assert.equal((await call(kit, 'stop-process', { id })).status, 'exited');
  for (const pid of pids) assert.equal(await lives(sandbox, pid), false);
});

test('killing a server that a shell waits for frees its port', async () => {
  const script = 'require("net").createServer().listen(+process.argv[1], "127.0.0.1", () => console.log("up"))';
  const serve = `node -e '${script}' ${await freePort()} & wait`;
  for (let i = 0; i < 2; i++) {
    const { id } = await create({ command: serve });
    await eventually(async () => (await output(id)) === 'up\n', 'the server listens');
    assert.equal((await call(kit, 'kill-process', { id })).status, 'exited');
  }
});

test("Ctrl-C reaches a terminal's program", async () => {
  const command = 'trap "echo caught; exit 3" INT; echo ready; while :; do sleep 0.05; done';
  const { id } = await create({ command, tty: true });
  await eventually(async () => (await output(id)).includes('ready'));
  await call(kit, 'send-input', { id, data: '\x03' });
  await eventually(async () => (await listed(id)).status === 'exited');
  assert.match(await output(id), /caught/);
  assert.equal((await listed(id)).exitCode, 3);
});

test('what did not start is no process, and says what is wrong', async () => {
  const before = (await sandbox.client.listProcesses()).processes.length;
  await assert.rejects(create({ command: 'no-such-program', args: [] }), /there is no program 'no-such-program'/);
  await assert.rejects(create({ command: 'true', args: [], cwd: '/none' }), /directory '\/none' does not exist/);
  await assert.rejects(create({ command: 'true', args: [], cwd: '/etc/passwd', tty: true }), { code: 'ENOTDIR' });
  await eventually(async () => (await sandbox.client.listProcesses()).processes.length === before);
});

test('what did not start over HTTP alone is no process either', async () => {
  const http = toolkit({ companion: false });
  const ids = async () => (await sandbox.client.listProcesses()).processes.map(({ id }) => id).sort();
  const before = await ids();
  const wrong = [
    [{ command: 'no-such-program', args: [] }, 'ENOENT'],
    [{ command: '/etc/passwd', args: [] }, 'EACCES'],
    [{ command: 'true', args: [], cwd: '/none' }, 'ENOENT'],
  ];
  for (const [input, code] of wrong) await assert.rejects(call(http, 'create-process', input), { code });
  assert.deepEqual(await ids(), before);
  assert.deepEqual((await call(http, 'list-processes')).processes.map(({ id }) => id).sort(), before);
});

test('without the companion the server starts and ends programs itself', async () => {
  const http = toolkit({ companion: false });
  const { id, pid, command } = await call(http, 'create-process', { command: 'sleep', args: ['600'] });
  assert.equal(command, 'sleep');
  assert.match(await sandbox.sh('tr "\\0" " " < /proc/$1/cmdline', String(pid)), /^sleep 600 /);
  assert.equal((await listed(id)).pid, pid);
  const { caveat, ...ended } = await call(kit, 'stop-process', { id });
  assert.deepEqual(ended, { id, status: 'exited', exitCode: null });
  assert.match(caveat, /this one process alone/);
});

test('get-process-logs gives what was written, where and when', async () => {
  const { id } = await create({ command: "echo out; sleep 0.2; echo err >&2; printf 'é 🙂'" });
  // Two streams are two pipes: what was written last on one may be read first.
  await eventually(async () => /🙂/.test(await output(id)) && /err\n/.test(await output(id)));
  const entries = await logs(id);
  for (const { data, stream, timestampMs, ...rest } of entries) {
    assert.deepEqual(rest, {});
    assert.equal(typeof data, 'string');
    assert.ok(Math.abs(timestampMs - Date.now()) < 600_000);
  }
  const of = (name) =>
    entries
      .filter(({ stream }) => stream === name)
      .map(({ data }) => data)
      .join('');
  assert.equal(of('stdout'), 'out\né 🙂');
  assert.equal(of('stderr'), 'err\n');
});

test('send-input: --input is a typed line, data are its bytes', async () => {
  const { id } = await create({ command: 'while IFS= read -r line; do echo "[$line]"; done' });
  const answers = (count) =>
    eventually(async () => ((await output(id)).match(/]/g)?.length === count ? await output(id) : false));
  assert.deepEqual(await call(kit, 'send-input', { id, input: 'yes' }), { sent: true });
  await answers(1);
  await call(kit, 'send-input', { id, input: 'with its own\n' });
  await answers(2);
  await call(kit, 'send-input', { id, data: 'in ' });
  await call(kit, 'send-input', { id, data: 'two parts\nand ' });
  await answers(3);
  await call(kit, 'send-input', { id, input: 'a rest' });
  await answers(4);
  await call(kit, 'send-input', { id, input: '' });
  assert.equal(await answers(5), '[yes]\n[with its own]\n[in two parts]\n[and a rest]\n[]\n');
  await call(kit, 'send-input', { id, data: "é 🙂 'quoted'\n" });
  assert.match(await answers(6), /\[é 🙂 'quoted'\]\n$/);
});

test('an id that is none is an error that names it', async () => {
  for (const [tool, rest] of [['stop-process'], ['kill-process'], ['get-process-logs'], ['send-input', { input: 'x' }]])
    for (const id of ['proc_99999', 'no such', '..', '.', '../x', 'a/b?c#d'])
      await assert.rejects(call(kit, tool, { id, ...rest }), (error) => {
        assert.ok(error instanceof Error);
        assert.ok(error.message.includes(id) || error.cause?.message.includes(id), `${tool} ${id}: ${error.message}`);
        return true;
      });
});

test('an id is asked for as it stands: it does not reach another address', async () => {
  const { id } = await create({ command: 'sleep', args: ['600'] });
  for (const wrong of [`x/../${id}`, `${id}?`, `${id}#`, ` ${id}`, `${id}/`])
    await assert.rejects(call(kit, 'kill-process', { id: wrong }));
  assert.equal((await listed(id)).status, 'running');
});
