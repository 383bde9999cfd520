// The command alone, against a host that is played: what it asks, what it prints, what it ends with.
//
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chunked, cut, ok, runCommand, sized } from "./host.mjs";

const failed = (error, message) => JSON.stringify({ ok: false, error, message });
const answering = (body) => ({ answer: () => sized(body) });
const flag = (name, type) => ({ flag: `--${name}`, type, required: false, description: `What ${name} is.` });
const description = ok({
  toolkit: "sandbox",
  tool: "send-input",
  description: "Send text.",
  flags: [flag("id", "string"), flag("input", "string"), flag("tty", "boolean"), flag("args", "string[]")],
});
const describing = (body) => ({ answer: ({ path }) => sized(path === "/call" ? body : description) });
const argvOf = (outcome) => JSON.parse(outcome.requests.at(-1).body).argv;

describe("a call", () => {
  test("posts the tool and its flags as they stand, and prints the answer as one line", () => {
    const body = ok({ stdout: "hello\n", exitCode: 1 });
    const outcome = runCommand(["run-command", "--command", "node", "--json", '{"args": ["/a b"]}'], answering(body));
    assert.equal(outcome.stdout, `${body}\n`);
    assert.equal(outcome.stderr, "");
    assert.equal(outcome.code, 0);
    assert.deepEqual(outcome.connectedTo, ["127.0.0.1:4711"]);
    assert.equal(outcome.requests.length, 1);
    const [{ method, path, version, head }] = outcome.requests;
    assert.deepEqual([method, path, version], ["POST", "/call", "HTTP/1.1"]);
    assert.match(head, /^host: 127\.0\.0\.1\r$/im);
    assert.match(head, /^connection: close\r$/im);
    assert.match(head, /^content-type: application\/json\r$/im);
    assert.deepEqual(JSON.parse(outcome.requests[0].body), {
      toolkit: "sandbox",
      tool: "run-command",
      argv: ["--command", "node", "--json", '{"args": ["/a b"]}'],
    });
  });

  test("any text of an argument arrives", () => {
    const words = ["", " ", '"', "\\", "\u0001\u001f\u007f\t\n\r", "é€😀", "\ud7ff\ue000\uffff\u{10ffff}", "{}[],:"];
    const outcome = runCommand(["run-command", ...words.flatMap((word) => ["--args", word])], answering(ok({})));
    assert.deepEqual(argvOf(outcome), words.flatMap((word) => ["--args", word]));
  });

  test("an argument that is no UTF-8 is bad usage, and nothing is sent", () => {
    const bad = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x80], [0xf8, 0x88, 0x80, 0x80, 0x80]];
    for (const bytes of bad) {
      const outcome = runCommand(["run-command", "--command", Buffer.from(bytes)], answering(ok({})));
      assert.equal(outcome.code, 2);
      assert.equal(outcome.stderr, "agentos-sandbox: an argument is not UTF-8\n");
      assert.deepEqual(outcome.connectedTo, []);
    }
  });

  test("large arguments are sent whole, however the socket takes them", () => {
    const word = "x".repeat(300_000);
    for (const sendMax of [1000, 65535, Infinity]) {
      const outcome = runCommand(["run-command", "--command", word], { ...answering(ok({})), sendMax });
      assert.deepEqual(argvOf(outcome), ["--command", word]);
    }
  });
});

describe("what it ends with", () => {
  const cases = [
    ["VALIDATION_ERROR", "Unknown flag: --nope", 2],
    ["TOOL_NOT_FOUND", 'No tool "x" in toolkit "sandbox".', 2],
    ["EXECUTION_ERROR", 'usage: run-command: "command" is required', 2],
    ["EXECUTION_ERROR", "ENOENT: no such file or directory", 1],
    ["TIMEOUT", 'Tool "run-command" timed out after 30000ms', 1],
    ["TOOLKIT_NOT_FOUND", 'No toolkit "sandbox".', 1],
  ];
  for (const [error, message, code] of cases) {
    test(`${error}, ${message}: ${code}`, () => {
      const outcome = runCommand(["run-command"], answering(failed(error, message)));
      assert.equal(outcome.stdout, `${failed(error, message)}\n`);
      assert.equal(outcome.stderr, `agentos-sandbox run-command: ${message}\n`);
      assert.equal(outcome.code, code);
    });
  }

  test("a failure without a message is told by its name", () => {
    assert.equal(runCommand(["x"], answering('{"ok":false,"error":"ODD"}')).stderr, 'agentos-sandbox x: "ODD"\n');
  });

  test("a flag where the tool should be is bad usage", () => {
    const outcome = runCommand(["--command", "ls"], answering(ok({})));
    assert.equal(outcome.code, 2);
    assert.match(outcome.stderr, /^agentos-sandbox: a tool comes first/);
    assert.deepEqual(outcome.connectedTo, []);
  });

  test("a VM without a tool server, or with a port that nobody answers, is told apart", () => {
    const none = runCommand(["run-command"], { env: [] });
    assert.equal(none.code, 1);
    assert.equal(none.stdout, "");
    assert.match(none.stderr, /AGENTOS_TOOLS_PORT is not set/);
    for (const name of ["net_socket", "net_connect"]) {
      const refused = runCommand(["run-command"], { errors: { [name]: 14 } });
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /^agentos-sandbox run-command: the tool server of this VM cannot be reached\n$/);
    }
  });

  test("a socket that fails later says that the tool may have run", () => {
    for (const name of ["net_send", "net_recv", "net_poll"]) {
      const outcome = runCommand(["run-command"], { ...answering(ok({})), errors: { [name]: 29 } });
      assert.equal(outcome.code, 1, name);
      assert.match(outcome.stderr, /closed the connection before it answered; the tool may have run/);
    }
  });
});

describe("replies", () => {
  const body = ok({ stdout: "é€😀 \\ \" \u0000 end", list: [{ deep: [[[1]]] }] });

  test("are read however they are cut", () => {
    for (const reply of [sized(body), chunked(body, 7), chunked(body, 1000, { extension: ";a=b", trailers: "X: y\r\n" })]) {
      for (const size of [1, 2, 3, 5, 17, 1 << 20]) {
        const outcome = runCommand(["x"], { answer: () => cut(reply, size) });
        assert.equal(outcome.stdout, `${body}\n`);
        assert.equal(outcome.code, 0);
      }
    }
  });

  test("may have headers of any case, order and length", () => {
    const head = `X-Long: ${"y".repeat(5000)}\r\nCONTENT-type: x\r\nx-content-length: 3\r\n`;
    assert.equal(runCommand(["x"], { answer: () => sized(body, head) }).stdout, `${body}\n`);
  });

  test("of several MiB pass, in writes that a reader of the VM takes whole", () => {
    const large = ok({ stdout: "0123456789abcdef".repeat(1 << 18) }); // 4 MiB
    for (const reply of [sized(large), chunked(large, 16384)]) {
      const outcome = runCommand(["x"], { answer: () => cut(reply, 50_000) });
      assert.ok(outcome.stdout === `${large}\n`);
      assert.ok(outcome.longestWrite <= 4096);
      assert.ok(outcome.memory < 40 << 20, `${outcome.memory}`);
    }
  });

  test("beyond 64 MiB are refused", () => {
    const head = (value) => Buffer.from(`HTTP/1.1 200 OK\r\n${value}\r\n\r\n`);
    const sizes = [head(`Content-Length: ${(64 << 20) + 1}`), Buffer.concat([head("Transfer-Encoding: chunked"), Buffer.from("4000001\r\n")]),
      Buffer.concat([head("Transfer-Encoding: chunked"), Buffer.from("100000000\r\n")])];
    for (const reply of sizes) {
      const outcome = runCommand(["x"], { answer: () => [reply] });
      assert.equal(outcome.code, 1);
      assert.match(outcome.stderr, /larger than 64 MiB; the tool has run/);
    }
  });

  test("that are no answer of a tool server are refused, and nothing of them is printed", () => {
    const replies = [
      "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 200 OK\r\n\r\n{}", "\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
      sized("<html>"), sized("[]"), sized('"x"'), sized("{"), sized('{"a":"'), sized(""), sized("null"),
    ];
    for (const reply of replies) {
      const outcome = runCommand(["x"], { answer: () => [Buffer.from(reply)] });
      assert.deepEqual([outcome.code, outcome.stdout], [1, ""], JSON.stringify(reply.toString()));
      assert.match(outcome.stderr, /what answered is not the tool server/, JSON.stringify(reply.toString()));
    }
  });

  test("that end too early are told", () => {
    for (const reply of [sized(body), chunked(body, 10)]) {
      for (const end of [0, 5, 40, reply.length - 1]) {
        const outcome = runCommand(["x"], { answer: () => (end === 0 ? [] : [reply.subarray(0, end)]) });
        assert.deepEqual([outcome.code, outcome.stdout], [1, ""]);
        assert.match(outcome.stderr, /closed the connection before it answered/);
        assert.equal(outcome.probes, 1, "a probe finds the closed connection");
      }
    }
  });

  test("that are late are waited for in short waits, with a notice before a shell would give up", () => {
    const nothing = (count) => Array.from({ length: count }, () => Buffer.alloc(0));
    const quick = runCommand(["x"], { answer: () => [...nothing(6), sized(body)] });
    assert.equal(quick.stderr, "");
    const late = runCommand(["x"], { answer: () => [...nothing(20), sized(body)] });
    assert.equal(late.stdout, `${body}\n`);
    assert.match(late.stderr, /^agentos-sandbox: still running after 28 s\. .*create-process.*\n$/);
  });

  test("of any bytes end in an answer or a complaint", () => {
    const seeds = [sized(body), chunked(body, 9), sized(ok({ stdout: "\ud800\\u12", stderr: "x", exitCode: 3 }))];
    let state = 1;
    const random = (below) => (state = (state * 48271) % 2147483647) % below;
    for (let round = 0; round < 3000; round++) {
      const reply = Buffer.from(seeds[random(seeds.length)]);
      for (let change = random(4); change >= 0; change--) reply[random(reply.length)] = random(3) ? '{}[]",:\\\r\n0fu'.charCodeAt(random(13)) : random(256);
      const words = [["run-command", "--plain"], ["get-process-logs", "--plain"], ["x"], ["x", "--help"], ["--help"]][random(5)];
      const outcome = runCommand(words, { answer: () => cut(reply.subarray(0, 1 + random(reply.length)), 1 + random(99)) });
      assert.ok(outcome.code <= 255 && (outcome.code === 0 || outcome.stderr !== "" || words[1] === "--plain"));
    }
  });
});

describe("--plain", () => {
  const run = (result, words = []) => runCommand(["run-command", "--plain", ...words], answering(ok(result)));

  test("writes what the program wrote, and ends with its exit code", () => {
    const outcome = run({ stdout: "out é€😀 \u0000\\\"\b\f\n\r\t\u001f", stderr: "err\n", exitCode: 7, timedOut: false });
    assert.deepEqual([outcome.stdout, outcome.stderr, outcome.code], ["out é€😀 \u0000\\\"\b\f\n\r\t\u001f", "err\n", 7]);
    assert.deepEqual(argvOf(outcome), []);
  });

  test("escapes of every kind are read", () => {
    const body = '{"ok":true,"result":{"exitCode":0,"stdout":"\\/\\u00e9\\u20AC\\ud83d\\ude00|\\ud83d|\\ude00|\\ud83d\\u0041|\\uzzzz"}}';
    assert.equal(runCommand(["run-command", "--plain"], answering(body)).stdout, "/é€😀|�|�|�A|�");
  });

  const codes = [[0, 0], [1, 1], [255, 255], [256, 1], [-1, 1]];
  for (const [exitCode, code] of codes) {
    test(`exit code ${exitCode} is ${code}`, () => assert.equal(run({ stdout: "", stderr: "", exitCode }).code, code));
  }

  test("a time limit is 124, a signal is 1, each with a line", () => {
    const late = run({ stdout: "begun", stderr: "", exitCode: null, timedOut: true });
    assert.deepEqual([late.stdout, late.code], ["begun", 124]);
    assert.match(late.stderr, /time limit/);
    for (const result of [{ stdout: "a" }, { stdout: "a", exitCode: null }]) {
      const killed = run(result);
      assert.deepEqual([killed.stdout, killed.code], ["a", 1]);
      assert.match(killed.stderr, /ended by a signal/);
    }
  });

  test("an output that the sandbox has cut is told", () => {
    assert.match(run({ stdout: "a", stdoutTruncated: true, exitCode: 0 }).stderr, /the output was longer/);
  });

  test("a tool that fails leaves stdout empty", () => {
    const outcome = runCommand(["run-command", "--plain"], answering(failed("EXECUTION_ERROR", "EIO: no")));
    assert.deepEqual([outcome.stdout, outcome.stderr, outcome.code], ["", "agentos-sandbox run-command: EIO: no\n", 1]);
  });

  test("of a log writes each entry to its stream", () => {
    const logs = [["out 1\n", "stdout"], ["out 2\n", "stdout"], ["err\n", "stderr"], ["é", "pty"]].map(([data, stream]) => ({ data, stream }));
    const outcome = runCommand(["get-process-logs", "--id", "proc_1", "--plain"], answering(ok({ logs })));
    assert.deepEqual([outcome.stdout, outcome.stderr, outcome.code], ["out 1\nout 2\né", "err\n", 0]);
    assert.deepEqual(argvOf(outcome), ["--id", "proc_1"]);
  });

  test("of another tool prints the JSON", () => {
    assert.equal(runCommand(["list-processes", "--plain"], answering(ok({ processes: [] }))).stdout, `${ok({ processes: [] })}\n`);
  });

  test("stands anywhere, is taken out, and is a value where a flag takes one", () => {
    const cases = [
      [["--plain", "send-input", "--id", "1"], ["--id", "1"]],
      [["send-input", "--id", "1", "--plain"], ["--id", "1"]],
      [["send-input", "--tty", "--plain", "--id", "1"], ["--tty", "--id", "1"]],
      [["send-input", "--input", "--plain"], ["--input", "--plain"]],
      [["send-input", "--input", "--id", "--plain"], ["--input", "--id"]],
      [["send-input", "--input", "--help"], ["--input", "--help"]],
      [["send-input", "--args", "-h", "--plain", "--args", "-x"], ["--args", "-h", "--args", "-x"]],
      [["send-input", "--nope", "--plain"], ["--nope"]],
      [["send-input", "--id", "1", "--", "--plain", "-h"], ["--id", "1", "--", "--plain", "-h"]],
    ];
    for (const [words, argv] of cases) assert.deepEqual(argvOf(runCommand(words, describing(ok({})))), argv, words.join(" "));
  });

  test("asks for a description only where it must", () => {
    assert.equal(runCommand(["send-input", "--tty", "--id", "1"], describing(ok({}))).requests.length, 1);
    assert.equal(runCommand(["send-input", "--id", "1", "--plain"], describing(ok({}))).requests.length, 1);
    assert.equal(runCommand(["send-input", "--input", "-h"], describing(ok({}))).requests.length, 2);
  });
});

describe("help", () => {
  const toolkit = ok({
    name: "sandbox",
    description: "Run commands and manage processes in a full Linux sandbox: native binaries, browsers, heavy builds.",
    tools: { "run-command": { description: "Run it.", flags: [] }, "send-input": { description: "Send \"text\".", flags: [] } },
  });

  test("of the command lists the tools", () => {
    for (const words of [["--help"], ["-h"], ["--plain", "-h"]]) {
      const outcome = runCommand(words, answering(toolkit));
      assert.equal(outcome.code, 0);
      assert.equal(outcome.requests[0].path, "/describe/sandbox");
      assert.equal(outcome.requests[0].method, "GET");
      assert.match(outcome.stdout, /^usage: agentos-sandbox <tool> \[flags\]$/m);
      assert.match(outcome.stdout, /^ {2}run-command\n {6}Run it\.\n {2}send-input\n {6}Send "text"\.$/m);
      assert.ok(outcome.stdout.split("\n").every((line) => line.length <= 80));
      assert.doesNotMatch(outcome.stdout, /[{}]/);
    }
  });

  test("without a word is the same text, and bad usage", () => {
    const outcome = runCommand([], answering(toolkit));
    assert.equal(outcome.code, 2);
    assert.equal(outcome.stdout, runCommand(["--help"], answering(toolkit)).stdout);
  });

  test("of a tool has its flags, and examples that a shell reads as they are meant", () => {
    const input = { command: "echo 'a b'", cwd: "/app", timeoutMs: 5, tty: true, args: ["-c", "it's"], env: { A: "b" } };
    const described = ok({
      description: `Run it. ${"word ".repeat(40)}`,
      flags: [flag("command", "string"), flag("timeout-ms", "number"), flag("args", "string[]"), flag("tty", "boolean"),
        flag("stream", "stdout|stderr"), flag("json", "string")],
      examples: [{ description: "First", input }, { description: "Second", input: {} }],
    });
    for (const words of [["run-command", "--help"], ["run-command", "--command", "x", "-h"]]) {
      const { stdout, code, requests } = runCommand(words, answering(described));
      assert.equal(code, 0);
      assert.equal(requests[0].path, "/describe/sandbox/run-command");
      for (const line of ["usage: agentos-sandbox run-command [flags]", "  --command <string>", "      What command is.",
        "  --timeout-ms <number>", "  --args <string> ... (once for each)", "  --tty", "  --stream <stdout|stderr>", "  # First", "  # Second",
        "  agentos-sandbox run-command",
        `  agentos-sandbox run-command --command 'echo '\\''a b'\\''' --cwd /app --timeout-ms 5 --tty --json '{"args":["-c","it'\\''s"],"env":{"A":"b"}}'`])
        assert.ok(stdout.split("\n").includes(line), `${line}\n${stdout}`);
      assert.equal(stdout.match(/^ {2}--json/gm).length, 1);
    }
  });

  test("of an unknown tool is bad usage; any name reaches the server as it is", () => {
    const outcome = runCommand(["é/../x y", "--help"], answering(failed("TOOL_NOT_FOUND", "No tool")));
    assert.deepEqual([outcome.code, outcome.stdout], [2, ""]);
    assert.equal(decodeURIComponent(outcome.requests[0].path), "/describe/sandbox/é/../x y");
    assert.equal(outcome.requests[0].path, "/describe/sandbox/%C3%A9%2F%2E%2E%2Fx%20y");
  });
});

describe("a program that goes on", () => {
  const running = (id, stdout = "") => ok({ stdout, stderr: "", exitCode: null, timedOut: false, durationMs: 1, status: "running", id });
  const ended = ok({ stdout: "all\n", stderr: "err\n", exitCode: 7, timedOut: false, durationMs: 2 });
  const inTurn = (...bodies) => ({ answer: () => sized(bodies.length > 1 ? bodies.shift() : bodies[0]) });
  const argvs = (outcome) => outcome.requests.map(({ body }) => JSON.parse(body).argv);

  test("is told with the line to read on with, and ends with 75", () => {
    const outcome = runCommand(["run-command", "--command", "make"], inTurn(running("proc_5", "so far\n")));
    assert.deepEqual([outcome.code, outcome.stdout], [75, `${running("proc_5", "so far\n")}\n`]);
    assert.equal(outcome.stderr, "agentos-sandbox run-command: the program goes on as proc_5; read on with: agentos-sandbox run-command --id proc_5\n");
    const plain = runCommand(["run-command", "--plain", "--command", "make"], inTurn(running("proc_5", "so far\n")));
    assert.deepEqual([plain.code, plain.stdout], [75, "so far\n"]);
    assert.match(plain.stderr, /: agentos-sandbox run-command --id proc_5 --plain\n$/);
  });

  test("with --wait is asked for until its end", () => {
    const outcome = runCommand(["run-command", "--wait", "--command", "make"], inTurn(running("proc_5"), running("proc_5"), ended));
    assert.deepEqual([outcome.code, outcome.stdout], [0, `${ended}\n`]);
    assert.deepEqual(argvs(outcome), [["--command", "make"], ["--id", "proc_5"], ["--id", "proc_5"]]);
    assert.match(outcome.stderr, /^agentos-sandbox run-command: the program goes on as proc_5; waiting [^\n]*\n$/);
    const plain = runCommand(["run-command", "--wait", "--plain"], inTurn(running("proc_5", "x"), ended));
    assert.deepEqual([plain.code, plain.stdout], [7, "all\n"]);
    const failing = runCommand(["run-command", "--wait"], inTurn(running("proc_5"), failed("EXECUTION_ERROR", "ESRCH: gone")));
    assert.deepEqual([failing.code, failing.stdout], [1, `${failed("EXECUTION_ERROR", "ESRCH: gone")}\n`]);
  });

  test("may be asked for a day, in the memory of one answer", () => {
    const bodies = Array.from({ length: 3456 }, () => running("proc_5", "x".repeat(100_000)));
    const outcome = runCommand(["run-command", "--wait"], inTurn(...bodies, ended));
    assert.equal(outcome.requests.length, 3457);
    assert.equal(outcome.code, 0);
    assert.ok(outcome.memory < 8 << 20, `${outcome.memory}`);
  });

  test("with an id that cannot be kept is not waited for", () => {
    const outcome = runCommand(["run-command", "--wait"], inTurn(running("p".repeat(65))));
    assert.deepEqual([outcome.code, outcome.requests.length], [75, 1]);
  });

  test("is of run-command alone", () => {
    const created = ok({ id: "proc_1", status: "running" });
    assert.equal(runCommand(["create-process"], answering(created)).code, 0);
    const outcome = runCommand(["create-process", "--wait"], answering(created));
    assert.deepEqual([outcome.code, outcome.requests.length], [2, 0]);
    assert.equal(outcome.stderr, "agentos-sandbox create-process: --wait is for run-command\n");
    assert.equal(runCommand(["create-process", "--wait", "--help"], answering(created)).code, 0);
  });
});
