// A copy of core that is not wrapped, as a bundle would have it. Prints the warnings of each case, and how the VM
// ended the command.
import common from "@rivet-dev/agent-os-common";
import { AgentOs as Wrapped } from "@rivet-dev/agent-os-core";
import { createSandboxToolkit, sandboxCommand } from "@rivet-dev/agent-os-sandbox";

const { AgentOs } = await import(new URL("agent-os.js?copy", import.meta.resolve("@rivet-dev/agent-os-core")));
if (AgentOs === Wrapped) throw new Error("it is no copy");

const warnings = [];
process.on("warning", ({ code, message }) => code === "AGENTOS_SANDBOX_COMMAND" && warnings.push(message));

const client = { baseUrl: "http://127.0.0.1:9", token: "t" };
async function run(create, { software = [common], toolkit = {} } = {}) {
  const vm = await create({ software, toolKits: [createSandboxToolkit({ client, timeoutMs: 500, ...toolkit })] });
  const { exitCode, stdout } = await vm.exec(`agentos-${toolkit.name ?? "sandbox"} list-processes`);
  await vm.dispose();
  return { exitCode, reached: stdout.includes("ECONNREFUSED") };
}
const copy = (options) => AgentOs.create(options);
const cases = {
  "read by its user": async () => {
    const toolkit = createSandboxToolkit({ client, timeoutMs: 500 });
    return Object.keys(toolkit.tools).length + toolkit.description.length > 0 && (await 0, JSON.stringify(toolkit).length > 0);
  },
  "a wrapped core": () => run((options) => Wrapped.create(options)),
  "the line is there": () => run(copy, { software: [common, sandboxCommand] }),
  "registerCommand: false": () => run(copy, { toolkit: { registerCommand: false } }),
  "a copy of the entry": () => run(copy, { software: [common, { ...sandboxCommand }] }),
  "nothing is there": () => run(copy),
  "and again": () => run(copy),
  "the line of a named one is there": () => run(copy, { software: [common, sandboxCommand.named("build")], toolkit: { name: "build" } }),
  "the line of another": () => run(copy, { software: [common, sandboxCommand], toolkit: { name: "build" } }),
};
for (const [name, action] of Object.entries(cases)) {
  const outcome = await action();
  await new Promise(setImmediate);
  console.log(JSON.stringify([name, outcome, warnings.splice(0)]));
}
process.exit();
