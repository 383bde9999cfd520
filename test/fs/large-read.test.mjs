// large-read.test.mjs: contents that no frame holds.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp, proxied } = await suite();

const KIB = 1024;
const MIB = 1024 * KIB;
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const made = async (path, size) => {
  await sandbox.sh('head -c "$2" /dev/urandom > "$1"', path, String(size));
  return (await sandbox.sh('sha256sum < "$1"', path)).slice(0, 64);
};

for (const [lane, openLane] of [
  ['over the companion', open],
  ['over HTTP', openHttp],
]) {
  describe(lane, () => {
    test('a content of any size comes whole, and has its memory to itself', async () => {
      const { fs, base } = await openLane();
      for (const size of [512 * KIB, 512 * KIB + 1, MIB, 2 * MIB + 1, 64 * MIB]) {
        const sum = await made(`${base}/file`, size);
        const bytes = await fs.readFile('/file');
        assert.equal(bytes.length, size);
        assert.equal(sha256(bytes), sum, `of ${size} bytes`);
        assert.deepEqual([bytes.byteOffset, bytes.buffer.byteLength], [0, size]);
      }
    });

    test('as text', async () => {
      const { fs, base } = await openLane();
      await sandbox.sh('yes "$2" | head -c 3500000 > "$1/file"', base, 'naïve');
      const text = await fs.readTextFile('/file');
      assert.equal(Buffer.byteLength(text), 3_500_000);
      assert.ok(text.startsWith('naïve\nnaïve\n'));
    });

    test('maxFullReadBytes bounds it before it is fetched', async () => {
      const { fs, base } = await openLane({ maxFullReadBytes: 3 * MIB });
      await made(`${base}/fits`, 3 * MIB);
      await made(`${base}/file`, 3 * MIB + 1);
      assert.equal((await fs.readFile('/fits')).length, 3 * MIB);
      await expectError(fs.readFile('/file'), { code: 'EFBIG', syscall: 'open', path: '/file' });
      await expectError(fs.readTextFile('/file'), { code: 'EFBIG', syscall: 'open', path: '/file' });
    });

    test('a reply that is cut is a failure, and no short content', async () => {
      const { proxy, client } = await proxied();
      const { fs, base } = await openLane({ client });
      await made(`${base}/file`, 4 * MIB);
      await fs.stat('/file');
      await proxy.rules([{ match: 'GET /v1/fs/file', do: 'cut', bytes: 3 * MIB }]);
      await assert.rejects(fs.readFile('/file'));
      await proxy.rules([]);
      assert.equal((await fs.readFile('/file')).length, 4 * MIB);
    });

    test('a file that grows all the time', async () => {
      const { fs, base } = await openLane();
      const grow = 'for i in $(seq 300); do head -c 20000 /dev/zero >> "$1/file"; done';
      await sandbox.sh('head -c 300000 /dev/zero > "$1/file"', base);
      let over = false;
      const growing = sandbox.sh(grow, base).finally(() => (over = true));
      let before = 0;
      while (!over) {
        const { length } = await fs.readFile('/file');
        assert.ok(length >= before && length % 4 === 0, `${length} bytes after ${before}`);
        before = length;
      }
      await growing;
      assert.equal((await fs.readFile('/file')).length, 6_300_000);
    });

    test('a large file of /proc, whose size says 0', async () => {
      const { fs } = await openLane({ basePath: '/' });
      const start = 'for i in 1 2 3 4 5 6 7 8; do export BIG_$i="$(head -c 100000 /dev/zero | tr "\\0" x)"; done; sleep 60 >&- 2>&- & echo $!';
      const pid = (await sandbox.sh(start)).trim();
      try {
        const text = await fs.readTextFile(`/proc/${pid}/environ`);
        assert.equal(text.match(/BIG_\d=x{100000}\0/g)?.length, 8);
      } finally {
        await sandbox.sh('kill "$1"', pid);
      }
    });

    test('a file that grows or shrinks while it is read is read as it is at one time', async () => {
      const { fs, base } = await openLane();
      await sandbox.sh('head -c 1000000 /dev/zero > "$1/file"', base);
      const script = 'for i in $(seq 60); do head -c $((1000000 + i * 1000)) /dev/zero > "$1/n"; mv "$1/n" "$1/file"; done';
      const changing = sandbox.sh(script, base);
      let over = false;
      changing.then(() => (over = true));
      let reads = 0;
      while (!over || reads < 5) {
        const { length } = await fs.readFile('/file');
        assert.ok(length >= 1_000_000 && length <= 1_060_000 && length % 1000 === 0, `${length} bytes`);
        reads++;
      }
      await changing;
    });
  });
}
