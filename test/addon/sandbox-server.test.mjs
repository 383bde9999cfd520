// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readdir, readFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { eventually } from '../helpers/eventually.mjs';
import { programs } from '../helpers/programs.mjs';
import { startProxy } from '../helpers/proxy.mjs';
import { canIsolate, SERVER, startSandbox } from '../helpers/sandbox.mjs';
import { ownTmpdir } from '../helpers/temporary.mjs';

// Other tests have their own: what is left in this one would be ours.
ownTmpdir();

/** A word in the arguments of every program that a test leaves running in its sandbox. */
const MARK = `sandbox-test-${process.pid}`;
/** Two programs that leave their session and their parents; one its environment as well. */
const LEAVE = `(setsid setsid sh -c "sleep 600; : $1" >/dev/null 2>&1 &); : > left`;
const LEAVE_ALL = `(setsid env -i sh -c "sleep 601; : $1" >/dev/null 2>&1 &); ${LEAVE}`;

/** What lies on this machine where a sandbox could leave something. */
async function files() {
  const lists = await Promise.all([tmpdir(), '/', '/dev'].map((place) => readdir(place)));
  return lists.map((names) => names.sort().join('\n'));
}

const modes = (await canIsolate()) ? [true, false] : [false];

for (const isolated of modes) {
  const where = isolated ? 'a root of its own' : 'a temporary directory';
  const leave = isolated ? LEAVE_ALL : LEAVE;

  test(`${where}: stop() leaves no program and no file`, async () => {
    const before = await files();
    const sandbox = await startSandbox({ isolated });
    assert.equal(sandbox.isolated, isolated);
    await sandbox.client.writeFsFile({ path: sandbox.path('app/x') }, 'x');
    const cwd = sandbox.basePath;
    await sandbox.client.runProcess({ command: 'sh', args: ['-c', leave, 'sh', MARK], cwd });
    await sandbox.client.createProcess({ command: 'sh', args: ['-c', `sleep 602; : ${MARK}`], cwd });
    await eventually(async () => (await programs(MARK)).length >= (isolated ? 3 : 2), 'programs run');
    await sandbox.stop();
    assert.deepEqual(await programs(MARK), []);
    assert.deepEqual(await programs(sandbox.token), []);
    assert.deepEqual(await files(), before);
  });

  test(`${where}: the end of the process that started it leaves no program and no file, however it comes`, async () => {
    const source = `
      const { startSandbox } = await import(${JSON.stringify(new URL('../helpers/sandbox.mjs', import.meta.url))});
      const sandbox = await startSandbox({ isolated: ${isolated} });
      await sandbox.client.runProcess({ command: "sh", args: ["-c", ${JSON.stringify(leave)}, "sh", "${MARK}"], cwd: sandbox.basePath });
      console.log(sandbox.token);
      setInterval(() => {}, 1000);`;
    const before = await files();
    for (const signal of ['SIGKILL', 'SIGTERM']) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [token] = await once(createInterface(child.stdout), 'line');
      assert.notDeepEqual(await programs(token), []);
      child.kill(signal);
      if (signal === 'SIGTERM') child.kill('SIGKILL');
      await once(child, 'exit');
      await eventually(
        async () => (await programs(token)).length + (await programs(MARK)).length === 0,
        'every program ended',
      );
    }
    await eventually(async () => (await files()).join() === before.join(), 'every file removed');
  });

  test(`${where}: node, npm and a terminal work in it, and telemetry is off`, async () => {
    const sandbox = await startSandbox({ isolated });
    assert.equal(await sandbox.sh('node -p "6*7"'), '42\n');
    assert.match(await sandbox.sh('npm --version'), /^\d+\./);
    assert.match(await readFile(`/proc/${sandbox.pid}/cmdline`, 'utf8'), /sandbox-agent\0server\0.*--no-telemetry/s);
    assert.match(await readFile(`/proc/${sandbox.pid}/environ`, 'utf8'), /SANDBOX_AGENT_LOG_HTTP=0/);
    const { id } = await sandbox.client.createProcess({
      command: 'sh',
      args: ['-c', 'test -t 0 && echo yes'],
      tty: true,
    });
    const output = async () =>
      (await sandbox.client.getProcessLogs(id)).entries.map(({ data }) => Buffer.from(data, 'base64')).join('');
    await eventually(async () => (await output()).startsWith('yes'), 'a terminal');
    await sandbox.stop();
  });
}

test("with a root of its own, what is written anywhere is the sandbox's", async (t) => {
  const sandbox = await startSandbox();
  if (sandbox.isolated) {
    await sandbox.sh(
      'mkdir -p /app && cd /app && echo mine > file && echo mine > /tmp/mine && echo mine > /etc/mine && rm -f /etc/hostname',
    );
    for (const name of ['/app/file', '/tmp/mine', '/etc/mine']) await assert.rejects(access(name), name);
  } else t.diagnostic('the kernel refuses it: the sandbox runs under a temporary directory');
  await sandbox.stop();
});

// Opening them is enough to be refused, and harms nothing where a sandbox is not.
const SEALED = `
  for file in kernel/hostname vm/swappiness fs/file-max; do echo /proc/sys/$file; done
  for place in sysrq-trigger irq bus fs; do find /proc/$place -type f; done
  find /sys -xdev -type f -perm -200 | head -n 50`;

/** What of the machine's kernel a program in the sandbox can set: files that open, mounts that take a new one. */
const SETTABLE = `
  { ${SEALED}; } | while read -r file; do (: >>"$file") 2>/dev/null && echo "$file"; done
  cut -d' ' -f5 /proc/self/mountinfo | grep -E '^/(sys|proc/)' | while read -r place; do
    mkdir "$place/sbx-probe" 2>/dev/null && rmdir "$place/sbx-probe" && echo "$place"
  done
  cut -d' ' -f5,6 /proc/self/mountinfo | grep -E '^/(sys|proc/)' | grep -vE ' ro(,|$)'
  true`;

/** Starts a sandbox in a program of its own, by way of a command, and gives what a script in it writes. */
async function shInSandbox(options, script, command = []) {
  const source = `
    const { startSandbox } = await import(${JSON.stringify(new URL('../helpers/sandbox.mjs', import.meta.url))});
    const sandbox = await startSandbox(${JSON.stringify(options)});
    const said = await sandbox.sh(${JSON.stringify(script)});
    await sandbox.stop();
    console.log(JSON.stringify({ isolated: sandbox.isolated, said }));`;
  const argv = [...command, process.execPath, '--input-type=module', '-e', source];
  return JSON.parse((await promisify(execFile)(argv[0], argv.slice(1))).stdout);
}

// The last one's root is, for the files of the kernel, root: a user namespace as root makes it.
const kinds = [
  ['a server as it is', {}, []],
  ['a server of nobody', { unprivileged: true }, []],
  ['a server in a user namespace', {}, ['unshare', '--user', '--map-root-user']],
];

for (const [kind, options, command] of kinds) {
  test(`with a root of its own, ${kind} can set neither the machine's name nor its kernel`, async (t) => {
    const works = promisify(execFile)(command[0] ?? 'true', [...command.slice(1), SERVER, '--probe']);
    if (!(await works.then(() => true, () => false))) return t.diagnostic('the kernel refuses it a root of its own');
    const name = hostname();
    const { said } = await shInSandbox(options, `hostname; hostname ${MARK}; ${SETTABLE}`, command);
    assert.equal(hostname(), name);
    assert.equal(said, 'sandbox\n');
  });
}

test('SBX_NO_ISOLATION=1 asks for the temporary directory', async () => {
  const source = `import { startSandbox } from ${JSON.stringify(new URL('../helpers/sandbox.mjs', import.meta.url))};
    const sandbox = await startSandbox(); console.log(sandbox.isolated, sandbox.basePath); await sandbox.stop();`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', source], {
    env: { ...process.env, SBX_NO_ISOLATION: '1' },
  });
  const [isolated, basePath] = stdout.trim().split(' ');
  assert.equal(isolated, 'false');
  await assert.rejects(access(basePath));
});

test('the script refuses what it does not know', async () => {
  await assert.rejects(promisify(execFile)(SERVER, ['--help']), { code: 2 });
});

test('a proxy delays, spoils, counts, and dies with its process', async () => {
  const sandbox = await startSandbox();
  const proxy = await startProxy(sandbox.baseUrl, { delayMs: 100 });
  const client = await sandbox.connect(proxy.url);
  const begin = performance.now();
  await client.statFs({ path: '/' });
  assert.ok(performance.now() - begin >= 99);
  assert.equal(await proxy.count('GET /v1/fs/stat'), 1);
  await proxy.rules([
    { match: 'stat', do: 'answer', status: 418, times: 1 },
    { match: 'entries', do: 'close' },
  ]);
  await assert.rejects(client.statFs({ path: '/' }), { status: 418 });
  await client.statFs({ path: '/' });
  await assert.rejects(client.listFsEntries({ path: '/' }), TypeError);
  await proxy.stop();
  await sandbox.stop();
});
