// teardown.mjs: ends in the way its first argument names, while requests are in flight.
//
// SPDX-License-Identifier: Apache-2.0
import crypto from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { busy, near, stalled } from './busy.mjs';

const [way, json] = process.argv.slice(2);
const places = JSON.parse(json);
const say = (word) => process.stdout.write(`${word}\n`);

const worker = (job) => new Worker(new URL('worker.mjs', import.meta.url), { workerData: { job, places } });

/** Terminates a worker that is busy. */
async function terminated() {
  const one = worker('busy');
  one.on('error', (error) => say(error.stack));
  await once(one, 'message');
  return one.terminate();
}

const saturate = () => {
  for (let i = 0; i < 16; i++) crypto.pbkdf2('x', 'y', 300_000, 64, 'sha512', () => {});
};
const descriptors = () => readdirSync('/proc/self/fd').length;

const ways = {
  async exit() {
    await busy(places);
    process.exit(7);
  },
  async 'exit in a continuation'() {
    const { fs } = await busy(places);
    fs.stat('/file').then(() => process.exit(7));
  },
  async 'exit in a continuation of a failure'() {
    await busy(places);
    (await stalled(places, { timeoutMs: 200 })).stat('/x').catch(() => process.exit(7));
  },
  async 'exit at once'() {
    const fs = await stalled(places);
    fs.stat('/x');
    fs.writeFile('/x', new Uint8Array(2_000_000));
    process.exit(7);
  },
  async throw() {
    await busy(places);
    setTimeout(() => {
      throw new Error('thrown on purpose');
    });
  },
  async 'throw in a continuation'() {
    const { fs } = await busy(places);
    fs.stat('/file').then(() =>
      process.nextTick(() => {
        throw new Error('thrown on purpose');
      }),
    );
  },
  async reject() {
    await busy(places);
    Promise.reject(new Error('thrown on purpose'));
  },
  async terminate() {
    say(await terminated());
    say(await (await near(places)).exists('/file'));
  },
  async 'terminate, the pool saturated'() {
    saturate();
    const one = worker('busy');
    await once(one, 'message');
    saturate();
    say(await one.terminate());
  },
  async 'terminate at any moment'() {
    for (let i = 0; i < 12; i++) {
      const one = worker('busy');
      await new Promise((resolve) => setTimeout(resolve, 40 + 25 * i));
      await one.terminate();
    }
    say('all terminated');
  },
  async 'terminate, again and again'() {
    await terminated();
    const before = descriptors();
    for (let i = 0; i < 8; i++) await terminated();
    say(descriptors() <= before ? 'no descriptor is left' : `${before} descriptors became ${descriptors()}`);
  },
  async 'a worker exits'() {
    say((await once(worker('exit'), 'exit'))[0]);
  },
  async 'a worker throws'() {
    say((await once(worker('throw'), 'error'))[0].message);
  },
  async 'workers one after another'() {
    for (let i = 0; i < 3; i++) {
      const one = worker('once');
      const ended = once(one, 'exit');
      say((await once(one, 'message'))[0]);
      say((await ended)[0]);
    }
    say(await (await near(places)).readTextFile('/once'));
  },
  async idle() {
    const fs = await near(places);
    await Promise.all(Array.from({ length: 30 }, (_, i) => fs.writeFile(`/${i}`, 'x')));
    fs.prepareOpenSync('/y', 0o100);
    say('idle');
  },
  async 'nobody waits'() {
    const fs = await near(places);
    fs.writeFile('/later', 'written').then(() => say('written'));
  },
  async 'a deadline'() {
    const fs = await stalled(places, { timeoutMs: 500 });
    fs.stat('/x').catch((error) => say(error.code));
  },
  async 'a request that is never answered'() {
    const { far } = await busy(places);
    setTimeout(() => say('still here'), 200);
    setTimeout(() => process.exit(0), 400);
    await far.stat('/x');
  },
};

await ways[way]();
