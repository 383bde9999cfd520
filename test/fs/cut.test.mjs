// Connections that are cut at random under load: no change is done twice, none that was acknowledged is missing, and
// what merely reads gets its answer (over HTTP, where it is not asked again, a right one or none). A change here shows
// when it is done twice: the second time it fails, or leaves a second line. What really happened is looked up in the
// sandbox afterwards.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AT_ONCE, call, suite } from '../helpers/suite.mjs';
import { DIRECTORY, tree } from '../helpers/tree.mjs';

const { sandbox, open, openHttp, toolkit, proxied } = await suite();
const O_CREAT = 0o100;
const O_EXCL = 0o200;
const MAY_HAVE = /the operation may have completed/;
const SEED = Number(process.env.SBX_SEED ?? 20_260_807);

/** Name, the change with the name of its own, and whether it is done, by the tree afterwards. */
const CHANGES = {
  mkdir: [(fs, own) => fs.mkdir(own), (seen, own) => seen[own] === DIRECTORY],
  rename: [(fs, own) => fs.rename(`from/${own}`, own), (seen, own) => own in seen && !(`from/${own}` in seen)],
  removeFile: [(fs, own) => fs.removeFile(`from/${own}`), (seen, own) => !(`from/${own}` in seen)],
  removeDir: [(fs, own) => fs.removeDir(`empty/${own}`), (seen, own) => !(`empty/${own}` in seen)],
  create: [(fs, own) => fs.prepareOpen(own, O_CREAT | O_EXCL), (seen, own) => seen[own] === ''],
  createNow: [async ({ now }, own) => now.prepareOpenSync(own, O_CREAT | O_EXCL), (seen, own) => seen[own] === ''],
  run: [
    (fs, own, tools, base) => call(tools, 'run-command', { command: `echo ${own} >> ${base}/log` }),
    (seen, own) => seen.log?.split('\n').includes(own) === true,
  ],
};
const EXACT = {
  link: [(fs, own) => fs.link('file', own), (seen, own) => seen[own] === 'content'],
  symlink: [(fs, own) => fs.symlink('file', own), (seen, own) => seen[own]?.link === 'file'],
};

/** What reads is asked again, and its answer is right. */
const READS = [
  async (fs) => assert.equal((await fs.stat('file')).size, 7),
  async (fs) => assert.equal(await fs.readTextFile('file'), 'content'),
  async (fs) => assert.equal(Buffer.from(await fs.pread('file', 3, 2)).toString(), 'te'),
  async (fs) => assert.equal(await fs.exists('file'), true),
  async (fs) => assert.deepEqual(await fs.readDir('few'), ['one']),
];

const WORKERS = 6;
const MOST_ROUNDS = 400; // of one worker; it ends before where enough was cut

/** Everything that the changes take away, for each worker and round. */
const PREPARE = `cd "$1" && mkdir from empty few && : > few/one && printf content > file &&
  for kind in rename removeFile; do seq -f "from/$kind-%.0f" 0 $2 | xargs touch; done &&
  seq -f "empty/removeDir-%.0f" 0 $2 | xargs mkdir`;

async function work({ enough, proxy, fs, tools, base, changes, mayReadFail }) {
  const kinds = Object.keys(changes);
  const fates = [];
  const worker = async (number) => {
    for (let round = 0; round < MOST_ROUNDS && (await proxy.cuts()) < enough; round++) {
      const kind = kinds[(number + round) % kinds.length];
      const own = `${kind}-${round * WORKERS + number}`;
      const [change, done] = changes[kind];
      const fate = { own, done, error: null };
      fates.push(fate);
      const [, outcome] = await Promise.all([
        READS[(number + round) % READS.length](fs).catch(mayReadFail),
        change(fs, own, tools, base).catch((error) => error),
      ]);
      if (outcome instanceof Error) fate.error = outcome;
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, (_, number) => worker(number)));
  return fates;
}

/** `codes`: what an error can be that came before anything was changed; those after say that it may have been. */
function judge(fates, seen, codes) {
  const count = { acknowledged: 0, lost: 0, lostButDone: 0, notBegun: 0 };
  for (const { own, done, error } of fates) {
    const words = error && `${own}: ${error.message}: ${error.cause?.message}`;
    if (error === null) {
      assert.ok(done(seen, own), `${own} was acknowledged and is not done`);
      count.acknowledged++;
    } else if (MAY_HAVE.test(words)) {
      assert.equal(error.code, 'EIO', words);
      count[done(seen, own) ? 'lostButDone' : 'lost']++;
    } else {
      assert.ok(codes.includes(error.code), words);
      assert.ok(!done(seen, own), `${words}, and it is done`);
      count.notBegun++;
    }
  }
  const lines = (seen.log ?? '').split('\n').slice(0, -1);
  assert.equal(new Set(lines).size, lines.length, 'a line was written twice');
  return count;
}

/** Over HTTP a change looks first, and that is not asked again. */
const LANES = {
  companion: { changes: { ...CHANGES, ...EXACT }, openIt: open, bytes: [8_000, 25_000], enough: 15, codes: [] },
  http: { changes: CHANGES, openIt: openHttp, bytes: [0, 12_000], enough: 80, codes: ['EIO', 'EPROTO'] },
};

for (const [lane, { changes, openIt, bytes, enough, codes }] of Object.entries(LANES))
  test(`over ${lane}, no change is done twice, and none that was acknowledged is missing`, async (t) => {
    const { proxy, client } = await proxied();
    const { fs, base } = await openIt({ client });
    fs.now = (await openIt({ client, basePath: base, ...AT_ONCE })).fs;
    const tools = toolkit({ client });
    await sandbox.sh(PREPARE, base, String(WORKERS * MOST_ROUNDS));
    await fs.stat('/');
    assert.equal(fs.lane.lane, lane);
    t.diagnostic(`SBX_SEED=${SEED}`);
    await proxy.chop({ seed: SEED, bytes });
    const mayReadFail = (error) => assert.ok(codes.includes(error.code), error.stack);
    const fates = await work({ enough, proxy, fs, tools, base, changes, mayReadFail });
    await proxy.chop(null);
    const cuts = await proxy.cuts();
    const count = judge(fates, await tree(sandbox, base), codes);
    t.diagnostic(`${cuts} connections cut: ${JSON.stringify(count)}`);
    assert.ok(cuts >= enough && count.acknowledged > 100 && count.lostButDone > 0);
    assert.equal(fs.lane.lane, lane);
  });
