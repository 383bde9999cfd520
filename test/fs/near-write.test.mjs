// near-write.test.mjs: near by, long frames reach the companion that stays by a file in its box; where they cannot, in another
// way, and each is done once.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rejection } from '../helpers/expect.mjs';
import { nearBy } from '../helpers/near.mjs';
import { suite } from '../helpers/suite.mjs';

const made = await suite();
const { sandbox } = made;
const near = nearBy(made);
const PUT = 'PUT /v1/fs/file';
const RUN = 'POST /v1/processes/run';
const HANG_MS = 30_000;

const contentOf = (seed, length) => Buffer.alloc(length, `content ${seed} `);

/** What lies in the boxes of all that stay. */
const boxes = () => sandbox.sh('find "${XDG_CACHE_HOME:-$HOME/.cache}"/agentos-sandbox/box-* 2>/dev/null; true');

for (const rule of [
  undefined,
  { do: 'close', times: 4 },
  { do: 'lose', times: 4 },
  { do: 'answer', status: 404 },
  { do: 'answer', status: 413 },
  { do: 'answer', status: 500 },
])
  test(`long writes, and what the server says of their frames: ${rule ? Object.values(rule).join(' ') : 'as it should'}`, async () => {
    const { fs, proxy, sh } = await near();
    const lengths = [1, 4096, 12_288, 65_536, 200_000, 524_288];
    await sh('echo old > f200000; ln f200000 link; chmod 640 f200000; echo 0123456789 > log');
    const before = { put: await proxy.count(PUT), run: await proxy.count(RUN) };
    if (rule) await proxy.rules([{ match: PUT, ...rule }]);
    await Promise.all(lengths.map((length) => fs.writeFile(`/f${length}`, contentOf(length, length))));
    await fs.pwrite('/log', 3, contentOf('log', 100_000));
    assert.ok((await proxy.count(PUT)) > before.put);
    if (!rule) assert.equal(await proxy.count(RUN), before.run);
    await proxy.rules([]);
    for (const length of lengths) assert.deepEqual(Buffer.from(await fs.readFile(`/f${length}`)), contentOf(length, length));
    assert.equal(await sh('stat -c "%a %h" f200000; cmp f200000 link'), '640 2\n');
    assert.deepEqual(
      Buffer.from(await fs.readFile('/log')),
      Buffer.concat([Buffer.from('012'), contentOf('log', 100_000)]),
    );
  });

test('many small writes at once share a file, and nothing of it is left', async () => {
  const { fs, proxy, sh } = await near();
  const all = Array.from({ length: 200 }, (_, i) => i);
  const before = await proxy.count();
  await Promise.all(all.map((i) => fs.writeFile(`/f${i}`, contentOf(i, 4000 + i))));
  assert.ok((await proxy.count()) - before < 60);
  for (const i of all) assert.deepEqual(Buffer.from(await fs.readFile(`/f${i}`)), contentOf(i, 4000 + i));
  assert.equal(await sh('ls | wc -l'), '200\n');
  assert.doesNotMatch(await boxes(), /box-\w+\/\d+$/m);
  await fs.close();
  const end = performance.now() + HANG_MS;
  while ((await boxes()) !== '' && performance.now() < end);
  assert.equal(await boxes(), '');
});

test('each has its own end', async () => {
  const { fs, sh } = await near();
  await sh('mkdir directory; : > file');
  const long = contentOf('x', 30_000);
  const ends = await Promise.allSettled(
    ['/a', '/directory', '/file/x', '/b'].map((path) => fs.writeFile(path, long)),
  );
  assert.deepEqual(
    ends.map(({ reason }) => reason?.code),
    [undefined, 'EISDIR', 'ENOTDIR', undefined],
  );
  assert.equal(await sh('cat a b | wc -c'), '60000\n');
  assert.equal((await rejection(fs.writeFile('/directory', long))).code, 'EISDIR');
});

test('a box that is taken away, with all around it, is done without', async () => {
  const { fs, sh } = await near();
  await fs.writeFile('/a', contentOf('a', 30_000));
  await sandbox.sh('rm -rf "${XDG_CACHE_HOME:-$HOME/.cache}"/agentos-sandbox');
  for (let i = 0; i < 4; i++) await fs.writeFile(`/b${i}`, contentOf(i, 30_000));
  assert.equal(await sh('cat a b0 b1 b2 b3 | wc -c'), '150000\n');
  assert.doesNotMatch(await boxes(), /box-\w+\/\d+$/m);
});
