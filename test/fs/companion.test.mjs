// The way to the companion: whether it is there, how it comes there, and what happens where it cannot.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectError } from '../helpers/expect.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, open, proxied } = await suite();
const UPLOAD = 'POST /v1/fs/upload-batch';
const RUN = 'POST /v1/processes/run';
const UP = { lane: 'companion', carrier: 'run', reason: null };
const MAY_HAVE = 'the connection was lost; the operation may have completed';

/** The directory in the sandbox where the companion is. */
const PLACE = '"$HOME/.cache/agentos-sandbox"';

test('it is put there once, and found there by whoever comes next', async () => {
  await sandbox.sh(`rm -rf ${PLACE}`);
  const { proxy, client } = await proxied();
  const first = await open({ client });
  assert.deepEqual(first.fs.lane, { lane: 'http', carrier: null, reason: 'nothing has been asked yet' });
  await first.fs.stat('/');
  assert.deepEqual(first.fs.lane, UP);
  assert.equal(await proxy.count(UPLOAD), 1);
  const second = await open({ client });
  await second.fs.stat('/');
  assert.deepEqual(second.fs.lane, UP);
  assert.equal(await proxy.count(UPLOAD), 1);
  assert.match(await sandbox.sh(`cd ${PLACE} && ls && stat -c %a .`), /^companion-[0-9a-f]{16}\n700\n$/);
});

test('what waits while it is looked for is asked together', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await open({ client });
  const stats = await Promise.all(Array.from({ length: 500 }, () => fs.stat('/')));
  assert.equal(new Set(stats.map(({ ino }) => ino)).size, 1);
  assert.ok((await proxy.count(RUN)) <= 4, `${await proxy.count(RUN)} requests`);
});

test('one that was removed is put there again', async () => {
  const { fs } = await open();
  await fs.writeFile('/file', 'x');
  await sandbox.sh(`rm -rf ${PLACE}`);
  assert.equal(await fs.readTextFile('/file'), 'x');
  assert.deepEqual(fs.lane, UP);
});

// No program; one that greets no more (the shell takes both for scripts); one that ends before it answers.
for (const [what, damage] of [
  ['overwritten with garbage', 'head -c 5000 /dev/urandom > "$f"'],
  ['emptied', ': > "$f"'],
  ['overwritten with a script', 'echo exit 3 > "$f"'],
  ['cut', 'truncate -s 20000 "$f"'],
]) {
  test(`one that was ${what} is replaced`, async () => {
    const { fs } = await open();
    await fs.writeFile('/file', 'x');
    const { ino } = await fs.stat('/file');
    await sandbox.sh(`for f in ${PLACE}/companion-*; do ${damage}; done`);
    assert.equal((await fs.stat('/file')).ino, ino);
    await fs.symlink('file', '/link');
    assert.deepEqual(fs.lane, UP);
    const next = await open();
    await next.fs.symlink('file', '/link');
    assert.deepEqual(next.fs.lane, UP);
  });
}

test('where the place cannot be used, the next one is', async () => {
  await sandbox.sh(`rm -rf ${PLACE}; mkdir -p "$HOME/.cache"; touch ${PLACE}`);
  const { fs } = await open();
  await fs.symlink('nowhere', '/link');
  assert.deepEqual(fs.lane, UP);
  await sandbox.sh(`rm -f ${PLACE}; rm -rf .agentos-sandbox`);
});

test("a program in another user's directory is never run", async (t) => {
  if ((await sandbox.sh('id -u')).trim() !== '0' || !sandbox.isolated) return t.diagnostic('only root can give one away');
  const planted = '/tmp/.agentos-sandbox-0';
  await sandbox.sh(`rm -rf ${PLACE}`);
  const { fs } = await open();
  await fs.stat('/');
  await sandbox.sh(`mv ${PLACE} ${planted}; chown 1 ${planted} 2>/dev/null || chmod 700 ${planted}`);
  assert.equal((await fs.stat('/')).isDirectory, true);
  assert.match(await sandbox.sh(`ls ${PLACE}`), /^companion-/);
  await sandbox.sh(`rm -rf ${planted}`);
});

test('companion: false leaves the sandbox as it is', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await open({ client, companion: false });
  await fs.writeFile('/file', 'x');
  await expectError(fs.symlink('x', '/link'), { code: 'ENOSYS', syscall: 'symlink' });
  assert.deepEqual(fs.lane, { lane: 'http', carrier: null, reason: 'the option companion is false' });
  assert.equal((await proxy.count(RUN)) + (await proxy.count(UPLOAD)), 0);
});

test('{ path } is one that is there already; where it is not, the lane says so', async () => {
  await (await open()).fs.stat('/');
  const path = (await sandbox.sh(`mkdir -p /tmp/image; cp ${PLACE}/companion-* /tmp/image/it; printf %s /tmp/image/it`)).trim();
  const { proxy, client } = await proxied();
  const { fs } = await open({ client, companion: { path } });
  await fs.symlink('x', '/link');
  assert.deepEqual(fs.lane, UP);
  assert.equal(await proxy.count(UPLOAD), 0);
  const { fs: without } = await open({ companion: { path: '/missing' } });
  await without.writeFile('/file', 'over HTTP');
  assert.equal(without.lane.lane, 'http');
  assert.match(without.lane.reason, /os error 2/);
});

test('where the server runs no programs, HTTP is what there is', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await open({ client });
  await proxy.rules([{ match: RUN, do: 'answer', status: 404, body: '' }]);
  await fs.writeFile('/file', 'x');
  assert.equal(await fs.readTextFile('/file'), 'x');
  assert.equal(fs.lane.lane, 'http');
});

test('a change whose answer is lost is done once, and the error says that it may have been', async () => {
  const { proxy, client } = await proxied();
  const { fs, base } = await open({ client });
  await fs.mkdir('/d');
  for (const fate of ['lose', 'close']) {
    await proxy.rules([{ match: RUN, do: fate }]);
    const before = await proxy.count(RUN);
    await expectError(fs.mkdir(`/${fate}`), { code: 'EIO', syscall: 'mkdir', path: `/${fate}`, cause: new RegExp(MAY_HAVE) });
    assert.equal((await proxy.count(RUN)) - before, 1);
  }
  assert.equal(await sandbox.sh('ls "$1"', base), 'd\nlose\n');
});

test('a read whose answer is lost is asked again', async () => {
  const { proxy, client } = await proxied();
  const { fs } = await open({ client });
  await fs.writeFile('/file', 'x');
  await proxy.rules([{ match: RUN, do: 'close', times: 2 }]);
  assert.equal((await fs.stat('/file')).size, 1);
});

test('neither a name nor a content can be read in the process list', async () => {
  const { fs, base } = await open();
  const marks = ['secretname', 'secretcontent'];
  const encoded = marks.map((mark) => Buffer.from(mark).toString('base64').slice(2, -3));
  await fs.writeFile('/secretname', '');
  // The write waits for this lock, so its process is there to be seen.
  const look = `flock "$1" sh -c 'for i in 1 2 3 4 5 6 7 8; do cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" " "; sleep 0.05; done'`;
  const [seen] = await Promise.all([
    sandbox.sh(look, `${base}/secretname`),
    new Promise((resolve) => setTimeout(resolve, 100)).then(() => fs.writeFile('/secretname', 'secretcontent')),
  ]);
  assert.match(seen, /agentos-sandbox\/companion-[0-9a-f]+ run @0/);
  const others = seen.replaceAll(`${base}/secretname`, '');
  for (const word of [...marks, ...encoded]) assert.equal(others.includes(word), false, word);
  assert.equal(await fs.readTextFile('/secretname'), 'secretcontent');
});

test('killed at random under load, it loses nothing that was acknowledged', async () => {
  const { fs, base } = await open();
  await fs.mkdir('/d');
  // The children of this server alone: $PPID is its pid.
  const killing = sandbox.sh('until [ -e "$1/done" ]; do pkill -9 -P $PPID companion; done; :', base);
  const acknowledged = [];
  let lost = 0;
  const writer = async (own) => {
    for (let i = 0; i < 20_000 && (i < 250 || lost < 3); i++) {
      const name = `${own}-${i}`;
      await fs.writeFile(`/d/${name}`, name).then(
        () => acknowledged.push(name),
        (error) => (assert.equal(error.code, 'EIO'), assert.match(error.cause.message, new RegExp(MAY_HAVE)), lost++),
      );
    }
  };
  await Promise.all([0, 1, 2, 3].map(writer));
  await sandbox.sh(': > "$1/done"', base);
  await killing;
  assert.ok(acknowledged.length > 0 && lost > 0, `${acknowledged.length} acknowledged, ${lost} lost`);
  const contents = await Promise.all(acknowledged.map((name) => fs.readTextFile(`/d/${name}`)));
  assert.deepEqual(contents, acknowledged);
});
