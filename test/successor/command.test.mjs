// The documentation's commands, verbatim, in a VM of core's successor: host functions on the native toolkit. (The ids are
// examples: the tests put those of their own processes there. Where the sandbox has no root of its own, /app is below the
// mount's directory.)
//
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../helpers/eventually.mjs";
import { openVm } from "./vm.mjs";

const { vm, sandbox, base, exec, fails, call: callLine, inSandbox } = await openVm();

const app = sandbox.isolated ? "/app" : `${base}/app`;
const here = (line) => line.replaceAll('"/app', `"${app}`);
const call = (line) => callLine(here(line));
const printedBy = async (id) => {
  const { logs } = await call(`agentos-sandbox get-process-logs --id "${id}"`);
  return logs.map((log) => log.data).join("");
};
const ended = (id) => eventually(async () => (await sandbox.client.getProcess(id)).status === "exited");

await sandbox.sh('mkdir -p "$1" && echo "console.log(\\"hello\\")" >"$1/index.ts"', app);

test("run-command --command node --json '{\"args\": [\"/app/index.ts\"]}'", async (t) => {
  const line = "agentos-sandbox run-command --command node --json '{\"args\": [\"/app/index.ts\"]}'";
  const { stdout, stderr, exitCode, timedOut } = await call(line);
  assert.deepEqual({ stdout, stderr, exitCode, timedOut }, { stdout: "hello\n", stderr: "", exitCode: 0, timedOut: false });
  const times = [];
  for (let i = 0; i < 10; i++) {
    const started = performance.now();
    await call("agentos-sandbox run-command --command true");
    times.push(performance.now() - started);
  }
  t.diagnostic(`run-command --command true by vm.exec: ${times.sort((a, b) => a - b)[5].toFixed(0)} ms (median of 10)`);
});

test('run-command --command "npm install" --cwd "/app"', async () => {
  const project = { name: "app", dependencies: { greeting: "file:../greeting" } };
  await sandbox.sh('mkdir -p "$1/../greeting" && echo "{\\"name\\":\\"greeting\\",\\"version\\":\\"1.0.0\\"}" >"$1/../greeting/package.json"', app);
  await sandbox.sh('printf %s "$2" >"$1/package.json"', app, JSON.stringify(project));
  const { exitCode, stdout, stderr } = await call('agentos-sandbox run-command --command "npm install" --cwd "/app"');
  assert.equal(exitCode, 0, stderr);
  assert.match(stdout, /added 1 package/);
});

test("create-process, list-processes, get-process-logs, stop-process", async () => {
  const { stdout: directory } = await call("agentos-sandbox run-command --command pwd");
  await sandbox.sh('cd "$1" && printf %s "$2" >package.json && echo "console.log(\\"up\\"); setInterval(() => {}, 1000)" >dev.js',
    directory.trim(), JSON.stringify({ scripts: { dev: "node dev.js" } }));
  const created = await call(`agentos-sandbox create-process --command "npm" --json '{"args": ["run", "dev"]}'`);
  const { id, status, command, args } = created;
  assert.deepEqual({ status, command, args }, { status: "running", command: "npm", args: ["run", "dev"] });
  const { processes } = await call("agentos-sandbox list-processes");
  assert.equal(processes.find((process) => process.id === id)?.status, "running");
  await eventually(async () => /^up$/m.test(await printedBy(id)));
  assert.equal((await call(`agentos-sandbox stop-process --id "${id}"`)).id, id);
  await ended(id);
});

test("kill-process", async () => {
  const { id } = await call("agentos-sandbox create-process --command sleep --args 1000");
  assert.equal((await call(`agentos-sandbox kill-process --id "${id}"`)).id, id);
  await ended(id);
});

test('send-input --input "yes"', async () => {
  const { id } = await call(`agentos-sandbox create-process --command 'read answer; echo "you said $answer"'`);
  assert.deepEqual(await call(`agentos-sandbox send-input --id "${id}" --input "yes"`), { sent: true });
  assert.equal(await eventually(() => printedBy(id)), "you said yes\n");
});

test("as its own documentation writes them", async () => {
  const { stdout } = await call("agentos-sandbox run-command --command node --args /app/index.ts".replace("/app", app));
  assert.equal(stdout, "hello\n");
  const { id } = await call('agentos-sandbox create-process --command "head" --args "-n" --args "1"');
  assert.deepEqual(await call(`agentos-sandbox send-input --id "${id}" --data "yes\n"`), { sent: true });
  assert.equal(await eventually(() => printedBy(id)), "yes\n");
});

test("variables by flags and as an object, flags before and after --json", async () => {
  const script = `--args -c --args 'echo "$A $B"'`;
  assert.equal((await call(`agentos-sandbox run-command --command sh ${script} --env A=1 --env B=2`)).stdout, "1 2\n");
  const json = JSON.stringify({ args: ["-c", 'echo "$A $B"'], env: { A: "3" } });
  assert.equal((await call(`agentos-sandbox run-command --command sh --json '${json}'`)).stdout, "3 \n");
  assert.equal((await call(`agentos-sandbox run-command --json '${json}' --command sh`)).stdout, "3 \n");
  const whole = JSON.stringify({ command: "sh", ...JSON.parse(json) });
  assert.equal((await call(`agentos-sandbox run-command --json '${whole}'`)).stdout, "3 \n");
});

test("what is written through the mount runs in the sandbox", async () => {
  await vm.writeFile("/sandbox/written.js", "console.log('from the mount')");
  const { stdout } = await call(`agentos-sandbox run-command --command node --args ${base}/written.js`);
  assert.equal(stdout, "from the mount\n");
  await call(`agentos-sandbox run-command --command 'echo there >made' --cwd ${base}`);
  assert.equal(await exec("cat /sandbox/made"), "there\n");
  assert.equal(await inSandbox("cat made"), "there\n");
});

test("a program of the guest runs it", async () => {
  const line = "agentos-sandbox run-command --command uname";
  await vm.writeFile("/tmp/run.js", `console.log(require("child_process").execSync("${line}").toString())`);
  assert.equal((await call("node /tmp/run.js")).stdout, "Linux\n");
});

test("what fails says why", async () => {
  assert.match(await fails("agentos-sandbox run-command --command ls --no-such-flag"), /Unknown flag: --no-such-flag/);
  assert.match(await fails("agentos-sandbox run-command"), /usage: run-command: "command" is required/);
  assert.match(await fails("agentos-sandbox run-command --command nothing-of-that-name"), /ENOENT.*nothing-of-that-name/);
  assert.match(await fails('agentos-sandbox stop-process --id "proc_0"'), /proc_0/);
});

test("all seven are listed with what they are for", async () => {
  const { hostFunctions } = await call("agentos list-host-functions");
  const names = ["create-process", "get-process-logs", "kill-process", "list-processes", "run-command", "send-input", "stop-process"];
  assert.deepEqual(hostFunctions.find(({ name }) => name === "sandbox").functions.sort(), names);
});
