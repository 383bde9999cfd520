// Errors are those that Linux gives: each call that must fail is made by a program of the sandbox too, and both have to
// give the code that the table says.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byDriver, onLinux, shown } from '../helpers/errno.mjs';
import { suite } from '../helpers/suite.mjs';
import { tree } from '../helpers/tree.mjs';

const { sandbox, open } = await suite();

const MAKE = `cd "$1" && mkdir -p d/inner empty && echo kept > file && echo kept > d/file && ln -s loop loop &&
  ln -s nowhere dangling && ln -s d to`;
const LONG = 'n'.repeat(256);
const DEEP = 'd/'.repeat(2100);

/** Code, Node's function and its arguments (paths begin with @), the driver's method where it has another name. */
const CALLS = [
  ['ENOENT', 'stat', ['@/none']],
  ['ENOENT', 'stat', ['@/dangling']],
  ['ENOENT', 'lstat', ['@/none/x']],
  ['ENOENT', 'readFile', ['@/none']],
  ['ENOENT', 'readdir', ['@/none'], 'readDir'],
  ['ENOENT', 'unlink', ['@/none'], 'removeFile'],
  ['ENOENT', 'rmdir', ['@/none'], 'removeDir'],
  ['ENOENT', 'mkdir', ['@/none/x']],
  ['ENOENT', 'rename', ['@/none', '@/x']],
  ['ENOENT', 'link', ['@/none', '@/x']],
  ['ENOENT', 'symlink', ['x', '@/none/x']],
  ['ENOENT', 'readlink', ['@/none']],
  ['ENOENT', 'realpath', ['@/none']],
  ['ENOENT', 'chmod', ['@/none', 0o600]],
  ['ENOENT', 'chown', ['@/none', 0, 0]],
  ['ENOENT', 'utimes', ['@/none', 1, 1]],
  ['ENOENT', 'truncate', ['@/none', 1]],
  ['ENOENT', 'copyFile', ['@/none', '@/x'], 'copy'],
  ['ENOENT', 'statfs', ['@/none']],
  ['ENOTDIR', 'stat', ['@/file/x']],
  ['ENOTDIR', 'readFile', ['@/file/x']],
  ['ENOTDIR', 'writeFile', ['@/file/x', 'x']],
  ['ENOTDIR', 'readdir', ['@/file'], 'readDir'],
  ['ENOTDIR', 'rmdir', ['@/file'], 'removeDir'],
  ['ENOTDIR', 'rmdir', ['@/to'], 'removeDir'],
  ['ENOTDIR', 'mkdir', ['@/file/x']],
  ['ENOTDIR', 'unlink', ['@/file/x'], 'removeFile'],
  ['ENOTDIR', 'symlink', ['x', '@/file/x']],
  ['ENOTDIR', 'link', ['@/file', '@/file/x']],
  ['ENOTDIR', 'rename', ['@/file', '@/file/x']],
  ['EISDIR', 'readFile', ['@/d']],
  ['EISDIR', 'writeFile', ['@/d', 'x']],
  ['EISDIR', 'truncate', ['@/d', 1]],
  ['EISDIR', 'unlink', ['@/d'], 'removeFile'],
  ['EISDIR', 'rename', ['@/file', '@/empty']],
  ['EEXIST', 'mkdir', ['@/d']],
  ['EEXIST', 'mkdir', ['@/file']],
  ['EEXIST', 'mkdir', ['@/dangling']],
  ['EEXIST', 'symlink', ['x', '@/file']],
  ['EEXIST', 'symlink', ['x', '@/dangling']],
  ['EEXIST', 'link', ['@/file', '@/d/file']],
  ['ENOTEMPTY', 'rmdir', ['@/d'], 'removeDir'],
  ['ENOTEMPTY', 'rename', ['@/empty', '@/d']],
  ['ELOOP', 'stat', ['@/loop']],
  ['ELOOP', 'readFile', ['@/loop']],
  ['ELOOP', 'writeFile', ['@/loop', 'x']],
  ['ELOOP', 'realpath', ['@/loop']],
  ['ELOOP', 'mkdir', ['@/loop/x']],
  ['ELOOP', 'chmod', ['@/loop', 0o600]],
  ['EINVAL', 'rename', ['@/d', '@/d/inner/x']],
  ['EINVAL', 'readlink', ['@/file']],
  ['EINVAL', 'readlink', ['@/d']],
  ['EPERM', 'link', ['@/d', '@/x']],
  ['ENAMETOOLONG', 'stat', [`@/${LONG}`]],
  ['ENAMETOOLONG', 'writeFile', [`@/${LONG}`, 'x']],
  ['ENAMETOOLONG', 'mkdir', [`@/${LONG}`]],
  ['ENAMETOOLONG', 'rename', ['@/file', `@/${LONG}`]],
  ['ENAMETOOLONG', 'symlink', ['x', `@/${LONG}`]],
  ['ENAMETOOLONG', 'stat', [`@/${DEEP}`]],
];

/** What only a root of its own has: other file systems, one of them read-only. */
const ELSEWHERE = [
  ['EXDEV', 'rename', ['@/file', '/tmp/errno-file']],
  ['EXDEV', 'link', ['@/file', '/tmp/errno-file']],
  ['EROFS', 'mkdir', ['/sys/errno']],
  ['EROFS', 'writeFile', ['/sys/errno', 'x']],
];

for (const [title, calls, needsRoot] of [
  ['the codes are those of Linux', CALLS, false],
  ['those of other file systems too', ELSEWHERE, true],
])
  test(title, async (t) => {
    if (needsRoot && !sandbox.isolated) return t.diagnostic('this sandbox has no root of its own');
    const { fs } = await open({ basePath: '/' });
    const base = await sandbox.directory();
    await sandbox.sh(MAKE, base);
    const before = await tree(sandbox, base);
    assert.deepEqual(await byDriver(fs, base, calls), shown(calls));
    assert.deepEqual(await tree(sandbox, base), before);
    assert.deepEqual(await onLinux(sandbox, base, calls), shown(calls));
    assert.equal(fs.lane.lane, 'companion');
  });
