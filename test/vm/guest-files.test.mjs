// Every operation on files that can be said in the VM, on the mount: by its shell, by its programs, by Node programs in
// it, and by the host's API. After each one a program of the sandbox says what is there. (Core 0.1.1 lets some of its
// programs open no file for reading: those are in no row. guest.test.mjs compares them.)
//
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import path from "node:path";
import { before, describe, test } from "node:test";
import { DIRECTORY, tree } from "../helpers/tree.mjs";
import { openVm } from "./vm.mjs";

const { vm, sandbox, exec } = await openVm();

/** What each operation begins with. */
const MAKE = `cd "$1" && mkdir d empty && printf "one\\ntwo\\n" > file && printf inner > d/inner && ln -s file link &&
  ln -s nowhere dangling && ln -s d to`;
const BEFORE = {
  file: "one\ntwo\n",
  d: DIRECTORY,
  "d/inner": "inner",
  empty: DIRECTORY,
  link: { link: "file" },
  dangling: { link: "nowhere" },
  to: { link: "d" },
};

/** Of "d", moved to "new". */
const MOVED = { d: null, "d/inner": null, new: DIRECTORY, "new/inner": "inner" };

/** A new directory with that in it: its path in the sandbox, and in the VM. */
async function place() {
  const base = await sandbox.directory();
  await sandbox.sh(MAKE, base);
  return { base, at: `/sandbox/${path.posix.relative(sandbox.basePath, base)}` };
}

/** `changes` says what is there now that was not, or (null) is no longer. */
async function expectThere(base, changes) {
  const expected = Object.entries({ ...BEFORE, ...changes }).filter(([, what]) => what !== null);
  assert.deepEqual(await tree(sandbox, base), Object.fromEntries(expected));
}

/** The line (@ is the directory), what has changed, what it printed, and its exit code where that is not 0. */
const LINES = [
  ["echo three > @/new", { new: "three\n" }],
  ["echo three > @/file", { file: "three\n" }],
  ["echo three >> @/file", { file: "one\ntwo\nthree\n" }],
  ["echo three >> @/new", { new: "three\n" }],
  ["echo three > @/link", { file: "three\n" }],
  ["echo three > @/dangling", { nowhere: "three\n" }],
  ["echo three > @/to/new", { "d/new": "three\n" }],
  ["echo three > @/d", {}], // core's shell says nothing of it
  [": > @/file", { file: "" }],
  ["for i in 1 2 3; do echo $i; done > @/new", { new: "1\n2\n3\n" }],
  ["cat < @/file", {}, "one\ntwo\n"],
  ["cat < @/link", {}, "one\ntwo\n"],
  ["cat < @/file > @/new", { new: "one\ntwo\n" }],
  ["wc -l < @/file", {}, "2\n"],
  ["cd @/d && echo x > ../new && cat < inner", { new: "x\n" }, "inner"],
  ["touch @/new", { new: "" }],
  ["mv @/file @/new", { file: null, new: "one\ntwo\n" }],
  ["mv @/file @/d/inner", { file: null, "d/inner": "one\ntwo\n" }],
  ["mv @/file @/empty", { file: null, "empty/file": "one\ntwo\n" }],
  ["mv @/d @/new", MOVED],
  ["mv @/link @/new", { link: null, new: { link: "file" } }],
  ["mv @/dangling @/new", { dangling: null, new: { link: "nowhere" } }],
  ["rm @/file", { file: null }],
  ["rm @/link", { link: null }],
  ["rm @/dangling", { dangling: null }],
  ["rm @/d", {}, "", 1],
  ["rm -r @/d", { d: null, "d/inner": null }],
  ["rm -rf @/to @/none @/empty", { to: null, empty: null }],
  ["rmdir @/empty", { empty: null }],
  ["rmdir @/d", {}, "", 1],
  ["mkdir @/new", { new: DIRECTORY }],
  ["mkdir -p @/new/deep/er", { new: DIRECTORY, "new/deep": DIRECTORY, "new/deep/er": DIRECTORY }],
  ["mkdir @/file", {}, "", 1],
  ["cp @/file @/new", { new: "one\ntwo\n" }],
  ["cp @/file @/d/inner", { "d/inner": "one\ntwo\n" }],
  ["cp -r @/d @/new", { new: DIRECTORY, "new/inner": "inner" }],
  ["ln -s file @/new", { new: { link: "file" } }],
  ["readlink @/link", {}, "file\n"],
  ["[ -L @/link ] && [ -f @/link ] && [ -d @/to ] && [ ! -e @/dangling ] && echo yes", {}, "yes\n"],
];

describe("the shell and its programs", () => {
  for (const [line, changes, printed = "", code = 0] of LINES) {
    test(line, async () => {
      const { base, at } = await place();
      const { stdout, stderr, exitCode } = await exec(line.replaceAll("@", at));
      assert.deepEqual([exitCode === 0, stdout], [code === 0, printed], stderr);
      await expectThere(base, changes);
    });
  }

  // Of a mode these programs know one bit: core lets them take away the right to write, or give every one.
  test("chmod a-w", async () => {
    const { base, at } = await place();
    assert.equal((await exec(`chmod a-w ${at}/file`)).exitCode, 0);
    assert.equal(await sandbox.sh('stat -c %a "$1/file"', base), "444\n");
    assert.equal((await exec(`chmod a+w ${at}/file`)).exitCode, 0);
    assert.equal(await sandbox.sh('stat -c %a "$1/file"', base), "666\n");
  });
});

/**
 * A statement of a Node program (at("x") is a path), what has changed, what it gives; { code } for what it throws. And
 * what a shell in the sandbox says of it.
 */
const STATEMENTS = [
  ['fs.readFileSync(at("file"), "utf8")', {}, "one\ntwo\n"],
  ['fs.readFileSync(at("link"), "utf8")', {}, "one\ntwo\n"],
  ['[...fs.readFileSync(at("d/inner"))]', {}, [..."inner"].map((letter) => letter.charCodeAt(0))],
  ['fs.readFileSync(at("none"))', {}, { code: "ENOENT" }],
  ['fs.writeFileSync(at("new"), "text é")', { new: Buffer.from("text é").toString("latin1") }],
  ['fs.writeFileSync(at("file"), Buffer.from([0, 255, 10]))', { file: "\0ÿ\n" }],
  ['fs.writeFileSync(at("link"), "x")', { file: "x" }],
  ['fs.writeFileSync(at("dangling"), "x")', { nowhere: "x" }],
  ['fs.appendFileSync(at("file"), "three\\n")', { file: "one\ntwo\nthree\n" }],
  ['fs.appendFileSync(at("new"), "x")', { new: "x" }],
  ['fs.copyFileSync(at("file"), at("new"))', { new: "one\ntwo\n" }],
  ['fs.truncateSync(at("file"), 3)', { file: "one" }],
  ['fs.truncateSync(at("file"), 10)', { file: "one\ntwo\n\0\0" }],
  ['fs.mkdirSync(at("new"))', { new: DIRECTORY }],
  ['{ fs.mkdirSync(at("new/deep"), { recursive: true }); }', { new: DIRECTORY, "new/deep": DIRECTORY }],
  ['fs.renameSync(at("file"), at("d/inner"))', { file: null, "d/inner": "one\ntwo\n" }],
  ['fs.renameSync(at("d"), at("empty"))', { d: null, "d/inner": null, "empty/inner": "inner" }],
  ['fs.renameSync(at("link"), at("new"))', { link: null, new: { link: "file" } }],
  ['fs.unlinkSync(at("file"))', { file: null }],
  ['fs.unlinkSync(at("dangling"))', { dangling: null }],
  ['fs.rmdirSync(at("empty"))', { empty: null }],
  ['fs.rmSync(at("d"), { recursive: true })', { d: null, "d/inner": null }],
  ['fs.readdirSync(at("")).sort()', {}, Object.keys(BEFORE).filter((name) => !name.includes("/")).sort()],
  ['fs.readdirSync(at("d"), { withFileTypes: true }).map((entry) => [entry.name, entry.isFile()])', {}, [["inner", true]]],
  ['[fs.statSync(at("file")).size, fs.statSync(at("link")).size, fs.statSync(at("to")).isDirectory()]', {}, [8, 8, true]],
  ['[fs.lstatSync(at("link")).isSymbolicLink(), fs.lstatSync(at("to")).isDirectory()]', {}, [true, false]],
  ['[fs.existsSync(at("file")), fs.existsSync(at("none")), fs.existsSync(at("dangling"))]', {}, [true, false, false]],
  ['fs.accessSync(at("file"))', {}],
  ['fs.symlinkSync("d/inner", at("new"))', { new: { link: "d/inner" } }],
  ['fs.readlinkSync(at("dangling"))', {}, "nowhere"],
  ['fs.realpathSync(at("to/inner")) === at("d/inner")', {}, true],
  ['fs.linkSync(at("file"), at("new"))', { new: "one\ntwo\n" }, undefined, ["stat -c %h file", "2\n"]],
  ['fs.chmodSync(at("file"), 0o600)', {}, undefined, ["stat -c %a file", "600\n"]],
  // Core hands Node's seconds to the driver, which it has take milliseconds.
  ['fs.utimesSync(at("file"), 1000, 2000)', {}, undefined, ["stat -c %Y file", "2\n"]],
  ['{ const f = fs.openSync(at("new"), "w"); fs.writeSync(f, "a"); fs.writeSync(f, "b"); fs.closeSync(f); }', { new: "ab" }],
  ['{ const f = fs.openSync(at("file"), "r+"); fs.writeSync(f, "ONE", 0); fs.closeSync(f); }', { file: "ONE\ntwo\n" }],
  ['{ const f = fs.openSync(at("file"), "a"); fs.writeSync(f, "end"); fs.closeSync(f); }', { file: "one\ntwo\nend" }],
  ['{ const f = fs.openSync(at("file"), "r"), b = Buffer.alloc(4); seen = [fs.readSync(f, b, 0, 4, 4), `${b}`]; }', {}, [4, "two\n"]],
  ['seen = await fs.promises.readFile(at("file"), "utf8")', {}, "one\ntwo\n"],
  ['await fs.promises.writeFile(at("new"), "x")', { new: "x" }],
  ['await fs.promises.rename(at("file"), at("new"))', { file: null, new: "one\ntwo\n" }],
  ['await fs.promises.mkdir(at("new"))', { new: DIRECTORY }],
  ['await fs.promises.symlink("file", at("new"))', { new: { link: "file" } }],
  ['await fs.promises.unlink(at("link"))', { link: null }],
  ['await new Promise((done) => { const s = fs.createWriteStream(at("new")); s.write("a"); s.end("b", done); })', { new: "ab" }],
  ['seen = await new Promise((done) => fs.createReadStream(at("file")).on("data", (data) => done(data.toString())))', {}, "one\ntwo\n"],
];

/** All of them in one program, each in a directory of its own; it prints what each gave. */
const program = (places) => `
const fs = require("fs");
const all = [${STATEMENTS.map(([statement]) => {
  const assigned = /^(\{|await|seen =)/.test(statement) ? statement : `seen = ${statement}`;
  return `async (at) => { let seen; ${assigned}; return seen; }`;
}).join(",\n")}];
const places = ${JSON.stringify(places)};
(async () => {
  const outcomes = [];
  for (const [number, run] of all.entries()) {
    const at = (name) => places[number] + (name && "/" + name);
    outcomes.push(await run(at).then((seen) => ({ seen }), ({ code, message }) => ({ seen: { code }, message })));
  }
  console.log(JSON.stringify(outcomes));
})();`;

describe("a Node program", () => {
  const places = [];
  let outcomes;

  before(async () => {
    for (const _ of STATEMENTS) places.push(await place());
    await vm.writeFile("/statements.js", program(places.map(({ at }) => at)));
    const { stdout, stderr, exitCode } = await exec("node /statements.js");
    assert.deepEqual([exitCode, stderr], [0, ""], stdout);
    outcomes = JSON.parse(stdout);
  });

  for (const [number, [statement, changes, seen, look]] of STATEMENTS.entries())
    test(statement, async () => {
      assert.deepEqual(outcomes[number].seen, seen, outcomes[number].message);
      await expectThere(places[number].base, changes);
      if (look) assert.equal(await sandbox.sh(`cd "$1" && ${look[0]}`, places[number].base), look[1]);
    });
});

const text = (bytes) => Buffer.from(bytes).toString();
const texts = (all) => all.map(({ content }) => text(content));
const names = (list) => list.filter((name) => name !== "." && name !== "..").sort();

const writeFiles = (at) => vm.writeFiles(["a", "b"].map((name) => ({ path: `${at}/new/${name}`, content: name })));

/** The call, what has changed, what it gives ({ code } for what it rejects with), and how that is looked at. */
const CALLS = [
  ["readFile", (at) => vm.readFile(`${at}/file`), {}, "one\ntwo\n", text],
  ["readFile by a link", (at) => vm.readFile(`${at}/to/inner`), {}, "inner", text],
  ["readFile of nothing", (at) => vm.readFile(`${at}/none`), {}, { code: "ENOENT" }],
  ["readFiles", (at) => vm.readFiles([`${at}/file`, `${at}/to/inner`]), {}, ["one\ntwo\n", "inner"], texts],
  ["writeFile", (at) => vm.writeFile(`${at}/new`, "text"), { new: "text" }],
  ["writeFile over one", (at) => vm.writeFile(`${at}/file`, Buffer.from([0, 255])), { file: "\0ÿ" }],
  ["writeFile by a link", (at) => vm.writeFile(`${at}/link`, "x"), { file: "x" }],
  ["writeFile by one that leads nowhere", (at) => vm.writeFile(`${at}/dangling`, "x"), { nowhere: "x" }],
  ["writeFile over a directory", (at) => vm.writeFile(`${at}/d`, "x"), {}, { code: "EISDIR" }],
  ["writeFiles", writeFiles, { new: DIRECTORY, "new/a": "a", "new/b": "b" }, [true, true], (all) => all.map(({ success }) => success)],
  ["mkdir", (at) => vm.mkdir(`${at}/new`), { new: DIRECTORY }],
  ["mkdir of what is there", (at) => vm.mkdir(`${at}/d`), {}, { code: "EEXIST" }],
  ["mkdir, recursive", (at) => vm.mkdir(`${at}/new/deep`, { recursive: true }), { new: DIRECTORY, "new/deep": DIRECTORY }],
  ["readdir", (at) => vm.readdir(at), {}, ["d", "dangling", "empty", "file", "link", "to"], names],
  ["readdir of a file", (at) => vm.readdir(`${at}/file`), {}, { code: "ENOTDIR" }],
  ["readdirRecursive", (at) => vm.readdirRecursive(`${at}/d`), {}, ["inner"], (all) => names(all.map((entry) => entry.path.split("/").pop()))],
  ["stat", (at) => vm.stat(`${at}/link`), {}, [8, false], ({ size, isDirectory }) => [size, isDirectory]],
  ["stat of nothing", (at) => vm.stat(`${at}/dangling`), {}, { code: "ENOENT" }],
  ["exists", (at) => Promise.all(["file", "d", "none", "dangling"].map((name) => vm.exists(`${at}/${name}`))), {}, [true, true, false, false]],
  ["move", (at) => vm.move(`${at}/file`, `${at}/new`), { file: null, new: "one\ntwo\n" }],
  ["move onto another", (at) => vm.move(`${at}/file`, `${at}/d/inner`), { file: null, "d/inner": "one\ntwo\n" }],
  ["move of a link", (at) => vm.move(`${at}/to`, `${at}/new`), { to: null, new: { link: "d" } }],
  ["move of a directory", (at) => vm.move(`${at}/d`, `${at}/new`), MOVED],
  ["delete", (at) => vm.delete(`${at}/file`), { file: null }],
  ["delete of an empty directory", (at) => vm.delete(`${at}/empty`), { empty: null }],
  ["delete of a full one", (at) => vm.delete(`${at}/d`), {}, { code: "ENOTEMPTY" }],
  ["delete, recursive", (at) => vm.delete(`${at}/d`, { recursive: true }), { d: null, "d/inner": null }],
];

describe("the host's API", () => {
  for (const [title, ask, changes, expected, shown = (value) => value] of CALLS)
    test(title, async () => {
      const { base, at } = await place();
      const seen = await ask(at).then(shown, ({ code, message }) => ({ code: code ?? message.split(":")[0] }));
      assert.deepEqual(seen, expected);
      await expectThere(base, changes);
    });
});
