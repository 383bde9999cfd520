// extract.test.mjs: contents that are too long for the sandbox's memory: they come in parts, and the server never has more
// of them.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { canIsolate } from '../helpers/sandbox.mjs';
import { eventually } from '../helpers/eventually.mjs';
import { rejection } from '../helpers/expect.mjs';
import { remains } from '../helpers/remains.mjs';
import { FAR, suite } from '../helpers/suite.mjs';

const MIB = 2 ** 20;
const LONG = 80 * MIB; // more than is asked for whole: 64 MiB
const GET = 'GET /v1/fs/file';
const RUN = 'POST /v1/processes/run';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Makes a file of random bytes; its hash. */
async function made(sandbox, path, size) {
  await sandbox.sh('head -c "$2" /dev/urandom > "$1"', path, String(size));
  return (await sandbox.sh('sha256sum < "$1"', path)).slice(0, 64);
}

/** The most memory that the server has had. */
const serverMiB = ({ pid }) => Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

const { sandbox, open, openHttp, proxied } = await suite();
const noPartLeft = () => eventually(async () => (await remains(sandbox)).files === '', 'no part to be left');

test('a content of more than 64 MiB comes whole, in parts of 8 MiB at most, and none is left', async () => {
  const { proxy, client } = await proxied();
  const { fs, base } = await open({ client });
  const sum = await made(sandbox, `${base}/file`, LONG + 1);
  const told = [];
  const bytes = await fs.readFile('/file', { onProgress: ({ bytes, total }) => told.push([bytes, total]) });
  assert.equal(sha256(bytes), sum);
  assert.deepEqual([bytes.byteOffset, bytes.buffer.byteLength], [0, LONG + 1]);
  assert.equal(await proxy.count(GET), 11);
  assert.ok(told.every(([some, total], i) => total === LONG + 1 && some > (told[i - 1]?.[0] ?? 0)));
  assert.deepEqual(told.at(-1), [LONG + 1, LONG + 1]);
  assert.deepEqual(await remains(sandbox), { processes: [], files: '' });
  assert.ok(serverMiB(sandbox) < 160, `the server has had ${serverMiB(sandbox)} MiB`);
});

test('through a file system that is read only too', async () => {
  const { fs, base } = await open({ readOnly: true });
  const sum = await made(sandbox, `${base}/file`, LONG);
  assert.equal(sha256(await fs.readFile('/file')), sum);
  await noPartLeft();
});

test('without a companion it comes whole', async () => {
  const { fs, base } = await openHttp();
  const sum = await made(sandbox, `${base}/file`, LONG);
  assert.equal(sha256(await fs.readFile('/file')), sum);
});

// The sandbox is far away, so that there is time between two parts.

test('what is added meanwhile is not in it', async () => {
  const { proxy, client } = await proxied({ delayMs: 100 });
  const { fs, base } = await open({ client });
  const sum = await made(sandbox, `${base}/file`, LONG);
  await fs.stat('/file');
  const reading = fs.readFile('/file');
  await eventually(async () => (await proxy.count(GET)) > 0, 'the first part');
  await sandbox.sh('echo more >> "$1/file"', base);
  assert.equal(sha256(await reading), sum);
});

for (const [what, change] of [
  ['replaced', 'head -c "$2" /dev/urandom > "$1/new"; mv "$1/new" "$1/file"'],
  ['cut off', 'truncate -s 70000000 "$1/file"'],
]) {
  test(`a file that is ${what} while it is read is read as it is then, whole`, async () => {
    const { proxy, client } = await proxied({ delayMs: 100 });
    const { fs, base } = await open({ client });
    await made(sandbox, `${base}/file`, LONG);
    await fs.stat('/file');
    const reading = fs.readFile('/file');
    await eventually(async () => (await proxy.count(GET)) > 0, 'the first part');
    await sandbox.sh(change, base, String(LONG - MIB));
    const sum = (await sandbox.sh('sha256sum < "$1/file"', base)).slice(0, 64);
    assert.equal(sha256(await reading), sum);
    await noPartLeft();
  });
}

test('a part that is lost fails the read, one that is refused likewise, and no part is left', async () => {
  const { proxy, client } = await proxied();
  const { fs, base } = await open({ client });
  await made(sandbox, `${base}/file`, LONG);
  await fs.stat('/file');
  for (const rule of [
    { do: 'cut', bytes: MIB },
    { do: 'answer', status: 404, body: 'no' },
  ]) {
    await proxy.rules([{ match: GET, ...rule }]);
    const error = await rejection(fs.readFile('/file'));
    assert.deepEqual([error.path, error.syscall], ['/file', 'open']);
    await noPartLeft();
  }
});

test('an abort rejects at once, and no part is left', async () => {
  const { proxy, client } = await proxied();
  const { fs, base } = await open({ client });
  await made(sandbox, `${base}/file`, LONG);
  await fs.stat('/file');
  await proxy.rules([{ match: GET, do: 'freeze', bytes: MIB }]);
  const controller = new AbortController();
  const rejected = rejection(fs.readFile('/file', { signal: controller.signal }));
  await eventually(async () => (await proxy.count(GET)) > 0, 'the first part');
  controller.abort('enough');
  assert.equal(await rejected, 'enough');
  await noPartLeft();
});

if (await canIsolate()) {
  describe('in a small sandbox', async () => {
    const { sandbox: small, open: openSmall, proxied: proxiedSmall } = await suite({ isolated: true });
    // What a container sees of its own control group.
    await small.sh(
      'mount -t tmpfs none /sys/fs/cgroup; cd /sys/fs/cgroup; echo "$1" > memory.max; echo "$2" > memory.current',
      String(512 * MIB),
      String(256 * MIB),
    );

    test('of 512 MB a file of 600 MB is read, and the server has less than an eighth of that at once', async () => {
      const { fs, base } = await openSmall();
      await small.sh('truncate -s 600000000 "$1/file"; for i in 0 299999999 599999999; do printf x | dd of="$1/file" bs=1 seek=$i conv=notrunc 2>&1; done', base);
      const before = serverMiB(small);
      const bytes = await fs.readFile('/file');
      assert.equal(bytes.length, 600_000_000);
      for (const i of [0, 299_999_999, 599_999_999]) {
        assert.equal(bytes[i], 'x'.charCodeAt(0));
        bytes[i] = 0;
      }
      assert.ok(!Buffer.from(bytes.buffer).some((byte) => byte !== 0));
      assert.ok(serverMiB(small) - before < 64, `the server has had ${serverMiB(small)} MiB, ${before} before`);
    });

    test('what is longer than an eighth of the memory that is free comes in parts', async () => {
      const { proxy, client } = await proxiedSmall();
      const { fs, base } = await openSmall({ client });
      const sum = await made(small, `${base}/file`, 40 * MIB);
      assert.equal(sha256(await fs.readFile('/file')), sum);
      assert.equal(await proxy.count(GET), 5);
    });

    // Far away, where no companion stays that would leave replies in files.
    const withoutPlace = async () => {
      const { proxy, client } = await proxiedSmall(FAR);
      await small.sh('mkdir -p "$HOME/.cache"; mountpoint -q "$HOME/.cache" || mount -t tmpfs -o size=2m none "$HOME/.cache"');
      return { proxy, ...(await openSmall({ client })) };
    };

    test('without a place for parts it comes in pieces, and never whole', async () => {
      const { proxy, fs, base } = await withoutPlace();
      const sum = await made(small, `${base}/file`, 40 * MIB);
      const told = [];
      assert.equal(sha256(await fs.readFile('/file', { onProgress: (progress) => told.push(progress) })), sum);
      assert.deepEqual(told.at(-1), { bytes: 40 * MIB, total: 40 * MIB });
      assert.equal(await proxy.count(GET), 0);
      assert.deepEqual(await remains(small), { processes: [], files: '' });
    });

    for (const [what, script, length] of [
      ['replaced', 'mv "$1/new" "$1/file"', 41 * MIB],
      ['cut off', 'truncate -s 30M "$1/file"', 30 * MIB],
    ])
      test(`without a place for parts a file that is ${what} while it is read is read as it is then`, async () => {
        const { proxy, fs, base } = await withoutPlace();
        const first = await made(small, `${base}/file`, 40 * MIB);
        await made(small, `${base}/new`, 41 * MIB);
        const asked = await proxy.count(RUN);
        const reading = fs.readFile('/file');
        await eventually(async () => (await proxy.count(RUN)) > asked + 16, 'some pieces');
        await small.sh(script, base);
        const bytes = await reading;
        const sum = (await small.sh('sha256sum < "$1/file"', base)).slice(0, 64);
        assert.notEqual(sum, first);
        assert.equal(bytes.length, length);
        assert.equal(sha256(bytes), sum);
      });
  });
}
