// tree.mjs: what really is in a directory of the sandbox, as a program there sees it: not by way of the driver.
//
//   await tree(sandbox, base);   // { 'a': 'content', 'd': DIRECTORY, 'd/l': { link: '../a' }, 'fifo': OTHER }
//
// Contents are latin1, a character a byte.
//
// SPDX-License-Identifier: Apache-2.0

export const DIRECTORY = 'a directory';
export const OTHER = 'something else';

const LOOK = `
const fs = require('node:fs');
const found = {};
const kind = (entry, at) =>
  entry.isDirectory() ? ['${DIRECTORY}'] : entry.isSymbolicLink() ? [null, fs.readlinkSync(at)]
  : entry.isFile() ? [null, null, fs.readFileSync(at, 'latin1')] : ['${OTHER}'];
for (const entry of fs.readdirSync(process.argv[1], { recursive: true, withFileTypes: true })) {
  const at = entry.parentPath + '/' + entry.name;
  found[at.slice(process.argv[1].length + 1)] = kind(entry, at);
}
process.stdout.write(Buffer.from(JSON.stringify(found)).toString('base64'));
`;

/** Everything below `base`, by its path from there: a string (its content), DIRECTORY, OTHER, or { link: target }. */
export async function tree(sandbox, base) {
  const { exitCode, stdout, stderr } = await sandbox.client.runProcess({ command: 'node', args: ['-e', LOOK, base] });
  if (exitCode !== 0) throw new Error(`the tree of ${base}: ${stderr}`);
  const found = JSON.parse(Buffer.from(stdout, 'base64').toString());
  const shown = ([word, link, content]) => word ?? (link === null || link === undefined ? content : { link });
  return Object.fromEntries(Object.entries(found).map(([name, what]) => [name, shown(what)]));
}
