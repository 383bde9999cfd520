// The command among other programs of the VM: pipes, substitution, --plain, exit codes, other ways to start it.
//
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, test } from "node:test";
import { freePort } from "../helpers/port.mjs";
import { openVm, toolServerAt } from "./vm.mjs";

const { vm, sandbox, exec, call, spawn } = await openVm();

test("exit code 0 also when the program ended otherwise; exitCode tells", async () => {
  assert.equal((await call(`agentos-sandbox run-command --command "exit 7"`)).exitCode, 7);
});

test("a tool that fails: JSON on stdout, one line on stderr, exit code 1", async () => {
  const { stdout, stderr, exitCode } = await exec("agentos-sandbox stop-process --id proc_0");
  assert.equal(exitCode, 1);
  const { ok, error, message } = JSON.parse(stdout);
  assert.deepEqual([ok, error], [false, "EXECUTION_ERROR"]);
  assert.equal(stderr, `agentos-sandbox stop-process: ${message}\n`);
});

test("bad usage: exit code 2", async () => {
  const lines = ["", "no-such-tool", "no-such-tool --help", "constructor", "--command ls", "run-command", "run-command ls", "run-command --command",
    "run-command --command ls --timeout-ms soon", "run-command --json '{'", `run-command --command ls --json '{"nope":1}'`];
  for (const line of lines) {
    const { exitCode } = await exec(`agentos-sandbox ${line}`);
    assert.equal(exitCode, 2, line);
  }
});

test("--json stands anywhere, and a flag wins over it", async () => {
  for (const line of [`--json '{"args":["-c","echo $0"]}' --command sh`, `--command sh --json '{"command":"false","args":["-c","echo $0"]}'`]) {
    assert.equal((await call(`agentos-sandbox run-command ${line}`)).stdout, "sh\n");
  }
});

test("pipes and $(…)", async () => {
  assert.equal((await exec(`agentos-sandbox run-command --command uname | grep -c '"stdout":"Linux'`)).stdout, "1\n");
  assert.equal((await exec(`echo "[$(agentos-sandbox run-command --plain --command 'echo hi')]"`)).stdout, "[hi]\n");
  assert.equal((await exec(`agentos-sandbox run-command --plain --command 'exit 3' || echo "ended with $?"`)).stdout, "ended with 3\n");
  assert.equal((await exec("agentos-sandbox run-command --plain --command 'seq 3' > /tmp/seq; wc -l < /tmp/seq")).stdout, "3\n");
});

test("--plain is what the program wrote, and its exit code", async () => {
  const { stdout, stderr, exitCode } = await exec(`agentos-sandbox run-command --plain --command 'echo out; echo err >&2; printf "é€\\000"; exit 5'`);
  assert.deepEqual({ stdout, stderr, exitCode }, { stdout: "out\né€\0", stderr: "err\n", exitCode: 5 });
});

test("--plain of a time limit is 124, of a signal 1", async () => {
  const late = await exec("agentos-sandbox run-command --plain --timeout-ms 300 --command sleep --args 5");
  assert.deepEqual([late.exitCode, late.stderr], [124, "agentos-sandbox run-command: stopped: its time limit is over\n"]);
  const killed = await exec(`agentos-sandbox run-command --plain --command 'kill -9 $$'`);
  assert.deepEqual([killed.exitCode, killed.stderr], [1, "agentos-sandbox run-command: the program was ended by a signal\n"]);
});

test("--plain of a log is what the process wrote", async () => {
  const { id } = await call(`agentos-sandbox create-process --command 'echo out; echo err >&2'`);
  await sandbox.sh("sleep 0.3");
  const { stdout, stderr, exitCode } = await exec(`agentos-sandbox get-process-logs --plain --id ${id}`);
  assert.deepEqual({ stdout, stderr, exitCode }, { stdout: "out\n", stderr: "err\n", exitCode: 0 });
});

test("--plain of bytes that are no UTF-8 is those bytes", async () => {
  const { stdout } = await exec(`agentos-sandbox run-command --plain --command 'printf "a\\377\\000b"' | od -An -tx1`);
  assert.equal(stdout.trim().replace(/ +/g, " "), "61 ff 00 62");
  const { id } = await call(`agentos-sandbox create-process --command 'printf "\\377b"'`);
  const log = await exec(`agentos-sandbox get-process-logs --plain --id ${id} --follow 20000 | od -An -tx1`);
  assert.equal(log.stdout.trim().replace(/ +/g, " "), "ff 62");
});

test("get-process-logs: --since, --tail, --follow", async () => {
  const { id } = await call(`agentos-sandbox create-process --command 'echo one; sleep 0.3; echo two; echo three; exit 3'`);
  const followed = await call(`agentos-sandbox get-process-logs --id ${id} --follow 20000`);
  assert.deepEqual([followed.status, followed.exitCode], ["exited", 3]);
  assert.equal(followed.logs.map(({ data }) => data).join(""), "one\ntwo\nthree\n");
  assert.deepEqual((await call(`agentos-sandbox get-process-logs --id ${id} --since ${followed.nextSince}`)).logs, []);
  const { stdout } = await exec(`agentos-sandbox get-process-logs --plain --id ${id} --tail 2`);
  assert.equal(stdout, "two\nthree\n");
});

test("send-input: --data, --encoding, --eof", async () => {
  const { id } = await call(`agentos-sandbox create-process --command 'od -An -tx1; exit 5'`);
  assert.deepEqual(await call(`agentos-sandbox send-input --id ${id} --data 3q2+7w== --encoding base64`), { sent: true });
  assert.deepEqual(await call(`agentos-sandbox send-input --id ${id} --data x --eof`), { sent: true });
  const { logs, exitCode } = await call(`agentos-sandbox get-process-logs --id ${id} --follow 20000`);
  assert.deepEqual([logs.map(({ data }) => data).join(""), exitCode], [" de ad be ef 78\n", 5]);
});

test("run-command: --stdin, by vm.exec and vm.spawn", async () => {
  const text = `one\ntwo "quoted" é🙂`;
  assert.equal((await exec(`agentos-sandbox run-command --plain --command cat --stdin '${text}'`)).stdout, text);
  const spawned = await spawn("agentos-sandbox", ["run-command", "--command", "cat", "--stdin", text]);
  assert.equal(JSON.parse(spawned.stdout).result.stdout, text);
  assert.equal((await exec("agentos-sandbox run-command --plain --command 'cat; echo end'")).stdout, "end\n");
});

test("--env NAME=VALUE, repeated", async () => {
  const line = `--command 'echo "$A|$B"; sleep 0.1' --env A=1 --env "B=x y=z"`;
  assert.equal((await exec(`agentos-sandbox run-command --plain ${line}`)).stdout, "1|x y=z\n");
  const { id } = await call(`agentos-sandbox create-process ${line}`);
  assert.equal((await exec(`agentos-sandbox get-process-logs --plain --id ${id} --follow 20000`)).stdout, "1|x y=z\n");
  const wrong = await exec("agentos-sandbox run-command --command true --env A");
  assert.equal(wrong.exitCode, 2);
  assert.match(wrong.stderr, /"env": 'A' is no NAME=VALUE/);
  const nameless = await exec("agentos-sandbox create-process --command true --env A=1 --env =1");
  assert.equal(nameless.exitCode, 2);
  assert.match(nameless.stderr, /"env": '=1' has no name/);
  const { stdout } = await exec("agentos-sandbox run-command --help");
  assert.match(stdout, /^ {2}--env <string> \.\.\. \(once for each\)$/m);
});

test("create-process: --cols, --rows, --wait-for-port, --wait-for-log, --wait-ms", async () => {
  const size = await call(`agentos-sandbox create-process --command 'stty size; sleep 600' --tty --cols 132 --rows 43 --wait-for-log "43 132"`);
  assert.deepEqual([size.ready, size.status], [true, "running"]);
  const port = await freePort();
  const serve = `require("net").createServer().listen(${port}, "127.0.0.1")`;
  const server = await call(`agentos-sandbox create-process --command node --args -e --args '${serve}' --wait-for-port ${port}`);
  assert.equal(server.ready, true);
  const late = await call(`agentos-sandbox create-process --command 'echo not yet; sleep 600' --wait-for-log ready --wait-ms 500`);
  assert.deepEqual([late.ready, late.logs.map(({ data }) => data).join("")], [false, "not yet\n"]);
});

test("large output arrives whole, directly, in a pipe and in a file", async () => {
  const line = "agentos-sandbox run-command --plain --command 'seq 100000'";
  const { stdout } = await exec(line);
  assert.equal(stdout.length, 588_895);
  assert.equal((await exec(`${line} | wc -c`)).stdout, "588895\n");
  assert.equal((await exec(`${line} | cat | wc -c`)).stdout, "588895\n");
  assert.equal((await exec(`${line} | head -2`)).stdout, "1\n2\n");
  // Shorter: what a guest appends costs core all that is there already, and its exec has 30 s.
  assert.equal((await exec("agentos-sandbox run-command --plain --command 'seq 20000' > /sandbox/seq")).exitCode, 0);
  assert.equal((await vm.stat("/sandbox/seq")).size, 108_894);
});

test("arguments of any text arrive", async () => {
  const text = `a"b\\c\t$x é€😀 {"k":[1]}`;
  const { stdout } = await spawn("agentos-sandbox", ["run-command", "--plain", "--command", "printf", "--args", "%s|", "--args", text, "--args", "--help"]);
  assert.equal(stdout, `${text}|--help|`);
});

test("vm.spawn and child processes of the VM's node start it", async () => {
  const spawned = await spawn("agentos-sandbox", ["run-command", "--command", "uname"]);
  assert.equal(JSON.parse(spawned.stdout).result.stdout, "Linux\n");
  await vm.writeFile("/child.js", `process.stdout.write(require("child_process").execSync("agentos-sandbox run-command --plain --command uname"));`);
  assert.equal((await exec("node /child.js")).stdout, "Linux\n");
});

test("core's own script works as far as it goes: --json first and alone, or flags", async () => {
  const shim = "node /usr/local/bin/agentos-sandbox";
  for (const line of ["run-command --command uname", `run-command --json '{"command":"uname"}'`, `run-command --command uname --json '{"args":[]}'`]) {
    const { stdout, exitCode } = await exec(`${shim} ${line}`);
    assert.deepEqual([JSON.parse(stdout).result.stdout, exitCode], ["Linux\n", 0], line);
  }
  assert.equal(JSON.parse((await exec(`${shim} --help`)).stdout).result.name, "sandbox");
  assert.equal(JSON.parse((await exec(`${shim} run-command --nope`)).stdout).error, "VALIDATION_ERROR");
});

test("calls at the same time do not disturb each other", async () => {
  const numbers = Array.from({ length: 8 }, (_, i) => i);
  const results = await Promise.all(numbers.map((i) => exec(`agentos-sandbox run-command --plain --command 'sleep 0.2; echo ${i}'`)));
  assert.deepEqual(results.map(({ stdout }) => stdout), numbers.map((i) => `${i}\n`));
});

test("a VM without a tool server is told", async () => {
  const none = await exec("agentos-sandbox list-processes", { env: toolServerAt("") });
  assert.deepEqual([none.exitCode, none.stdout], [1, ""]);
  assert.match(none.stderr, /AGENTOS_TOOLS_PORT is not set/);
  const refused = await exec("agentos-sandbox list-processes", { env: toolServerAt(1) });
  assert.deepEqual([refused.exitCode, refused.stdout], [1, ""]);
  assert.match(refused.stderr, /cannot be reached/);
});

test("a server that closes the connection is noticed, and chunks are read", async () => {
  const body = '{"ok":true,"result":{"stdout":"in chunks"}}';
  const replies = [
    [`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n${body.slice(0, 5)}\r\n`, `${(body.length - 5).toString(16)}\r\n${body.slice(5)}\r\n0\r\n\r\n`],
    ["HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"],
  ];
  const server = createServer((socket) => {
    const pieces = replies.shift();
    socket.once("data", async () => {
      for (const piece of pieces) {
        socket.write(piece);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      socket.end();
    });
  }).listen(0, "127.0.0.1");
  after(() => server.close());
  await once(server, "listening");
  const options = { env: toolServerAt(server.address().port) };
  assert.equal((await exec("agentos-sandbox list-processes", options)).stdout, `${body}\n`);
  const cut = await exec("agentos-sandbox list-processes", options);
  assert.deepEqual([cut.exitCode, cut.stdout], [1, ""]);
  assert.match(cut.stderr, /closed the connection before it answered; the tool may have run/);
});

test("a program of more than 30 s: vm.exec ends in time with the line to read on with, vm.spawn waits", async () => {
  const program = "--command 'echo begun; sleep 31; echo done; exit 6'";
  const [shell, spawned] = await Promise.all([
    exec(`agentos-sandbox run-command ${program}`),
    spawn("agentos-sandbox", ["run-command", "--wait", "--plain", "--command", "echo begun; sleep 31; echo done; exit 6"]),
  ]);
  assert.equal(shell.exitCode, 75, shell.stderr);
  const { id, status, stdout } = JSON.parse(shell.stdout).result;
  assert.deepEqual([status, stdout], ["running", "begun\n"]);
  const [, line] = /read on with: (.*)\n$/.exec(shell.stderr);
  assert.equal(line, `agentos-sandbox run-command --id ${id}`);
  const result = await call(line);
  assert.deepEqual([result.stdout, result.exitCode, result.status], ["begun\ndone\n", 6, undefined]);
  assert.deepEqual([spawned.stdout, spawned.exitCode], ["begun\ndone\n", 6]);
  assert.match(spawned.stderr, /^agentos-sandbox run-command: the program goes on as proc_\d+; waiting /);
});

test("a program that goes on is listed, followed and ended by its id; --plain shows what it printed", async () => {
  const { exitCode, stdout, stderr } = await exec("agentos-sandbox run-command --plain --wait-ms 300 --command 'echo begun; sleep 7777'");
  assert.deepEqual([exitCode, stdout], [75, "begun\n"]);
  const [, id] = /run-command --id (proc_\d+) --plain\n$/.exec(stderr);
  const { processes } = await call("agentos-sandbox list-processes");
  assert.equal(processes.find((process) => process.id === id).status, "running");
  assert.equal((await exec(`agentos-sandbox get-process-logs --plain --id ${id}`)).stdout, "begun\n");
  assert.equal((await call(`agentos-sandbox kill-process --id ${id}`)).status, "exited");
  const end = await exec(`agentos-sandbox run-command --plain --id ${id}`);
  assert.deepEqual([end.exitCode, end.stdout], [1, "begun\n"]);
  assert.match(end.stderr, /ended by a signal/);
});

test("the VM may not ask for a wait that core would give up", async () => {
  const { exitCode, stdout } = await exec("agentos-sandbox run-command --wait-ms 25001 --command true");
  assert.deepEqual([exitCode, JSON.parse(stdout).error], [2, "VALIDATION_ERROR"]);
  const json = await exec(`agentos-sandbox run-command --json '{"command":"true","waitMs":25001}'`);
  assert.equal(json.exitCode, 2);
  assert.match(json.stdout + json.stderr, /"waitMs\\*" is 25000 at most/);
});
