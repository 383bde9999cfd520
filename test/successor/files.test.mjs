// The file system as a mount of core's successor: what its kernel asks for, and the commands of its guest.
//
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { GUEST, openVm } from "./vm.mjs";

const { vm, fs, calls, exec, fails, inSandbox } = await openVm();

/** The figures of one line: how often it called the file system, how long it took, and how much of that was there. */
async function measured(t, line, options) {
  calls.length = 0;
  const started = performance.now();
  const stdout = await exec(line, options);
  const took = Math.round(performance.now() - started);
  const names = Map.groupBy(calls, ({ name }) => name);
  const within = calls.reduce((sum, { ms }) => sum + ms, 0);
  const most = [...names].map(([name, all]) => [all.length, name]).sort(([a], [b]) => b - a);
  t.diagnostic(`${line}: ${calls.length} calls (${most.map((one) => one.join(" ")).join(", ")}), ${took} ms, ${Math.round(within)} of them in the file system`);
  return stdout;
}

const tree = 'rm -rf ./* && echo hi >a.txt && echo "module.exports = 5" >m.js && mkdir d && echo below >d/b.txt && ln -s a.txt link';
const fresh = (name, action) => test(name, async (t) => {
  await inSandbox(tree);
  await action(t, (line, options) => measured(t, line, options));
});

await exec("true"); // the first program of a VM takes seconds

fresh("a stat has what its kernel asks for", async () => {
  const seen = new Set();
  for (const name of ["/", "/a.txt", "/m.js", "/d", "/d/b.txt", "/link"]) {
    const stat = await fs.lstat(name);
    for (const field of ["mode", "size", "blocks", "dev", "rdev", "atimeMs", "mtimeMs", "ctimeMs", "birthtimeMs", "ino", "nlink", "uid", "gid"]) {
      assert.ok(Number.isSafeInteger(stat[field]) && stat[field] >= 0, `${name} ${field}`);
    }
    assert.equal(typeof stat.isDirectory, "boolean");
    assert.equal(typeof stat.isSymbolicLink, "boolean");
    assert.deepEqual({ uid: stat.uid, gid: stat.gid }, GUEST);
    assert.ok(stat.ino > 0 && !seen.has(stat.ino), `${name} ${stat.ino}`);
    seen.add(stat.ino);
  }
  assert.equal((await vm.exec("id -u; id -g")).stdout, `${GUEST.uid}\n${GUEST.gid}\n`);
});

fresh("it hands absolute paths of the mount", async () => {
  calls.length = 0;
  await vm.readFile("/sandbox/d/b.txt");
  await exec("ls /sandbox");
  const paths = calls.map(({ args: [path] }) => path);
  assert.ok(paths.includes("/d/b.txt") && paths.includes("/"), JSON.stringify(paths));
  assert.ok(paths.every((path) => path.startsWith("/")), JSON.stringify(paths));
});

fresh("the host's own calls", async (t) => {
  calls.length = 0;
  await vm.writeFile("/sandbox/new", "one");
  assert.equal(Buffer.from(await vm.readFile("/sandbox/new")).toString(), "one");
  await vm.mkdir("/sandbox/made");
  assert.equal((await vm.stat("/sandbox/new")).size, 3);
  assert.equal(await vm.exists("/sandbox/nothing"), false);
  assert.deepEqual((await vm.readdir("/sandbox")).sort(), ["a.txt", "d", "link", "m.js", "made", "new"]);
  t.diagnostic(`writeFile, readFile, mkdir, stat, exists, readdir: ${calls.length} calls`);
  await assert.rejects(vm.readFile("/sandbox/nothing"), /ENOENT/);
  assert.equal(await inSandbox("cat new"), "one");
});

fresh("cat", async (t, run) => {
  assert.equal(await run("cat /sandbox/a.txt"), "hi\n");
  assert.equal(await exec("cat /sandbox/d/b.txt /sandbox/link"), "below\nhi\n");
  assert.match(await fails("cat /sandbox/nothing"), /No such file/);
});

fresh("a large content comes whole", async (t, run) => {
  await inSandbox("head -c 3000000 /dev/urandom >big");
  const [sum] = (await run("sha256sum /sandbox/big")).split(" ");
  assert.equal(sum, (await inSandbox("sha256sum big")).split(" ")[0]);
});

fresh("ls -la", async (t, run) => {
  const lines = (await run("ls -la /sandbox")).trimEnd().split("\n").slice(1);
  assert.deepEqual(lines.map((line) => line.match(/\d\d:\d\d (.*)$/)[1]), [".", "..", "a.txt", "d", "link -> a.txt", "m.js"]);
  assert.match(lines[2], /^-rw-r--r-- /);
  assert.match(lines[3], /^drwxr-xr-x /);
});

fresh("node, with require", async (t, run) => {
  await inSandbox(`echo 'console.log(require("./m.js"), require("fs").readdirSync(__dirname).length)' >x.js`);
  assert.equal(await run("node /sandbox/x.js"), "5 5\n");
});

fresh("echo >, and >>", async (t, run) => {
  await run("echo one > /sandbox/new");
  await run("echo two >> /sandbox/new");
  assert.equal(await inSandbox("cat new; stat -c %a new"), "one\ntwo\n644\n");
  await exec("echo three > /sandbox/new");
  assert.equal(await inSandbox("cat new"), "three\n");
});

fresh("mv, cp, rm, ln -s, touch, chmod", async (t, run) => {
  await run("mv /sandbox/a.txt /sandbox/d/moved");
  assert.equal(await inSandbox("cat d/moved; ls"), "hi\nd\nlink\nm.js\n");
  await run("cp /sandbox/m.js /sandbox/copy");
  assert.equal(await inSandbox("cat copy"), "module.exports = 5\n");
  await run("ln -s d/moved /sandbox/other");
  assert.equal(await inSandbox("readlink other"), "d/moved\n");
  await run("touch /sandbox/empty");
  await run("chmod 600 /sandbox/copy");
  assert.equal(await inSandbox("stat -c '%s %a' empty copy"), "0 644\n19 600\n");
  await run("rm /sandbox/copy /sandbox/other");
  await run("rm -r /sandbox/d");
  assert.equal(await inSandbox("ls"), "empty\nlink\nm.js\n");
});

fresh("mkdir -p, rmdir", async (t, run) => {
  await run("mkdir -p /sandbox/p/q/r");
  assert.equal(await inSandbox("ls -d p/q/r"), "p/q/r\n");
  await run("rmdir /sandbox/p/q/r");
  assert.equal(await inSandbox("ls p/q"), "");
  await fails("rmdir /sandbox/d");
  assert.equal(await inSandbox("cat d/b.txt"), "below\n");
});

fresh("a tree that is removed or moved takes nothing along through its links", async () => {
  const outside = "mkdir -p t u && echo kept >u/file && ln -s ../u t/link && ln -s u l";
  await inSandbox(outside);
  assert.deepEqual((await vm.readdirRecursive("/sandbox/t")).map(({ type }) => type), ["symlink"]);
  await vm.move("/sandbox/t", "/sandbox/moved");
  assert.equal(await inSandbox("readlink moved/link"), "../u\n");
  await vm.remove("/sandbox/moved", { recursive: true });
  await vm.remove("/sandbox/l");
  await inSandbox(outside);
  await exec("rm -r /sandbox/t");
  await exec("rm -r /sandbox/l");
  assert.equal(await inSandbox("cat u/file; ls"), "kept\na.txt\nd\nlink\nm.js\nu\n");
});

fresh("a working directory in the mount", async (t, run) => {
  await inSandbox(`echo 'console.log(require("./m.js"), process.cwd())' >x.js`);
  const line = "cat m.js; ls; echo y > z.txt; cat d/b.txt; cd d; pwd; cat ../z.txt; cd ..; node x.js";
  const printed = "module.exports = 5\na.txt\nd\nlink\nm.js\nx.js\nbelow\n/sandbox/d\ny\n5 /sandbox\n";
  assert.equal(await run(line, { cwd: "/sandbox" }), printed);
  assert.equal(await inSandbox("cat z.txt"), "y\n");
});

fresh("what the guest makes is the sandbox's own in the sandbox", async () => {
  await exec("echo x > /sandbox/file; mkdir /sandbox/dir; ln -s file /sandbox/symlink");
  const [self, ...owners] = (await inSandbox("id -u; stat -c %u file dir symlink")).trimEnd().split("\n");
  assert.deepEqual(owners, [self, self, self]);
});

fresh("a read leaves the time of change as it is", async () => {
  await inSandbox("touch -d '2024-02-29 12:34:56.123456789Z' a.txt d");
  const times = "stat -c %y a.txt d";
  const before = await inSandbox(times);
  await exec("cat /sandbox/a.txt; ls /sandbox/d");
  assert.equal(await inSandbox(times), before);
  await exec("touch -d '2020-01-01T00:00:00Z' /sandbox/a.txt");
  assert.match(await inSandbox("TZ=UTC stat -c %y a.txt"), /^2020-01-01 00:00:00\.000000000/);
});
