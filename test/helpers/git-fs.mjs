// git-fs.mjs: a driver as isomorphic-git wants its file system: the part of node:fs that it calls.
//
//   await git.init({ fs: gitFs(driver), dir: '/repository' });
//
// SPDX-License-Identifier: Apache-2.0

const UMASK = 0o022; // of a file made with a mode
const NS_PER_SECOND = 1_000_000_000n;
const NS_PER_MS = 1_000_000n;

/** @param {import('@rivet-dev/agent-os-sandbox').SandboxFs} driver */
export function gitFs(driver) {
  const promises = {
    async readFile(path, options) {
      const encoding = typeof options === 'string' ? options : options?.encoding;
      const bytes = Buffer.from(await driver.readFile(path));
      return encoding ? bytes.toString(encoding) : bytes;
    },
    async writeFile(path, content, options) {
      const isNew = options?.mode !== undefined && !(await driver.exists(path));
      await driver.writeFile(path, content);
      if (isNew) await driver.chmod(path, options.mode & ~UMASK);
    },
    readdir: (path) => driver.readDir(path),
    mkdir: (path) => driver.mkdir(path),
    rmdir: (path) => driver.removeDir(path),
    unlink: (path) => driver.removeFile(path),
    stat: async (path) => stats(await driver.stat(path)),
    lstat: async (path) => stats(await driver.lstat(path)),
    readlink: async (path, options) => {
      const target = await driver.readlink(path);
      return options?.encoding === 'buffer' ? Buffer.from(target) : target;
    },
    symlink: (target, path) => driver.symlink(target, path),
    chmod: (path, mode) => driver.chmod(path, mode),
  };
  return { promises };
}

/** With the times as Git's index has them: seconds, and nanoseconds apart. */
function stats(stat) {
  const [ctimeSeconds, ctimeNanoseconds] = splitTime(stat.ctimeNs ?? BigInt(stat.ctimeMs) * NS_PER_MS);
  const [mtimeSeconds, mtimeNanoseconds] = splitTime(stat.mtimeNs ?? BigInt(stat.mtimeMs) * NS_PER_MS);
  return {
    ...stat,
    ctimeSeconds,
    ctimeNanoseconds,
    mtimeSeconds,
    mtimeNanoseconds,
    isFile: () => !stat.isDirectory && !stat.isSymbolicLink,
    isDirectory: () => stat.isDirectory,
    isSymbolicLink: () => stat.isSymbolicLink,
  };
}

function splitTime(ns) {
  return [Number(ns / NS_PER_SECOND), Number(ns % NS_PER_SECOND)];
}
