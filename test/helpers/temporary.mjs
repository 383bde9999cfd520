// temporary.mjs: a temporary directory of this process's own, for what others leave in theirs: core makes one
// for each VM and never removes it.
//
// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** From here on os.tmpdir() is a new, empty directory, which goes when this process ends. */
export function ownTmpdir() {
  const directory = mkdtempSync(path.join(tmpdir(), 'sbx-')); // short: core puts sockets below it
  process.env.TMPDIR = directory;
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
