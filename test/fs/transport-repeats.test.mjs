// transport-repeats.test.mjs: over a client's own fetch, what is asked again and what is given up, as over libcurl.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fetchClient } from '../helpers/fetch-client.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, open, openHttp } = await suite();

/** A fetch whose first answers for a file's stat are `answers`, functions of the URL; then it is Node's. */
function first(...answers) {
  const seen = [];
  const wrap = async (url, init) => {
    if (!url.pathname.endsWith('/v1/fs/stat')) return fetch(url, init);
    seen.push(url.searchParams.get('again'));
    const answer = answers.shift();
    return answer ? answer(url) : fetch(url, init);
  };
  return { wrap, seen };
}

const moved = (url) => new Response(null, { status: 307, headers: { location: `${url.pathname}${url.search}&again=1` } });
const busy = (value) => () => new Response('busy', { status: 503, headers: { 'retry-after': value } });

test('a redirect within the origin is followed, from the server that the client asks', async () => {
  const { wrap, seen } = first(moved);
  const { client } = await fetchClient(sandbox, { wrap });
  const { fs, base } = await openHttp({ client });
  await sandbox.sh('echo hello > "$1/x"', base);
  assert.equal((await fs.stat('/x')).size, 6);
  assert.deepEqual(seen, [null, '1']);
});

for (const value of ['0', new Date(0).toUTCString()]) {
  test(`a server that wants a moment (Retry-After: ${value}) is asked once more`, async () => {
    const { wrap, seen } = first(busy(value));
    const { client } = await fetchClient(sandbox, { wrap });
    const { fs, base } = await openHttp({ client });
    await sandbox.sh('echo hello > "$1/x"', base);
    assert.equal((await fs.stat('/x')).size, 6);
    assert.equal(seen.length, 2);
  });
}

for (const value of ['6', 'soon']) {
  test(`Retry-After: ${value} is for whoever asked`, async () => {
    const { wrap, seen } = first(busy(value));
    const { client } = await fetchClient(sandbox, { wrap });
    const { fs } = await openHttp({ client });
    await fs.readDir('/'); // it has started
    await assert.rejects(fs.stat('/x'), { code: 'EIO' });
    assert.equal(seen.length, 1);
  });
}

test('an abort ends the request that the client performs', async () => {
  let asked;
  const begun = new Promise((resolve) => (asked = resolve));
  const wrap = (url, init) => {
    if (!url.pathname.endsWith('/v1/fs/stat')) return fetch(url, init);
    asked(init.signal);
    return new Promise((_, reject) => init.signal.addEventListener('abort', () => reject(init.signal.reason)));
  };
  const { client } = await fetchClient(sandbox, { wrap });
  const { fs } = await openHttp({ client });
  const controller = new AbortController();
  const reason = new Error('enough');
  const answer = assert.rejects(fs.stat('/x', { signal: controller.signal }), reason);
  const signal = await begun;
  controller.abort(reason);
  await answer;
  await fs.close();
  assert.equal(signal.aborted, true);
});

test('what an open holds back is given up too', async () => {
  const { client } = await fetchClient(sandbox);
  const { fs } = await open({ client });
  const controller = new AbortController();
  const reason = new Error('enough');
  await assert.rejects(fs.stat('/x'), { code: 'ENOENT' });
  assert.equal(fs.prepareOpenSync('/x', 0o101), true);
  const held = assert.rejects(fs.writeFile('/x', 'never', { signal: controller.signal }), reason);
  controller.abort(reason);
  await held;
  assert.equal(await fs.readTextFile('/x'), '');
});
