// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSandboxToolkit } from '@rivet-dev/agent-os-sandbox';
import { eventually } from '../helpers/eventually.mjs';
import { expectTypeError } from '../helpers/expect.mjs';
import { call, suite } from '../helpers/suite.mjs';

const { sandbox, toolkit, proxied } = await suite();
const { client } = sandbox;
const INVALID = 'ERR_INVALID_ARG_VALUE';

test("cwd and env are defaults for every program; a call's own win", async () => {
  const [here, there] = [await sandbox.directory(), await sandbox.directory()];
  const kit = toolkit({ cwd: here, env: { A: 'default A', B: 'default B' } });
  const command = 'printf "%s|%s|%s" "$PWD" "$A" "$B"';
  assert.equal((await call(kit, 'run-command', { command })).stdout, `${here}|default A|default B`);
  assert.equal(
    (await call(kit, 'run-command', { command, cwd: there, env: { B: 'own B' } })).stdout,
    `${there}|default A|own B`,
  );
  assert.equal((await call(kit, 'run-command', { command: 'pwd', args: [] })).stdout, `${here}\n`);
  const { id } = await call(kit, 'create-process', { command });
  const output = async () => (await call(kit, 'get-process-logs', { id })).logs.map(({ data }) => data).join('');
  await eventually(async () => (await output()) === `${here}|default A|default B`, "the program's output");
});

test('wrong options say what was expected, unknown ones are named', async () => {
  for (const options of [undefined, null, 5, 'x'])
    await expectTypeError(() => createSandboxToolkit(options), /options/);
  for (const wrong of [undefined, null, 5, 'http://127.0.0.1', {}, { baseUrl: 5 }])
    await expectTypeError(() => createSandboxToolkit({ client: wrong }), /client/);
  for (const wrong of [true, 'never', 5, null, { path: 'relative' }])
    await expectTypeError(() => createSandboxToolkit({ client, companion: wrong }), /companion/, INVALID);
  const bad = { cwd: [5, null, {}], env: [5, null, 'A=1', { A: 1 }, { A: null }, ['A=1']], timeoutMs: ['1', null, {}] };
  for (const [option, values] of Object.entries(bad))
    for (const value of values)
      await expectTypeError(() => createSandboxToolkit({ client, [option]: value }), new RegExp(option));
  await expectTypeError(() => createSandboxToolkit({ client, basePath: '/' }), /\bbasePath\b/, 'ERR_INVALID_ARG_VALUE');
});

test('execute itself looks at what it is given', async () => {
  const { proxy, client } = await proxied();
  const kit = toolkit({ client });
  for (const tool of Object.values(kit.tools))
    for (const wrong of [null, 5, 'x', () => {}]) await assert.rejects(async () => tool.execute(wrong));
  await assert.rejects(async () => kit.tools['run-command'].execute({ command: 5 }));
  await assert.rejects(async () => kit.tools['run-command'].execute({ command: 'a\0b', args: [] }));
  await assert.rejects(async () => kit.tools['run-command'].execute({ command: 'true', args: ['\ud800'] }));
  assert.equal(await proxy.count(), 0);
});

test('timeoutMs is the deadline of a request', async () => {
  const { proxy, client } = await proxied();
  const kit = toolkit({ client, timeoutMs: 300, companion: false });
  await proxy.rules([{ do: 'stall' }]);
  await assert.rejects(call(kit, 'list-processes'), { code: 'ETIMEDOUT' });
  await assert.rejects(call(kit, 'kill-process', { id: 'proc_1' }), { code: 'ETIMEDOUT' });
});

for (const end of ['close', Symbol.asyncDispose]) {
  test(`${String(end)} waits for what is in flight, then frees the sockets; later calls are refused`, async () => {
    const { proxy, client } = await proxied();
    const kit = toolkit({ client });
    const running = call(kit, 'run-command', { command: 'sleep 1; echo done' });
    await eventually(() => proxy.count('POST /v1/processes'), 'the request');
    await kit[end]();
    assert.equal((await running).stdout, 'done\n');
    await eventually(async () => (await proxy.open()) === 0, 'every connection closed');
    for (const [name, input] of [
      ['run-command', { command: 'true' }],
      ['list-processes', {}],
      ['kill-process', { id: 'proc_1' }],
    ])
      await assert.rejects(call(kit, name, input), { code: 'EBADF' });
    const asked = await proxy.count();
    await kit[end]();
    assert.equal(await proxy.count(), asked);
  });
}

test('a client that was disposed is refused at once', async () => {
  const { proxy, client } = await proxied();
  const kit = toolkit({ client });
  await client.dispose();
  await assert.rejects(call(kit, 'run-command', { command: 'true' }), { code: 'EBADF' });
  assert.equal(await proxy.count(), 0);
});
