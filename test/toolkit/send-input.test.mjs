// send-input: exact bytes of any length, in their order, and the input's end; what is not read is said.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { eventually } from '../helpers/eventually.mjs';
import { call, suite } from '../helpers/suite.mjs';

const { toolkit, proxied } = await suite();
const kit = toolkit();
const create = async (input, of = kit) => (await call(of, 'create-process', input)).id;
const send = (id, input, by = kit) => call(by, 'send-input', { id, ...input });
const follow = async (id) => {
  const { logs, ...rest } = await call(kit, 'get-process-logs', { id, follow: 25_000 });
  return { ...rest, text: logs.map(({ data }) => data).join('') };
};
const sha = (bytes) => createHash('sha256').update(bytes).digest('hex');

test('eof ends the input of a pipe, behind what was sent', async () => {
  const id = await create({ command: 'cat; echo end; exit 4;' });
  assert.deepEqual(await send(id, { input: 'one' }), { sent: true });
  assert.deepEqual(await send(id, { data: 'two', eof: true }), { sent: true });
  const { text, exitCode } = await follow(id);
  assert.deepEqual([text, exitCode], ['one\ntwoend\n', 4]);
  const alone = await create({ command: 'cat; echo end' });
  await send(alone, { eof: true });
  assert.equal((await follow(alone)).text, 'end\n');
});

test('bytes of any length and kind arrive whole', async () => {
  const bytes = Buffer.from(Array.from({ length: 300_001 }, (_, i) => (i * 7 + (i >> 8)) & 255));
  const id = await create({ command: 'sleep 0.2; sha256sum' });
  await send(id, { data: bytes.toString('base64'), encoding: 'base64', eof: true });
  assert.equal((await follow(id)).text.slice(0, 64), sha(bytes));
  const text = 'é漢🙂'.repeat(20_000);
  const other = await create({ command: 'sha256sum' });
  await send(other, { data: text, encoding: 'utf8', eof: true });
  assert.equal((await follow(other)).text.slice(0, 64), sha(text));
});

test('eof ends the input of a terminal, also behind an unfinished line', async () => {
  for (const [input, expected] of [
    [{ input: 'a line', eof: true }, 'a line\n'],
    [{ data: 'no line', eof: true }, 'no line'],
    [{ eof: true }, ''],
  ]) {
    const id = await create({ command: 'stty -echo; echo up; cat; echo; echo end', tty: true });
    await eventually(async () => (await call(kit, 'get-process-logs', { id })).logs.length > 0);
    await send(id, input);
    assert.equal((await follow(id)).text.replaceAll('\r', ''), `up\n${expected}\nend\n`);
  }
});

test('a process that does not read is an error at the deadline, which says how much was taken', async () => {
  const hasty = toolkit({ timeoutMs: 1500 });
  const id = await create({ command: 'sleep 600' });
  await assert.rejects(send(id, { data: 'x'.repeat(500_000) }, hasty), (error) => {
    assert.equal(error.code, 'ETIMEDOUT');
    const [, taken] = /does not read its input: (\d+) of 500000 bytes were taken/.exec(error.message);
    assert.ok(Number(taken) >= 65_536 && Number(taken) < 500_000, taken);
    return true;
  });
  assert.equal((await call(kit, 'kill-process', { id })).status, 'exited');
});

test('a process that has ended, or has closed its input, is an error that says so', async () => {
  const ended = await create({ command: 'true', args: [] });
  await follow(ended);
  for (const input of [{ input: 'x' }, { eof: true }])
    await assert.rejects(send(ended, input), (error) => {
      assert.deepEqual([error.code, /has ended/.test(error.message)], ['EPIPE', true], error.message);
      return true;
    });
  const deaf = await create({ command: 'exec </dev/null; echo up; sleep 600' });
  const closed = await create({ command: 'cat >/dev/null; echo up; sleep 600' });
  await send(closed, { eof: true });
  for (const id of [deaf, closed]) {
    await eventually(async () => (await call(kit, 'get-process-logs', { id })).logs.length > 0);
    await eventually(() => send(id, { input: 'x' }).then(() => false, (error) => error.code === 'EPIPE'));
  }
});

test('without the companion the input of a pipe cannot be ended, and nothing is sent', async () => {
  const http = toolkit({ companion: false });
  const id = await create({ command: 'cat', args: [] }, http);
  for (const by of [http, kit])
    await assert.rejects(send(id, { data: 'x', eof: true }, by), { code: 'ENOTSUP' });
  await send(id, { input: 'y' }, http);
  const { logs } = await eventually(async () => {
    const answer = await call(http, 'get-process-logs', { id });
    return answer.logs.length > 0 && answer;
  });
  assert.equal(logs[0].data, 'y\n');
  const tty = await create({ command: 'stty -echo; echo up; cat; echo end', tty: true }, http);
  await eventually(async () => (await call(kit, 'get-process-logs', { id: tty })).logs.length > 0);
  await send(tty, { input: 'line', eof: true }, http);
  assert.match((await follow(tty)).text, /line\r\nend\r\n$/);
});

test('without the companion bytes of any length arrive in parts, and a process that does not read is an error', async () => {
  const { proxy, client } = await proxied();
  const http = toolkit({ client, companion: false });
  const text = 'é漢🙂 and '.repeat(20_000);
  const length = Buffer.byteLength(text);
  const id = await create({ command: `head -c ${length} | sha256sum` }, http);
  assert.deepEqual(await send(id, { data: text }, http), { sent: true });
  assert.equal((await follow(id)).text.slice(0, 64), sha(text));
  const sent = (await proxy.requests()).filter(({ url }) => url.endsWith('/input'));
  const sizes = sent.map(({ body }) => Buffer.from(JSON.parse(body).data, 'base64').length);
  assert.ok(sizes.length > 1 && Math.max(...sizes) <= 65_536, String(sizes));
  assert.equal(sizes.reduce((sum, size) => sum + size), length);
  const hasty = toolkit({ client, companion: false, timeoutMs: 1500 });
  const deaf = await create({ command: 'sleep', args: ['600'] }, http);
  await assert.rejects(send(deaf, { data: 'x'.repeat(500_000) }, hasty), (error) => {
    assert.deepEqual([error.code, /does not read its input/.test(error.message)], ['ETIMEDOUT', true], error.message);
    return true;
  });
  assert.equal((await call(kit, 'kill-process', { id: deaf })).status, 'exited');
});

test('what is no input is bad usage', async () => {
  const wrong = [{}, { eof: false }, { input: 'x', data: 'y' }, { input: 'x', encoding: 'base64' }, { data: 'x', encoding: 'base64' }];
  for (const input of wrong) await assert.rejects(send('proc_1', input), /usage: send-input/);
  await assert.rejects(send('proc_9999', { eof: true }), { code: 'ESRCH' });
});
