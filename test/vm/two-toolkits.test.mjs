// Two toolkits for two sandboxes in one VM: each has its name, and its command reaches its own.
//
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import common from "@rivet-dev/agent-os-common";
import { AgentOs } from "@rivet-dev/agent-os-core";
import { createSandboxHostFunctions, createSandboxToolkit, sandboxCommand } from "@rivet-dev/agent-os-sandbox";
import { expectTypeError, rejection } from "../helpers/expect.mjs";
import { suite } from "../helpers/suite.mjs";
import { openVm } from "./vm.mjs";

const { sandbox: other, toolkit } = await suite();
const build = toolkit({ name: "build" });
const { sandbox, exec, call, spawn } = await openVm({ also: [build] });
const client = { baseUrl: "http://127.0.0.1:9", token: "t" };
const value = "ERR_INVALID_ARG_VALUE";

test("each command reaches the sandbox of its toolkit", async () => {
  for (const [command, own] of [
    ["agentos-sandbox", sandbox],
    ["agentos-build", other],
  ]) {
    const { id, pid } = await call(`${command} create-process --command sleep --args 7777`);
    assert.equal((await own.client.getProcess(id)).status, "running");
    const { processes } = await call(`${command} list-processes`);
    assert.deepEqual(processes.map((process) => [process.id, process.pid]), [[id, pid]]);
    const file = `${await own.directory()}/here`;
    await own.client.writeFsFile({ path: file }, command);
    const line = `run-command --plain --command cat --args ${file}`;
    assert.equal((await exec(`${command} ${line}`)).stdout, command);
    assert.equal((await exec(`echo "[$(${command} ${line})]"`)).stdout, `[${command}]\n`);
    assert.equal((await spawn(command, line.split(" "))).stdout, command);
    assert.equal((await exec(`node /usr/local/bin/${command} list-processes`)).stdout.includes(`"${id}"`), true);
    await call(`${command} kill-process --id ${id}`);
  }
});

test("what a command says of itself is its name", async () => {
  for (const command of ["agentos-sandbox", "agentos-build"]) {
    const all = await exec(`${command} --help`);
    assert.equal(all.exitCode, 0, all.stderr);
    assert.match(all.stdout, new RegExp(`^usage: ${command} <tool>[^]*^A tool's flags and examples: ${command} <tool> --help$`, "m"));
    const one = await exec(`${command} run-command --help`);
    assert.match(one.stdout, new RegExp(`^usage: ${command} run-command \\[flags\\]\n[^]*^examples:\n  # .*\n  ${command} run-command `, "m"));
    for (const text of [all.stdout, one.stdout])
      assert.deepEqual([...new Set(text.match(/agentos-[a-z]+/g))], [command]);
    const wrong = await exec(`${command} stop-process --id proc_0`);
    assert.ok(wrong.stderr.startsWith(`${command} stop-process: `), wrong.stderr);
    const running = await exec(`${command} run-command --wait-ms 1 --command sleep --args 7777`);
    const [, line] = /read on with: (.*)\n$/.exec(running.stderr);
    assert.match(line, new RegExp(`^${command} run-command --id proc_\\d+$`));
    await call(`${command} kill-process --id ${line.split(" ").at(-1)}`);
    assert.equal((await call(line)).signal, "SIGKILL");
  }
});

test("core's listing has both", async () => {
  const { stdout } = await exec("node /usr/local/bin/agentos list-tools");
  assert.deepEqual(JSON.parse(stdout).result.toolkits.map(({ name }) => name), ["sandbox", "build"]);
});

test("two of one name are refused; one that is given twice, or copied, is one", async () => {
  const kits = [createSandboxToolkit({ client, name: "twice" }), createSandboxToolkit({ client, name: "twice" })];
  const strange = { name: "twice", description: "x", tools: {} };
  for (const toolKits of [kits, [kits[0], strange], [strange, kits[0]]]) {
    const error = await rejection(AgentOs.create({ software: [common], toolKits }));
    assert.deepEqual([error.code, /"twice".*createSandboxToolkit\({ client, name }\)/.test(error.message)], [value, true]);
  }
  const same = await AgentOs.create({ software: [common], toolKits: [kits[0], { ...kits[0] }] });
  await same.dispose();
});

test("a bad name is refused", async () => {
  for (const name of ["", "Build", "a b", "a/b", "../x", "-a", "a-", "a--b", "é", "a\0", "a_b", "a.b", "x".repeat(33)]) {
    await expectTypeError(() => createSandboxToolkit({ client, name }), /^The "options\.name" property must be lower-case.*Received "/, value);
    await expectTypeError(() => sandboxCommand.named(name), /^The "name" argument must be lower-case/, value);
  }
  for (const name of [null, 5, {}]) await expectTypeError(() => createSandboxToolkit({ client, name }), /"options\.name".*of type string/);
  for (const name of ["x".repeat(32), "0", "a-1-b"]) assert.equal(createSandboxToolkit({ client, name }).name, name);
  assert.equal(createSandboxToolkit({ client, name: undefined }).name, "sandbox");
  await expectTypeError(() => createSandboxHostFunctions({ client, name: "x" }), /\bname\b/, value);
});

test("sandboxCommand.named is the entry of that command", () => {
  const entry = sandboxCommand.named("by-hand");
  assert.deepEqual([entry.name, entry.commands], ["agentos-by-hand", [{ name: "agentos-by-hand", permissionTier: "full" }]]);
  assert.ok(existsSync(`${entry.commandDir}/agentos-by-hand`));
  assert.equal(sandboxCommand.named("by-hand"), entry);
  assert.equal(sandboxCommand.named("sandbox"), sandboxCommand);
  const script = "process.stdout.write(require('@rivet-dev/agent-os-sandbox').sandboxCommand.named('x').commandDir)";
  const gone = execFileSync(process.execPath, ["-e", script], { cwd: import.meta.dirname, encoding: "utf8" });
  assert.match(gone, /agent-os-sandbox-.*x$/);
  assert.ok(!existsSync(gone)); // with the process that had it
});
