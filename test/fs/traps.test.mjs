// Where careless file systems lose data, hang or lie: renames that must change nothing, or all at once; links that
// lead nowhere; what is no file; ranges and holes; and two looks without a change between them.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectError, rejection } from '../helpers/expect.mjs';
import { eventually } from '../helpers/eventually.mjs';
import { HTTP_ALONE, suite } from '../helpers/suite.mjs';
import { DIRECTORY, tree } from '../helpers/tree.mjs';

const { sandbox, open, openHttp } = await suite();

/** What the renames begin with; "same" is a second name of "a". */
const BEFORE = {
  a: 'content of a',
  same: 'content of a',
  b: 'content of b',
  d: DIRECTORY,
  'd/x': 'content of x',
  e: DIRECTORY,
  link: { link: 'a' },
  to: { link: 'd' },
  dangling: { link: 'nowhere' },
};
const MAKE = `cd "$1" && mkdir d e &&
  printf "content of a" > a && printf "content of b" > b && printf "content of x" > d/x && ln a same && ln -s a link && ln -s d to && ln -s nowhere dangling`;

/** From, to, and the error's code, or what has changed afterwards (null: it is gone). */
const RENAMES = [
  ['a', 'a', {}],
  ['a', 'same', {}],
  ['d', 'd', {}],
  ['link', 'link', {}],
  ['missing', 'b', 'ENOENT'],
  ['missing', 'missing', 'ENOENT'],
  ['missing/x', 'b', 'ENOENT'],
  ['a', 'missing/x', 'ENOENT'],
  ['a', 'd', 'EISDIR'],
  ['a', 'e', 'EISDIR'],
  ['link', 'e', 'EISDIR'],
  ['d', 'a', 'ENOTDIR'],
  ['d', 'link', 'ENOTDIR'],
  ['d', 'to', 'ENOTDIR'],
  ['d', 'd/inner', 'EINVAL'],
  ['d', 'd/x/inner', ['EINVAL', 'ENOTDIR']],
  ['a', 'a/x', 'ENOTDIR'],
  ['a', 'b/x', 'ENOTDIR'],
  ['e', 'd', ['ENOTEMPTY', 'EEXIST']],
  ['d/x', 'd', ['EISDIR', 'ENOTEMPTY', 'EEXIST']],
  ['a', 'b', { a: null, b: 'content of a' }],
  ['d', 'e', { d: null, 'd/x': null, e: DIRECTORY, 'e/x': 'content of x' }],
  ['d', 'f', { d: null, 'd/x': null, f: DIRECTORY, 'f/x': 'content of x' }],
  ['d/x', 'e/x', { 'd/x': null, 'e/x': 'content of x' }],
  ['a', 'to/x', { a: null, 'd/x': 'content of a' }],
  ['a', 'dangling', { a: null, dangling: 'content of a' }],
  ['a', 'link', { a: null, link: 'content of a' }],
  ['link', 'a', { a: { link: 'a' }, link: null }],
  ['dangling', 'b', { dangling: null, b: { link: 'nowhere' } }],
  ['to', 'f', { to: null, f: { link: 'd' } }],
];

const without = (entries) => Object.fromEntries(Object.entries(entries).filter(([, what]) => what !== null));

test('rename does what rename(2) does, or nothing', async () => {
  for (const [from, to, outcome] of RENAMES) {
    const { fs, base } = await open();
    await sandbox.sh(MAKE, base);
    const refused = typeof outcome === 'string' || Array.isArray(outcome);
    const paths = { path: `/${from}`, dest: `/${to}` };
    if (refused) await expectError(fs.rename(from, to), { code: outcome, syscall: 'rename', ...paths });
    else await fs.rename(from, to);
    const after = without({ ...BEFORE, ...(refused ? {} : outcome) });
    assert.deepEqual(await tree(sandbox, base), after, `${from} to ${to}`);
    assert.equal(fs.lane.lane, 'companion');
  }
});

test('a file renamed over another is there whole at every moment', async () => {
  const { fs, base } = await open();
  const size = 50_000;
  const version = (number) => String.fromCharCode(97 + (number % 26)).repeat(size);
  await fs.writeFile('/file', version(0));
  const poll = `
    const fs = require('node:fs'), seen = { reads: 0, wrong: [] };
    fs.writeFileSync(process.argv[1] + '/polling', '');
    while (!fs.existsSync(process.argv[1] + '/done')) {
      seen.reads++;
      try {
        const text = fs.readFileSync(process.argv[1] + '/file', 'latin1');
        if (text !== text[0].repeat(${size})) seen.wrong.push(text.length);
      } catch (error) { seen.wrong.push(error.code); }
    }
    console.log(JSON.stringify(seen));`;
  const polling = sandbox.client.runProcess({ command: 'node', args: ['-e', poll, base] });
  await eventually(() => fs.exists('/polling'));
  let [renames, reads, over] = [0, 0, false];
  const writer = async () => {
    for (; renames < 200 || reads < 200; renames++) {
      await fs.writeFile('/new', version(renames));
      await fs.rename('/new', '/file');
    }
  };
  const reader = async () => {
    for (; !over; reads++) {
      const text = await fs.readTextFile('/file');
      assert.equal(text, text[0].repeat(size));
      assert.equal((await fs.stat('/file')).size, size);
    }
  };
  await Promise.all([writer().finally(() => (over = true)), reader(), reader()]);
  await fs.writeFile('/done', '');
  const seen = JSON.parse((await polling).stdout);
  assert.deepEqual(seen.wrong, []);
  assert.ok(seen.reads > 0);
});

test('two looks without a change give the same', async () => {
  const { fs, base } = await open();
  await sandbox.sh(`${MAKE}; mkfifo fifo`, base);
  const looks = async () => {
    const stats = await Promise.all(['/a', '/d', '/fifo', '/to', ''].map((path) => fs.stat(path)));
    const lstats = await Promise.all(['/link', '/dangling', '/to'].map((path) => fs.lstat(path)));
    const [list, types] = [await fs.readDirStat('/'), await fs.readDirWithTypes('/')];
    return [stats, lstats, list, types].map((entries) => entries.map((entry) => [entry, times(entry.stat ?? entry)]));
  };
  const times = ({ atimeNs, mtimeNs, ctimeNs, birthtimeNs }) => [atimeNs, mtimeNs, ctimeNs, birthtimeNs];
  await looks(); // the first one reads directories and links, which sets their access times
  assert.deepEqual(await looks(), await looks());
});

test('a link that leads nowhere is one to whoever asks for it, and nothing to whoever follows it', async () => {
  const { fs, base } = await open();
  await fs.symlink('nowhere', '/link');
  assert.equal(await fs.exists('/link'), false);
  for (const [method, syscall, ...rest] of [
    ['stat', 'stat'],
    ['readFile', 'open'],
    ['realpath', 'realpath'],
    ['truncate', 'truncate', 1],
    ['chmod', 'chmod', 0o600],
    ['readDir', 'scandir'],
    ['pwrite', 'write', 0, Buffer.from('x')],
  ])
    await expectError(fs[method]('/link', ...rest), { code: 'ENOENT', syscall, path: '/link' });
  await expectError(fs.mkdir('/link'), { code: 'EEXIST', syscall: 'mkdir', path: '/link' });
  await expectError(fs.removeDir('/link'), { code: 'ENOTDIR', syscall: 'rmdir', path: '/link' });
  assert.deepEqual(await tree(sandbox, base), { link: { link: 'nowhere' } });
  await fs.writeFile('/link', 'made');
  assert.deepEqual(await tree(sandbox, base), { link: { link: 'nowhere' }, nowhere: 'made' });
  await fs.removeFile('/nowhere');
  await fs.removeFile('/link');
  assert.deepEqual(await tree(sandbox, base), {});
});

test('what is no file is refused at once, moved, and removed; the server is well afterwards', async () => {
  const { fs, base } = await open();
  await sandbox.sh('cd "$1" && mkfifo fifo && ln -s fifo link && ln -s /dev/zero zero', base);
  const asks = [
    (path) => fs.readFile(path),
    (path) => fs.pread(path, 0, 10),
    (path) => fs.writeFile(path, 'x'),
    (path) => fs.pwrite(path, 0, Buffer.from('x')),
    (path) => fs.truncate(path, 1),
    (path) => fs.copy(path, '/copy'),
    async (path) => fs.prepareOpenSync(path, 0o1000),
  ];
  const refused = ['EINVAL', 'ENXIO', 'ESPIPE', 'EACCES', 'ENODEV'];
  for (const path of ['/fifo', '/link', '/zero'])
    for (const ask of asks) {
      const errors = await Promise.all(Array.from({ length: 4 }, () => rejection(() => ask(path))));
      for (const { code } of errors) assert.ok(refused.includes(code), `${path}: ${code}`);
    }
  assert.equal((await fs.lstat('/fifo')).mode & 0o170000, 0o010000);
  assert.equal((await fs.stat('/zero')).mode & 0o170000, 0o020000);
  await fs.chmod('/fifo', 0o640);
  await fs.rename('/fifo', '/moved');
  await fs.removeFile('/moved');
  await sandbox.client.getHealth();
  const names = Array.from({ length: 100 }, (_, number) => `file${number}`);
  await Promise.all(names.map((name) => fs.writeFile(`/d/${name}`, name)));
  assert.deepEqual((await fs.readDir('/d')).sort(), names.sort());
});

test('ranges at, across and past the end; holes that cost nothing', async () => {
  const { fs, base } = await open();
  await fs.writeFile('/file', '0123456789');
  const part = async (...range) => Buffer.from(await fs.pread('/file', ...range)).toString('latin1');
  assert.deepEqual([await part(8, 2), await part(8, 9), await part(10, 1), await part(2 ** 40, 5)], ['89', '89', '', '']);
  const far = 2 ** 33 + 1;
  await fs.pwrite('/file', far, Buffer.from('end'));
  const { size, blocks } = await fs.stat('/file');
  assert.equal(size, far + 3);
  assert.ok(blocks * 512 < 2 ** 20, `${blocks} blocks`);
  assert.equal(await part(far - 3, 100), '\0\0\0end');
  assert.equal(await part(8, 4), '89\0\0');
  await fs.truncate('/file', 12);
  assert.deepEqual(await tree(sandbox, base), { file: '0123456789\0\0' });
});

test('an empty file is a file', async () => {
  for (const openIt of [open, openHttp]) {
    const { fs, base } = await openIt();
    await fs.writeFile('/empty', '');
    assert.deepEqual(await fs.readDir('/'), ['empty']);
    assert.equal((await fs.readDirWithTypes('/'))[0].isDirectory, false);
    assert.equal((await fs.readDirStat('/'))[0].stat.size, 0);
    assert.deepEqual([await fs.exists('/empty'), await fs.readTextFile('/empty')], [true, '']);
    assert.equal((await fs.pread('/empty', 0, 10)).length, 0);
    await fs.copy('/empty', '/second');
    assert.deepEqual(await tree(sandbox, base), { empty: '', second: '' });
  }
});

describe(HTTP_ALONE, () => {
  test('no rename loses a content, whatever becomes of it', async () => {
    for (const [from, to] of RENAMES) {
      const { fs, base } = await openHttp();
      await sandbox.sh(MAKE, base);
      await fs.rename(from, to).catch((error) => assert.match(error.code, /^E[A-Z]+$/));
      const contents = new Set(Object.values(await tree(sandbox, base)));
      for (const content of ['content of a', 'content of b', 'content of x'])
        assert.ok(contents.has(content), `${from} to ${to}: ${content} is lost`);
    }
  });
});
