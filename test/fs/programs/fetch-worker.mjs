// fetch-worker.mjs: a worker with operations under way over a client's fetch, of which one is answered and the others
// never are, is terminated by the main thread.
//
// SPDX-License-Identifier: Apache-2.0
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createSandboxFs } from '@rivet-dev/agent-os-sandbox';
import { fetchClient } from '../../helpers/fetch-client.mjs';

if (isMainThread) {
  const [baseUrl, token] = process.argv.slice(2);
  const worker = new Worker(new URL(import.meta.url), { workerData: { baseUrl, token } });
  await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  await worker.terminate();
  console.log('terminated');
} else {
  let held = 0;
  const wrap = (url, init) => {
    if (!url.pathname.endsWith('/stat')) return fetch(url, init);
    if (++held === 8) parentPort.postMessage('held');
    return new Promise(() => setInterval(() => {}, 1000));
  };
  const { client } = await fetchClient(workerData, { wrap });
  const fs = createSandboxFs({ client, companion: false });
  await fs.readDir('/');
  for (let i = 0; i < 8; i++) void fs.stat(`/${i}`);
  fs.prepareOpenSync('/x', 0o100);
  void fs.stat('/held');
}
