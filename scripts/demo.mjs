// demo.mjs: the documentation's own program, and each command of its tools reference, one step each. A step
// says what it does, shows what came back, and checks it.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { AgentOs } from '@rivet-dev/agent-os-core';
import common from '@rivet-dev/agent-os-common';
import { createSandboxFs, createSandboxToolkit } from '@rivet-dev/agent-os-sandbox';
import { startSandbox } from '../test/helpers/sandbox.mjs';
import { eventually } from '../test/helpers/eventually.mjs';
import { ownTmpdir } from '../test/helpers/temporary.mjs';
import { Stage } from './demo-stage.mjs';

ownTmpdir();
const stage = new Stage(process.stdout);
process.stdout.on('error', () => exit()); // its reader has gone
const open = []; // what is to be ended, the last first
let ending;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    stage.interrupt();
    exit();
  });
}

await demo().catch((error) => stage.failed(error));
await exit();

/** Ends what was started, and then this process: core's timers would hold it for as long as a tool may take. */
function exit() {
  ending ??= end().then(() => process.exit(stage.sum()));
  return ending;
}

async function end() {
  for (const close of open.reverse()) await close().catch((error) => stage.note(`at the end: ${error.message}`));
}

async function demo() {
  const sandbox = await stage.step('Start a sandbox: the real Sandbox Agent server', async (say) => {
    const started = await startSandbox();
    open.push(() => started.stop());
    assert.equal((await started.client.getHealth()).status, 'ok');
    say(
      started.isolated
        ? "it has a root of its own: /app is the sandbox's, nothing lands on this machine"
        : `the kernel refuses it a root of its own: it runs under the temporary basePath ${started.basePath}`,
    );
    return started;
  });
  const vm = await stage.step('Create an agentOS VM with the mount and the toolkit', () => createVm(sandbox));
  await documentation(vm, sandbox);
  const readOn = await startLong(vm);
  await tools(vm, sandbox);
  await trees(vm, sandbox);
  await guest(vm, sandbox);
  await endLong(vm, readOn);
}

/** As the documentation does it; the two options stand in for the directory that a Dockerfile would set. */
async function createVm({ client, basePath, path }) {
  const fs = createSandboxFs({ client, basePath });
  const toolkit = createSandboxToolkit({ client, cwd: path('app') });
  const vm = await AgentOs.create({
    software: [common],
    mounts: [{ path: '/sandbox', driver: fs }],
    toolKits: [toolkit],
  });
  open.push(
    () => fs.close(),
    () => toolkit.close(),
    () => vm.dispose(),
  );
  return vm;
}

async function content({ client, path }, name) {
  return Buffer.from(await client.readFsFile({ path: path(name) })).toString();
}

async function documentation(vm, sandbox) {
  stage.chapter("The documentation's program");
  await stage.step('vm.writeFile("/sandbox/app/index.ts", \'console.log("hello")\')', async (say) => {
    await vm.writeFile('/sandbox/app/index.ts', 'console.log("hello")');
    assert.equal(await content(sandbox, 'app/index.ts'), 'console.log("hello")');
    say(`${sandbox.path('app/index.ts')} is in the sandbox`);
  });
  const file = sandbox.path('app/index.ts');
  await command(
    vm,
    `agentos-sandbox run-command --command node --json '{"args": ["${file}"]}'`,
    ({ stdout, exitCode }) => {
      assert.deepEqual([stdout, exitCode], ['hello\n', 0]);
    },
  );
}

/** Runs a command of the toolkit in the VM, shows and checks the result in its answer, and gives it. */
function command(vm, line, check) {
  return stage.step(line, async (say) => {
    const { stdout, stderr, exitCode } = await vm.exec(line);
    assert.equal(exitCode, 0, `exit ${exitCode}: ${stderr}${stdout}`);
    const answer = JSON.parse(stdout);
    assert.equal(answer.ok, true, stdout);
    say(JSON.stringify(answer.result));
    check(answer.result);
    return answer.result;
  });
}

/** A project whose one dependency is a folder, so that installing it needs no network. */
async function writeProject(vm) {
  await vm.writeFile('/sandbox/greeting/package.json', JSON.stringify({ name: 'greeting', version: '1.0.0' }));
  await vm.writeFile('/sandbox/greeting/index.js', 'module.exports = "at your service";');
  const project = { name: 'app', scripts: { dev: 'node dev.js', serve: 'node serve.js' }, dependencies: { greeting: 'file:../greeting' } };
  await vm.writeFile('/sandbox/app/package.json', JSON.stringify(project));
  await vm.writeFile(
    '/sandbox/app/dev.js',
    'console.log("dev server", require("greeting")); setInterval(() => {}, 1000);',
  );
}

/** A server of a port of its own, or of the one that is named. */
async function writeServer(vm) {
  await vm.writeFile(
    '/sandbox/app/serve.js',
    `const [port, once] = process.argv.slice(2);
const server = require("net").createServer().listen(Number(port ?? 0), () => {
  console.log("listening on", server.address().port);
  if (once) server.close();
});`,
  );
}

/** The output of a process, as soon as it holds `text`. */
async function waitForLog(client, id, text) {
  const output = async () => {
    const { entries } = await client.getProcessLogs(id);
    return entries.map(({ data }) => Buffer.from(data, 'base64').toString()).join('');
  };
  await eventually(async () => (await output()).includes(text), `"${text}" in the output of ${id}`);
}

async function tools(vm, sandbox) {
  const { client } = sandbox;
  stage.chapter('The tools reference');
  await writeProject(vm);
  await writeServer(vm);
  await command(
    vm,
    `agentos-sandbox run-command --command "npm install" --cwd "${sandbox.path('app')}"`,
    ({ exitCode }) => {
      assert.equal(exitCode, 0);
    },
  );
  const created = (process) => assert.equal(process.status, 'running');
  const { id } = await command(
    vm,
    `agentos-sandbox create-process --command "npm" --json '{"args": ["run", "dev"]}'`,
    created,
  );
  await command(vm, 'agentos-sandbox list-processes', ({ processes }) => {
    assert.equal(processes.find((process) => process.id === id)?.status, 'running');
  });
  await waitForLog(client, id, 'at your service');
  const output = ({ logs }) => logs.map(({ data }) => data).join('');
  await command(vm, `agentos-sandbox get-process-logs --id "${id}"`, (result) => {
    assert.match(output(result), /dev server at your service/);
  });
  await command(vm, `agentos-sandbox stop-process --id "${id}"`, (process) => assert.equal(process.status, 'exited'));
  const sleeper = await command(vm, `agentos-sandbox create-process --command "sleep 600"`, created);
  await command(vm, `agentos-sandbox kill-process --id "${sleeper.id}"`, (process) =>
    assert.equal(process.status, 'exited'),
  );
  const question = 'echo "Proceed?"; read answer; echo "you said $answer"';
  const asker = await command(vm, `agentos-sandbox create-process --command '${question}'`, created);
  await command(vm, `agentos-sandbox send-input --id "${asker.id}" --input "yes"`, ({ sent }) =>
    assert.equal(sent, true),
  );
  await waitForLog(client, asker.id, 'you said');
  await command(vm, `agentos-sandbox get-process-logs --id "${asker.id}"`, (result) => {
    assert.equal(output(result), 'Proceed?\nyou said yes\n');
  });
  await plain(vm, 'agentos-sandbox --help', ({ stdout, exitCode }) => {
    assert.equal(exitCode, 0);
    assert.match(stdout, /run-command[^]*send-input/);
  });
  await plain(vm, 'agentos-sandbox run-command --no-such-flag', ({ exitCode }) => assert.notEqual(exitCode, 0));
}

/** Starts a program of more than 30 s, at which core ends vm.exec, and gives the line to read on with. */
async function startLong(vm) {
  let readOn;
  stage.chapter('A program that goes on');
  const line = "agentos-sandbox run-command --wait-ms 1000 --command 'echo begun; sleep 31; echo done'";
  await plain(vm, line, ({ stdout, stderr, exitCode }) => {
    assert.equal(exitCode, 75);
    assert.equal(JSON.parse(stdout).result.stdout, 'begun\n');
    readOn = /read on with: (.*)/.exec(stderr)[1];
  });
  return readOn;
}

/** Its end, 31 s after its start: the rest of the demo has taken some of that. */
async function endLong(vm, readOn) {
  stage.chapter('The end of the program that goes on');
  await plain(vm, `until ${readOn}; do :; done`, ({ stdout, exitCode }) => {
    assert.equal(exitCode, 0);
    const { result } = JSON.parse(stdout.trim().split('\n').at(-1));
    assert.deepEqual([result.stdout, result.exitCode], ['begun\ndone\n', 0]);
    assert.ok(result.durationMs > 30_000);
  });
}

/** What ends a program ends all that descends from it. */
async function trees(vm, { client }) {
  stage.chapter('Whole trees end');
  const daemon = 'setsid sleep 7777 & echo $!; sleep 7777';
  const { stdout: pid } = await command(
    vm,
    `agentos-sandbox run-command --timeout-ms 500 --command '${daemon}'`,
    ({ timedOut, hint }) => {
      assert.equal(timedOut, true);
      assert.match(hint, /500 ms/);
    },
  );
  const look = `kill -0 ${Number(pid)} 2>/dev/null || echo gone`;
  await command(vm, `agentos-sandbox run-command --command '${look}'`, ({ stdout }) => assert.equal(stdout, 'gone\n'));
  const { id } = await command(vm, 'agentos-sandbox create-process --command "npm run serve"', ({ status }) =>
    assert.equal(status, 'running'),
  );
  await waitForLog(client, id, 'listening on');
  const { entries } = await client.getProcessLogs(id);
  const output = entries.map(({ data }) => Buffer.from(data, 'base64').toString()).join('');
  const [, port] = /listening on (\d+)/.exec(output);
  await command(vm, `agentos-sandbox kill-process --id "${id}"`, ({ status }) => assert.equal(status, 'exited'));
  await command(vm, `agentos-sandbox run-command --command node --args serve.js --args ${port} --args once`, (result) => {
    assert.deepEqual([result.stdout, result.exitCode], [`listening on ${port}\n`, 0]);
  });
}

/** Runs a line in the VM, shows what it wrote and its exit code, and checks both. */
function plain(vm, line, check) {
  return stage.step(line, async (say) => {
    const result = await vm.exec(line);
    // The VM's shell itself complains of every program that it starts.
    const stderr = result.stderr.replace(/^.* WARN.* could not retrieve pid for child process\n?/gm, '');
    say(`${result.stdout}\n${stderr}`.trim() || '(nothing written)', `exit ${result.exitCode}`);
    check(result);
  });
}

async function guest(vm, sandbox) {
  stage.chapter('The mount, from inside the VM');
  await vm.writeFile('/read.js', 'process.stdout.write(require("fs").readFileSync("/sandbox/app/index.ts", "utf8"));');
  await plain(vm, 'node /read.js', ({ stdout, exitCode }) =>
    assert.deepEqual([stdout, exitCode], ['console.log("hello")', 0]),
  );
  await plain(vm, 'echo one > /sandbox/r.txt; echo two >> /sandbox/r.txt; touch /sandbox/t', ({ exitCode }) =>
    assert.equal(exitCode, 0),
  );
  await stage.step('What that made, as the sandbox sees it', async (say) => {
    const files = [await content(sandbox, 'r.txt'), await content(sandbox, 't')];
    say(`r.txt: ${JSON.stringify(files[0])}, t: ${JSON.stringify(files[1])}`);
    assert.deepEqual(files, ['one\ntwo\n', '']);
  });
}
