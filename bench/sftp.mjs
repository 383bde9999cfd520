// sftp.mjs: what a person would use otherwise, as a driver: npm's `ssh2` (bench/sftp/package.json; scripts/bench installs
// it into build/) and OpenSSH's server on loopback (scripts/ssh-server). Its files lie in memory, as those of the sandbox
// do. Both sides send at once what they have (setNoDelay), and a content goes in as many requests at once as ssh2's own
// fastGet has.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../test/helpers/port.mjs';

const MODULES = new URL('../build/bench-sftp/', import.meta.url);
const SERVER = fileURLToPath(new URL('../scripts/ssh-server', import.meta.url));
const MEMORY = '/dev/shm';
const PIECE = 32 * 1024; // bytes of one request
const AT_ONCE = 64;

function ssh2() {
  return createRequire(new URL('package.json', MODULES))('ssh2');
}

/**
 * Starts a server, with the files that `prepare` (a script of the shell) makes.
 * @returns {Promise<{ place: object, stop: () => Promise<void> }>} `place` is what connectSftp takes
 */
export async function startSftp(prepare) {
  const { utils } = ssh2();
  const directory = mkdtempSync(path.join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'sbx-sftp-'));
  let child;
  const clear = () => {
    child?.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true, maxRetries: 10 }); // it may still be writing there
  };
  const stop = async () => {
    const ended = child && child.exitCode === null && child.signalCode === null && once(child, 'exit');
    clear();
    await ended;
    process.off('exit', clear);
  };
  process.once('exit', clear);
  try {
    const [host, user] = [utils.generateKeyPairSync('ed25519'), utils.generateKeyPairSync('ed25519')];
    writeFileSync(path.join(directory, 'host_key'), host.private, { mode: 0o600 });
    writeFileSync(path.join(directory, 'authorized_keys'), `${user.public}\n`);
    execFileSync('sh', ['-c', `mkdir "$1"; ${prepare}`, 'sh', path.join(directory, 'root')]);
    const port = await freePort();
    child = spawn(SERVER, [directory, String(port)], { stdio: ['ignore', 'ignore', 'pipe'] });
    await listening(child);
    const place = { port, username: userInfo().username, privateKey: user.private, base: path.join(directory, 'root') };
    return { place, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** sshd says on stderr that it listens, or why it does not. */
async function listening(child) {
  let said = '';
  for await (const bytes of child.stderr) {
    said += bytes;
    if (said.includes('Server listening')) {
      child.stderr.resume();
      return;
    }
  }
  throw new Error(said.trim().split('\n').at(-1) || 'sshd did not start');
}

/** @param {object} place of startSftp */
export async function connectSftp({ base, ...login }) {
  const client = new (ssh2().Client)();
  client.connect({ host: '127.0.0.1', ...login });
  await once(client, 'ready');
  client.setNoDelay(true);
  const sftp = await promisify(client.sftp.bind(client))();
  const call = Object.fromEntries(
    ['open', 'close', 'fstat', 'stat', 'readdir', 'unlink'].map((name) => [name, promisify(sftp[name].bind(sftp))]),
  );
  const at = (name) => base + name;
  return {
    stat: async (name) => statOf(await call.stat(at(name))),
    readFile: (name) =>
      withFile(call, at(name), 'r', async (handle) => {
        const { size } = await call.fstat(handle);
        return readRange(sftp, handle, 0, size);
      }),
    pread: (name, offset, length) =>
      withFile(call, at(name), 'r', (handle) => readRange(sftp, handle, offset, length)),
    writeFile: (name, content) =>
      withFile(call, at(name), 'w', (handle) =>
        inPieces(content.length, (from, to) => promised((end) => sftp.write(handle, content, from, to - from, from, end))),
      ),
    readDirWithTypes: async (name) =>
      (await call.readdir(at(name))).map(({ filename, attrs }) => ({ name: filename, ...statOf(attrs) })),
    removeFile: (name) => call.unlink(at(name)),
    /** Runs a program: not SFTP, but the same connection. */
    async run(command) {
      const channel = await promisify(client.exec.bind(client))(command);
      channel.resume().stderr.resume();
      const [code] = await once(channel, 'exit');
      assert.equal(code, 0);
    },
    async close() {
      client.end();
      await once(client, 'close');
    },
  };
}

async function withFile(call, name, flags, work) {
  const handle = await call.open(name, flags);
  try {
    return await work(handle);
  } finally {
    await call.close(handle);
  }
}

async function readRange(sftp, handle, offset, length) {
  const content = Buffer.allocUnsafe(length);
  await inPieces(length, (from, to) =>
    promised((end) => sftp.read(handle, content, from, to - from, offset + from, end)),
  );
  return content;
}

function promised(start) {
  return new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));
}

/** `move` for each piece, AT_ONCE of them at a time. */
async function inPieces(length, move) {
  let next = 0;
  const mover = async () => {
    while (next < length) {
      const from = next;
      next += PIECE;
      await move(from, Math.min(length, from + PIECE));
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, Math.ceil(length / PIECE)) }, mover));
}

function statOf({ mode, size, atime, mtime, uid, gid }) {
  const type = mode & 0o170000;
  return {
    mode,
    size,
    isDirectory: type === 0o040000,
    isSymbolicLink: type === 0o120000,
    atimeMs: atime * 1000,
    mtimeMs: mtime * 1000,
    uid,
    gid,
  };
}
