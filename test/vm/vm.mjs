// vm.mjs: a real VM with a real sandbox, for the tests of this folder.
//
//   const { vm, sandbox, exec } = await openVm();
//   const { stdout, exitCode } = await exec("agentos-sandbox list-processes");
//
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { after } from "node:test";
import common from "@rivet-dev/agent-os-common";
import { AgentOs } from "@rivet-dev/agent-os-core";
import { createSandboxFs, createSandboxToolkit } from "@rivet-dev/agent-os-sandbox";
import { startSandbox } from "../helpers/sandbox.mjs";
import { startProxy } from "../helpers/proxy.mjs";
import { ownTmpdir } from "../helpers/temporary.mjs";

ownTmpdir();

// Core never clears the timer of a tool's call, and those would hold this process for half a minute.
const { setTimeout: start } = globalThis;
globalThis.setTimeout = (...args) => (args[1] >= 30_000 ? start(...args).unref() : start(...args));

/** What the VM's shell writes to stderr for every program that it starts. */
const NOISE = /^.*WARN.* could not retrieve pid for child process\n/gm;

/** The VM's environment, with another port of the tool server. */
export const toolServerAt = (port) => ({ AGENTOS_TOOLS_PORT: String(port) });

/**
 * @param {object} [options]
 * @param {object} [options.toolkit] options of createSandboxToolkit; false for none
 * @param {object[]} [options.also] further toolkits, which are the caller's
 * @param {boolean} [options.proxied] the mount goes by a proxy, which comes back
 * @param {object} [options.create] further options of AgentOs.create
 */
export async function openVm({ toolkit = {}, also = [], proxied = false, create = {} } = {}) {
  const sandbox = await startSandbox();
  const proxy = proxied ? await startProxy(sandbox.baseUrl) : undefined;
  const client = proxy ? await sandbox.connect(proxy.url) : sandbox.client;
  const fs = createSandboxFs({ client, basePath: sandbox.basePath });
  const kit = toolkit && createSandboxToolkit({ client: sandbox.client, ...toolkit });
  const vm = await AgentOs.create({
    software: [common],
    mounts: [{ path: "/sandbox", driver: fs }],
    toolKits: [...(kit ? [kit] : []), ...also],
    ...create,
  });
  after(async () => {
    await vm.dispose();
    await Promise.all([fs.close(), kit && kit.close()]);
    await proxy?.stop();
    await sandbox.stop();
  });
  return { sandbox, proxy, vm, ...callers(vm, sandbox) };
}

function callers(vm, sandbox) {
  /** A line of the documentation as it stands; where the sandbox has no root of its own, below its basePath. */
  const here = (line) => (sandbox.isolated ? line : line.replaceAll('"/app', `"${sandbox.path("app")}`));

  /** vm.exec, without the shell's own noise on stderr. */
  async function exec(line, options) {
    const result = await vm.exec(here(line), options);
    return { ...result, stderr: result.stderr.replace(NOISE, "") };
  }

  /** The result of a tool that succeeds, in one line of JSON. */
  async function call(line) {
    const { stdout, stderr, exitCode } = await exec(line);
    assert.deepEqual([exitCode, stderr], [0, ""], `${line}: ${stderr}${stdout}`);
    assert.match(stdout, /^\{"ok":true,"result":.*\}\n$/);
    return JSON.parse(stdout).result;
  }

  /** vm.spawn to its end. */
  function spawn(command, args) {
    const output = { stdout: "", stderr: "" };
    return new Promise((resolve) => {
      const { pid } = vm.spawn(command, args, {
        onStdout: (data) => (output.stdout += Buffer.from(data).toString()),
        onStderr: (data) => (output.stderr += Buffer.from(data).toString()),
      });
      vm.onProcessExit(pid, (exitCode) => resolve({ ...output, exitCode }));
    });
  }

  return { exec, call, spawn };
}
