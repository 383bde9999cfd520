// resident.mjs: how far the resident memory of this process grows at most while one content is read or written.
//
//   node --expose-gc resident.mjs read|write '{"baseUrl":…,"token":…,"basePath":…,"size":…}'   prints the growth in bytes
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createSandboxFs } from '@rivet-dev/agent-os-sandbox';

const [what, place] = process.argv.slice(2);
const { baseUrl, token, basePath, size } = JSON.parse(place);
const fs = createSandboxFs({ client: { baseUrl, token }, basePath });

/** A line of /proc/self/status, in bytes. */
const resident = (line) =>
  Number(readFileSync('/proc/self/status', 'utf8').match(new RegExp(`^${line}:\\s*(\\d+)`, 'm'))[1]) * 1024;

const work = {
  read: async () => assert.equal((await fs.readFile('/file')).length, size),
  write: () => fs.writeFile('/file', content),
};

const content = what === 'write' ? new Uint8Array(size).fill(7) : undefined; // the caller's own
await fs.writeFile('/small', new Uint8Array(2 ** 20)); // what is allocated once is no growth
await fs.readFile('/small');
gc();
const before = resident('VmRSS');
writeFileSync('/proc/self/clear_refs', '5'); // the peak begins here
await work[what]();
process.stdout.write(String(resident('VmHWM') - before));
await fs.close();
