// isomorphic-git, a Git in JavaScript, works on a repository through the driver; then Git itself looks at it in the
// sandbox. Git's index holds of each file what lstat said (times to the nanosecond, inode, owner, mode, size), so it
// tells whether all of that is what the kernel says.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import git from 'isomorphic-git';
import { afterAll, beforeAll, test } from 'vitest';
import { createSandboxFs } from '@rivet-dev/agent-os-sandbox';
import { gitFs } from '../helpers/git-fs.mjs';
import { startSandbox } from '../helpers/sandbox.mjs';

const FILES = 100;
const BOUND = 120_000; // ms, against a hang
const author = { name: 'A Committer', email: 'committer@example.com' };

let sandbox;
let base;
let driver;
let repository; // what every call of isomorphic-git gets

beforeAll(async () => {
  sandbox = await startSandbox();
  base = await sandbox.directory();
  driver = createSandboxFs({ client: sandbox.client, basePath: base, cache: false });
  repository = { fs: gitFs(driver), dir: '/' };
}, BOUND);

afterAll(async () => {
  await driver?.close();
  await sandbox?.stop();
});

const file = (i) => `/src/part-${i % 10}/file-${i}.txt`;
const inSandbox = (script) => sandbox.sh(`cd "$1" && ${script}`, base);
const commit = (message) => git.commit({ ...repository, message, author });
const add = (...filepath) => git.add({ ...repository, filepath: filepath.map((path) => path.replace(/^\//, '')) });
const checkout = (ref) => git.checkout({ ...repository, ref });

const indexHash = async () =>
  createHash('sha256')
    .update(await driver.readFile('/.git/index'))
    .digest('hex');

async function makeFirstCommit() {
  await git.init({ ...repository, defaultBranch: 'main' });
  for (let i = 0; i < FILES; i++) await driver.writeFile(file(i), `file ${i}\n`.repeat(i));
  await driver.writeFile('/run.sh', '#!/bin/sh\necho it runs\n');
  await driver.chmod('/run.sh', 0o755);
  await driver.symlink('src/part-1/file-1.txt', '/link');
  await add('.');
  await commit('first');
}

/** A branch that changes, removes and adds: a file, an executable and a link. */
async function commitOnBranch() {
  await git.branch({ ...repository, ref: 'branch' });
  await checkout('branch');
  await driver.writeFile(file(1), 'changed on the branch\n');
  await driver.removeFile(file(2));
  await git.remove({ ...repository, filepath: file(2).slice(1) });
  await driver.writeFile('/new/run-too.sh', '#!/bin/sh\necho it runs too\n');
  await driver.chmod('/new/run-too.sh', 0o755);
  await driver.symlink('../run.sh', '/new/link');
  await add(file(1), '/new/run-too.sh', '/new/link');
  await commit('on the branch');
}

async function commitOnMain() {
  await checkout('main');
  assert.deepEqual(await driver.readDir('/new'), []); // it leaves empty directories, which Git does not know
  assert.equal(await driver.readTextFile(file(1)), 'file 1\n');
  await driver.writeFile(file(50), 'changed on main\n');
  await add(file(50));
  await commit('on main');
}

async function mergeBranch() {
  await git.merge({ ...repository, ours: 'main', theirs: 'branch', author });
  await checkout('main');
  // A file as young as the index is looked into each time, and the index then written anew: let it be older.
  await sandbox.sh('sleep 1.1');
  await add(file(3));
}

test('a repository is made, branched, switched and merged through the driver', { timeout: BOUND }, async () => {
  await makeFirstCommit();
  await commitOnBranch();
  await commitOnMain();
  await mergeBranch();

  assert.equal(await driver.readTextFile(file(1)), 'changed on the branch\n');
  assert.equal(await driver.readTextFile(file(50)), 'changed on main\n');
  assert.equal(await driver.exists(file(2)), false);
  assert.equal(await driver.readlink('/new/link'), '../run.sh');
  assert.equal((await driver.lstat('/new/run-too.sh')).mode, 0o100755);
  const status = await git.statusMatrix(repository);
  assert.equal(status.length, FILES - 1 + 2 + 2);
  for (const [path, ...states] of status) assert.deepEqual(states, [1, 1, 1], path);
});

test('Git itself finds nothing amiss, twice, and leaves the index as it is', { timeout: BOUND }, async () => {
  const index = await indexHash();
  for (const time of ['first', 'second']) {
    assert.equal(await inSandbox('git fsck --strict'), '', time);
    assert.equal(await inSandbox('git status --porcelain'), '', time);
    assert.equal(await indexHash(), index, time);
  }
  assert.equal(await inSandbox('git log --format=%s --topo-order | wc -l'), '4\n');
  assert.equal(await inSandbox('git branch --format="%(refname:short)"'), 'branch\nmain\n');
  assert.equal(await inSandbox('./run.sh && new/run-too.sh && new/link'), 'it runs\nit runs too\nit runs\n');
});

test('the index says of each file what Git itself would write', { timeout: BOUND }, async () => {
  const ours = await inSandbox('git ls-files --stage --debug');
  const theirs = await inSandbox(
    'export GIT_INDEX_FILE=.git/theirs; git read-tree HEAD && git update-index --refresh && git ls-files --stage --debug',
  );
  assert.ok(ours.split('\n').length > 5 * FILES);
  assert.equal(ours, theirs);
});

test('what is then changed in the sandbox is seen by both', { timeout: BOUND }, async () => {
  await inSandbox(`echo changed >>.${file(7)}; chmod +x .${file(8)}; ln -sf run.sh link; echo new >untracked`);
  const changed = [file(7), file(8), '/link', '/untracked'].map((path) => path.slice(1));
  const status = await git.statusMatrix(repository);
  const seen = status.filter(([, head, workdir, stage]) => head !== workdir || stage !== workdir).map(([path]) => path);
  const theirs = (await inSandbox('git status --porcelain')).match(/\S+$/gm);
  assert.deepEqual(theirs.sort(), changed.sort());
  assert.deepEqual(seen.sort(), changed.filter((path) => path !== file(8).slice(1)).sort()); // it looks at contents
});
