// worker.mjs: a worker that does what its data say.
//
// SPDX-License-Identifier: Apache-2.0
import { parentPort, workerData } from 'node:worker_threads';
import { createSandboxToolkit } from '@rivet-dev/agent-os-sandbox';
import { busy, connect, near, run } from './busy.mjs';

const { job, places } = workerData;

const jobs = {
  /** Is busy until it is terminated. */
  async busy() {
    await busy(places);
    parentPort.postMessage('ready');
  },
  async exit() {
    await busy(places);
    process.exit(3);
  },
  async throw() {
    await busy(places);
    setTimeout(() => {
      throw new Error('thrown in a worker');
    });
  },
  /** One operation, and an end by itself. */
  async once() {
    const fs = await near(places);
    await fs.writeFile('/once', 'done');
    parentPort.postMessage(await fs.readTextFile('/once'));
  },
  /** Waits for a program that reads from a pipe. */
  async wait() {
    const kit = createSandboxToolkit({ client: await connect(places.near, places.token) });
    const running = run(kit, { command: 'cat', args: [`${places.base}/gate`], timeoutMs: 240_000 });
    parentPort.postMessage('waiting');
    parentPort.postMessage((await running).exitCode);
  },
};

await jobs[job]();
