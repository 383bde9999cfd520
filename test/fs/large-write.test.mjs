// large-write.test.mjs: contents that no frame holds, written: what open(O_CREAT | O_TRUNC) and write are on Linux, but
// that the file is not touched before all of it is in the sandbox.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash, randomFillSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { eventually } from '../helpers/eventually.mjs';
import { expectError } from '../helpers/expect.mjs';
import { HTTP_ALONE, suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp, proxied } = await suite();

const KIB = 1024;
const MIB = 1024 * KIB;
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const random = (size) => randomFillSync(new Uint8Array(size));
const sumOf = async (path) => (await sandbox.sh('sha256sum < "$1"', path)).slice(0, 64);
const RUN = 'POST /v1/processes/run';
const PUT = 'PUT /v1/fs/file';
/** The next run, as it is: what comes after it is another rule's. */
const PASS_ONE = { match: RUN, do: 'trickle', pieces: 1, everyMs: 1, times: 1 };
const staged = () =>
  sandbox.sh('for d in "$HOME/.cache/agentos-sandbox" /tmp/.agentos-sandbox-*; do ls "$d" 2>/dev/null; done | grep -c parts- || true');

test('sizes on both sides of every limit come back as they went', async () => {
  const { fs, base } = await open();
  const limits = [96 * KIB, 128 * KIB, 512 * KIB, MIB, 2 * MIB, 4 * MIB, 64 * MIB];
  for (const size of limits.flatMap((limit) => [limit - 1, limit, limit + 1])) {
    const bytes = random(size);
    await fs.writeFile('/file', bytes);
    assert.equal(await sumOf(`${base}/file`), sha256(bytes), `of ${size} bytes`);
  }
  assert.equal(fs.lane.lane, 'companion');
  assert.equal(await staged(), '0\n');
});

test('a string of any size is written as UTF-8', async () => {
  const { fs, base } = await open();
  const text = 'naïve €\n'.repeat(400_000);
  await fs.writeFile('/text', text);
  assert.equal(await sumOf(`${base}/text`), sha256(Buffer.from(text)));
});

test('the file stays the same file: inode, mode, owner, links; a symlink is followed, parents are made', async () => {
  const { fs, base } = await open();
  await sandbox.sh('cd "$1"; echo old > file; chmod 640 file; ln file second; ln -s file link', base);
  const before = await fs.stat('/file');
  const bytes = random(3 * MIB);
  await fs.writeFile('/link', bytes);
  const after = await fs.stat('/file');
  for (const field of ['ino', 'mode', 'uid', 'gid', 'nlink']) assert.equal(after[field], before[field], field);
  assert.equal((await fs.lstat('/link')).isSymbolicLink, true);
  assert.equal(await sumOf(`${base}/second`), sha256(bytes));
  await fs.writeFile('/a/b/new', bytes);
  assert.equal(await sumOf(`${base}/a/b/new`), sha256(bytes));
});

test('two writers leave one whole content', async () => {
  const { fs, base } = await open();
  const contents = Array.from({ length: 4 }, () => random(5 * MIB + 7));
  const sums = contents.map(sha256);
  for (let round = 0; round < 5; round++) {
    await Promise.all(contents.map((bytes) => fs.writeFile('/file', bytes)));
    assert.ok(sums.includes(await sumOf(`${base}/file`)), `round ${round}`);
  }
});

test('what is refused leaves everything as it was, and no part behind', async () => {
  const { fs, base } = await open();
  await sandbox.sh('cd "$1"; echo old > file; mkdir d', base);
  const bytes = random(5 * MIB);
  await expectError(fs.writeFile('/d', bytes), { code: 'EISDIR', syscall: 'open', path: '/d' });
  await expectError(fs.writeFile('/file/x', bytes), { code: 'ENOTDIR', syscall: 'open', path: '/file/x' });
  assert.equal(await fs.readTextFile('/file'), 'old\n');
  const { fs: readOnly } = await open({ readOnly: true });
  await expectError(readOnly.writeFile('/x', bytes), { code: 'EROFS', syscall: 'open', path: '/x' });
  assert.equal(await staged(), '0\n');
});

test('a part that is lost fails the write; the old content stays, and no part', async () => {
  const { proxy, client } = await proxied();
  const { fs, base } = await open({ client });
  await fs.writeFile('/file', 'old');
  await proxy.rules([{ match: 'PUT /v1/fs/file', do: 'close', times: 40 }]);
  await assert.rejects(fs.writeFile('/file', random(9 * MIB)));
  await proxy.rules([]);
  assert.equal(await fs.readTextFile('/file'), 'old');
  assert.equal(await staged(), '0\n');
  const bytes = random(9 * MIB);
  await fs.writeFile('/file', bytes);
  assert.equal(await sumOf(`${base}/file`), sha256(bytes));
});

test('a commit whose answer is lost says that it may have been done', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await open({ client });
  await fs.writeFile('/file', 'old');
  await proxy.rules([PASS_ONE, { match: RUN, do: 'lose', times: 1 }]);
  await expectError(fs.writeFile('/file', random(3 * MIB)), {
    code: 'EIO',
    syscall: 'open',
    path: '/file',
    cause: /the connection was lost; the operation may have completed/,
  });
  await proxy.rules([]);
  assert.ok([3, 3 * MIB].includes((await fs.stat('/file')).size));
  assert.equal(await staged(), '0\n');
});

test('where the answer to its beginning is lost, nothing is sent and the old content stays', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await open({ client });
  await fs.writeFile('/file', 'old');
  await proxy.rules([{ match: RUN, do: 'lose', times: 1 }]);
  await expectError(fs.writeFile('/file', random(3 * MIB)), { code: 'EIO', syscall: 'open', path: '/file' });
  assert.equal(await proxy.count(PUT), 0);
  assert.equal(await fs.readTextFile('/file'), 'old');
  // Nobody knows the name of what may have been made: it is empty, and goes when it is old.
  await sandbox.sh('rmdir "$HOME"/.cache/agentos-sandbox/parts-*');
});

test('what cannot be written is refused before anything is sent, and not touched', async () => {
  const { proxy, client } = await proxied();
  const { fs, base } = await open({ client });
  await sandbox.sh('cd "$1"; echo old > file; mkdir d; mkfifo fifo; ln -s loop loop; ln -s no/where lost; cp /bin/sleep .', base);
  const sleeping = sandbox.sh('"$1"/sleep 30 & echo $! > "$1/pid"; wait || :', base);
  await eventually(() => fs.readTextFile('/pid').catch(() => ''), 'it runs');
  const look = () => sandbox.sh('cd "$1"; stat -c "%n %i %s %Y %Z" . *; sha256sum file sleep', base);
  const before = await look();
  for (const [code, path] of [
    ['EISDIR', '/d'],
    ['ENOTDIR', '/file/x'],
    ['ENXIO', '/fifo'],
    ['ELOOP', '/loop'],
    ['ENOENT', '/lost'],
    ['ENAMETOOLONG', `/${'x'.repeat(256)}`],
    ['ETXTBSY', '/sleep'],
  ]) {
    await expectError(fs.writeFile(path, random(3 * MIB)), { code, syscall: 'open', path });
    await expectError(fs.writeFile(path, 'small'), { code, syscall: 'open', path });
  }
  assert.equal(await proxy.count(PUT), 0);
  assert.equal(await look(), before);
  await sandbox.sh('kill $(cat "$1/pid")', base);
  await sleeping;
  assert.equal(await staged(), '0\n');
});

test('a private directory that was removed is made again, for its user alone', async () => {
  await (await open()).fs.stat('/');
  // Elsewhere, so that it is still there.
  const path = '/tmp/image/agentos-companion';
  await sandbox.sh('mkdir -p /tmp/image; cp "$HOME"/.cache/agentos-sandbox/companion-* "$1"', path);
  for (const companion of ['auto', { path }]) {
    const { fs, base } = await open({ companion });
    await fs.writeFile('/file', 'old');
    await sandbox.sh('rm -rf "$HOME/.cache/agentos-sandbox"');
    const bytes = random(5 * MIB);
    await fs.writeFile('/file', bytes);
    assert.equal(await sumOf(`${base}/file`), sha256(bytes));
    assert.equal(await sandbox.sh('stat -c %a "$HOME/.cache/agentos-sandbox"'), '700\n');
  }
  assert.equal(await staged(), '0\n');
});

/** How many there are, and of how many bytes in all. */
const parts = () =>
  sandbox.sh('cd "$HOME"/.cache/agentos-sandbox/parts-* && echo $(ls | wc -l) $(cat * | wc -c)').catch(() => '');
/** As many as are sent at once: small ones where the first answer came soon, else whole ones. */
const FIRST_PARTS = [`8 ${2 * MIB}\n`, `4 ${8 * MIB}\n`];

test('one that is removed while parts come fails the write, and nothing stays', async () => {
  const { proxy, client } = await proxied();
  await (await open()).fs.stat('/');
  const path = '/tmp/image/agentos-companion';
  await sandbox.sh('mkdir -p /tmp/image; [ -e "$1" ] || cp "$HOME"/.cache/agentos-sandbox/companion-* "$1"', path);
  const { fs } = await open({ client, companion: { path } });
  await fs.writeFile('/file', 'old');
  await proxy.rules([{ match: PUT, do: 'trickle', pieces: 2, everyMs: 2000, times: 8 }]);
  const writing = fs.writeFile('/file', random(9 * MIB));
  writing.catch(() => {});
  // The first parts have come, their answers have not: the next makes the directory again.
  await eventually(async () => FIRST_PARTS.includes(await parts()), 'the first parts came');
  await sandbox.sh('rm -rf "$HOME/.cache/agentos-sandbox"');
  await expectError(writing, { code: 'EIO', syscall: 'open', path: '/file', cause: /write it again/ });
  await proxy.rules([]);
  assert.equal(await fs.readTextFile('/file'), 'old');
  assert.equal(await sandbox.sh('ls -d "$HOME"/.cache/agentos-sandbox 2>/dev/null || :'), '');
  const bytes = random(3 * MIB);
  await fs.writeFile('/file', bytes);
  assert.equal(await sandbox.sh('stat -c %a "$HOME/.cache/agentos-sandbox"'), '700\n');
});

test('memory that goes away meanwhile fails the write, and harms nothing', async () => {
  const { fs } = await open();
  await fs.writeFile('/file', 'old');
  const take = {
    transferred: (buffer) => structuredClone(buffer, { transfer: [buffer] }),
    resized: (buffer) => buffer.resize(0),
  };
  for (const [way, act] of Object.entries(take)) {
    const view = new Uint8Array(new ArrayBuffer(32 * MIB, { maxByteLength: 32 * MIB })).fill(1);
    const writing = fs.writeFile('/file', view);
    act(view.buffer);
    await expectError(writing, { code: 'EINVAL', syscall: 'open', path: '/file', cause: /taken away or resized/ });
    assert.equal(await fs.readTextFile('/file'), 'old', way);
  }
  assert.equal(await staged(), '0\n');
});

test('pwrite of any size writes where it belongs, and nothing else', async () => {
  const { fs, base } = await open();
  const bytes = random(9 * MIB + 1);
  await fs.writeFile('/file', '');
  await fs.pwrite('/file', 5_000_000_000, bytes);
  assert.equal((await fs.stat('/file')).size, 5_000_000_000 + bytes.length);
  assert.ok((await fs.stat('/file')).blocks * 512 < 32 * MIB, 'what was not written is a hole');
  const range = ['tail -c "$2" "$1" | sha256sum', `${base}/file`, String(bytes.length)];
  assert.equal((await sandbox.sh(...range)).slice(0, 64), sha256(bytes));
  assert.equal(sha256(await fs.pread('/file', 5_000_000_000, bytes.length)), sha256(bytes));
  await expectError(fs.pwrite('/missing', 0, bytes), { code: 'ENOENT', syscall: 'write', path: '/missing' });
});

describe(HTTP_ALONE, () => {
  test('2 MiB are written, a byte more is EFBIG before anything is sent', async () => {
    const { fs, base } = await openHttp();
    const bytes = random(2 * MIB);
    await fs.writeFile('/file', bytes);
    assert.equal(await sumOf(`${base}/file`), sha256(bytes));
    await expectError(fs.writeFile('/file', random(2 * MIB + 1)), { code: 'EFBIG', syscall: 'open', path: '/file' });
    assert.equal(await sumOf(`${base}/file`), sha256(bytes));
    await expectError(fs.pwrite('/file', 0, random(3 * MIB)), { code: 'EFBIG', syscall: 'write', path: '/file' });
    assert.equal(await sumOf(`${base}/file`), sha256(bytes));
  });
});
