// sandbox.mjs: a real Sandbox Agent server for a test or the demo, started by the real SDK and shut in by
// scripts/sandbox-server.
//
//   const sandbox = await startSandbox();
//   after(() => sandbox.stop());
//
// Where the kernel permits it the sandbox has a root of its own (`isolated`) and its `basePath` is "/";
// elsewhere `basePath` is a temporary directory of this machine. stop() leaves neither a file nor a process,
// and so does the end of this process, however it comes.
//
// With SBX_TEST_TRANSPORT=fetch its clients have a `fetch` of their own, and so requests leave by that.
//
// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SandboxAgent } from 'sandbox-agent';
import { local } from 'sandbox-agent/local';

export const SERVER = fileURLToPath(new URL('../../scripts/sandbox-server', import.meta.url));

/** Whether the kernel lets a sandbox have a root of its own here. */
export async function canIsolate() {
  if (process.env.SBX_NO_ISOLATION === '1') return false;
  return promisify(execFile)(SERVER, ['--probe']).then(
    () => true,
    () => false,
  );
}

/**
 * @typedef {object} Sandbox
 * @property {SandboxAgent} client the SDK's own client
 * @property {string} baseUrl
 * @property {string} token
 * @property {string} basePath "/" when isolated, else a temporary directory
 * @property {boolean} isolated has it a root of its own?
 * @property {number} pid the server's, as this machine counts
 * @property {(name: string) => string} path a path of the sandbox: "app/x" is `${basePath}/app/x`
 * @property {() => Promise<string>} directory a new empty directory in the sandbox
 * @property {(script: string, ...args: string[]) => Promise<string>} sh stdout of sh -c; throws unless it ends with 0
 * @property {(baseUrl: string, options?: object) => Promise<SandboxAgent>} connect another client, by way of a proxy
 * @property {() => Promise<void>} stop
 */

/**
 * @param {{ isolated?: boolean, unprivileged?: boolean, httpLog?: boolean }} [options] `isolated: false` asks for
 *   the temporary directory, `unprivileged` for a server that may not write everywhere, `httpLog` for one that
 *   logs each request, as it does by default
 * @returns {Promise<Sandbox>}
 */
export async function startSandbox({
  isolated = process.env.SBX_NO_ISOLATION !== '1',
  unprivileged = false,
  httpLog = false,
} = {}) {
  // In a user namespace the server is root: what it may not write is found outside of one.
  const alone = isolated && !(unprivileged && process.getuid() !== 0);
  try {
    return await start(alone, { unprivileged, httpLog });
  } catch (error) {
    if (!alone || (await canIsolate())) throw error;
    return start(false, { unprivileged, httpLog });
  }
}

async function start(isolated, { unprivileged, httpLog }) {
  const directory = isolated ? undefined : await mkdtemp(path.join(tmpdir(), 'agent-os-sandbox-'));
  const env = isolated ? { SBX_NO_ISOLATION: '' } : { SBX_NO_ISOLATION: '1', SBX_SANDBOX_DIR: directory };
  env.SBX_UNPRIVILEGED = unprivileged ? '1' : '';
  env.SBX_HTTP_LOG = httpLog ? '1' : '';
  const remove = () => directory && rm(directory, { recursive: true, force: true });
  try {
    const client = await SandboxAgent.start({ sandbox: local({ binaryPath: SERVER, env }) });
    return await describe(client, directory && path.join(directory, 'root'), remove);
  } catch (error) {
    await remove();
    throw error;
  }
}

/** The lane of the tests: Node's fetch, as somebody's own. */
const ownFetch = process.env.SBX_TEST_TRANSPORT === 'fetch' ? (url, init) => fetch(url, init) : undefined;

function inLane(client) {
  if (ownFetch) client.fetcher = ownFetch;
  return client;
}

async function describe(client, basePath = '/', remove) {
  const { baseUrl, token } = inLane(client);
  let directories = 0;
  const sandbox = {
    client,
    baseUrl,
    token,
    basePath,
    isolated: basePath === '/',
    pid: await serverPid(new URL(baseUrl).port),
    path: (name) => path.posix.join(basePath, name),
    async directory() {
      const name = sandbox.path(`t${process.pid}-${++directories}`);
      await client.mkdirFs({ path: name });
      return name;
    },
    async sh(script, ...args) {
      const result = await client.runProcess({ command: 'sh', args: ['-c', script, 'sh', ...args] });
      if (result.exitCode !== 0) throw new Error(`sh -c ${script}: ${JSON.stringify(result)}`);
      return result.stdout;
    },
    connect: async (url, options) =>
      inLane(await SandboxAgent.connect({ baseUrl: url, token, skipHealthCheck: true, ...options })),
    async stop() {
      await client.destroySandbox();
      await remove();
    },
    [Symbol.asyncDispose]: () => sandbox.stop(),
  };
  return sandbox;
}

/** The pid of the server that listens on `port`: not of the shells around it. */
async function serverPid(port) {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const argv = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (argv[0].endsWith('sandbox-agent') && argv[argv.indexOf('--port') + 1] === port) return Number(pid);
  }
  throw new Error(`no server on port ${port}`);
}
