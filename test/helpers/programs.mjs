// programs.mjs: what runs on this machine.
//
// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';

/**
 * The arguments of every other program that holds `word` in its arguments, or in its environment.
 * @param {string} word
 * @param {'cmdline' | 'environ'} [where]
 */
export async function programs(word, where = 'cmdline') {
  const found = [];
  const read = (pid, file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid || !(await read(pid, where)).includes(word)) continue;
    found.push((await read(pid, 'cmdline')).replaceAll('\0', ' '));
  }
  return found;
}
