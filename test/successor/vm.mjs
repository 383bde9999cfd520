// vm.mjs: a real VM of core's successor with a real sandbox, for the tests of this folder.
//
//   const { vm, sandbox, base, exec, calls } = await openVm();
//
// scripts/test-successor installs that core outside of this repository, and says where in SBX_SUCCESSOR.
//
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";
import { after } from "node:test";
import { pathToFileURL } from "node:url";
import { createSandboxFs, createSandboxHostFunctions } from "@rivet-dev/agent-os-sandbox";
import { startSandbox } from "../helpers/sandbox.mjs";
import { ownTmpdir } from "../helpers/temporary.mjs";

ownTmpdir();

export const installed = process.env.SBX_SUCCESSOR;
assert.ok(installed, "these tests are run by scripts/test-successor");

const { resolve } = createRequire(path.join(installed, "package.json"));
const { AgentOs } = await import(pathToFileURL(resolve("@rivet-dev/agentos-core")));

// It never clears the timer of a call either, and those would hold this process for half a minute.
const { setTimeout: start } = globalThis;
globalThis.setTimeout = (...args) => (args[1] >= 30_000 ? start(...args).unref() : start(...args));

/** Whom the guest's programs run as, unless `user` of AgentOs.create says otherwise. */
export const GUEST = { uid: 1000, gid: 1000 };

/** The file system with each call of a method noted: its name, its arguments, and how many ms it took. */
function counted(fs, calls) {
  const get = (target, name) => {
    const method = target[name];
    if (typeof method !== "function") return method;
    return async (...args) => {
      const call = { name, args, ms: 0 };
      const started = performance.now();
      calls.push(call);
      try {
        return await method(...args);
      } finally {
        call.ms = performance.now() - started;
      }
    };
  };
  return new Proxy(fs, { get });
}

/**
 * A VM whose /sandbox is the new, empty directory `base` of the sandbox.
 * @param {object} [options]
 * @param {object} [options.sandbox] options of startSandbox
 * @param {object} [options.fs] further options of createSandboxFs
 * @param {object} [options.mount] further fields of the mount
 * @param {object} [options.create] further options of AgentOs.create
 */
export async function openVm({ sandbox: sandboxOptions, fs: fsOptions, mount, create } = {}) {
  const sandbox = await startSandbox(sandboxOptions);
  const base = (await sandbox.sh('mktemp -d "${TMPDIR:-/tmp}/mount.XXXXXX"')).trim();
  const fs = createSandboxFs({ client: sandbox.client, basePath: base, owner: GUEST, ...fsOptions });
  const calls = [];
  const vm = await AgentOs.create({
    mounts: [{ path: "/sandbox", driver: counted(fs, calls), ...mount }],
    hostFunctions: { sandbox: createSandboxHostFunctions({ client: sandbox.client }) },
    ...create,
  });
  after(async () => {
    await vm.dispose();
    await fs.close();
    await sandbox.stop();
  });

  /** What a line of the guest's shell prints; it has to succeed. */
  async function exec(line, options) {
    const { stdout, stderr, exitCode } = await vm.exec(line, options);
    assert.deepEqual({ stderr, exitCode }, { stderr: "", exitCode: 0 }, `${line}: ${stderr}${stdout}`);
    return stdout;
  }

  /** A line of the guest's shell that fails: what it says on stderr. */
  async function fails(line, options) {
    const { stderr, stdout, exitCode } = await vm.exec(line, options);
    assert.notEqual(exitCode, 0, `${line}: ${stdout}`);
    return stderr;
  }

  /** The result of a host function, as its command prints it: one line of JSON. */
  async function call(line) {
    const { ok, result } = JSON.parse(await exec(line));
    assert.equal(ok, true);
    return result;
  }

  const inSandbox = (script) => sandbox.sh(`cd "$1" && ${script}`, base);
  return { vm, sandbox, base, fs, calls, exec, fails, call, inSandbox };
}
