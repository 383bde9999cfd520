// The documentation's program as the first statements of a process. Only the sandbox comes from elsewhere.
import { AgentOs } from "@rivet-dev/agent-os-core";
import common from "@rivet-dev/agent-os-common";
import { createSandboxFs, createSandboxToolkit } from "@rivet-dev/agent-os-sandbox";
import { startSandbox } from "../../helpers/sandbox.mjs";

const { client: sandbox, basePath, path, stop } = await startSandbox();
const vm = await AgentOs.create({
  software: [common],
  mounts: [
    {
      path: "/sandbox",
      driver: createSandboxFs({ client: sandbox, basePath }),
    },
  ],
  toolKits: [createSandboxToolkit({ client: sandbox })],
});
await vm.writeFile("/sandbox/app/index.ts", 'console.log("hello")');
const result = await vm.exec(`agentos-sandbox run-command --command node --json '{"args": ["${path("app/index.ts")}"]}'`);
console.log(result.stdout);
await vm.dispose();
await stop();
process.exit(); // core's timers would hold the process
