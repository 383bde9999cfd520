// first-use.test.mjs: how many requests the first question to a sandbox is.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSandboxFs } from '@rivet-dev/agent-os-sandbox';
import { suite } from '../helpers/suite.mjs';

const { sandbox, open, proxied } = await suite();
const PLACE = '"$HOME/.cache/agentos-sandbox"';
const [RUN, UPLOAD] = ['POST /v1/processes/run', 'POST /v1/fs/upload-batch'];

/** The requests that a new client's first questions make, in their order; each is sent when the one before it is answered. */
async function asked(work, options) {
  const { proxy, client } = await proxied();
  const { fs, base } = await open({ client, ...options });
  await sandbox.sh('cd "$1" && echo content > x && ln -s x link', base);
  await work(fs, proxy);
  assert.equal(fs.lane.lane, 'companion');
  return (await proxy.requests()).map(({ method, url }) => `${method} ${url.split('?')[0]}`);
}

const stat = async (fs) => assert.equal((await fs.stat('/x')).size, 8);

test('three requests to a sandbox that has no companion, one to one that has it', async () => {
  await sandbox.sh(`rm -rf ${PLACE}`);
  assert.deepEqual(await asked(stat), [RUN, UPLOAD, RUN]);
  assert.deepEqual(await asked(stat), [RUN]);
});

for (const [what, work] of Object.entries({
  readlink: async (fs) => assert.equal(await fs.readlink('/link'), 'x'),
  readTextFile: async (fs) => assert.equal(await fs.readTextFile('/x'), 'content\n'),
  readDir: async (fs) => assert.deepEqual((await fs.readDir('/')).sort(), ['link', 'x']),
  'exists of nothing': async (fs) => assert.equal(await fs.exists('/none'), false),
  'a hundred at once': (fs) => Promise.all(Array.from({ length: 100 }, () => stat(fs))),
}))
  test(`it is one with the first question, whatever that reads: ${what}`, async () => {
    assert.deepEqual(await asked(work), [RUN]);
  });

test('it is one with the own program of the option too', async () => {
  const path = (await sandbox.sh(`mkdir -p /tmp/own && cp ${PLACE}/companion-* /tmp/own/it; printf %s /tmp/own/it`)).trim();
  assert.deepEqual(await asked(stat, { companion: { path } }), [RUN]);
});

test('a change is sent when the companion has greeted, and is done once', async () => {
  const append = async (fs) => {
    await fs.pwrite('/x', 8, Buffer.from('more'));
    assert.equal(await fs.readTextFile('/x'), 'content\nmore');
  };
  assert.deepEqual(await asked(append), [RUN, RUN, RUN]);
});

test('what is asked together with a change keeps its order', async () => {
  const both = async (fs) => {
    const [, text] = await Promise.all([fs.writeFile('/x', 'new'), fs.readTextFile('/x')]);
    assert.equal(text, 'new');
  };
  assert.deepEqual(await asked(both), [RUN, RUN]);
});

for (const fault of ['close', 'lose'])
  test(`a question that is lost with the search before any answer is asked again: ${fault}`, async () => {
    const work = async (fs, proxy) => {
      await proxy.rules([{ match: RUN, do: fault, times: 1 }]);
      await stat(fs);
    };
    assert.deepEqual(await asked(work), [RUN, RUN]);
  });

test('a question that is lost with the search amid its answer is answered over HTTP', async () => {
  const work = async (fs, proxy) => {
    await proxy.rules([{ match: RUN, do: 'cut', bytes: 250, times: 1 }]); // its head is shorter
    await stat(fs);
    assert.equal(fs.lane.lane, 'http');
    await stat(fs); // the search anew, and its answer
  };
  assert.deepEqual(await asked(work), [RUN, 'GET /v1/fs/stat', RUN]);
});

test('a question that was given up while it was on its way leaves the others their answers', async () => {
  const { proxy, client } = await proxied();
  const { fs, base } = await open({ client });
  await sandbox.sh('echo one > "$1/1"; echo other > "$1/2"', base);
  await proxy.rules([{ match: RUN, do: 'trickle', pieces: 2, everyMs: 300, times: 1 }]);
  const controller = new AbortController();
  const given = fs.stat('/1', { signal: controller.signal });
  const kept = fs.stat('/2');
  setTimeout(() => controller.abort(), 100);
  await assert.rejects(given, { name: 'AbortError' });
  assert.equal((await kept).size, 6);
});

test('what does not fit is asked after it', async () => {
  const { fs, base } = await open();
  await sandbox.sh('for i in $(seq 20); do head -c 100000 /dev/zero > "$1/f$i"; done', base);
  const next = createSandboxFs({ client: sandbox.client, basePath: base, cache: false });
  const contents = await Promise.all(Array.from({ length: 20 }, (_, i) => next.readFile(`/f${i + 1}`)));
  for (const content of contents) assert.equal(content.length, 100_000);
  await Promise.all([next.close(), fs.close()]);
});
