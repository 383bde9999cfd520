// guest-writes.test.mjs: what a guest writes moves as many bytes as it writes, although its kernel reads and writes the
// whole file for each 8 KiB.
//
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { openVm } from "./vm.mjs";

const { sandbox, proxy, exec } = await openVm({ toolkit: false, proxied: true });

/** A new directory with a file of random bytes: its path in the sandbox, and in the VM. */
async function place(bytes) {
  const base = await sandbox.directory();
  await sandbox.sh(`head -c ${bytes} /dev/urandom > "$1/file"`, base);
  return { base, at: `/sandbox/${path.posix.relative(sandbox.basePath, base)}` };
}

test("cp of 1 MiB moves no more than four times that", async () => {
  const { base, at } = await place(2 ** 20);
  const moved = await proxy.moved(async () => assert.equal((await exec(`cp ${at}/file ${at}/copy`)).exitCode, 0));
  assert.equal(await sandbox.sh('cmp "$1/file" "$1/copy" && echo same', base), "same\n");
  assert.ok(moved < 4 * 2 ** 20, `${moved} bytes`);
});

test("what is put behind a long file moves the file once, however often", async () => {
  const { base, at } = await place(500_000);
  const lines = Array.from({ length: 20 }, (_, i) => `echo line ${i} >> ${at}/file`).join("; ");
  const moved = await proxy.moved(async () => assert.equal((await exec(lines)).exitCode, 0));
  const expected = Array.from({ length: 20 }, (_, i) => `line ${i}\n`).join("");
  assert.equal(await sandbox.sh(`tail -c ${expected.length} "$1/file"`, base), expected);
  assert.equal(await sandbox.sh('wc -c < "$1/file"', base), `${500_000 + expected.length}\n`);
  assert.ok(moved < 1.5 * 500_000 + 20 * 20_000, `${moved} bytes`);
});
