// What the wrapped create hands on: AgentOs.create is replaced, before this package is loaded, by a function that
// gives back what it got. Prints one fact a line, as JSON.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { AgentOs } from "@rivet-dev/agent-os-core";

const original = async function create(options) {
  return { self: this, args: [...arguments] };
};
AgentOs.create = original;
const { createSandboxToolkit, sandboxCommand } = await import("@rivet-dev/agent-os-sandbox");

const client = { baseUrl: "http://127.0.0.1:9", token: "t" };
const toolkit = (options) => createSandboxToolkit({ client, ...options });
const other = { name: "other", commandDir: "/nowhere", commands: [{ name: "other", permissionTier: "read-only" }] };
const directory = await mkdtemp(path.join(tmpdir(), "agent-os-sandbox-"));
await writeFile(path.join(directory, "agentos-sandbox"), "\0asm");

const names = (entries) => entries.flat().map((entry) => entry.name);
const handed = async (options) => (await AgentOs.create(options)).args[0];
const added = async (options) => names((await handed(options)).software ?? []);
const untouched = async (options) => (await handed(options)) === options;
const facts = {
  wrapped: AgentOs.create !== original,
  "name and length": [AgentOs.create.name, AgentOs.create.length],
  "no argument": (await AgentOs.create()).args,
  "this and further arguments": await (async () => {
    const { self, args } = await AgentOs.create.call("me", { a: 1 }, 2, 3);
    return [String(self), args];
  })(),
  "a subclass": await (async () => {
    class Mine extends AgentOs {}
    return (await Mine.create({})).self === Mine;
  })(),
  "no toolkit": await untouched({ software: [other] }),
  "an empty list": await untouched({ software: [other], toolKits: [] }),
  "another toolkit": await untouched({ software: [other], toolKits: [{ name: "x", description: "x", tools: {} }] }),
  "odd options": [await untouched(null), await untouched({ toolKits: "x" }), await untouched({ toolKits: [null, 5] })],
  "odd software": await untouched({ toolKits: [toolkit()], software: "x" }),
  ours: await added({ software: [other], toolKits: [toolkit()] }),
  "ours without software": await added({ toolKits: [toolkit()] }),
  "ours among others": await added({ software: [[other], other], toolKits: [{ name: "x", description: "x", tools: {} }, toolkit()] }),
  "a copy of ours": await added({ toolKits: [{ ...toolkit() }] }),
  "registerCommand: false": await untouched({ software: [other], toolKits: [toolkit({ registerCommand: false })] }),
  "one that is, one that is not": await added({ toolKits: [toolkit({ registerCommand: false, name: "x" }), toolkit({ registerCommand: true })] }),
  "of other names": await added({ software: [other], toolKits: [toolkit(), toolkit({ name: "build" }), toolkit({ name: "x-1" })] }),
  "named by hand": await added({ software: [sandboxCommand.named("build"), sandboxCommand, other], toolKits: [toolkit({ name: "build" })] }),
  "named by another": await added({ software: [{ name: "mine", commandDir: "/nowhere", commands: [{ name: "agentos-build" }] }], toolKits: [toolkit(), toolkit({ name: "build" })] }),
  "sandboxCommand beside it": await added({ software: [sandboxCommand, other], toolKits: [toolkit()] }),
  "sandboxCommand with registerCommand: false": await untouched({ software: [sandboxCommand], toolKits: [toolkit({ registerCommand: false })] }),
  "declared by another": await untouched({ software: [[{ name: "mine", commandDir: "/nowhere", commands: [{ name: "agentos-sandbox" }] }]], toolKits: [toolkit()] }),
  "in the directory of another": await untouched({ software: [{ name: "mine", commandDir: directory }], toolKits: [toolkit()] }),
  "the caller's options stay": await (async () => {
    const options = Object.freeze({ software: Object.freeze([other]), toolKits: Object.freeze([toolkit()]), mounts: [] });
    const result = await handed(options);
    return [result !== options, result.mounts === options.mounts, result.toolKits === options.toolKits];
  })(),
  "the entry": (await handed({ software: [other], toolKits: [toolkit()] })).software.at(-1).commands,
  "the entry where nobody limits anything": (await handed({ software: [{ commandDir: "/x" }], toolKits: [toolkit()] })).software.at(-1).commands,
};
await rm(directory, { recursive: true });
for (const [fact, value] of Object.entries(facts)) console.log(JSON.stringify([fact, value]));
