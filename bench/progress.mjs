// progress.mjs: how far a run is, on stderr: on a terminal a bar, elsewhere a line for each row.
//
// SPDX-License-Identifier: Apache-2.0

const WIDTH = 20;
const ERASE = '\r\x1b[2K';
let last; // the part that was shown last, where there is no terminal

/** @param {number} [part] what is done, of 1 */
export function report(text = '', part = undefined) {
  if (process.stderr.isTTY) {
    const bar = part === undefined ? '' : `[${'#'.repeat(Math.round(part * WIDTH)).padEnd(WIDTH, '.')}] `;
    process.stderr.write(ERASE + `${bar}${text}`.slice(0, (process.stderr.columns || 80) - 1));
  } else if (text !== '' && (part === undefined || part !== last)) {
    last = part;
    const seconds = Math.round(performance.now() / 1000);
    process.stderr.write(`${seconds} s  ${part === undefined ? '' : `${Math.round(part * 100)} %  `}${text}\n`);
  }
}
