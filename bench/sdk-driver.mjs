// sdk-driver.mjs: a file system as one would write it with the `sandbox-agent` SDK's own calls: all of core's
// VirtualFileSystem that HTTP alone can do, one call of the SDK for each where there is one. It is what stands beside ours.
//
// SPDX-License-Identifier: Apache-2.0
import path from 'node:path';

const MODES = { file: 0o100644, directory: 0o40755 };

/** @param {{ client: import('sandbox-agent').SandboxAgent, basePath: string }} options */
export function sdkDriver({ client, basePath }) {
  const at = (name) => path.posix.join(basePath, name); // core's are relative
  const read = (name) => known(client.readFsFile({ path: at(name) }));
  const write = (name, content) => known(client.writeFsFile({ path: at(name) }, content));
  const list = async (name) => (await known(client.listFsEntries({ path: at(name) }))).map(entryOf);
  const stat = async (name) => statOf(await known(client.statFs({ path: at(name) })));
  const make = async (name) => void (await known(client.mkdirFs({ path: at(name) })));
  const remove = async (name) => void (await known(client.deleteFsEntry({ path: at(name) })));
  return {
    stat,
    lstat: stat,
    exists: (name) => stat(name).then(
      () => true,
      () => false,
    ),
    readFile: read,
    readTextFile: async (name) => Buffer.from(await read(name)).toString(),
    // There is no call for a part of a file.
    pread: async (name, offset, length) => (await read(name)).subarray(offset, offset + length),
    async pwrite(name, offset, data) {
      const old = await read(name);
      const content = Buffer.alloc(Math.max(old.length, offset + data.length));
      content.set(old);
      content.set(data, offset);
      await write(name, content);
    },
    async truncate(name, length) {
      const content = Buffer.alloc(length);
      content.set((await read(name)).subarray(0, length));
      await write(name, content);
    },
    writeFile: async (name, content) => void (await write(name, content)),
    readDir: async (name) => (await list(name)).map((entry) => entry.name),
    readDirWithTypes: list,
    createDir: make,
    mkdir: make,
    removeFile: remove,
    removeDir: remove,
    rename: async (from, to) => void (await known(client.moveFs({ from: at(from), to: at(to), overwrite: true }))),
    realpath: async (name) => name,
    symlink: unknown('symlink'),
    readlink: unknown('readlink'),
    link: unknown('link'),
    // Core calls these after a change; there is nothing that they could do.
    chmod: async () => {},
    chown: async () => {},
    utimes: async () => {},
    close: async () => {},
  };
}

function unknown(name) {
  return async () => {
    throw Object.assign(new Error(`ENOSYS: function not implemented, ${name}`), { code: 'ENOSYS' });
  };
}

/** Core knows an error by its code; the server says it in words. */
async function known(answer) {
  try {
    return await answer;
  } catch (error) {
    const detail = error.problem?.detail ?? '';
    if (/not found|os error 2\)/.test(detail)) throw Object.assign(new Error(`ENOENT: ${detail}`), { code: 'ENOENT' });
    throw error;
  }
}

function statOf({ entryType, size, modified }) {
  const ms = modified === undefined || modified === null ? 0 : Date.parse(modified);
  return {
    mode: MODES[entryType],
    size,
    isDirectory: entryType === 'directory',
    isSymbolicLink: false,
    atimeMs: ms,
    mtimeMs: ms,
    ctimeMs: ms,
    birthtimeMs: ms,
    ino: 0,
    nlink: 1,
    uid: 0,
    gid: 0,
  };
}

function entryOf({ name, entryType }) {
  return { name, isDirectory: entryType === 'directory', isSymbolicLink: false, ino: 0 };
}
