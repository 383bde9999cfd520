// The documentation's program and every command of its tools reference, verbatim, in a real VM with a real sandbox.
// (Its ids are examples: the tests put those of their own processes there.)
//
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { eventually } from "../helpers/eventually.mjs";
import { openVm } from "./vm.mjs";

const { vm, sandbox, exec, call, spawn } = await openVm();

/** As many processes as a test has begun, so that it finds its own among them. */
const create = async (line) => (await call(`agentos-sandbox create-process ${line}`)).id;
const output = (logs, stream) => logs.filter((log) => !stream || log.stream === stream).map((log) => log.data).join("");
const logsOf = async (id) => (await call(`agentos-sandbox get-process-logs --id "${id}"`)).logs;
const read = async (name) => Buffer.from(await sandbox.client.readFsFile({ path: sandbox.path(name) })).toString();

before(async () => {
  await vm.writeFile("/sandbox/app/index.ts", 'console.log("hello")');
});

test("vm.writeFile puts the file into the sandbox", async () => {
  assert.equal(await read("app/index.ts"), 'console.log("hello")');
  assert.equal(Buffer.from(await vm.readFile("/sandbox/app/index.ts")).toString(), 'console.log("hello")');
});

test("run-command runs it", async () => {
  const result = await vm.exec(
    sandbox.isolated
      ? "agentos-sandbox run-command --command node --json '{\"args\": [\"/app/index.ts\"]}'"
      : `agentos-sandbox run-command --command node --json '{"args": ["${sandbox.path("app/index.ts")}"]}'`,
  );
  assert.equal(result.exitCode, 0, result.stderr);
  const answer = JSON.parse(result.stdout);
  assert.equal(answer.ok, true);
  const { stdout, stderr, exitCode, timedOut } = answer.result;
  assert.deepEqual({ stdout, stderr, exitCode, timedOut }, { stdout: "hello\n", stderr: "", exitCode: 0, timedOut: false });
});

test('run-command --command "npm install" --cwd "/app"', async () => {
  await vm.writeFile("/sandbox/greeting/package.json", JSON.stringify({ name: "greeting", version: "1.0.0" }));
  await vm.writeFile("/sandbox/greeting/index.js", 'module.exports = "at your service";');
  const project = { name: "app", scripts: { dev: "node dev.js" }, dependencies: { greeting: "file:../greeting" } };
  await vm.writeFile("/sandbox/app/package.json", JSON.stringify(project));
  const result = await call('agentos-sandbox run-command --command "npm install" --cwd "/app"');
  assert.equal(result.exitCode, 0, result.stderr);
  assert.match(result.stdout, /added 1 package/);
  assert.equal(await read("app/node_modules/greeting/index.js"), 'module.exports = "at your service";');
});

test("create-process, list-processes, get-process-logs, stop-process", async () => {
  // The documentation's line has no --cwd: npm finds the project in the directory of the server.
  const { stdout: directory } = await call("agentos-sandbox run-command --command pwd");
  const files = { "package.json": JSON.stringify({ scripts: { dev: "node dev.js" } }) };
  files["dev.js"] = 'console.log("dev server up"); console.error("a warning"); setInterval(() => {}, 1000);';
  for (const [name, content] of Object.entries(files)) {
    await sandbox.client.writeFsFile({ path: `${directory.trim()}/${name}` }, content);
  }
  const { id, status, command, args } = await call(`agentos-sandbox create-process --command "npm" --json '{"args": ["run", "dev"]}'`);
  assert.deepEqual({ status, command, args }, { status: "running", command: "npm", args: ["run", "dev"] });

  const { processes } = await call("agentos-sandbox list-processes");
  assert.equal(processes.find((process) => process.id === id)?.status, "running");

  const logs = await eventually(async () => {
    const seen = await logsOf(id);
    return /up/.test(output(seen)) && /warning/.test(output(seen)) && seen;
  });
  assert.match(output(logs, "stdout"), /dev server up\n/);
  assert.match(output(logs, "stderr"), /a warning\n/);

  assert.equal((await call(`agentos-sandbox stop-process --id "${id}"`)).id, id);
  await eventually(async () => (await sandbox.client.getProcess(id)).status === "exited");
});

test("kill-process ends what does not want to end", async () => {
  const id = await create(`--command sh --json '{"args":["-c","trap : TERM; echo armed; while :; do sleep 0.1; done"]}'`);
  await eventually(async () => /armed/.test(output(await logsOf(id))));
  assert.equal((await call(`agentos-sandbox kill-process --id "${id}"`)).id, id);
  await eventually(async () => (await sandbox.client.getProcess(id)).status === "exited");
});

test("send-input answers a program that reads a line", async () => {
  const id = await create(`--command 'printf "Proceed? "; read answer; echo "you said $answer"'`);
  await eventually(async () => /Proceed/.test(output(await logsOf(id))));
  assert.deepEqual(await call(`agentos-sandbox send-input --id "${id}" --input "yes"`), { sent: true });
  const said = await eventually(async () => /you said/.test(output(await logsOf(id))) && output(await logsOf(id)));
  assert.equal(said, "Proceed? you said yes\n");
});

test("vm.spawn runs each of these commands as vm.exec does", async () => {
  const run = async (tool, ...args) => {
    const { stdout, stderr, exitCode } = await spawn("agentos-sandbox", [tool, ...args]);
    assert.deepEqual([exitCode, stderr], [0, ""], `${tool}: ${stderr}${stdout}`);
    return JSON.parse(stdout).result;
  };
  assert.equal((await run("run-command", "--command", "node", "--json", '{"args": ["-p", "6*7"]}')).stdout, "42\n");
  const { id } = await run("create-process", "--command", "cat", "--json", '{"args": ["-"]}');
  assert.equal((await run("list-processes")).processes.find((process) => process.id === id)?.status, "running");
  assert.deepEqual(await run("send-input", "--id", id, "--input", "yes"), { sent: true });
  await eventually(async () => output((await run("get-process-logs", "--id", id)).logs) === "yes\n");
  assert.deepEqual(await run("stop-process", "--id", id), { id, status: "exited", exitCode: null });
  const other = (await run("create-process", "--command", "sleep 600")).id;
  assert.deepEqual(await run("kill-process", "--id", other), { id: other, status: "exited", exitCode: null });
});

test("--help is readable text", async () => {
  const { stdout, stderr, exitCode } = await exec("agentos-sandbox --help");
  assert.deepEqual([exitCode, stderr], [0, ""]);
  const tools = ["run-command", "create-process", "list-processes", "get-process-logs", "stop-process", "kill-process", "send-input"];
  for (const tool of tools) assert.match(stdout, new RegExp(`^  ${tool}\n      \\w`, "m"));
  assert.doesNotMatch(stdout, /"ok"/);
  for (const tool of tools) {
    const help = await exec(`agentos-sandbox ${tool} --help`);
    assert.deepEqual([help.exitCode, help.stderr], [0, ""]);
    assert.match(help.stdout, new RegExp(`^usage: agentos-sandbox ${tool} \\[flags\\]\n`));
    assert.match(help.stdout, new RegExp(`^examples:\n  # .*\n  agentos-sandbox ${tool}`, "m"));
  }
});

test("an unknown flag fails", async () => {
  const { stdout, stderr, exitCode } = await exec("agentos-sandbox run-command --command ls --no-such-flag");
  assert.equal(exitCode, 2);
  assert.deepEqual(JSON.parse(stdout), { ok: false, error: "VALIDATION_ERROR", message: "Unknown flag: --no-such-flag" });
  assert.equal(stderr, "agentos-sandbox run-command: Unknown flag: --no-such-flag\n");
});

test("a node program in the VM reads the mount", async () => {
  await vm.writeFile("/read.js", 'process.stdout.write(require("fs").readFileSync("/sandbox/app/index.ts", "utf8"));');
  const { stdout, exitCode } = await exec("node /read.js");
  assert.deepEqual([stdout, exitCode], ['console.log("hello")', 0]);
});

test("the shell creates and appends on the mount", async () => {
  const { exitCode, stderr } = await exec("echo one > /sandbox/r.txt; echo two >> /sandbox/r.txt; touch /sandbox/t");
  assert.deepEqual([exitCode, stderr], [0, ""]);
  assert.equal(await read("r.txt"), "one\ntwo\n");
  assert.equal(await read("t"), "");
});

test("rm -r in the VM does not follow a link out of the tree", async () => {
  const base = sandbox.path("linked");
  await sandbox.sh('mkdir -p "$1/tree" "$1/target/deep"; echo kept > "$1/target/deep/file"; ln -s ../target "$1/tree/link"', base);
  await exec("rm -rf /sandbox/linked/tree");
  assert.equal(await sandbox.sh('cat "$1/target/deep/file"', base), "kept\n");
});
