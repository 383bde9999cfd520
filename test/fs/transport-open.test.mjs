// transport-open.test.mjs: prepareOpenSync over a client's own fetch is done later (lib/index.d.ts): with the time and the
// signal of its call.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { eventually } from '../helpers/eventually.mjs';
import { expectError } from '../helpers/expect.mjs';
import { fetchClient } from '../helpers/fetch-client.mjs';
import { suite } from '../helpers/suite.mjs';

const { sandbox, openHttp } = await suite();

const O_CREAT = 0o100;

/** A client whose server does not answer, until `answers` is set. */
async function mute() {
  const state = { answers: false };
  const wrap = (url, init) =>
    state.answers
      ? fetch(url, init)
      : new Promise((_, reject) => init.signal.addEventListener('abort', () => reject(init.signal.reason)));
  return { state, ...(await fetchClient(sandbox, { wrap })) };
}

test('an open that is done later has the time of its call', async () => {
  const { client, calls, state } = await mute();
  const { fs } = await openHttp({ client, timeoutMs: 20_000 });
  assert.equal(fs.prepareOpenSync('/x', O_CREAT, { timeoutMs: 200 }), false);
  await expectError(fs.stat('/x'), { code: 'ETIMEDOUT', syscall: 'stat', path: '/x' });
  assert.equal(calls.length, 1);
  state.answers = true;
  await expectError(fs.stat('/x'), { code: 'ENOENT', syscall: 'stat', path: '/x' });
});

for (const whose of ['call', 'file system'])
  test(`an open that is done later ends with the signal of its ${whose}, and what it holds goes on`, async () => {
    const { client, calls, state } = await mute();
    const controller = new AbortController();
    const { signal } = controller;
    const { fs } = await openHttp({ client, timeoutMs: 20_000, signal: whose === 'call' ? undefined : signal });
    assert.equal(fs.prepareOpenSync('/x', O_CREAT, whose === 'call' ? { signal } : undefined), false);
    await eventually(() => calls.length > 0, 'asked');
    const other = { signal: new AbortController().signal };
    const held = fs.exists('/y', other);
    const next = expectError(fs.stat('/x', other), { code: 'ECANCELED', syscall: 'stat', path: '/x' });
    state.answers = true;
    controller.abort(new Error('enough'));
    assert.equal(await held, false);
    await next;
    await expectError(fs.stat('/x', other), { code: 'ENOENT', syscall: 'stat', path: '/x' });
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });
