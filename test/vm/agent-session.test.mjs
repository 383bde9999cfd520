// What an agent of the VM is told of the tools: core's own listing, as a session begins with it, and as the agent asks for
// it. The agent here is a program that answers the session's two questions and keeps what it was told.
//
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { createSandboxToolkit } from "@rivet-dev/agent-os-sandbox";
import { openVm } from "./vm.mjs";

const AGENT = `
const { writeFileSync } = require("node:fs");
writeFileSync("/tmp/told.json", JSON.stringify(process.argv.slice(2)));
let rest = "";
process.stdin.on("data", (data) => {
  const lines = (rest + data).split("\\n");
  rest = lines.pop();
  for (const line of lines.filter(Boolean)) {
    const { id } = JSON.parse(line);
    process.stdout.write(JSON.stringify({ jsonrpc: "2.0", id, result: { protocolVersion: 1, sessionId: "one" } }) + "\\n");
  }
});
`;

/** A directory whose node_modules have that agent as core's agent "pi". */
async function withAgent() {
  const directory = await mkdtemp(path.join(tmpdir(), "agent-os-sandbox-"));
  after(() => rm(directory, { recursive: true }));
  const adapter = path.join(directory, "node_modules", "pi-acp");
  await mkdir(adapter, { recursive: true });
  await writeFile(path.join(adapter, "package.json"), JSON.stringify({ name: "pi-acp", version: "1.0.0", bin: "agent.js" }));
  await writeFile(path.join(adapter, "agent.js"), AGENT);
  return directory;
}

const { vm, exec } = await openVm({ create: { moduleAccessCwd: await withAgent() } });
const client = { baseUrl: "http://127.0.0.1:9", token: "t" };
const kit = createSandboxToolkit({ client, registerCommand: false }); // has the same tools
after(() => kit.close());
const tools = Object.entries(kit.tools);
const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const flagsOf = (tool) => Object.keys(tool.inputSchema.shape).map((name) => `--${kebab(name)}`);
const command = "node /usr/local/bin/agentos-sandbox";

test("a session tells the agent each tool, with its description and flags, and its examples", async () => {
  await vm.createSession("pi");
  const told = JSON.parse(Buffer.from(await vm.readFile("/tmp/told.json")).toString());
  const text = told[told.indexOf("--append-system-prompt") + 1];
  const [, section] = /^### sandbox\n\n([^]*)/m.exec(text);
  assert.ok(section.startsWith(`${kit.description}\n`));
  const lines = section.split("\n");
  assert.equal(lines.filter((line) => / — /.test(line)).length, 7);
  for (const [name, tool] of tools) {
    const line = lines.find((one) => one.startsWith(`- \`${command} ${name} `));
    assert.ok(line?.endsWith(`\` — ${tool.description}`), `${name}: ${line}`);
    assert.deepEqual(line.match(/--[a-z-]+/g), flagsOf(tool), name);
    for (const { description } of tool.examples)
      assert.ok(lines.some((one) => one.startsWith(`- ${description}: \`${command} ${name}`)), `${name}: ${description}`);
  }
});

test("the lines of the examples are understood as they stand", async () => {
  const told = JSON.parse(Buffer.from(await vm.readFile("/tmp/told.json")).toString());
  const examples = [...told.at(-1).matchAll(/^- .*: `(node .*)`$/gm)].map(([, line]) => line);
  assert.equal(examples.length, tools.flatMap(([, { examples }]) => examples).length);
  for (const line of examples) {
    const answer = JSON.parse((await exec(line)).stdout);
    // There is no proc_1, and no /app, but each is read: no flag is unknown, no value of another type.
    assert.ok(answer.ok || (answer.error === "EXECUTION_ERROR" && !answer.message.startsWith("usage:")), JSON.stringify(answer));
  }
});

test("the agent's own look at the list has them too", async () => {
  const { stdout } = await exec("node /usr/local/bin/agentos list-tools sandbox");
  const { name, description, tools: listed } = JSON.parse(stdout).result;
  assert.deepEqual([name, description], ["sandbox", kit.description]);
  assert.deepEqual(Object.keys(listed), Object.keys(kit.tools));
  for (const [tool, { description: text, inputSchema }] of tools) {
    assert.equal(listed[tool].description, text);
    assert.deepEqual(listed[tool].flags.map(({ flag }) => flag), flagsOf(kit.tools[tool]));
    for (const { flag, description: said } of listed[tool].flags)
      assert.equal(said, Object.entries(inputSchema.shape).find(([field]) => `--${kebab(field)}` === flag)[1].description);
  }
});
