// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp } = await suite();

const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, i) => i);

test('readFile gives the bytes, as a Uint8Array of its own', async () => {
  const { fs, base } = await open();
  await sandbox.client.writeFsFile({ path: `${base}/file` }, EVERY_BYTE);
  const bytes = await fs.readFile('/file');
  assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype);
  assert.deepEqual(bytes, EVERY_BYTE);
  bytes.fill(0);
  assert.deepEqual(await fs.readFile('/file'), EVERY_BYTE);
});

test('readFile of an empty file gives no bytes, over HTTP alone as well', async () => {
  for (const { fs } of [await open(), await openHttp()]) {
    await fs.writeFile('/empty', '');
    assert.deepEqual(await fs.readFile('/empty'), new Uint8Array(0));
  }
});

test('readTextFile gives UTF-8 as a string: a BOM, CRLF and a trailing newline stay', async () => {
  const { fs, base } = await open();
  const texts = ['', 'line\r\nline\r\n', '\ufeffwith a BOM\n', 'é e\u0301 漢字 🙂 \u0000 end', '\n\n'];
  for (const text of texts) {
    await sandbox.client.writeFsFile({ path: `${base}/file` }, Buffer.from(text));
    assert.equal(await fs.readTextFile('/file'), text);
    assert.deepEqual(Buffer.from(await fs.readFile('/file')), Buffer.from(text));
  }
});

test('readTextFile of what is no UTF-8 replaces it, as Node does', async () => {
  const { fs, base } = await open();
  await sandbox.client.writeFsFile({ path: `${base}/file` }, EVERY_BYTE);
  assert.equal(await fs.readTextFile('/file'), Buffer.from(EVERY_BYTE).toString('utf8'));
});

test('a large file comes whole', async () => {
  const { fs, base } = await open();
  await sandbox.sh('head -c 50000000 /dev/zero | tr "\\0" x > "$1"; printf end >> "$1"', `${base}/big`);
  const bytes = await fs.readFile('/big');
  assert.equal(bytes.length, 50_000_003);
  assert.equal(Buffer.from(bytes.buffer, bytes.byteOffset + 49_999_990).toString(), 'xxxxxxxxxxend');
});

test('a file of /proc, whose size says 0, comes whole', async () => {
  const { fs } = await open({ basePath: '/' });
  assert.match(await fs.readTextFile('/proc/self/status'), /^Name:\t/);
});

test("fails by Node's names", async () => {
  const { fs } = await open();
  await fs.writeFile('/d/file', '');
  const fails = { '/missing': 'ENOENT', '/d': 'EISDIR', '/d/file/x': 'ENOTDIR', '/': 'EISDIR' };
  for (const method of ['readFile', 'readTextFile'])
    for (const [path, code] of Object.entries(fails))
      await expectError(fs[method](path), { code, syscall: 'open', path });
});

test('what is neither a file nor a directory is refused, and does not wait', async () => {
  const { fs, base } = await open();
  await sandbox.sh('mkfifo "$1"', `${base}/fifo`);
  await assert.rejects(fs.readFile('/fifo'), { syscall: 'open', path: '/fifo' });
});

test('maxFullReadBytes is the most that is read whole', async () => {
  const { fs } = await open({ maxFullReadBytes: 10 });
  await fs.writeFile('/most', '0123456789');
  await fs.writeFile('/more', '0123456789a');
  for (const method of ['readFile', 'readTextFile']) {
    assert.equal((await fs[method]('/most')).length, 10);
    await expectError(fs[method]('/more'), { code: 'EFBIG', syscall: 'open', path: '/more' });
  }
});
