// Where the companion cannot run, each answer says what is not promised, and that is so; where it runs, no answer does.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lives } from '../helpers/remains.mjs';
import { call, suite } from '../helpers/suite.mjs';

const { sandbox, toolkit } = await suite();
const kit = toolkit();
const without = toolkit({ companion: { path: '/missing' } });

const CAVEATS = {
  'stop-process': /this one process alone was told to end.*what it has started may go on/,
  'kill-process': /this one process alone was killed; what it has started may go on/,
};
/** A shell that has started a program, which says its pid, and waits for it. */
const TREE = { command: 'sleep 7777 & echo $!; wait', waitForLog: '\n' };

const kill = (pid) => sandbox.sh('kill -KILL "$1"', pid);
const pidOf = async (id) => (await call(kit, 'get-process-logs', { id })).logs.map(({ data }) => data).join('').trim();

test('run-command: what the command has started goes on after it, and after its limit', async () => {
  for (const [end, limit] of [
    ['exit 3', {}],
    ['exec sleep 7777', { timeoutMs: 300 }],
  ]) {
    const answer = await call(without, 'run-command', { command: `sleep 7777 </dev/null >/dev/null 2>&1 & echo $!; ${end}`, ...limit });
    assert.match(answer.caveat, /what the command has started may go on after it, and after its limit/);
    assert.equal(answer.timedOut, 'timeoutMs' in limit);
    assert.equal('hint' in answer, answer.timedOut);
    assert.equal(await lives(sandbox, answer.stdout.trim()), true);
    await kill(answer.stdout.trim());
  }
});

test('create-process: what it will not be able to do', async () => {
  const { id, ready, caveat } = await call(without, 'create-process', TREE);
  assert.equal(ready, true);
  assert.match(caveat, /stop-process and kill-process end this one process alone.*cannot be sent unless it has a terminal/);
  await assert.rejects(call(without, 'send-input', { id, eof: true }), { code: 'ENOTSUP' });
  const pid = await pidOf(id);
  await call(without, 'kill-process', { id });
  await kill(pid);
  const late = await call(without, 'create-process', { command: 'sleep 7777', waitForLog: 'never', waitMs: 1 });
  assert.equal(late.caveat, caveat);
  assert.match(late.hint, /not ready/);
  await call(without, 'kill-process', { id: late.id });
});

for (const [tool, expected] of Object.entries(CAVEATS))
  test(`${tool}: it ends the one process, and what that has started goes on`, async () => {
    for (const by of [without, kit]) {
      const { id } = await call(without, 'create-process', TREE);
      const pid = await pidOf(id);
      const { status, caveat } = await call(by, tool, { id });
      assert.equal(status, 'exited');
      assert.match(caveat, expected);
      assert.equal(await lives(sandbox, pid), true);
      await kill(pid);
    }
  });

test('with the companion there is nothing to be said', async () => {
  for (const tool of Object.keys(CAVEATS)) {
    const created = await call(kit, 'create-process', TREE);
    const pid = await pidOf(created.id);
    const ended = await call(kit, tool, { id: created.id });
    assert.ok(!('caveat' in created) && !('caveat' in ended) && !('caveat' in (await call(kit, tool, { id: created.id }))));
    assert.equal(await lives(sandbox, pid), false);
  }
  assert.ok(!('caveat' in (await call(kit, 'run-command', { command: 'true' }))));
});

test('what neither starts nor ends a process says nothing of it', async () => {
  const { id } = await call(without, 'create-process', { command: 'cat' });
  const all = [
    await call(without, 'list-processes'),
    await call(without, 'get-process-logs', { id }),
    await call(without, 'send-input', { id, data: 'x' }),
  ];
  for (const answer of all) assert.ok(!('caveat' in answer));
  await call(without, 'kill-process', { id });
});
