// program.mjs: runs a Node program to its end, for tests of how a process ends.
//
// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/**
 * @param {URL} file
 * @param {string[]} [args]
 * @param {{ nodeArgs?: string[], env?: object, boundMs?: number }} [options] `boundMs` is there against a hang
 * @returns {Promise<{ code: number | null, signal: string | null, stdout: string, stderr: string, hung: boolean }>}
 */
export async function runProgram(file, args = [], { nodeArgs = [], env = {}, boundMs = 60_000 } = {}) {
  const child = spawn(process.execPath, [...nodeArgs, fileURLToPath(file), ...args], {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let hung = false;
  const bound = setTimeout(() => (hung = child.kill('SIGKILL')), boundMs);
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  clearTimeout(bound);
  return { code, signal, stdout, stderr, hung };
}
