// near-read.test.mjs: near by, the content of a file that is known to be small comes by the server's own endpoint, and long
// replies of the companion from a file that it leaves; whatever stands there by then, it is read, or refused, as it is by
// the companion.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { rejection } from '../helpers/expect.mjs';
import { nearBy } from '../helpers/near.mjs';
import { suite } from '../helpers/suite.mjs';

const near = nearBy(await suite());
const GET = 'GET /v1/fs/file';
const RUN = 'POST /v1/processes/run';

/** How many requests of contents `work` makes, and how many of any kind. */
async function requests(proxy, work) {
  const before = [await proxy.count(GET), await proxy.count()];
  await work();
  return [(await proxy.count(GET)) - before[0], (await proxy.count()) - before[1]];
}

for (const [how, see, options] of [
  ['was read', (fs) => fs.readFile('/x')],
  ['was looked at', (fs) => fs.stat('/x')],
  ['was listed', (fs) => fs.readDirStat('/')],
  ['was listed with those around it', (fs) => fs.readDir('/'), { cache: undefined }],
])
  test(`a small file that ${how} is one request to the server itself`, async () => {
    const { fs, proxy, sh } = await near(options);
    await sh('echo content > x');
    await see(fs);
    const read = async () => assert.equal(await fs.readTextFile('/x'), 'content\n');
    assert.deepEqual(await requests(proxy, read), [1, 1]);
  });

test('one of which nothing is known is not', async () => {
  const { fs, proxy, sh } = await near();
  await sh('echo content > x; echo small > then; mkfifo pipe');
  assert.equal((await requests(proxy, () => fs.readFile('/x')))[0], 0);
  await rejection(fs.readFile('/pipe'));
  assert.equal((await requests(proxy, () => rejection(fs.readFile('/pipe'))))[0], 0);
  await fs.stat('/then');
  await sh('rm then; mkfifo then');
  await fs.stat('/then');
  assert.equal((await requests(proxy, () => rejection(fs.readFile('/then'))))[0], 0);
});

test('one whose attributes tell no size is not, however often it is read', async () => {
  const { fs, proxy } = await near({ basePath: '/proc' });
  const read = async () => assert.match(await fs.readTextFile('/version'), /^Linux/);
  for (let i = 0; i < 3; i++) assert.equal((await requests(proxy, read))[0], 0);
});

test('a content of more than a few KiB comes that way at once', async () => {
  const { fs, proxy, sh } = await near();
  for (const size of [4096, 8192, 65_536, 65_537, 524_288, 524_289]) {
    await sh(`head -c ${size} /dev/zero > x${size}; cp x${size} y${size}`);
    const read = async (path) => assert.deepEqual(await fs.readFile(path), new Uint8Array(size));
    assert.equal((await requests(proxy, () => read(`/x${size}`)))[0], size > 6000 ? 1 : 0, `${size}`);
    await fs.stat(`/y${size}`);
    const known = size <= 524_288;
    assert.deepEqual(await requests(proxy, () => read(`/y${size}`)), known ? [1, 1] : [1, 2], `${size}`);
  }
});

test('what stands there by then is read, or refused as ever', async () => {
  const { fs, sh } = await near();
  for (const [script, expected] of [
    ['echo another > x', 'another\n'],
    [': > x', ''],
    ['head -c 600000 /dev/zero > x', '\0'.repeat(600_000)],
    ['echo new > y; mv y x', 'new\n'],
    ['rm x; echo behind > y; ln -s y x', 'behind\n'],
    ['rm x', 'ENOENT'],
    ['rm -rf x; mkdir x', 'EISDIR'],
    ['rm -rf x; mkfifo x', 'EINVAL'],
    ['rm -rf x; ln -s x x', 'ELOOP'],
    ['rm -rf x; mknod x c 1 5 2>/dev/null || mkfifo x', 'EINVAL'],
  ]) {
    await sh('rm -rf x; echo content > x');
    assert.equal(await fs.readTextFile('/x'), 'content\n');
    assert.equal(await fs.readTextFile('/x'), 'content\n');
    await sh(script);
    const found = await fs.readTextFile('/x').catch(({ code }) => code);
    assert.equal(found, expected, script);
  }
});

for (const size of [9, 100_000])
  for (const rule of [
    { do: 'close', times: 4 },
    { do: 'lose', times: 4 },
    { do: 'cut', bytes: 60 }, // amid the head
    ...(size > 300 ? [{ do: 'cut', bytes: 300 }] : []), // amid the content
    { do: 'answer', status: 404 },
    { do: 'answer', status: 500 },
  ])
    test(`where the server does not give ${size} bytes, the companion does: ${Object.values(rule).join(' ')}`, async () => {
      const { fs, proxy, sh } = await near();
      await sh(`head -c ${size} /dev/zero > known; cp known unknown`);
      const read = async (path) => assert.deepEqual(await fs.readFile(path), new Uint8Array(size));
      await fs.stat('/known');
      await proxy.rules([{ match: GET, ...rule }]);
      await read('/known');
      assert.ok((await proxy.count(GET)) > 0);
      await read('/unknown');
      await proxy.rules([]);
      await read('/known');
    });

test('one that was small a while ago is asked after before it is read: it may be large by now', async () => {
  const { fs, proxy, sh } = await near({ maxFullReadBytes: 100_000 });
  await sh('echo content > x');
  await fs.stat('/x');
  await wait(3000);
  await sh('truncate -s 200000 x');
  const read = async () => assert.equal((await rejection(fs.readFile('/x'))).code, 'EFBIG');
  assert.equal((await requests(proxy, read))[0], 0);
});

for (const rule of [
  undefined,
  { do: 'close', times: 4 },
  { do: 'lose', times: 4 },
  { do: 'cut', bytes: 60 },
  { do: 'cut', bytes: 300 },
  { do: 'answer', status: 404 },
  { do: 'answer', status: 500 },
])
  test(`a long range is left in a file that the server gives: ${rule ? Object.values(rule).join(' ') : 'as it should'}`, async () => {
    const { fs, proxy, sh } = await near();
    await sh('seq 1 200000 > x');
    const all = await fs.readFile('/x');
    const range = async (offset, length) =>
      assert.deepEqual(await fs.pread('/x', offset, length), all.subarray(offset, offset + length));
    const runs = await proxy.count(RUN);
    if (rule) await proxy.rules([{ match: GET, ...rule }]);
    await Promise.all([range(0, 65_536), range(7, 300_000), range(1_200_000, 400_000)]);
    await range(1000, 524_288);
    if (rule) await proxy.rules([]);
    else assert.equal(await proxy.count(RUN), runs);
    await range(13, 100_000);
    assert.equal(fs.lane.lane, 'companion');
  });

test('many small contents at once share a batch, whose replies are one request', async () => {
  const { fs, proxy, sh } = await near();
  await sh('for i in $(seq 100); do seq $i 1000 > f$i; done');
  const read = (i) => fs.readTextFile(`/f${i + 1}`);
  const texts = await Promise.all(Array.from({ length: 100 }, (_, i) => read(i)));
  texts.forEach((text, i) => assert.ok(text.startsWith(`${i + 1}\n`) && text.endsWith('\n1000\n')));
  const [gets] = await requests(proxy, () => Promise.all(Array.from({ length: 100 }, (_, i) => read(i))));
  assert.ok(gets < 50, `${gets}`);
});
