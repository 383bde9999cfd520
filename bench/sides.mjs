// sides.mjs: what is measured: our file system, and what stands beside it. A side is
//
//   { fs, run, close }   fs: the methods of core's VirtualFileSystem; run(command): a program in the sandbox, to its end
//
// so that a workload knows none of them. (The bare loop runs no workload: bare.mjs.)
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import http from 'node:http';
import { SandboxAgent } from 'sandbox-agent';
import { createSandboxFs, createSandboxToolkit } from '@rivet-dev/agent-os-sandbox';
import { sdkDriver } from './sdk-driver.mjs';
import { connectSftp } from './sftp.mjs';

export const PART = 2 ** 21; // bytes: the largest body that the server takes

/** The names of the sides, as the table shows them. */
export const TITLES = {
  ours: 'ours, cache off',
  cached: 'ours',
  kept: 'ours, cache for a minute',
  http: 'ours, HTTP alone',
  sdk: 'SDK',
  sftp: 'SFTP',
  bare: 'bare loop',
  puts: '2 MiB PUTs',
};

const makers = {
  ours: (place) => ourSide(place, { cache: false }),
  cached: (place) => ourSide(place, {}),
  kept: (place) => ourSide(place, { cache: { ttlMs: 60_000 } }),
  http: (place) => ourSide(place, { cache: false, companion: false }),
  sdk: sdkSide,
  sftp: sftpSide,
  puts: putsSide,
};

/**
 * @param {object} place where the sandbox is: { baseUrl, token, basePath }; of `sftp`, startSftp's
 */
export function openSide(name, place) {
  return makers[name](place);
}

const connect = ({ baseUrl, token }) => SandboxAgent.connect({ baseUrl, token, skipHealthCheck: true });

async function ourSide(place, options) {
  const client = await connect(place);
  const fs = createSandboxFs({ client, basePath: place.basePath, ...options });
  const toolkit = createSandboxToolkit({ client, companion: options.companion });
  return {
    fs,
    async run(command) {
      assert.equal((await toolkit.tools['run-command'].execute({ command })).exitCode, 0);
    },
    async close() {
      await Promise.all([fs.close(), toolkit.close()]);
      await client.dispose();
    },
  };
}

async function sdkSide(place) {
  const client = await connect(place);
  return {
    fs: sdkDriver({ client, basePath: place.basePath }),
    async run(command) {
      assert.equal((await client.runProcess({ command })).exitCode, 0);
    },
    close: () => client.dispose(),
  };
}

async function sftpSide(place) {
  const fs = await connectSftp(place);
  return { fs, run: fs.run, close: fs.close };
}

/**
 * Writes a content as a directory of parts, one PUT after the other on one connection (node:http, keep-alive, no
 * copy): less cannot be sent over HTTP, but nothing makes one file of it.
 */
async function putsSide(place) {
  const client = await connect(place);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const put = (path, body) =>
    new Promise((resolve, reject) => {
      const url = new URL(`${place.baseUrl}/v1/fs/file?path=${encodeURIComponent(place.basePath + path)}`);
      const headers = { authorization: `Bearer ${place.token}`, 'content-length': body.length };
      const request = http.request(url, { agent, method: 'PUT', headers }, (response) => {
        response.resume();
        response.once('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`status ${response.statusCode}`)),
        );
      });
      request.once('error', reject);
      request.end(body);
    });
  const fs = {
    async writeFile(path, content) {
      for (let at = 0; at < content.length; at += PART)
        await put(`${path}.parts/${at / PART}`, content.subarray(at, at + PART));
    },
    removeFile: async (path) => {
      await client.deleteFsEntry({ path: `${place.basePath}${path}.parts`, recursive: true });
    },
  };
  return {
    fs,
    async close() {
      agent.destroy();
      await client.dispose();
    },
  };
}
