// A mount of core's successor where the sandbox, or an option, permits less.
//
// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { openVm } from "./vm.mjs";

test("with the true owner the guest reads and may not write; the host may", async () => {
  const { vm, exec, fails, inSandbox } = await openVm({ fs: { owner: undefined } });
  await inSandbox("chmod 755 . && echo hi >a.txt");
  assert.equal(await exec("cat /sandbox/a.txt"), "hi\n");
  for (const line of ["echo x > /sandbox/new", "echo x >> /sandbox/a.txt", "mkdir /sandbox/d"]) {
    assert.match(await fails(line), /Permission denied/, line);
  }
  await vm.writeFile("/sandbox/new", "x");
  assert.equal(await inSandbox("ls; cat a.txt"), "a.txt\nnew\nhi\n");
});

test("a server without privileges", async () => {
  const { exec, inSandbox } = await openVm({ sandbox: { unprivileged: true } });
  await exec("echo one > /sandbox/file; mkdir -p /sandbox/a/b; cat /sandbox/file");
  assert.equal(await inSandbox("cat file; ls"), "one\na\nfile\n");
});

test("what it may read and not change can be read", async () => {
  const { exec, sandbox } = await openVm({ sandbox: { unprivileged: true }, fs: { basePath: "/etc" } });
  assert.equal(await exec("cat /sandbox/passwd"), await sandbox.sh("cat /etc/passwd"));
});

test("without a companion", async () => {
  const { exec, inSandbox } = await openVm({ fs: { companion: false } });
  await exec("mkdir -p /sandbox/a/b; echo one > /sandbox/a/file; echo two >> /sandbox/a/file");
  assert.equal(await exec("cat /sandbox/a/file; ls /sandbox/a"), "one\ntwo\nb\nfile\n");
  await exec("mv /sandbox/a/file /sandbox/moved; rmdir /sandbox/a/b; rm -r /sandbox/a");
  assert.equal(await inSandbox("ls; cat moved"), "moved\none\ntwo\n");
});

test("read-only", async () => {
  const { exec, fails, inSandbox } = await openVm({ fs: { readOnly: true }, mount: { readOnly: true } });
  await inSandbox("echo hi >a.txt");
  assert.equal(await exec("cat /sandbox/a.txt; ls /sandbox"), "hi\na.txt\n");
  for (const line of ["echo x > /sandbox/new", "echo x >> /sandbox/a.txt", "mkdir /sandbox/d", "rm /sandbox/a.txt"]) {
    assert.match(await fails(line), /Read-only file system/, line);
  }
  assert.equal(await inSandbox("ls; cat a.txt"), "a.txt\nhi\n");
});
