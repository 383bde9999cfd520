// The same with require(), which agent-os-common does not have.
const { AgentOs } = require("@rivet-dev/agent-os-core");
const { createSandboxFs, createSandboxToolkit } = require("@rivet-dev/agent-os-sandbox");

main();

async function main() {
  const { default: common } = await import("@rivet-dev/agent-os-common");
  const { startSandbox } = await import("../../helpers/sandbox.mjs");
  const { client: sandbox, basePath, path, stop } = await startSandbox();
  const vm = await AgentOs.create({
    software: [common],
    mounts: [{ path: "/sandbox", driver: createSandboxFs({ client: sandbox, basePath }) }],
    toolKits: [createSandboxToolkit({ client: sandbox })],
  });
  await vm.writeFile("/sandbox/app/index.ts", 'console.log("hello")');
  const result = await vm.exec(`agentos-sandbox run-command --command node --json '{"args": ["${path("app/index.ts")}"]}'`);
  console.log(result.stdout);
  await vm.dispose();
  await stop();
  process.exit();
}
