// What vm.delete, vm.move and vm.readdirRecursive do on our mounts: a link is a link, and what it points to is left
// alone. On the file systems of others they do what core does.
//
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { AgentOs } from "@rivet-dev/agent-os-core";
import { createInMemoryFileSystem } from "@secure-exec/core";
import { createSandboxFs } from "@rivet-dev/agent-os-sandbox";
import { expectError, rejection } from "../helpers/expect.mjs";
import { startProxy } from "../helpers/proxy.mjs";
import { openVm } from "./vm.mjs";

const { sandbox, vm } = await openVm({ toolkit: false });
const opened = [];
after(async () => {
  for (const { close } of opened.reverse()) await close();
});

/** A driver of the sandbox's directory `name`, which is made. */
async function driverOf(name, options) {
  await sandbox.sh('mkdir -p "$1"', sandbox.path(name));
  const driver = createSandboxFs({ client: sandbox.client, basePath: sandbox.path(name), ...options });
  opened.push({ close: () => driver.close() });
  return driver;
}

/** Another VM, without tools. */
async function createVm(options) {
  const another = await AgentOs.create(options);
  opened.push({ close: () => another.dispose() });
  return another;
}

/** A workspace as pnpm and npm make them, in a new directory below `under`; its name. */
let workspaces = 0;
async function workspace(under = ".") {
  const name = `${under}/w${workspaces++}`.replace(/^\.\//, "");
  await sandbox.sh(
    `mkdir -p "$1" && cd "$1" && mkdir -p app/node_modules/.bin app/src packages/lib/deep &&
     echo one > packages/lib/index.js && echo two > packages/lib/deep/x && echo main > app/src/main.js &&
     ln -s ../../packages/lib app/node_modules/lib && ln -s ../lib/index.js app/node_modules/.bin/lib &&
     ln -s nowhere app/node_modules/gone && chmod 750 app/src && chmod 640 app/src/main.js`,
    sandbox.path(name),
  );
  return name;
}

/** What stands below a directory of the sandbox: type, name, and where a link points to. */
const tree = async (name) => {
  const lines = await sandbox.sh('cd "$1" && find . -mindepth 1 -printf "%y %P %l\\n" | sort', sandbox.path(name));
  return lines.split("\n").map((line) => line.trimEnd()).filter(Boolean);
};
const LIBRARY = ["d deep", "f deep/x", "f index.js"];
const APP = ["d node_modules", "d node_modules/.bin", "d src", "f src/main.js",
  "l node_modules/.bin/lib ../lib/index.js", "l node_modules/gone nowhere", "l node_modules/lib ../../packages/lib"];

/** The same places of the sandbox, through a mount of AgentOs.create, of vm.mountFs, and of the kernel's mountFs. */
before(async () => {
  vm.mountFs("/late", await driverOf("late"));
  vm.kernel.mountFs("/kernel", await driverOf("kernel"));
  vm.mountFs("/copied", { ...(await driverOf("copied")) });
});
const mounts = { "/sandbox": ".", "/late": "late", "/kernel": "kernel", "/copied": "copied" };

for (const [mount, under] of Object.entries(mounts)) {
  describe(`in ${mount}`, () => {
    /** A new workspace as the VM sees it, and as the sandbox does. */
    const make = async () => {
      const name = await workspace(under);
      return { name, at: `${mount}/${under === "." ? name : name.slice(under.length + 1)}` };
    };

    test("delete of a directory leaves what its links point to", async () => {
      const { name, at } = await make();
      await vm.delete(`${at}/app/node_modules`, { recursive: true });
      assert.deepEqual(await tree(`${name}/packages/lib`), LIBRARY);
      assert.deepEqual(await tree(`${name}/app`), ["d src", "f src/main.js"]);
      await vm.delete(at, { recursive: true });
      await assert.rejects(tree(name), /No such file|can't cd/);
    });

    test("delete of a link removes the link", async () => {
      const { name, at } = await make();
      const links = ["lib", "gone", ".bin/lib"];
      for (const link of links) await vm.delete(`${at}/app/node_modules/${link}`);
      await sandbox.sh('cd "$1" && ln -s packages/lib recursive && ln -s packages/lib slash', sandbox.path(name));
      await vm.delete(`${at}/recursive`, { recursive: true });
      await vm.delete(`${at}/slash/`, { recursive: true });
      assert.deepEqual(await tree(`${name}/app/node_modules`), ["d .bin"]);
      assert.deepEqual(await tree(`${name}/packages/lib`), LIBRARY);
    });

    test("move of a directory keeps its links, and makes the directories above the new place", async () => {
      const { name, at } = await make();
      await vm.move(`${at}/app`, `${at}/new/place/app`);
      assert.deepEqual(await tree(`${name}/new/place/app`), APP);
      assert.deepEqual(await tree(`${name}/packages/lib`), LIBRARY);
      assert.equal(await vm.exists(`${at}/app`), false);
    });

    test("readdirRecursive shows links and does not go through them", async () => {
      const { name, at } = await make();
      await sandbox.sh('ln -s . "$1/loop"', sandbox.path(`${name}/app`));
      const seen = await vm.readdirRecursive(`${at}/app`);
      const types = seen.map(({ path, type }) => `${type[0] === "s" ? "l" : type[0]} ${path.slice(at.length + 5)}`);
      const expected = [...APP.map((line) => line.split(" ").slice(0, 2).join(" ")), "l loop"];
      assert.deepEqual(types.toSorted(), expected.toSorted());
      assert.equal(seen.find(({ path }) => path.endsWith("main.js")).size, 5);
    });
  });
}

describe("delete, otherwise as core's", () => {
  test("a file, an empty directory; a directory that is not empty only recursively", async () => {
    const at = `/sandbox/${await workspace()}`;
    await expectError(vm.delete(`${at}/app`), { code: "ENOTEMPTY", syscall: "rmdir", path: `${at}/app`.slice("/sandbox".length) });
    await expectError(vm.delete(`${at}/app`, { recursive: false }), { code: "ENOTEMPTY", syscall: "rmdir" });
    await vm.delete(`${at}/app/src/main.js`);
    await vm.delete(`${at}/app/src`);
    await vm.delete(`${at}/packages/lib/index.js`, { recursive: true });
    assert.deepEqual((await vm.readdir(`${at}/app`)).filter((name) => !name.startsWith(".")), ["node_modules"]);
    await assert.rejects(vm.delete(`${at}/none`), { code: "ENOENT" });
    await assert.rejects(vm.delete(`${at}/none`, { recursive: true }), { code: "ENOENT" });
    await assert.rejects(vm.delete(`${at}/packages/lib/deep/x/y`, { recursive: true }), { code: "ENOTDIR" });
  });

  test("a path that core refuses is refused in its words", async () => {
    for (const [path, words] of [["sandbox/x", "absolute"], ["/sandbox/../x", "normalized"], ["/sandbox//x", "normalized"]]) {
      const expected = { message: `Path must be ${words}: ${path}` };
      await assert.rejects(vm.delete(path, { recursive: true }), expected);
      await assert.rejects(vm.move(path, "/sandbox/y"), expected);
      await assert.rejects(vm.move("/sandbox/y", path), expected);
      await assert.rejects(vm.readdirRecursive(path), expected);
    }
    await assert.rejects(vm.delete(undefined), TypeError);
  });

  test("of a mount point the content goes; the mount stays", async () => {
    const name = await workspace("late");
    await sandbox.sh('ln -s "$2" "$1/outside"', sandbox.path("late"), sandbox.path(await workspace()));
    await assert.rejects(vm.delete("/late", { recursive: true }), { code: "EBUSY" });
    assert.deepEqual(await tree("late"), []);
    assert.deepEqual(await vm.readdir("/late"), []);
    assert.ok(name);
  });
});

describe("move, otherwise", () => {
  test("a file and a link are renamed; nothing is made above them", async () => {
    const name = await workspace();
    const at = `/sandbox/${name}`;
    await vm.move(`${at}/app/src/main.js`, `${at}/packages/lib/index.js`);
    assert.equal(Buffer.from(await vm.readFile(`${at}/packages/lib/index.js`)).toString(), "main\n");
    await vm.move(`${at}/app/node_modules/lib`, `${at}/lib`);
    assert.deepEqual((await tree(name)).filter((line) => line.startsWith("l lib")), ["l lib ../../packages/lib"]);
    await assert.rejects(vm.move(`${at}/packages/lib/index.js`, `${at}/none/x`), { code: "ENOENT" });
    await assert.rejects(vm.move(`${at}/none`, `${at}/x`), { code: "ENOENT" });
    assert.equal(await vm.exists(`${at}/none`), false);
  });

  test("a directory onto itself, into itself, onto one that is not empty: nothing is lost", async () => {
    const name = await workspace();
    const at = `/sandbox/${name}`;
    const whole = await tree(name);
    await vm.move(`${at}/app`, `${at}/app`);
    await assert.rejects(vm.move(`${at}/app`, `${at}/app/src/in`), { code: "EINVAL" });
    await assert.rejects(vm.move(`${at}/app`, `${at}/packages`), { code: "ENOTEMPTY" });
    await assert.rejects(vm.move(`${at}/app`, `${at}/packages/lib/index.js`), { code: "ENOTDIR" });
    assert.deepEqual(await tree(name), whole);
  });

  test("to another mount, of ours or not, and back: links are links, modes stay", async () => {
    const name = await workspace();
    const at = `/sandbox/${name}`;
    vm.mountFs("/memory", createInMemoryFileSystem());
    await vm.move(`${at}/app`, "/late/moved/app");
    assert.deepEqual(await tree("late/moved/app"), APP);
    assert.equal(await sandbox.sh('cd "$1" && stat -c %a src src/main.js', sandbox.path("late/moved/app")), "750\n640\n");
    await vm.move("/late/moved/app", "/memory/app");
    assert.equal(await vm.kernel.vfs.readlink("/memory/app/node_modules/lib"), "../../packages/lib");
    assert.equal((await vm.stat("/memory/app/src/main.js")).mode & 0o777, 0o640);
    await vm.delete("/late/moved", { recursive: true });
    vm.unmountFs("/memory");
    assert.deepEqual(await tree(`${name}/packages/lib`), LIBRARY);
    assert.deepEqual(await tree("late"), []);
  });

  test("to another mount where links stand in the way: they are not followed", async () => {
    const name = await workspace();
    const victim = await workspace("late");
    const there = `/late/${victim.slice(5)}`;
    await sandbox.sh(
      'cd "$1" && mkdir to to/src && ln -s ../packages/lib to/node_modules && ln -s ../../packages/lib/index.js to/src/main.js',
      sandbox.path(victim),
    );
    await assert.rejects(vm.move(`/sandbox/${name}/app`, `${there}/to`), { code: "EEXIST" });
    assert.deepEqual(await tree(`${victim}/packages/lib`), LIBRARY);
    assert.deepEqual(await tree(`${name}/app`), APP); // nothing was deleted
    await vm.move(`/sandbox/${name}/app/src`, `${there}/to/src`);
    assert.equal(await sandbox.sh('cat "$1/to/src/main.js" "$1/packages/lib/index.js"', sandbox.path(victim)), "main\none\n");
    await assert.rejects(vm.move(`/sandbox/${name}/packages/lib/index.js`, `${there}/x`), { code: "EXDEV" }); // as core
    await assert.rejects(vm.move("/sandbox", "/sandbox/x"), { code: "EBUSY" });
  });
});

test("delete, move and readdirRecursive of a tree are an operation or two, whatever its size", async () => {
  const proxy = await startProxy(sandbox.baseUrl);
  opened.push({ close: () => proxy.stop() });
  const client = await sandbox.connect(proxy.url);
  await sandbox.sh('mkdir -p "$1" && cd "$1" && for i in $(seq 40); do mkdir -p d$i/e && touch d$i/e/f; done', sandbox.path("many/d"));
  vm.mountFs("/many", await driverOf("many", { client }));
  await vm.stat("/many/d"); // the companion is there now
  /** How many requests an action makes. */
  const requests = async (action) => {
    const before = await proxy.count();
    await action();
    return (await proxy.count()) - before;
  };
  assert.equal(await requests(async () => assert.equal((await vm.readdirRecursive("/many/d")).length, 120)), 1);
  assert.equal(await requests(() => vm.move("/many/d", "/many/e")), 1);
  assert.equal(await requests(() => vm.delete("/many/e", { recursive: true })), 2);
  assert.deepEqual(await tree("many"), []);
});

describe("readdirRecursive, otherwise as core's", () => {
  test("maxDepth, exclude, and the order by depth", async () => {
    const at = `/sandbox/${await workspace()}`;
    const paths = async (options) => (await vm.readdirRecursive(at, options)).map(({ path }) => path.slice(at.length + 1));
    assert.deepEqual((await paths({ maxDepth: 0 })).toSorted(), ["app", "packages"]);
    assert.deepEqual((await paths({ maxDepth: 1 })).toSorted(), ["app", "app/node_modules", "app/src", "packages", "packages/lib"]);
    const without = await paths({ exclude: ["node_modules", "deep"] });
    assert.deepEqual(without.toSorted(), ["app", "app/src", "app/src/main.js", "packages", "packages/lib", "packages/lib/index.js"]);
    const depths = (await paths()).map((path) => path.split("/").length);
    assert.deepEqual(depths, depths.toSorted());
    assert.deepEqual(new Set(await paths({})), new Set(await paths({ maxDepth: 9 })));
    await assert.rejects(vm.readdirRecursive(`${at}/none`), { code: "ENOENT" });
    await assert.rejects(vm.readdirRecursive(`${at}/app/src/main.js`), { code: "ENOTDIR" });
  });

  test("through a link that is asked for by its own name, as through its directory", async () => {
    const at = `/sandbox/${await workspace()}`;
    const seen = await vm.readdirRecursive(`${at}/app/node_modules/lib`);
    assert.deepEqual(seen.map(({ path }) => path.split("/").at(-1)).toSorted(), ["deep", "index.js", "x"]);
  });
});

describe("mounts within mounts", () => {
  /** /work is the VM's own; /work/ours ours; /work/ours/theirs someone else's; /work/ours/theirs/again ours. */
  const inner = {};
  before(async () => {
    inner.vm = await createVm({
      mounts: [
        { path: "/work/ours/", driver: await driverOf("outer") },
        { path: "/work/ours/theirs", driver: createInMemoryFileSystem() },
        { path: "/work/ours/theirs/again", driver: await driverOf("again") },
        { path: "/etc", driver: await driverOf("settings") }, // core mounts /etc/agentos
      ],
    });
    inner.outer = await workspace("outer");
    inner.again = await workspace("again");
    await inner.vm.writeFile("/work/ours/theirs/file", "x");
    await inner.vm.writeFile("/work/own", "x");
  });

  test("readdirRecursive of the directory above all of them", async () => {
    const { outer, again } = inner;
    const seen = new Map((await inner.vm.readdirRecursive("/work")).map(({ path, type }) => [path, type]));
    assert.equal(seen.get("/work/own"), "file");
    assert.equal(seen.get("/work/ours/theirs/file"), "file");
    for (const at of [`/work/ours/${outer.slice(6)}`, `/work/ours/theirs/again/${again.slice(6)}`]) {
      assert.equal(seen.get(`${at}/app/node_modules/lib`), "symlink");
      assert.equal(seen.has(`${at}/app/node_modules/lib/index.js`), false);
      assert.equal(seen.get(`${at}/packages/lib/index.js`), "file");
    }
    const etc = (await inner.vm.readdirRecursive("/etc")).map(({ path }) => path);
    assert.deepEqual(etc.toSorted(), ["/etc/agentos", "/etc/agentos/instructions.md"]);
  });

  test("a mount point, and a directory that holds one, stay where they are", async () => {
    await inner.vm.mkdir("/work/ours/holds/in", { recursive: true });
    inner.vm.mountFs("/work/ours/holds/in/mounted", createInMemoryFileSystem());
    const busy = { code: "EBUSY", syscall: "rename", errno: -16 };
    for (const from of ["/work/ours", "/work/ours/theirs/again", "/work/ours/holds", "/work/ours/holds/in/"]) {
      await assert.rejects(inner.vm.move(from, "/work/ours/held"), busy);
      await assert.rejects(inner.vm.move(from, "/home/user/held"), busy);
    }
    inner.vm.unmountFs("/work/ours/holds/in/mounted");
    await inner.vm.move("/work/ours/holds", "/work/ours/held");
    assert.ok((await tree("outer")).includes("d held/in")); // core makes the mount point itself when it gets round to it
    await inner.vm.delete("/work/ours/held", { recursive: true });
  });

  test("delete of the directory above all of them leaves what links point to", async () => {
    const { outer, again } = inner;
    for (const name of [outer, again]) {
      await sandbox.sh('cd "$1" && mv packages "$2" && ln -s "$2" packages', sandbox.path(name), sandbox.path(`${name.replace("/", "-")}-kept`));
    }
    await assert.rejects(inner.vm.delete("/work", { recursive: true }), { code: "EBUSY" }); // the first mount point stays
    assert.deepEqual(await tree("again"), []);
    for (const name of [outer, again]) assert.deepEqual(await tree(`${name.replace("/", "-")}-kept/lib`), LIBRARY);
  });
});

describe("what core is asked for still counts", () => {
  test("permissions, of each entry", async () => {
    const driver = await driverOf("permitted");
    const name = (await workspace("permitted")).slice("permitted/".length);
    const allow = { allow: true };
    const asked = [];
    const permissions = {
      fs: ({ op, path }) => (asked.push(`${op} ${path}`), op === "rm" && path.endsWith("main.js") ? { allow: false } : allow),
    };
    const restricted = await createVm({ mounts: [{ path: "/mnt", driver }], permissions });
    await assert.rejects(restricted.delete(`/mnt/${name}/app`, { recursive: true }), { code: "EACCES" });
    assert.ok((await tree(`permitted/${name}`)).includes("f app/src/main.js"));
    asked.length = 0;
    await restricted.delete(`/mnt/${name}/packages`, { recursive: true });
    assert.ok(asked.includes(`rm /mnt/${name}/packages/lib/deep/x`), asked.join());
    await restricted.readdirRecursive(`/mnt/${name}`);
    assert.ok(asked.includes(`readdir /mnt/${name}/app/src`), asked.join());
    await restricted.move(`/mnt/${name}/app`, `/mnt/${name}/moved`);
    assert.ok(asked.includes(`rename /mnt/${name}/app`), asked.join());
  });

  test("a mount that is read-only", async () => {
    const driver = await driverOf("fixed");
    const name = (await workspace("fixed")).slice("fixed/".length);
    const whole = await tree("fixed");
    const fixed = await createVm({ mounts: [{ path: "/mnt", driver, readOnly: true }] });
    fixed.mountFs("/too", driver, { readOnly: true });
    for (const at of [`/mnt/${name}`, `/too/${name}`]) {
      await assert.rejects(fixed.delete(at, { recursive: true }), { code: "EROFS" });
      await assert.rejects(fixed.delete(`${at}/app/node_modules/lib`), { code: "EROFS" });
      await assert.rejects(fixed.move(`${at}/app`, `${at}/moved`), { code: "EROFS" });
      await assert.rejects(fixed.move(`${at}/app`, `/home/user${at}`), { code: "EROFS" });
    }
    assert.deepEqual(await tree("fixed"), whole);
  });

  test("a driver that is read-only", async () => {
    const name = (await workspace("frozen")).slice("frozen/".length);
    vm.mountFs("/frozen", await driverOf("frozen", { readOnly: true }));
    await assert.rejects(vm.delete(`/frozen/${name}/app`, { recursive: true }), { code: "EROFS" });
    assert.deepEqual(await tree(`frozen/${name}/app`), APP);
  });
});

test("over HTTP alone, where a link looks like a file, nothing is led out of a tree either", async () => {
  const name = (await workspace("http")).slice("http/".length);
  vm.mountFs("/http", await driverOf("http", { companion: false }));
  await vm.delete(`/http/${name}/app/src`, { recursive: true });
  await vm.delete(`/http/${name}/app/node_modules`, { recursive: true });
  assert.deepEqual(await tree(`http/${name}/packages/lib`), LIBRARY);
  await vm.move(`/http/${name}/packages`, `/http/${name}/new/packages`);
  assert.deepEqual(await tree(`http/${name}/new/packages/lib`), LIBRARY);
  await sandbox.sh('ln -s . "$1/loop"', sandbox.path(`http/${name}/app`));
  const seen = (await vm.readdirRecursive(`/http/${name}`)).map(({ path }) => path.slice(name.length + 7));
  assert.deepEqual(seen.filter((path) => path.startsWith("app")), ["app", "app/loop"]);
});

describe("the file systems of others", () => {
  /** Everything that a memory file system of this kind is after an action, and how the action ended. */
  async function outcome(action) {
    const memory = createInMemoryFileSystem();
    vm.mountFs("/memory", memory);
    try {
      await memory.mkdir("app", { recursive: true });
      await memory.mkdir("packages/lib", { recursive: true });
      await memory.writeFile("packages/lib/x", "x");
      await memory.symlink("../packages/lib", "app/lib");
      const end = await Promise.resolve(action()).then((value) => ({ value }), (error) => ({ error: String(error) }));
      const left = await Promise.all(["app", "app/lib", "packages/lib", "packages/lib/x"].map((name) => memory.exists(name)));
      return { end, left };
    } finally {
      vm.unmountFs("/memory");
    }
  }
  const core = AgentOs.prototype;
  const actions = {
    delete: ["/memory/app", { recursive: true }],
    move: ["/memory/app", "/memory/moved"],
    readdirRecursive: ["/memory", { maxDepth: 5 }],
  };
  for (const [method, args] of Object.entries(actions)) {
    test(`${method} is core's own`, async () => {
      const ours = await outcome(() => vm[method](...args));
      assert.deepEqual(ours, await outcome(() => core[method].apply(vm, args)));
    });
  }

  test("a place is core's own again when our mount has gone, and guarded when it comes back", async () => {
    const name = (await workspace("late")).slice("late/".length);
    const driver = await driverOf("late");
    vm.unmountFs("/late");
    const memory = createInMemoryFileSystem();
    vm.mountFs("/late", memory);
    await memory.mkdir("app", { recursive: true });
    await memory.mkdir("lib", { recursive: true });
    await memory.writeFile("lib/x", "x");
    await memory.symlink("/lib", "app/lib");
    await rejection(vm.delete("/late/app", { recursive: true }));
    assert.equal(await memory.exists("lib/x"), false); // core followed the link
    vm.kernel.unmountFs("/late");
    vm.mountFs("/late", driver);
    await vm.delete(`/late/${name}/app`, { recursive: true });
    assert.deepEqual(await tree(`late/${name}/packages/lib`), LIBRARY);
  });
});

test("nothing of it is seen on a VM or a driver", async () => {
  const plain = new Set(Object.keys(vm));
  for (const name of ["delete", "move", "readdirRecursive", "mountFs", "unmountFs"]) {
    assert.equal(plain.has(name), false);
    assert.equal(vm[name].length, AgentOs.prototype[name].length, name);
    assert.equal(vm[name].name, name);
  }
  assert.equal(Object.keys(await driverOf("seen")).some((key) => key.includes("driver")), false);
});

test("a copy of a driver is known as ours, one with a method of its own is not", async () => {
  const { default: { Mounts } } = await import("../../lib/mounts.js");
  const driver = await driverOf("known");
  const mounts = new Mounts({});
  mounts.add("/same", driver);
  mounts.add("/copy", { ...driver });
  mounts.add("/changed", { ...driver, removeFile: () => Promise.reject(new Error("no")) });
  assert.deepEqual(["/same", "/copy", "/changed"].map((path) => mounts.ours(path) !== undefined), [true, true, false]);
});
