// on-demand.mjs: a VM whose sandbox starts when it is first needed, and is ended when nothing has used it for two
// seconds. The SDK's local() stands for any provider: it starts the server on this machine.
//
//   node examples/on-demand.mjs       (Node.js 24, Linux on x86_64; as it is, or copied with server-without-telemetry)
//
// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { AgentOs } from '@rivet-dev/agent-os-core';
import common from '@rivet-dev/agent-os-common';
import { createSandboxFs, createSandboxToolkit } from '@rivet-dev/agent-os-sandbox';
import { SandboxAgent } from 'sandbox-agent';
import { local } from 'sandbox-agent/local';

const provider = local({
  binaryPath: fileURLToPath(new URL('server-without-telemetry', import.meta.url)),
  env: { SANDBOX_AGENT: fileURLToPath(import.meta.resolve('@sandbox-agent/cli-linux-x64/bin/sandbox-agent')) },
});

let sandbox; // the one that is there now
const client = async () => {
  console.log('The sandbox starts.');
  sandbox = await SandboxAgent.start({ sandbox: provider });
  return sandbox;
};

let hasEnded;
const ended = new Promise((resolve) => (hasEnded = resolve));
const onIdle = async (idle) => {
  sandbox = undefined;
  await idle.destroySandbox(); // where a pause is cheaper: idle.pauseSandbox()
  console.log('The sandbox has ended.');
  hasEnded();
};

// The sandbox of local() is this machine, so the VM sees one directory of it.
const workspace = await mkdtemp(path.join(tmpdir(), 'workspace-'));
const fs = createSandboxFs({ client, basePath: workspace, idleTimeoutMs: 2000, onIdle });
const toolkit = createSandboxToolkit({ client, cwd: workspace }); // the same function: the same sandbox
const vm = await AgentOs.create({
  software: [common],
  mounts: [{ path: '/sandbox', driver: fs }],
  toolKits: [toolkit],
});
console.log('The VM is there.');

await vm.writeFile('/sandbox/hello.js', 'console.log("hello")');
const { stdout } = await vm.exec('agentos-sandbox run-command --command "node hello.js"');
console.log(stdout.trim());

await ended;
console.log(Buffer.from(await vm.readFile('/sandbox/hello.js')).toString()); // starts the next one

await vm.dispose();
await Promise.all([fs.close(), toolkit.close()]);
await sandbox?.destroySandbox();
await rm(workspace, { recursive: true });
process.exit(); // core's timers would hold it for half a minute
