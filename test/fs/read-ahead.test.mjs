// read-ahead.test.mjs: far away, whoever reads a small file gets those beside it as well, before they are asked for. All of
// it is kept under the rules of the cache.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'node:test';
import { FAR, suite } from '../helpers/suite.mjs';

const { sandbox, open, proxied } = await suite();

const LONG = { ttlMs: 600_000 };
const QUIET_MS = 500; // of no request: nothing follows any more

/** A file system far away, which knows that it is, and nothing else of `script`'s files. */
async function far(script, options) {
  const { proxy, client } = await proxied(FAR);
  const { fs, base } = await open({ client, cache: LONG, ...options });
  await sandbox.sh(`cd "$1" && ${script}`, base);
  for (let i = 0; i < 6; i++) await fs.exists(`/nothing-${i}`);
  return { fs, base, proxy };
}

/** Waits until nothing is asked any more. */
async function settled(proxy) {
  for (let before = -1, now; (now = await proxy.count()) !== before; before = now) await wait(QUIET_MS);
}

/** How many requests `work` makes, with all that follow. */
async function requests(proxy, work) {
  const before = await proxy.count();
  await work();
  await settled(proxy);
  return (await proxy.count()) - before;
}

const PROGRAM = `mkdir -p p && cd p && for m in main a b c; do echo "// $m" > $m.js; done && echo text > a.txt &&
  head -c 20000 /dev/zero > long.js && ln -s a.js link.js && mkdir sub && echo "// deep" > sub/deep.js`;

test('of a script that is read: the scripts beside it, their names without .js, and its packages', async () => {
  const { fs, proxy } = await far(PROGRAM);
  assert.ok((await requests(proxy, () => fs.readTextFile('/p/main.js'))) > 1);
  const found = async () => {
    assert.equal(await fs.readTextFile('/p/a.js'), '// a\n');
    assert.equal(await fs.readTextFile('/p/b.js'), '// b\n');
    assert.equal(Buffer.from(await fs.readFile('/p/c.js')).toString(), '// c\n');
    for (const name of ['a', 'b', 'c']) {
      await assert.rejects(fs.stat(`/p/${name}`), { code: 'ENOENT' });
      assert.equal(await fs.exists(`/p/${name}.js`), true);
    }
    for (const directory of ['/p', '']) assert.equal(await fs.exists(`${directory}/package.json`), false);
  };
  assert.equal(await requests(proxy, found), 0);
});

test('what is of another kind, long, or no file is read when it is asked for', async () => {
  const { fs, proxy } = await far(PROGRAM);
  await fs.readTextFile('/p/main.js');
  await settled(proxy);
  for (const path of ['/p/a.txt', '/p/long.js', '/p/link.js', '/p/sub/deep.js'])
    assert.ok((await requests(proxy, () => fs.readFile(path))) > 0, path);
});

test('of any other file: sixteen of the same extension that stand behind it, and then the next', async () => {
  const { fs, proxy } = await far('mkdir n && cd n && for i in $(seq 40); do echo $i > $i.txt; done');
  const names = (await fs.readDir('/n')).filter((name) => name.endsWith('.txt'));
  const read = async (some) => {
    for (const name of some) assert.equal(await fs.readTextFile(`/n/${name}`), `${parseInt(name, 10)}\n`);
  };
  assert.ok((await requests(proxy, () => read(names.slice(0, 1)))) > 1);
  assert.equal(await requests(proxy, () => read(names.slice(1, 17))), 0);
  assert.ok((await requests(proxy, () => read(names.slice(17, 18)))) > 1);
  assert.equal(await requests(proxy, () => read(names.slice(18, 34))), 0);
});

test('a directory of more than 512 names is left as it is', async () => {
  const { fs, base, proxy } = await far('mkdir n && cd n && for i in $(seq 600); do echo $i > $i.txt; done');
  const names = (await sandbox.sh('ls -U "$1/n"', base)).trim().split('\n');
  await fs.readTextFile(`/n/${names[0]}`);
  await settled(proxy);
  for (const name of names.slice(1, 4)) assert.ok((await requests(proxy, () => fs.readTextFile(`/n/${name}`))) > 0);
});

test('the own changes are seen at once', async () => {
  const { fs, proxy } = await far(PROGRAM);
  await fs.readTextFile('/p/main.js');
  await settled(proxy);
  await fs.writeFile('/p/a.js', 'new');
  await fs.writeFile('/p/b', 'made');
  await fs.removeFile('/p/c.js');
  assert.equal(await fs.readTextFile('/p/a.js'), 'new');
  assert.equal((await fs.stat('/p/b')).size, 4);
  assert.equal(await fs.exists('/p/c.js'), false);
});

test('what others change is seen when the time is over', async () => {
  const ttlMs = 2000;
  const { fs, base, proxy } = await far(PROGRAM, { cache: { ttlMs } });
  await fs.readTextFile('/p/main.js');
  await settled(proxy);
  await sandbox.sh('cd "$1" && echo new > p/a.js && echo made > p/b && rm p/c.js', base);
  await wait(ttlMs);
  assert.equal(await fs.readTextFile('/p/a.js'), 'new\n');
  assert.equal((await fs.stat('/p/b')).size, 5);
  assert.equal(await fs.exists('/p/c.js'), false);
});

test('the files of the kernel are not read for nothing', async () => {
  const { fs, proxy } = await far('true', { basePath: '/proc/sys/kernel' });
  const names = (await sandbox.sh('ls -U /proc/sys/kernel')).split('\n');
  assert.equal(names[names.indexOf('osrelease') + 1], 'ostype');
  await fs.readTextFile('/osrelease');
  await settled(proxy);
  assert.ok((await requests(proxy, () => fs.readTextFile('/ostype'))) > 0);
});

test('once close() was called nothing more is read ahead', async () => {
  const { fs, proxy } = await far(PROGRAM);
  const all = async () => {
    await fs.readTextFile('/p/main.js');
    await fs.close();
  };
  assert.equal(await requests(proxy, all), 3, 'the file, its packages, and what stands beside it');
});
