// dropped.mjs: objects that nothing refers to any more while their operations are in flight; run with
// --expose-gc. Prints what became of them.
//
// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from 'node:timers/promises';
import { createSandboxToolkit } from '@rivet-dev/agent-os-sandbox';
import { connect, near, run } from './busy.mjs';

const places = JSON.parse(process.argv[2]);
const operations = [];
for (let i = 0; i < 20; i++) {
  operations.push((await near(places)).stat('/'));
  operations.push((await near(places)).readFile(`/missing${i}`).catch((error) => error));
  const kit = createSandboxToolkit({ client: await connect(places.near, places.token) });
  operations.push(run(kit, { command: 'sleep', args: ['0.3'] }));
}
const detached = (await near(places)).exists; // a method that outlives its object
for (let i = 0; i < 10; i++) {
  globalThis.gc();
  await delay(20);
}
const ended = await Promise.all(operations);
console.log(ended.filter((value) => value.isDirectory || value.code === 'ENOENT' || value.exitCode === 0).length);
console.log(await detached('/'));
