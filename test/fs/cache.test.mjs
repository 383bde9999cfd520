// cache.test.mjs: what was just asked is answered from memory, the own changes are seen at once, and those of others when
// the time is over.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'node:test';
import { createSandboxFs } from '@rivet-dev/agent-os-sandbox';
import { eventually } from '../helpers/eventually.mjs';
import { expectError, expectTypeError } from '../helpers/expect.mjs';
import { call, suite } from '../helpers/suite.mjs';

const { sandbox, open, proxied, toolkit } = await suite();

const LONG = { ttlMs: 600_000 };

/** A file system whose requests are counted, on a tree. */
async function counted(cache = LONG) {
  const { proxy, client } = await proxied();
  const { fs, base } = await open({ client, cache });
  await sandbox.sh('cd "$1" && mkdir d && echo one > x && ln -s x link && ln x hard && echo in > d/in && ln -s d to', base);
  await fs.stat('/');
  return { fs, base, proxy, client };
}

/** How many requests `work` makes. */
async function requests(proxy, work) {
  const before = await proxy.count();
  await work();
  return (await proxy.count()) - before;
}

/** What can be asked of a tree that it answers from memory. */
const QUESTIONS = {
  stat: (fs) => fs.stat('/x'),
  'stat of a link': (fs) => fs.stat('/link'),
  lstat: (fs) => fs.lstat('/link'),
  exists: (fs) => fs.exists('/x'),
  'exists of nothing': (fs) => fs.exists('/none'),
  readlink: (fs) => fs.readlink('/link'),
  realpath: (fs) => fs.realpath('/to/in'),
  readDir: (fs) => fs.readDir('/'),
  readDirWithTypes: (fs) => fs.readDirWithTypes('/'),
  readDirStat: (fs) => fs.readDirStat('/'),
  readFile: async (fs) => Buffer.from(await fs.readFile('/x')),
  readTextFile: (fs) => fs.readTextFile('/x'),
};

for (const [what, ask] of Object.entries(QUESTIONS)) {
  test(`the same question again makes no request, and has the same answer: ${what}`, async () => {
    const { fs, proxy } = await counted();
    const first = await ask(fs);
    let again;
    assert.equal(await requests(proxy, async () => (again = await ask(fs))), 0);
    assert.deepEqual(again, first);
  });

  test(`after a change of one's own it is asked again: ${what}`, async () => {
    const { fs, proxy } = await counted();
    await ask(fs);
    await fs.writeFile('/other', 'x');
    assert.ok((await requests(proxy, () => ask(fs))) > 0);
  });

  test(`with cache: false it is asked each time: ${what}`, async () => {
    const { fs, proxy } = await counted(false);
    await ask(fs);
    assert.ok((await requests(proxy, () => ask(fs))) > 0);
  });
}

test('what is not there is an error each time, and is there when it was made', async () => {
  const { fs, proxy } = await counted();
  const absent = { code: 'ENOENT', syscall: 'stat', path: '/new' };
  await expectError(fs.stat('/new'), absent);
  assert.equal(await requests(proxy, () => expectError(fs.stat('/new'), absent)), 0);
  await fs.writeFile('/new', 'new');
  assert.equal((await fs.stat('/new')).size, 3);
});

test('lstat of what is no link says what stat says, and whether it is there', async () => {
  const { fs, proxy } = await counted();
  await fs.lstat('/x');
  await fs.lstat('/link');
  assert.equal(await requests(proxy, async () => assert.equal((await fs.stat('/x')).size, 4)), 0);
  assert.equal(await requests(proxy, async () => assert.equal(await fs.exists('/x'), true)), 0);
  assert.ok((await requests(proxy, async () => assert.equal((await fs.stat('/link')).size, 4))) > 0);
});

test('a path has one answer, with and without the slash before it', async () => {
  const { fs, proxy } = await counted();
  await fs.stat('x');
  assert.equal(await requests(proxy, () => fs.stat('/x')), 0);
});

/** Changes, and what they change for another name than their own. */
const CHANGES = {
  'a write by another link': [(fs) => fs.writeFile('/hard', 'longer than before'), (fs) => fs.readTextFile('/x')],
  'a write by a symlink': [(fs) => fs.writeFile('/link', 'longer than before'), async (fs) => (await fs.stat('/x')).size],
  'a file below a symlink': [(fs) => fs.writeFile('/to/new', 'new'), (fs) => fs.readDir('/d')],
  rename: [(fs) => fs.rename('/d', '/e'), (fs) => fs.exists('/to/in')],
  removeFile: [(fs) => fs.removeFile('/x'), (fs) => fs.exists('/link')],
  truncate: [(fs) => fs.truncate('/x', 1), (fs) => fs.readTextFile('/hard')],
  pwrite: [(fs) => fs.pwrite('/x', 0, Buffer.from('X')), (fs) => fs.readTextFile('/hard')],
  chmod: [(fs) => fs.chmod('/x', 0o600), async (fs) => (await fs.lstat('/hard')).mode],
  'a large write': [(fs) => fs.writeFile('/x', Buffer.alloc(3_000_000)), async (fs) => (await fs.stat('/link')).size],
  rm: [(fs) => fs.rm('/d', { recursive: true }), (fs) => fs.exists('/to')],
  prepareOpenSync: [(fs) => fs.prepareOpenSync('/x', 0o1001), (fs) => fs.readTextFile('/link')],
};

for (const [what, [change, look]] of Object.entries(CHANGES)) {
  test(`a change of one's own is seen by every name: ${what}`, async () => {
    const { fs } = await counted();
    const before = await look(fs);
    await change(fs);
    assert.notDeepEqual(await look(fs), before);
  });
}

test('a change by another file system of this process, and by a tool, is seen at once', async () => {
  const { fs, base } = await counted();
  const other = createSandboxFs({ client: sandbox.client, basePath: base });
  assert.equal(await fs.exists('/y'), false);
  await other.writeFile('/y', 'y');
  assert.equal(await fs.exists('/y'), true);
  const kit = toolkit();
  await call(kit, 'run-command', { command: 'rm', args: [`${base}/y`] });
  assert.equal(await fs.exists('/y'), false);
  await other.close();
});

test('an answer that was under way when a change began is not kept', async () => {
  const { fs, proxy } = await counted();
  await proxy.rules([{ do: 'trickle', match: '/v1/processes/run', pieces: 2, everyMs: 300, times: 1 }]);
  const old = fs.stat('/x');
  await wait(50);
  await Promise.all([old, fs.writeFile('/x', 'longer than before')]);
  assert.equal((await fs.stat('/x')).size, 18);
});

test('an answer that came while a change was under way is not kept', async () => {
  const { fs, proxy } = await counted();
  await proxy.rules([{ do: 'trickle', match: '/v1/fs/file', pieces: 2, everyMs: 300 }]);
  const written = fs.writeFile('/x', Buffer.alloc(3_000_000));
  assert.equal((await fs.stat('/x')).size, 4);
  await written;
  assert.equal((await fs.stat('/x')).size, 3_000_000);
});

test('what others change is seen when the time is over', async () => {
  const { fs, base } = await counted({ ttlMs: 300 });
  await fs.stat('/x');
  await sandbox.sh('echo longer than before > "$1/x"', base);
  await eventually(async () => (await fs.stat('/x')).size === 19, 'the new size');
});

test('no more is kept than maxBytes', async () => {
  const { fs, proxy } = await counted({ ...LONG, maxBytes: 100_000 });
  await fs.writeFile('/a', Buffer.alloc(20_000, 'a'));
  await fs.writeFile('/b', Buffer.alloc(30_000, 'b'));
  await fs.readTextFile('/a');
  assert.equal(await requests(proxy, () => fs.readTextFile('/a')), 0);
  assert.equal((await fs.readTextFile('/b')).length, 30_000);
  assert.ok((await requests(proxy, () => fs.readTextFile('/b'))) > 0); // more than a quarter of it
  for (let i = 0; i < 200; i++) await fs.exists(`/${'n'.repeat(200)}${i}`);
  for (let i = 0; i < 200; i++) await fs.exists(`/${'m'.repeat(200)}${i}`);
  assert.ok((await requests(proxy, () => fs.readTextFile('/a'))) > 0);
});

test('where there is no room, what was used longest ago goes', async () => {
  const { fs, base, proxy } = await counted({ ...LONG, maxBytes: 100_000 });
  await sandbox.sh('cd "$1" && for i in $(seq 0 7); do head -c 20000 /dev/zero > f$i; done', base);
  await fs.readFile('/f0');
  for (let i = 1; i < 8; i++) {
    await fs.readFile(`/f${i}`);
    assert.equal(await requests(proxy, () => fs.readFile('/f0')), 0, `after ${i} others`); // used all the time
  }
  assert.equal(await requests(proxy, () => fs.readFile('/f7')), 0);
  assert.ok((await requests(proxy, () => fs.readFile('/f1'))) > 0);
});

test('of as many answers as have room none takes the place of another', async () => {
  const { fs, proxy } = await counted();
  const names = Array.from({ length: 5000 }, (_, i) => `/nothing-${i}`);
  const all = () => Promise.all(names.map((name) => fs.exists(name)));
  await all();
  assert.equal(await requests(proxy, all), 0);
});

test('a content that counts no more, and is the same, is compared once and then answered from memory again', async () => {
  const { fs, proxy } = await counted();
  const content = Buffer.alloc(40_000, 'content ');
  const read = async () => assert.deepEqual(Buffer.from(await fs.readFile('/large')), content);
  await fs.writeFile('/large', content);
  await fs.writeFile('/other', 'x');
  let moved;
  assert.equal(await requests(proxy, async () => (moved = await proxy.moved(read))), 1);
  assert.ok(moved < 5_000, `${moved} bytes`);
  assert.equal(await requests(proxy, read), 0);
});

test('a caller may do what it wants with an answer', async () => {
  const { fs } = await counted();
  (await fs.readDir('/')).pop();
  (await fs.readFile('/x')).fill(0);
  Object.assign(await fs.stat('/x'), { size: 0 });
  assert.equal((await fs.readDir('/')).length, 5);
  assert.equal(Buffer.from(await fs.readFile('/x')).toString(), 'one\n');
  assert.equal((await fs.stat('/x')).size, 4);
});

test('wrong options of the cache are named', async () => {
  const client = sandbox.client;
  for (const cache of [true, 1, 'x', null]) await expectTypeError(() => createSandboxFs({ client, cache }), /options\.cache/);
  await expectTypeError(() => createSandboxFs({ client, cache: { ttlMs: 'x' } }), /options\.cache\.ttlMs/);
  assert.throws(() => createSandboxFs({ client, cache: { maxBytes: -1 } }), { code: 'ERR_OUT_OF_RANGE' });
  assert.throws(() => createSandboxFs({ client, cache: { other: 1 } }), { code: 'ERR_INVALID_ARG_VALUE' });
  await createSandboxFs({ client, cache: {} }).close();
});

// The promise of docs/coherence.md, to a program that changes files as it likes: an answer was true at a moment no longer
// ago than ttlMs before its question. The program writes down, after each change, when it was over by then: whoever asks
// more than ttlMs after that does not get what was there before.
const WRITER = `seed=1; n=0; files='a b c d e'
while [ -e go ]; do
  seed=$(((seed * 1103515245 + 12345) % 2147483648)); n=$((n + 1))
  set -- $files; shift $((seed / 65536 % 5)); file=$1
  case $((seed / 1024 % 4)) in
    0) echo $n > .new && mv .new $file ;;
    1) echo $n > $file ;;
    2) rm -f .link && echo $n > .link && ln .link .twin && mv .twin $file ;;
    3) rm -f $file && n=$((n + 1)) && echo "$file none $(date +%s%3N)" >> log && echo $n > .new && mv .new $file ;;
  esac
  echo "$file $n $(date +%s%3N)" >> log
done`;

test('a reader beside a program that changes files at random sees nothing older than ttlMs', async () => {
  const ttlMs = 200;
  const { fs, base } = await open({ cache: { ttlMs } });
  await sandbox.sh('cd "$1" && for f in a b c d e; do echo 0 > $f; done; : > log; : > go', base);
  const writer = toolkit();
  const { id } = await call(writer, 'create-process', { command: WRITER, cwd: base });
  const seen = [];
  const read = (file) => fs.readTextFile(`/${file}`).then((text) => text.trim(), (error) => {
    assert.equal(error.code, 'ENOENT');
    return 'none';
  });
  for (const until = Date.now() + 4000; Date.now() < until; await wait(1)) {
    const asked = Date.now();
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map(async (file) => seen.push({ file, asked, value: await read(file) })));
  }
  await sandbox.sh('rm "$1/go"', base);
  await call(writer, 'kill-process', { id });
  const log = (await sandbox.sh('cat "$1/log"', base)).trim().split('\n').map((line) => line.split(' '));
  assertNoneIsOld(seen, log, ttlMs);
});

/** @param {string[][]} log file, value, and when it was there at the latest */
function assertNoneIsOld(seen, log, ttlMs) {
  const changes = new Map(['a', 'b', 'c', 'd', 'e'].map((file) => [file, [{ value: '0', at: 0 }]]));
  for (const [file, value, at] of log) changes.get(file).push({ value, at: Number(at) });
  const last = new Map();
  let known = 0;
  for (const { file, asked, value } of seen) {
    if (value === '') continue; // `echo > file` empties it first: what is between is none of the program's values
    const all = changes.get(file);
    const fits = all.some((change, i) => change.value === value && !(all[i + 1]?.at < asked - ttlMs));
    assert.ok(fits, `${value} of ${file}, ${JSON.stringify(all.filter(({ at }) => Math.abs(at - asked) < 1000))} at ${asked}`);
    if (value !== 'none') {
      assert.ok(Number(value) >= (last.get(file) ?? 0), `${value} of ${file} after ${last.get(file)}`);
      last.set(file, Number(value));
    }
    known += all.some((change, i) => change.value === value && all[i + 1]?.at < asked) ? 1 : 0;
  }
  assert.ok(known > 20, `${known} of ${seen.length} answers were from memory`);
  assert.ok(log.length > 100, `${log.length} changes`);
}
