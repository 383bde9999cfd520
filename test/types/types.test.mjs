// The types: the documentation's program passes with them, core's and the SDK's together, what is wrong does not,
// and they name what the addon makes.
//
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL("../..", import.meta.url));
const program = (name) => path.join(root, "test/types/programs", name);
const types = path.join(root, "lib/index.d.ts");
const resolutions = [
  { module: "node16", moduleResolution: "node16" },
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "esnext", moduleResolution: "bundler" },
];

// tsconfig.json stands beside the programs, so that they find the package by its name, as its users do.
const directory = await mkdtemp(path.join(root, "test/types/programs/.tsc-"));
after(() => rm(directory, { recursive: true }));
let projects = 0;

async function tsc(files, compilerOptions) {
  const project = path.join(directory, `tsconfig-${projects++}.json`);
  const options = { noEmit: true, strict: true, target: "es2022", types: ["node"], skipLibCheck: true, ...compilerOptions };
  await writeFile(project, JSON.stringify({ compilerOptions: options, files }));
  return new Promise((resolve) => {
    execFile(process.execPath, [require.resolve("typescript/bin/tsc"), "-p", project], { cwd: root }, (error, stdout) =>
      resolve({ code: error?.code ?? 0, stdout }),
    );
  });
}

async function assertPasses(files, options) {
  assert.deepEqual(await tsc(files.map(program), options), { code: 0, stdout: "" });
}

for (const resolution of resolutions) {
  const name = resolution.moduleResolution;
  test(`the documentation's program passes (${name})`, () => assertPasses(["documentation.mts"], resolution));
  test(`what users may write passes, what is wrong does not (${name})`, () => assertPasses(["use.mts", "misuse.mts"], resolution));
}

test("the types serve require() as well", () => assertPasses(["required.cts"], { module: "nodenext", moduleResolution: "nodenext" }));

test("the types themselves have no error, without @types/node and with the oldest target", async () => {
  const options = { skipLibCheck: false, types: [], target: "es2018", lib: ["es2018"], module: "nodenext", moduleResolution: "nodenext" };
  assert.deepEqual(await tsc([types, types.replace(".d.ts", ".d.mts")], options), { code: 0, stdout: "" });
});

test("an expectation without an error would be noticed", async () => {
  const file = path.join(directory, "wrong.mts");
  await writeFile(file, 'import { createSandboxFs } from "@rivet-dev/agent-os-sandbox";\ncreateSandboxFs({});\n');
  const { code, stdout } = await tsc([file], resolutions[0]);
  assert.notEqual(code, 0);
  assert.match(stdout, /Property 'client' is missing/);
});

/** The names of the members of an interface or alias of index.d.ts. */
function declared(name) {
  const source = ts.createSourceFile(types, ts.sys.readFile(types), ts.ScriptTarget.Latest, true);
  const declaration = source.statements.find((statement) => statement.name?.text === name);
  const { members } = declaration.type ?? declaration;
  return members.map((member) => member.name.text ?? member.name.getText()).sort();
}

const unreachable = { baseUrl: "http://127.0.0.1:9", token: "t" };

test("the declared methods are the addon's", () => {
  const { filesystemMethods } = require("../../lib/load.js");
  const methods = filesystemMethods.filter((name) => name !== "readPiece"); // lib/streams.js takes it away
  const ending = ["[Symbol.asyncDispose]", "close"];
  const streams = ["createReadStream", "createWriteStream"]; // of lib/streams.js
  assert.deepEqual(declared("SandboxFs"), [...methods, ...streams, ...ending, "lane"].sort());
  assert.deepEqual(declared("SandboxToolkit").filter((name) => !ending.includes(name)), ["description", "name", "tools"]);
});

test("the declared tools and their fields are the addon's", () => {
  require("../../lib/index.js"); // which tells the addon what it needs of JavaScript
  const { tools } = require("../../lib/load.js").createSandboxToolkit({ client: unreachable });
  assert.deepEqual(declared("SandboxTools"), Object.keys(tools).sort());
  const fields = (name) => tools[name].fields.map((field) => field.name).filter((field) => field !== "json");
  const program = declared("ProgramInput");
  assert.deepEqual(fields("run-command").sort(), [...program, ...declared("RunCommandInput")].sort());
  assert.deepEqual(fields("create-process").sort(), [...program, ...declared("CreateProcessInput")].sort());
  assert.deepEqual(fields("get-process-logs").sort(), ["id", ...declared("ProcessLogsInput")].sort());
  assert.deepEqual(fields("send-input").sort(), ["id", ...declared("SendInputInput")].sort());
  for (const name of ["stop-process", "kill-process"]) assert.deepEqual(fields(name), declared("ProcessInput"));
});

test("the declared exports are the package's", async () => {
  const names = ["createSandboxFs", "createSandboxHostFunctions", "createSandboxToolkit", "sandboxCommand"];
  assert.deepEqual(Object.keys(require("../../lib/index.js")).sort(), names);
  assert.deepEqual(Object.keys(await import("../../lib/index.mjs")).sort(), names);
  assert.equal((await import("../../lib/index.mjs")).createSandboxFs, require("../../lib/index.js").createSandboxFs);
});
