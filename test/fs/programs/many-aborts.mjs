// many-aborts.mjs: begins many operations of every kind and gives most of them up, at once or a little later; then closes,
// and says what is left. It has to end by itself.
//
//   node --expose-gc many-aborts.mjs URL TOKEN BASE_PATH
//
// SPDX-License-Identifier: Apache-2.0
import { getEventListeners } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { createSandboxFs, createSandboxToolkit } from '@rivet-dev/agent-os-sandbox';

const [baseUrl, token, basePath] = process.argv.slice(2);
const client = { baseUrl, token };
const fs = createSandboxFs({ client, basePath });
const kit = createSandboxToolkit({ client });
const large = Buffer.alloc(3 * 1024 * 1024, 7);
const shared = new AbortController(); // of many at once: no warning of a leak
process.on('warning', ({ name, message }) => name === 'ExperimentalWarning' || console.log(message)); // core loads node:sqlite

const kinds = [
  (options) => fs.stat('/', options),
  (options) => fs.writeFile('/small', 'x', options),
  (options) => fs.readDirRecursive('/', options),
  (options) => fs.writeFile('/large', large, options),
  (options) => fs.readFile('/large', options),
  (options) => kit.tools['list-processes'].execute({}, options),
];

let rejected = 0;
const ended = [];
for (let round = 0; round < 40; round++) {
  for (const begin of kinds) {
    const controller = round % 4 === 0 ? shared : new AbortController();
    ended.push(begin({ signal: controller.signal }).catch(({ name, code }) => (name === 'AbortError' || code === 'ENOENT' ? rejected++ : console.log(name, code))));
    if (round % 4 === 1) controller.abort();
    if (round % 4 === 2) void setTimeout(round).then(() => controller.abort());
  }
  await setTimeout(round % 3);
}
shared.abort();
await Promise.all(ended);
await fs.close();
await kit.close();
gc();
process.stdout.write(`closed; ${getEventListeners(shared.signal, 'abort').length} listeners; ${rejected} rejected\n`);
