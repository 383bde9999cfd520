// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, suite } from '../helpers/suite.mjs';

const { toolkit, proxied } = await suite();
const kit = toolkit();

test('--json is merged with the other flags, whichever comes first', async () => {
  const json = JSON.stringify({ args: ['-c', 'echo "$A"'], env: { A: 'from json' } });
  assert.equal((await call(kit, 'run-command', { command: 'sh', json })).stdout, 'from json\n');
  assert.equal((await call(kit, 'run-command', { json: JSON.stringify({ command: 'uname' }) })).stdout, 'Linux\n');
});

test('a flag wins over the same field in --json', async () => {
  assert.equal(
    (await call(kit, 'run-command', { command: 'uname', json: JSON.stringify({ command: 'false' }) })).stdout,
    'Linux\n',
  );
});

test('every tool takes its fields by --json', async () => {
  const { id } = await call(kit, 'create-process', { json: JSON.stringify({ command: 'cat', args: [], tty: false }) });
  const json = JSON.stringify({ id });
  assert.deepEqual(await call(kit, 'send-input', { json: JSON.stringify({ id, data: 'x\n' }) }), { sent: true });
  assert.ok((await call(kit, 'list-processes', { json: '{}' })).processes.some((process) => process.id === id));
  assert.ok(Array.isArray((await call(kit, 'get-process-logs', { json })).logs));
  assert.equal((await call(kit, 'stop-process', { json })).id, id);
  assert.equal((await call(kit, 'kill-process', { json })).id, id);
});

test('what does not fit is bad usage, says so, and sends nothing', async () => {
  const { proxy, client } = await proxied();
  const strict = toolkit({ client });
  const bad = [
    ['run-command', { command: 'true', json: '{"nope":1}' }],
    ['run-command', { command: 'true', json: '{"cmd":"x"}' }],
    ['run-command', { command: 'true', json: '{"args":"not a list"}' }],
    ['run-command', { command: 'true', json: '{"args":[1]}' }],
    ['run-command', { command: 'true', json: '{"env":{"A":1}}' }],
    ['run-command', { command: 'true', json: '{"env":["A"]}' }],
    ['run-command', { command: 'true', json: '{"cwd":5}' }],
    ['run-command', { command: 'true', json: '{"timeoutMs":"soon"}' }],
    ['run-command', { json: '{"command":5}' }],
    ['run-command', { json: '{}' }],
    ['run-command', { command: 'true', json: '{' }],
    ['run-command', { command: 'true', json: 'nonsense' }],
    ['run-command', { command: 'true', json: '' }],
    ['run-command', { command: 'true', json: '[]' }],
    ['run-command', { command: 'true', json: '"x"' }],
    ['run-command', { command: 'true', json: 'null' }],
    ['create-process', { command: 'true', json: '{"tty":"yes"}' }],
    ['create-process', { command: 'true', json: '{"id":"proc_1"}' }],
    ['list-processes', { json: '{"all":true}' }],
    ['stop-process', { json: '{}' }],
    ['kill-process', { json: '{"id":1}' }],
    ['get-process-logs', { json: '{"id":"proc_1","lines":5}' }],
    ['send-input', { json: '{"id":"proc_1"}' }],
    ['send-input', { json: '{"id":"proc_1","input":5}' }],
  ];
  for (const [name, input] of bad)
    await assert.rejects(
      async () => call(strict, name, input),
      (error) => {
        assert.match(error.message, /^usage: /, `${name} ${JSON.stringify(input)}: ${error.message}`);
        return true;
      },
    );
  assert.equal(await proxy.count(), 0);
});

test('the message names the field that is not known', async () => {
  await assert.rejects(async () => call(kit, 'run-command', { command: 'true', json: '{"nope":1}' }), /nope/);
  await assert.rejects(async () => call(kit, 'send-input', { json: '{"id":"proc_1","text":"x"}' }), /text/);
});
