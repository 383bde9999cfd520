// What the README shows of core's successor, with that core's own types.
import { AgentOs, type HostFunctionCollection } from "@rivet-dev/agentos-core";
import { SandboxAgent } from "sandbox-agent";
import { createSandboxFs, createSandboxHostFunctions, type SandboxHostFunctions } from "@rivet-dev/agent-os-sandbox";

const sandbox = await SandboxAgent.connect({ baseUrl: "http://127.0.0.1:2468", token: "t" });
const functions: SandboxHostFunctions = createSandboxHostFunctions({ client: sandbox, cwd: "/app", env: { A: "b" } });
const collection: HostFunctionCollection = functions;

const vm = await AgentOs.create({
  mounts: [
    {
      path: "/sandbox",
      driver: createSandboxFs({ client: sandbox, basePath: "/app", owner: { uid: 1000, gid: 1000 } }),
    },
  ],
  hostFunctions: { sandbox: createSandboxHostFunctions({ client: sandbox }), other: collection },
});
await vm.exec('agentos-sandbox run-command --command "npm install" --cwd "/app"');

const { stdout, exitCode } = await functions.runCommand.execute({ command: "ls", timeoutMs: 5 });
const { logs } = await functions.getProcessLogs.execute({ id: stdout + exitCode, stream: "stderr" });
await functions.sendInput.execute({ id: logs[0]!.data, input: "yes" });

// @ts-expect-error
createSandboxHostFunctions({ client: sandbox, registerCommand: true });
// Its types are there, and not any:
// @ts-expect-error
await AgentOs.create({ hostFunctions: { sandbox: { runCommand: { execute: 5 } } } });
// @ts-expect-error
await AgentOs.create({ mounts: [{ path: "/sandbox", driver: {} }] });
// @ts-expect-error
createSandboxFs({ client: sandbox, owner: { uid: 1000 } });
// @ts-expect-error
await functions.runCommand.execute({ comand: "ls" });
