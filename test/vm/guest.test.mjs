// What programs of the VM do with files, on the mount and on a file system in the VM's memory: the same lines give the
// same. (Core 0.1.1 lets some of its own programs read no file at all; they fail on both.)
//
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { createInMemoryFileSystem } from "@secure-exec/core";
import { openVm } from "./vm.mjs";

const { vm, exec } = await openVm();
const places = { memory: "/memory", sandbox: "/sandbox/guest" };

before(async () => {
  vm.mountFs(places.memory, createInMemoryFileSystem());
  await vm.mkdir(places.sandbox);
  for (const place of Object.values(places)) {
    await vm.writeFile(`${place}/a.txt`, "one\ntwo\n");
    await vm.writeFile(`${place}/lib.js`, "exports.answer = () => 42;");
    await vm.writeFile(`${place}/main.js`, 'console.log(require("./lib").answer());');
    await vm.writeFile(`${place}/files.js`, NODE_FILES);
  }
});

/** A node program that does what programs do with files; it prints what it saw. */
const NODE_FILES = `
const fs = require("fs"), path = require("path"), here = (name) => path.join(__dirname, name);
const seen = {};
fs.mkdirSync(here("n/deep/er"), { recursive: true });
fs.writeFileSync(here("n/text"), "one\\n");
fs.appendFileSync(here("n/text"), "two\\n");
seen.text = fs.readFileSync(here("n/text"), "utf8");
fs.writeFileSync(here("n/bytes"), Buffer.from([0, 255, 254, 13, 10, 0xef, 0xbb, 0xbf]));
seen.bytes = [...fs.readFileSync(here("n/bytes"))];
seen.names = fs.readdirSync(here("n")).sort();
seen.types = fs.readdirSync(here("n"), { withFileTypes: true }).map((entry) => [entry.name, entry.isDirectory()]).sort();
const stat = fs.statSync(here("n/text"));
seen.stat = [stat.size, stat.isFile(), stat.isDirectory(), fs.statSync(here("n")).isDirectory()];
seen.exists = [fs.existsSync(here("n/text")), fs.existsSync(here("n/none"))];
try { fs.readFileSync(here("n/none")); } catch (error) { seen.none = error.code; }
fs.renameSync(here("n/text"), here("n/moved"));
fs.unlinkSync(here("n/bytes"));
fs.rmdirSync(here("n/deep/er"));
seen.after = fs.readdirSync(here("n")).sort();
console.log(JSON.stringify(seen));
`;

/** @ is the place. */
const lines = [
  "cat @/a.txt",
  "cat < @/a.txt",
  "wc -l < @/a.txt",
  "cd @ && pwd",
  "cd @ && wc -l < a.txt",
  "[ -f @/a.txt ] && [ -d @ ] && [ ! -e @/none ] && echo yes",
  "echo three > @/b.txt && cat < @/b.txt",
  "echo four >> @/b.txt && cat < @/b.txt",
  "echo five >> @/new.txt && cat < @/new.txt",
  ": > @/b.txt && wc -c < @/b.txt",
  "for i in 1 2 3; do echo $i; done > @/c && cat < @/c",
  "touch @/d && wc -c < @/d",
  "touch @/a.txt && cat < @/a.txt",
  "cp @/a.txt @/e && cat < @/e",
  "mv @/e @/f && cat < @/f && [ ! -e @/e ] && echo gone",
  "rm @/f && [ ! -e @/f ] && echo gone",
  "mkdir @/g && [ -d @/g ] && echo made",
  "mkdir @/g",
  "mkdir -p @/h/i/j && [ -d @/h/i/j ] && echo made",
  "rmdir @/h/i/j && [ ! -e @/h/i/j ] && echo gone",
  "rmdir @/h",
  "echo deep > @/h/i/k && cat < @/h/i/k",
  "rm @/none",
  "echo x > @/g",
  "set -C; echo x > @/a.txt; cat < @/a.txt",
  "node @/main.js",
  "node @/files.js",
];

for (const line of lines) {
  test(line, async () => {
    const [memory, sandbox] = await Promise.all(
      Object.values(places).map(async (place) => {
        const { stdout, stderr, exitCode } = await exec(line.replaceAll("@", place));
        return JSON.parse(JSON.stringify({ stdout, stderr, exitCode }).replaceAll(place, "<place>"));
      }),
    );
    assert.deepEqual(sandbox, memory);
  });
}
