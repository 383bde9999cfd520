// drivers.mjs: what is measured: our file system, and what stands beside it. All have the methods of core's
// VirtualFileSystem that the workloads call, so that a workload knows no driver.
//
//   ours  createSandboxFs
//   sdk   a driver as one would write it with the `sandbox-agent` SDK's own calls
//   puts  a bare loop of HTTP requests, for writing alone: what the server takes at most
//
// SPDX-License-Identifier: Apache-2.0
import http from 'node:http';
import { createSandboxFs } from '@rivet-dev/agent-os-sandbox';

export const PART = 2 ** 21; // bytes: the largest body that the server takes

const MODES = { file: 0o100644, directory: 0o40755 };

/** The names of the drivers, as the table shows them. */
export const TITLES = { ours: 'ours', sdk: 'SDK', puts: '2 MiB PUTs' };

const makers = { ours: createSandboxFs, sdk: sdkDriver, puts: putsDriver };

/** @param {{ client: object, basePath: string }} options */
export function createDriver(name, options) {
  return makers[name](options);
}

function sdkDriver({ client, basePath }) {
  const at = (path) => basePath + path;
  return {
    stat: async (path) => statOf(await client.statFs({ path: at(path) })),
    readFile: (path) => client.readFsFile({ path: at(path) }),
    writeFile: async (path, content) => void (await client.writeFsFile({ path: at(path) }, content)),
    // There is no call for a part of a file.
    pread: async (path, offset, length) =>
      (await client.readFsFile({ path: at(path) })).subarray(offset, offset + length),
    readDirWithTypes: async (path) => (await client.listFsEntries({ path: at(path) })).map(entryOf),
    removeFile: async (path) => void (await client.deleteFsEntry({ path: at(path) })),
    close: async () => {},
  };
}

function statOf({ entryType, size, modified }) {
  const ms = modified === undefined ? 0 : Date.parse(modified);
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

/**
 * Writes a content as a directory of parts, one PUT after the other on one connection (node:http, keep-alive, no
 * copy): less cannot be sent over HTTP, but nothing makes one file of it.
 */
function putsDriver({ client, basePath }) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const put = (path, body) =>
    new Promise((resolve, reject) => {
      const url = new URL(`${client.baseUrl}/v1/fs/file?path=${encodeURIComponent(basePath + path)}`);
      const headers = { authorization: `Bearer ${client.token}`, 'content-length': body.length };
      const request = http.request(url, { agent, method: 'PUT', headers }, (response) => {
        response.resume();
        response.once('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`status ${response.statusCode}`)),
        );
      });
      request.once('error', reject);
      request.end(body);
    });
  return {
    async writeFile(path, content) {
      for (let at = 0; at < content.length; at += PART)
        await put(`${path}.parts/${at / PART}`, content.subarray(at, at + PART));
    },
    removeFile: async (path) => {
      await client.deleteFsEntry({ path: `${basePath}${path}.parts`, recursive: true });
    },
    close: async () => agent.destroy(),
  };
}
