// What a user reads where no binary loads: a copy of lib/ without one, with a broken one, in a checkout.
//
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL("../..", import.meta.url));
const { targets, currentTarget } = require("../../lib/platforms.js");
const here = currentTarget();

/** The error of loading a copy of lib/, with these files beside it. */
async function loadError(files) {
  const directory = await mkdtemp(path.join(tmpdir(), "agent-os-sandbox-"));
  try {
    await cp(path.join(root, "lib"), path.join(directory, "lib"), { recursive: true });
    for (const name of files) {
      await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
      await writeFile(path.join(directory, name), "no binary");
    }
    assert.throws(() => require(path.join(directory, "lib/load.js")), (error) => {
      loadError.last = error;
      return error.code === "ERR_AGENT_OS_SANDBOX_NO_BINARY";
    });
    return loadError.last;
  } finally {
    await rm(directory, { recursive: true });
  }
}

test("this machine's target is one of the eight, or unknown to us", () => {
  assert.equal(targets.length, 8);
  assert.match(here, new RegExp(`^${process.platform}(musl)?-${process.arch}$`));
});

test("no binary at all: the host, what was tried, which targets there are, what to do", async () => {
  const { message, cause } = await loadError([]);
  assert.match(message, new RegExp(`no binary that loads on ${here} \\(Node\\.js ${process.versions.node.replaceAll(".", "\\.")}\\)`));
  assert.match(message, /build\/Release\/agent_os_sandbox\.node: not there/);
  assert.match(message, new RegExp(`prebuilds/${here}/agent-os-sandbox\\.node: not there`));
  assert.match(message, /Binaries in this package: none\./);
  for (const target of targets) assert.ok(message.includes(target));
  assert.match(message, /Run it on one of these platforms/);
  assert.equal(cause.errors.length, 2);
});

test("binaries for other platforms are named", async () => {
  const other = targets.find((target) => target !== here);
  assert.match((await loadError([`prebuilds/${other}/agent-os-sandbox.node`])).message, new RegExp(`Binaries in this package: ${other}\\.`));
});

test("a binary that does not load is told with its own error", async () => {
  const { message, cause } = await loadError([`prebuilds/${here}/agent-os-sandbox.node`]);
  assert.match(message, new RegExp(`Binaries in this package: ${here}\\.`));
  assert.match(message, /Install the package again/);
  assert.ok(cause.errors.some((error) => error.code === "ERR_DLOPEN_FAILED"));
});

test("in a checkout, the command that builds it", async () => {
  assert.match((await loadError(["binding.gyp"])).message, /npm run setup/);
});

test("the package loads where there is no main script: text on the command line, a worker made of text", async () => {
  const index = JSON.stringify(path.join(root, "lib/index.js"));
  const text = `process.stdout.write(typeof require(${index}).createSandboxFs)`;
  const worker = `new (require("node:worker_threads").Worker)(${JSON.stringify(text)}, { eval: true })`;
  for (const args of [["-e", text], ["-e", text, "an-argument"], ["-e", worker]]) {
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
    assert.equal(stdout, "function", args.join(" "));
  }
});
