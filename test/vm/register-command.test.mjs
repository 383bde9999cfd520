// How a VM gets the command: with the toolkit, by itself; by hand; not at all; and never without a word.
//
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, test } from "node:test";
import common from "@rivet-dev/agent-os-common";
import { createSandboxToolkit, sandboxCommand } from "@rivet-dev/agent-os-sandbox";
import { expectTypeError } from "../helpers/expect.mjs";
import { runProgram } from "../helpers/program.mjs";
import { openVm } from "./vm.mjs";

const program = (name) => new URL(`programs/${name}`, import.meta.url);
const client = { baseUrl: "http://127.0.0.1:9", token: "t" };

/** Runs a program that prints lines of JSON; each is an array whose first element is its name. */
async function lines(name) {
  const { code, stdout, stderr } = await runProgram(program(name), [], { nodeArgs: ["--disable-warning=ExperimentalWarning"] });
  assert.equal(code, 0, stderr);
  return { stderr, facts: new Map(stdout.trim().split("\n").map((line) => JSON.parse(line)).map(([first, ...rest]) => [first, rest])) };
}

describe("the documented program as the first statements of a process", () => {
  for (const name of ["documented.mjs", "documented.cjs"]) {
    test(name, async () => {
      const { code, stdout, stderr } = await runProgram(program(name));
      assert.equal(code, 0, stderr);
      assert.equal(JSON.parse(stdout).result?.stdout, "hello\n", stdout);
      assert.doesNotMatch(stderr, /AGENTOS_SANDBOX_COMMAND/);
    });
  }
});

describe("core is wrapped in whatever order it is loaded", () => {
  for (const order of ["ours first", "core first", "both at once", "core begun first"]) {
    test(order, async () => assert.equal((await runProgram(program("order.mjs"), [order])).stdout, "true\n"));
  }
});

test("the wrapped create adds the command where it should, and passes all else on", async () => {
  const { facts } = await lines("wrapped.mjs");
  const command = { name: "agentos-sandbox", permissionTier: "full" };
  const expected = {
    wrapped: true,
    "name and length": ["create", 1],
    "no argument": [],
    "this and further arguments": ["me", [{ a: 1 }, 2, 3]],
    "a subclass": true,
    "no toolkit": true,
    "an empty list": true,
    "another toolkit": true,
    "odd options": [true, true, true],
    "odd software": true,
    ours: ["other", "agentos-sandbox"],
    "ours without software": ["agentos-sandbox"],
    "ours among others": ["other", "other", "agentos-sandbox"],
    "a copy of ours": ["agentos-sandbox"],
    "registerCommand: false": true,
    "one that is, one that is not": ["agentos-sandbox"],
    "of other names": ["other", "agentos-sandbox", "agentos-build", "agentos-x-1"],
    "named by hand": ["agentos-sandbox", "other", "agentos-build"],
    "named by another": ["mine", "agentos-sandbox"],
    "sandboxCommand beside it": ["other", "agentos-sandbox"],
    "sandboxCommand with registerCommand: false": true,
    "declared by another": true,
    "in the directory of another": true,
    "the caller's options stay": [true, true, true],
    "the entry": [command],
    "the entry where nobody limits anything": [command, { name: "*", permissionTier: "full" }],
  };
  assert.deepEqual(Object.fromEntries([...facts].map(([name, [value]]) => [name, value])), expected);
});

test("a core that is not wrapped gives one warning, with the line to add, unless the line is there", async () => {
  const { facts, stderr } = await lines("unwrapped.mjs");
  const works = { exitCode: 1, reached: true }; // the command is there; the sandbox is not
  const missing = { exitCode: 127, reached: false };
  const [[warning]] = [facts.get("nothing is there")[1]];
  const [[ofName]] = [facts.get("the line of another")[1]];
  assert.match(ofName, /no command agentos-build.*`software: \[common, sandboxCommand\.named\('build'\)\]`/);
  assert.match(warning, /`software: \[common, sandboxCommand\]`/);
  assert.match(warning, /'@rivet-dev\/agent-os-sandbox'/);
  assert.deepEqual(Object.fromEntries(facts), {
    "read by its user": [true, []],
    "a wrapped core": [works, []],
    "the line is there": [works, []],
    "registerCommand: false": [missing, []],
    "a copy of the entry": [works, []],
    "nothing is there": [missing, [warning]],
    "and again": [missing, []],
    "the line of a named one is there": [works, []],
    "the line of another": [missing, [ofName]],
  });
  assert.equal(stderr.match(/AGENTOS_SANDBOX_COMMAND/g).length, 2);
});

test("registerCommand: false, and the entry by hand", async () => {
  const { exec } = await openVm({ toolkit: { registerCommand: false } });
  assert.equal((await exec("agentos-sandbox list-processes")).exitCode, 127);
  const byHand = await openVm({ toolkit: { registerCommand: false }, create: { software: [common, sandboxCommand] } });
  assert.deepEqual(await byHand.call("agentos-sandbox list-processes"), { processes: [] });
});

test("the entry is the WebAssembly file's directory", async () => {
  assert.ok(path.isAbsolute(sandboxCommand.commandDir));
  const file = await readFile(path.join(sandboxCommand.commandDir, "agentos-sandbox"));
  assert.equal(file.subarray(0, 4).toString(), "\0asm");
  assert.ok(Object.isFrozen(sandboxCommand) && Object.isFrozen(sandboxCommand.commands) && Object.isFrozen(sandboxCommand.commands[0]));
});

test("registerCommand must be a boolean", async () => {
  for (const registerCommand of [null, "no", 0, {}]) {
    await expectTypeError(() => createSandboxToolkit({ client, registerCommand }), /"options\.registerCommand" .*boolean/);
  }
  for (const options of [{ client }, { client, registerCommand: undefined }, { client, registerCommand: true }]) {
    assert.equal(createSandboxToolkit(options).name, "sandbox");
  }
  await expectTypeError(() => createSandboxToolkit({ client, registercommand: false }), /registercommand/, "ERR_INVALID_ARG_VALUE");
  await expectTypeError(() => createSandboxToolkit({ registerCommand: false }), /options\.client/);
});

test("a toolkit's tools are looked up by their own names only", () => {
  const { tools } = createSandboxToolkit({ client });
  assert.equal(tools.constructor, undefined);
  assert.equal(tools.__proto__, undefined);
});
