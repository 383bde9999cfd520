// The example as it stands, in a process of its own.
//
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdir, readdir, realpath } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { eventually } from "../helpers/eventually.mjs";
import { runProgram } from "../helpers/program.mjs";
import { programs } from "../helpers/programs.mjs";
import { ownTmpdir } from "../helpers/temporary.mjs";

test("on-demand: no sandbox before the first use, one for all, none when idle, another at the next use", async () => {
  const temporary = await realpath(ownTmpdir());
  const [home, rest] = [path.join(temporary, "home"), path.join(temporary, "tmp")];
  await Promise.all([mkdir(home), mkdir(rest)]);
  const example = new URL("../../examples/on-demand.mjs", import.meta.url);
  const running = runProgram(example, [], { env: { HOME: home, TMPDIR: rest }, boundMs: 120_000 });
  const servers = async () => (await programs(home, "environ")).filter((line) => /sandbox-agent server/.test(line));
  const [server] = await eventually(async () => {
    const seen = await servers();
    return seen.some((line) => !line.startsWith("/bin/sh")) && seen;
  }, "a server runs", 60_000);
  assert.match(server, / --no-telemetry $/);
  const { code, stdout, stderr, hung } = await running;
  assert.deepEqual([code, hung], [0, false], stderr);
  const [created, started, ran, ...after] = stdout.trim().split("\n");
  assert.deepEqual([created, started], ["The VM is there.", "The sandbox starts."]);
  const { ok, result } = JSON.parse(ran);
  assert.deepEqual([ok, result.stdout, result.exitCode], [true, "hello\n", 0]);
  assert.deepEqual(after, ["The sandbox has ended.", "The sandbox starts.", 'console.log("hello")']);
  await eventually(async () => (await programs(home, "environ")).length === 0, "its programs ended");
  assert.deepEqual((await readdir(rest)).filter((name) => name.startsWith("workspace-")), []);
});
